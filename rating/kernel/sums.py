"""Counts and groups of a batch: small integers in, sums out."""

from numba import njit

__all__ = ["group", "tally"]


@njit(cache=True, nogil=True, _nrt=False)
def tally(source, outcome, reason, duration_ms, intake, decided):
    """Add a batch up by source: what came in, and what was decided of it.

    source : (n,) int64, -1 or less where unreadable; outcome, reason : (n,) uint8; duration_ms : (n,) int64
    intake : (s + 1, 2) int64, in and out: records and milliseconds, row 0 for the unreadable, then by code
    decided : (s + 1, outcomes, reasons, 2) int64, in and out: the same by outcome and reason
    """
    for i in range(source.size):
        s = max(source[i], -1) + 1
        intake[s, 0] += 1
        intake[s, 1] += duration_ms[i]
        decided[s, outcome[i], reason[i], 0] += 1
        decided[s, outcome[i], reason[i], 1] += duration_ms[i]


@njit(cache=True, nogil=True, _nrt=False)
def group(keys, slots, unique, out):
    """Number distinct keys in order of appearance; return how many there are, -1 if `unique` is too short.

    keys : (n,) int64, not negative; slots : (power of two) int32, all -1, at least twice `unique`
    unique : (u,) int64, out: the distinct keys; out : (n,) int64, out: each key's number
    A run of equal keys costs one comparison: 2 ns, where numpy.unique sorts or hashes at 60.
    """
    mask = slots.size - 1
    count = 0
    last_key, last_number = -1, -1
    for i in range(keys.size):
        key = keys[i]
        if key == last_key:
            out[i] = last_number
            continue
        at = (((key ^ (key >> 29)) & 0xFFFF_FFFF) * 2_654_435 >> 5) & mask
        while slots[at] >= 0 and unique[slots[at]] != key:
            at = (at + 1) & mask
        if slots[at] < 0:
            if count == unique.size:
                return -1
            slots[at] = count
            unique[count] = key
            count += 1
        last_key, last_number = key, slots[at]
        out[i] = last_number
    return count
