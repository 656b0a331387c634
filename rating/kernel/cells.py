"""Cut calls at local midnights and add them into usage cells.

A cell's key is three integers of bit fields (`rating.usage` gives them names again):
k0 = agreement 16 | originator 16 | terminator 16 | class 4 | jurisdiction 2 | evidence 2 | voip 1 | carried 2,
k1 = originating rate center 24 | LATA 16 | trunk group 20, k2 = service day 20 | orig OCN 20 | term OCN 20.
"""

import numpy as np
from numba import njit

from rating.kernel.lookup import day_of

__all__ = ["accumulate", "split"]


@njit(cache=True, nogil=True, _nrt=False)
def split(midnights, by_connect, rows, connect_ms, duration_ms, zone, agreement, call, day, carried, used_ms):
    """Write one row per call and local day touched; return the number of rows.

    Parameters
    ----------
    midnights : (zones, d + 1) int64, ascending along each row
        Epoch milliseconds of each local midnight; days of 23 and 25 hours are just that.
    by_connect : (agreements,) bool
        Where all of a call belongs to its day of connect (switch ``rate_date``).
    rows : (m,) int64
        The calls to split.
    call, day, carried, used_ms : (3 * m,) int64, out
        Index of the call, day used, its distance from the day of connect, milliseconds used on it.
        A call of at most 24 h touches at most three days. One of no duration gives a row of 0 ms:
        it is a call, and no usage.
    """
    n = 0
    for i in rows:
        left = duration_ms[i]
        row = midnights[zone[i]]
        d = day_of(midnights, zone[i], connect_ms[i])
        connected = d
        start = connect_ms[i]
        while True:
            piece = left if by_connect[agreement[i]] else min(left, row[d + 1] - start)
            call[n], day[n], carried[n], used_ms[n] = i, d, d - connected, piece
            n += 1
            left -= piece
            start += piece
            d += 1
            if left == 0:
                break
    return n


@njit(cache=True, nogil=True, _nrt=False)
def accumulate(placed, evidence, voip, trunk, duration_ms, units_ms, call, day, carried, used_ms, slots, keys, values):
    """Add split calls into cells; return how many cells there are.

    Parameters
    ----------
    placed : (16, n) int32
        The out-array of `classify`.
    evidence, voip : (n,) int8; trunk : (n,) int64
        ISP evidence as in the record (-1 absent, 0, 1); code of the trunk group, below 1 for none.
    duration_ms : (n,) int64; units_ms : (u,) int64
        Conversation time of the whole call; the rounding units that terms ask for.
    call, day, carried, used_ms : (m,) int64
        As `split` wrote them: a call's segments follow each other.
    slots : (power of two, at least 2 * m) int32
        All -1: the table's slots, positions in `keys`.
    keys : (m, 3) int64, values : (m, 3 + 2 * u) int64; out
        Key words; calls (segments on the day of connect), those of them that were answered, and
        milliseconds of each cell; then for each unit rounded and measured milliseconds: a call goes up to
        the unit as a whole, and the excess belongs to its last segment.
    """
    mask = slots.size - 1
    cells = 0
    for r in range(call.size):
        i = call[r]
        k0 = np.int64(placed[14, i])
        k0 = (k0 << 16) | placed[4, i]
        k0 = (k0 << 16) | placed[5, i]
        k0 = (k0 << 4) | placed[2, i]
        k0 = (k0 << 2) | placed[10, i]
        k0 = (k0 << 2) | (evidence[i] + 1)
        k0 = (k0 << 1) | voip[i]
        k0 = (k0 << 2) | carried[r]
        k1 = (np.int64(placed[8, i]) << 36) | (np.int64(placed[9, i]) << 20) | max(trunk[i], 0)
        k2 = (day[r] << 40) | (np.int64(placed[6, i]) << 20) | placed[7, i]
        mixed = (k0 & 0x7FFF_FFFF) * 31 + (k0 >> 31) + (k1 & 0xFFFFF) * 131 + (k1 >> 20) * 7 + (k2 >> 40) * 1009
        mixed += k2 & 0xFFFFF
        at = (((mixed ^ (mixed >> 15)) & 0xFFFF_FFFF) * 2_654_435 >> 3) & mask
        while slots[at] >= 0:
            cell = slots[at]
            if keys[cell, 0] == k0 and keys[cell, 1] == k1 and keys[cell, 2] == k2:
                break
            at = (at + 1) & mask
        if slots[at] < 0:
            slots[at] = cells
            keys[cells, 0], keys[cells, 1], keys[cells, 2] = k0, k1, k2
            for k in range(values.shape[1]):
                values[cells, k] = 0
            cells += 1
        cell = slots[at]
        values[cell, 0] += 1 if carried[r] == 0 else 0
        values[cell, 1] += 1 if carried[r] == 0 and used_ms[r] > 0 else 0
        values[cell, 2] += used_ms[r]
        last = r + 1 == call.size or call[r + 1] != i
        for u in range(units_ms.size):
            excess = -duration_ms[i] % units_ms[u] if last else 0
            values[cell, 3 + 2 * u] += used_ms[r] + excess
            values[cell, 4 + 2 * u] += used_ms[r]
    return cells
