"""Names of a batch to codes: spans of bytes looked up in a table of names."""

import numpy as np
from numba import njit

__all__ = ["enter", "find"]


@njit(cache=True, nogil=True)
def _hash(text, at, length):
    # Products stay below 2**52: nothing wraps around, compiled or not. The bytes are compared
    # afterwards, so a collision costs a step and never a wrong name.
    h = np.int64(length)
    for k in range(at, at + length):
        h = (h * 1_000_003 + text[k]) & 0xFFFF_FFFF
    return h ^ (h >> 15)


@njit(cache=True, nogil=True)
def enter(names, starts, slots):
    """Enter all names into a table.

    names : (b,) uint8, the names end to end; starts : (n + 1,) int64, where each begins;
    slots : (power of two, at least 2 * n) int32, all -1, out.
    """
    mask = slots.size - 1
    for code in range(starts.size - 1):
        at = _hash(names, starts[code], starts[code + 1] - starts[code]) & mask
        while slots[at] >= 0:
            at = (at + 1) & mask
        slots[at] = code


@njit(cache=True, nogil=True)
def find(names, starts, slots, text, at, length, absent, unknown, out):
    """Write the code of each span: `absent` for a length below 0, `unknown` for a name not in the table."""
    mask = slots.size - 1
    for i in range(at.size):
        if length[i] < 0:
            out[i] = absent
            continue
        if i > 0 and length[i] == length[i - 1]:  # sources come in runs
            same = True
            for k in range(length[i]):
                if text[at[i] + k] != text[at[i - 1] + k]:
                    same = False
                    break
            if same:
                out[i] = out[i - 1]
                continue
        slot = _hash(text, at[i], length[i]) & mask
        out[i] = unknown
        while slots[slot] >= 0:
            code = slots[slot]
            if starts[code + 1] - starts[code] == length[i]:
                equal = True
                for k in range(length[i]):
                    if names[starts[code] + k] != text[at[i] + k]:
                        equal = False
                        break
                if equal:
                    out[i] = code
                    break
            slot = (slot + 1) & mask
