"""A batch's busy-hour sum: what its calls add to the hours of the incumbent's end offices."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.hours import GROUP_OF, NO_HOURS, Hours
from rating.kernel.hours import accumulate_hours
from rating.reference.plan import Plan

__all__ = ["busy_hours"]

Ints = NDArray[np.int64]

_ROWS_AT_FIRST: Final = 1 << 13
"""A batch is of few days and offices: a table that stays in the cache is worth a second try now and then."""


def busy_hours(
    plan: Plan, connect_ms: Ints, placed: NDArray[np.int32], call: Ints, day: Ints, carried: Ints, used_ms: Ints
) -> Hours:
    """Return the hours of a batch's split calls; no work where no number block names its switch.

    Parameters
    ----------
    placed : (16, n) int32
        Rows `rating.kernel.classify.OUT_COLUMNS`.
    call, day, carried, used_ms : (m,) int64
        The segments of the rated calls.
    """
    if not plan.row_switch.any():
        return NO_HOURS
    counted = (placed[15, call] > 0) & (GROUP_OF[placed[2, call]] > 0)
    if not counted.any():
        return NO_HOURS
    size, n = _ROWS_AT_FIRST, -1
    keys = ms = np.empty(0, np.int64)
    while n < 0:
        keys, ms = np.empty(size, np.int64), np.empty(size, np.int64)
        slots = np.full(2 * size, -1, np.int32)
        n = accumulate_hours(plan.midnights, placed, GROUP_OF, connect_ms, call, day, carried, used_ms, slots, keys, ms)
        size *= 4
    hours = Hours(keys[:n].copy(), ms[:n].copy())
    measured = int(used_ms[counted].sum())
    assert int(hours.ms.sum()) == measured, f"hours hold {int(hours.ms.sum())} ms of calls of {measured} ms"
    return hours
