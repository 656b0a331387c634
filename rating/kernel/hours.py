"""Cut calls at the hours of their local days and add them up by end office: the busy-hour sum.

A row's key is one integer of bit fields (`rating.hours` gives them names again):
agreement 16 | end office 20 | class group 2 | service day 16 | carried 2 | hour 5.
`carried` is the distance from the day of connect, as in a cell: it tells which calls the time is of.

An hour is counted from local midnight in elapsed time, not read off the clock: a day of 23 hours has
the hours 0 to 22, one of 25 hours 0 to 24, and each of them is as long as any other. Load is time in
use over time elapsed, and an hour that the clock shows twice would hold two hours' calls.
"""

import numpy as np
from numba import njit

__all__ = ["accumulate_hours"]


@njit(cache=True, nogil=True, _nrt=False)
def accumulate_hours(midnights, placed, group_of, connect_ms, call, day, carried, used_ms, slots, keys, ms):
    """Add split calls that have an end office into hours; return how many rows there are, -1 if keys are too few.

    Parameters
    ----------
    midnights : (zones, d + 1) int64, ascending along each row
        Epoch milliseconds of each local midnight.
    placed : (16, n) int32
        The out-array of `classify`.
    group_of : (classes,) int8
        Class group by class, 0 for a class that is in none.
    connect_ms : (n,) int64
    call, day, carried, used_ms : (m,) int64
        As `rating.kernel.cells.split` wrote them. A segment begins at its day's midnight, or where the
        call connects; one that goes on beyond the day (switch ``rate_date``) is cut at midnight here.
    slots : (power of two, at least twice the rows of keys) int32
        All -1: the table's slots, positions in `keys`.
    keys, ms : (k,) int64, out
    """
    mask = slots.size - 1
    rows = 0
    for r in range(call.size):
        i = call[r]
        office = placed[15, i]
        group = group_of[placed[2, i]]
        if office <= 0 or group == 0:
            continue
        row = midnights[placed[11, i]]
        d = day[r]
        at = connect_ms[i] if carried[r] == 0 else row[d]
        left = used_ms[r]
        high = (((np.int64(placed[3, i]) << 20) | office) << 2) | group
        while left > 0:
            while row[d + 1] <= at:
                d += 1
            hour = (at - row[d]) // 3_600_000
            piece = min(left, min(row[d] + (hour + 1) * 3_600_000, row[d + 1]) - at)
            key = (((((high << 16) | d) << 2) | (d - day[r] + carried[r])) << 5) | hour
            slot = (((key ^ (key >> 27)) & 0xFFFF_FFFF) * 2_654_435 >> 5) & mask
            while slots[slot] >= 0 and keys[slots[slot]] != key:
                slot = (slot + 1) & mask
            if slots[slot] < 0:
                if rows == keys.size:
                    return -1
                slots[slot] = rows
                keys[rows] = key
                ms[rows] = 0
                rows += 1
            ms[slots[slot]] += piece
            left -= piece
            at += piece
    return rows
