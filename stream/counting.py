"""A batch's tally: in from the records themselves, out from what was decided of them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rating.codes import Outcome, Reason
from rating.kernel import sums
from stream.tally import UNREADABLE, Tally

__all__ = ["count"]


def count(
    source: NDArray[np.int64],
    sources: Sequence[str],
    outcome: NDArray[np.uint8],
    reason: NDArray[np.uint8],
    duration_ms: NDArray[np.int64],
    hour: int,
    partition: int,
) -> Tally:
    """Count a batch: in from the records themselves, out from what was decided of them.

    source : (n,) int64, codes, below 0 where the record's source is unreadable
    outcome, reason : (n,) uint8
    duration_ms : (n,) int64, 0 where the field is not valid
    """
    size = len(sources) + 1
    intake = np.zeros((size, 2), np.int64)
    decided = np.zeros((size, max(Outcome) + 1, max(Reason) + 1, 2), np.int64)
    sums.tally(source, outcome, reason, duration_ms, intake, decided)
    tally = Tally()
    keys = [(name, hour, partition) for name in (UNREADABLE, *sources)]
    for row in np.flatnonzero(intake[:, 0]).tolist():
        tally.intake[keys[row]] = (int(intake[row, 0]), int(intake[row, 1]))
    for row, code, why in zip(*(column.tolist() for column in np.nonzero(decided[..., 0])), strict=True):
        records, ms = decided[row, code, why].tolist()
        tally.outcomes[keys[row], Outcome(code), Reason(why)] = (records, ms)
    return tally
