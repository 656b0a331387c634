"""What a rerate moved: calls and time from one agreement and class to another, and between outcomes."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import Outcome, Reason, TrafficClass, name_of
from rating.names import Names
from stream.engine import Result
from stream.rerate.before import Before
from stream.tally import Tally
from stream.workspace.calendar import FIRST_DAY

__all__ = ["Move", "Moves", "months_of"]

Ints = NDArray[np.int64]

_HOUR_MS: Final = 3_600_000
_PARTITION: Final = 0
_VERIFIES: Final = 100
_WAITS: Final = 200
"""Beyond every class: what a call that adds no usage is, in the sums below."""

Counts = Counter[tuple[int, ...]]


def months_of(days: Ints) -> Ints:
    """Return months since 1970 of calendar days."""
    dates = np.datetime64(FIRST_DAY, "D") + days.astype("timedelta64[D]")
    months: Ints = dates.astype("datetime64[M]").astype(np.int64)
    return months


@dataclass(frozen=True, slots=True)
class Move:
    """Calls of a month that moved: agreements and classes in words, a class also ``verification`` or a reason to wait.

    The month is that of the local day of connect as it was decided before, of calls that added no usage
    as it is decided now, else by UTC. What came from where it went changed in its place or its days alone.
    """

    month: str
    agreement: str
    traffic_class: str
    to_agreement: str
    to_class: str
    calls: int
    ms: int

    def as_dict(self) -> dict[str, Any]:
        """Return the move as ``--json`` prints it."""
        return {
            "month": self.month,
            "from": {"agreement": self.agreement or None, "class": self.traffic_class},
            "to": {"agreement": self.to_agreement or None, "class": self.to_class},
            "calls": self.calls,
            "ms": self.ms,
        }


def _what(outcome: NDArray[Any], kind: NDArray[Any], reason: NDArray[Any] | int) -> Ints:
    """Class of a rated call, else what it is instead."""
    rated, verifies = outcome == Outcome.RATED, outcome == Outcome.VERIFICATION
    return np.where(rated, kind, np.where(verifies, _VERIFIES, _WAITS + np.asarray(reason, np.int64))).astype(np.int64)


def _word(what: int) -> str:
    if what >= _WAITS:
        return f"suspended: {name_of(Reason(what - _WAITS))}"
    return "verification" if what == _VERIFIES else name_of(TrafficClass(what))


def _month(before: Before, result: Result, rows: Ints) -> Ints:
    first = np.full(len(result.columns), -1, np.int64)
    on_connect = result.carried == 0
    first[result.call[on_connect]] = result.day[on_connect]
    utc = result.utc_day - (np.datetime64(FIRST_DAY, "D").astype(np.int64))
    was = before.first_day
    return months_of(np.where(was >= 0, was, np.where(first >= 0, first, utc))[rows])


@dataclass(slots=True)
class Moves:
    """Sums of what moved, batch by batch."""

    names: Names
    calls: Counts = field(default_factory=Counter)
    ms: Counts = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)

    def add(self, before: Before, result: Result, rows: Ints, receipt_ms: Ints) -> None:
        """Add the changed calls of a batch.

        rows : (m,) int64
            Those that are decided otherwise now.
        receipt_ms : (n,) int64
            When each first came in: the tally's hour.
        """
        duration = result.columns.duration_ms[rows]
        agreements = before.placed["agreement"][rows], result.placed[3, rows].astype(np.int64)
        was = _what(before.outcome[rows], before.placed["class"][rows], 0)
        now = _what(result.outcome[rows], result.placed[2, rows], result.reason[rows])
        keys = np.stack([_month(before, result, rows), agreements[0], was, agreements[1], now])
        _count(keys, duration, self.calls, self.ms)
        self._outcomes(before, result, rows[before.outcome[rows] != result.outcome[rows]], receipt_ms)

    def _outcomes(self, before: Before, result: Result, rows: Ints, receipt_ms: Ints) -> None:
        """Take calls out of one outcome and into another, where they came in: nothing comes in again."""
        hour, none = receipt_ms[rows] // _HOUR_MS, np.zeros(rows.size, np.int64)
        source, duration = result.source[rows], result.columns.duration_ms[rows]
        sources = self.names.all("source")
        for sign, outcome, reason in (
            (-1, before.outcome[rows], none),
            (1, result.outcome[rows].astype(np.int64), result.reason[rows].astype(np.int64)),
        ):
            calls, ms = Counter[tuple[int, ...]](), Counter[tuple[int, ...]]()
            _count(np.stack([source, hour, outcome, reason]), duration, calls, ms)
            part = Tally()
            for (of, at, what, why), n in calls.items():
                key = (sources[of], at, _PARTITION), Outcome(what), Reason(why)
                part.outcomes[key] = sign * n, sign * ms[of, at, what, why]
            self.tally.add(part)

    def rows(self) -> list[Move]:
        """Return what moved, by month and agreement."""
        out = [
            Move(
                str(np.datetime64(month, "M")),
                self.names.name("agreement", agreement),
                _word(was),
                self.names.name("agreement", to),
                _word(now),
                calls,
                self.ms[month, agreement, was, to, now],
            )
            for (month, agreement, was, to, now), calls in self.calls.items()
        ]
        return sorted(out, key=lambda m: (m.month, m.agreement, m.traffic_class, m.to_agreement, m.to_class))


def _count(keys: Ints, duration: Ints, calls: Counts, ms: Counts) -> None:
    """Add how often each column of keys comes, and the time of its calls."""
    if not duration.size:
        return
    unique, place = np.unique(keys, axis=1, return_inverse=True)
    times, sums = np.zeros(unique.shape[1], np.int64), np.zeros(unique.shape[1], np.int64)
    np.add.at(times, place.ravel(), 1)
    np.add.at(sums, place.ravel(), duration)
    for key, n, total in zip(unique.T.tolist(), times.tolist(), sums.tolist(), strict=True):
        calls[tuple(key)] += n
        ms[tuple(key)] += total
