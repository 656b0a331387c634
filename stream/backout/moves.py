"""Records that go from one outcome to another, where they came in: nothing comes in again."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import Outcome, Reason
from stream.tally import Key, Tally

__all__ = ["HOUR_MS", "Shifts"]

HOUR_MS: Final = 3_600_000
_Ints = NDArray[np.int64]
_End = tuple[Outcome, Reason]


@dataclass(slots=True)
class Shifts:
    """Sums of what moves, by source, hour of receipt, outcome and reason."""

    records: Counter[tuple[Key, Outcome, Reason]] = field(default_factory=Counter)
    ms: Counter[tuple[Key, Outcome, Reason]] = field(default_factory=Counter)

    def add(self, source: str, receipt_ms: int, was: _End, now: _End, duration_ms: int, count: int = 1) -> None:
        """Move records of one source and hour; `duration_ms` is the time of all of them together."""
        for sign, end in ((-1, was), (1, now)):
            key = ((source, receipt_ms // HOUR_MS, 0), *end)
            self.records[key] += sign * count
            self.ms[key] += sign * duration_ms

    def add_all(
        self, sources: list[str], source: _Ints, receipt_ms: _Ints, duration_ms: _Ints, was: _End, now: _End
    ) -> None:
        """Move records by arrays of (n,): codes of `sources`, receipts, durations."""
        if not source.size:
            return
        keys, place = np.unique(np.stack([source, receipt_ms // HOUR_MS]), axis=1, return_inverse=True)
        count, ms = np.zeros(keys.shape[1], np.int64), np.zeros(keys.shape[1], np.int64)
        np.add.at(count, place.ravel(), 1)
        np.add.at(ms, place.ravel(), duration_ms)
        for (code, hour), n, total in zip(keys.T.tolist(), count.tolist(), ms.tolist(), strict=True):
            self.add(sources[code], hour * HOUR_MS, was, now, total, n)

    def into(self, outcome: Outcome) -> tuple[int, int]:
        """Return records and milliseconds that have gone into an outcome, less what left it."""
        keys = [key for key in self.records if key[1] is outcome]
        return sum(self.records[key] for key in keys), sum(self.ms[key] for key in keys)

    def tally(self) -> Tally:
        """Return the moves as a tally; InvariantBroken if something came in or got lost."""
        tally = Tally()
        tally.outcomes = {key: (n, self.ms[key]) for key, n in self.records.items() if n or self.ms[key]}
        tally.check()
        return tally
