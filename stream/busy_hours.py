"""A batch's busy-hour sum: what its calls add to the hours of the incumbent's end offices."""

import numpy as np
from numpy.typing import NDArray

from rating.hours import GROUP_OF, NO_HOURS, Hours
from rating.kernel.hours import accumulate_hours
from rating.reference.plan import Plan
from rating.trunks import MS_PER_HOUR

__all__ = ["busy_hours"]

Ints = NDArray[np.int64]


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
    counted = (placed[15, call] > 0) & (GROUP_OF[placed[2, call]] > 0)
    if not plan.row_switch.any() or not counted.any():
        return NO_HOURS
    used = used_ms[counted]
    most = 2 * used.size + int((used // MS_PER_HOUR).sum())
    keys, ms = np.empty(most, np.int64), np.empty(most, np.int64)
    slots = np.full(1 << (2 * most).bit_length(), -1, np.int32)
    n = accumulate_hours(
        plan.midnights, placed, GROUP_OF, connect_ms, call, day, carried, used_ms, slots, keys, ms
    )  # fmt: skip
    hours = Hours(keys[:n].copy(), ms[:n].copy())
    measured = int(used.sum())
    assert int(hours.ms.sum()) == measured, f"hours hold {int(hours.ms.sum())} ms of calls of {measured} ms"
    return hours
