"""What call-by-call matching finds, as usage: each kind of difference is priced by settling the months with it.

Ratio and cap belong to a month as a whole, so a call has no price of its own. Kinds are added to the books one
after another, and each is worth what the lines change by; together they are worth what the other carrier's calls
are worth under our terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import TrafficClass, name_of
from rating.facts import Facts, month_days
from rating.usage import Cells, merge
from stream.desk.reconcile.call_files import Side, with_columns
from stream.desk.reconcile.call_match import CallMatch, match_calls, twins_within
from stream.desk.reconcile.scope import Tolerance
from stream.engine import Engine
from stream.errors import InvariantBroken
from stream.workspace.calendar import FIRST_DAY, date_at

__all__ = ["CallFindings", "Layer", "find", "with_cells"]

Ints = NDArray[np.int64]

_UNITS_MS: Final = (60_000, 30_000, 6_000, 1_000)
_SHOWN: Final = 20
_MOST_ROUNDED: Final = 95
_FEWEST_MISSING: Final = 3
_TWICE_THERE: Final = "the other carrier bills one more recording of a call that it bills"
_TWICE_HERE: Final = "the books have one more recording of a call: two of our offices bill it"
_ONLY_THERE: Final = "the other carrier bills calls that the books do not have"
_ONLY_HERE: Final = "the books have calls that the other carrier does not"
_OUTSIDE: Final = "the other carrier bills calls of days outside the bill's period"
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True)
class Layer:
    """One kind of difference in one direction as usage: what it adds to the books, and the calls that it is of."""

    cause: str
    way: tuple[str, str]
    words: str
    cells: Cells
    calls: int
    evidence: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class CallFindings:
    """What matching found. counts : calls by kind. outside : usage of their calls on other days than the bill's."""

    match: CallMatch
    layers: tuple[Layer, ...]
    outside: tuple[Layer, ...]
    counts: Mapping[str, int]


def with_cells(facts: Facts, agreement: str, extra: Cells) -> Facts:
    """Return facts with usage added.

    Raises
    ------
    InvariantBroken
        If usage would fall below nothing: the archived calls are placed otherwise than the books have them.
    """
    days = extra.field("day")
    held = facts.cells_of

    def cells_of(name: str, month: str) -> Cells:
        if name != agreement:
            return held(name, month)
        first, last = (facts.day(day) for day in month_days(month))
        cells = merge([held(name, month), extra.where((days >= first) & (days <= last))])
        if (cells.ms < 0).any():
            raise InvariantBroken(
                f"{month}: under today's tables archived calls are not those of the books; `ratestream rerate` first"
            )
        return cells

    return replace(facts, cells_of=cells_of, memo={})


def find(engine: Engine, ours: Side, theirs: Side, first: int, last: int, within: Tolerance) -> CallFindings:
    """Match both sides' recordings of the calendar days from `first` through `last`, and sort out what differs."""
    match = match_calls(ours.calls, theirs.calls, within)
    return _Finder(engine, ours, theirs, match, (first, last), within).findings()


def _days(side: Side) -> Ints:
    """Return the local day of connect of each of a side's rows; of a call without time the UTC day."""
    result = side.result
    utc = side.columns.connect_ms // _DAY_MS
    day = utc - int(np.datetime64(FIRST_DAY, "D").astype(np.int64))
    began = result.carried == 0
    day[result.call[began]] = result.day[began]
    return day[side.rows]


class _Finder:
    def __init__(
        self, engine: Engine, ours: Side, theirs: Side, match: CallMatch, window: tuple[int, int], within: Tolerance
    ) -> None:
        self._engine, self._ours, self._theirs, self._match = engine, ours, theirs, match
        self._window, self._within = window, within
        self._day_here, self._day_there = _days(ours), _days(theirs)

    def findings(self) -> CallFindings:
        m = self._match
        only_here = m.only_here[self._inside(self._day_here[m.only_here])]
        only_there = m.only_there[self._inside(self._day_there[m.only_there])]
        inside = self._inside(self._day_there[m.there])
        twice_here = twins_within(self._ours.calls, only_here, self._within)
        twice_there = twins_within(self._theirs.calls, only_there, self._within)
        only_here, only_there = np.setdiff1d(only_here, twice_here), np.setdiff1d(only_there, twice_there)
        missing = self._missing(only_there)
        only_there = np.setdiff1d(only_there, np.concatenate([np.zeros(0, np.int64), *(rows for _, rows in missing)]))
        pairs = np.flatnonzero(inside)
        layers: list[Layer] = []
        for number, way in enumerate(self._ours.ways):
            here, there = self._ours.way == number, self._theirs.way == number
            layers += [
                self._of_theirs("missing_day", way, words, chosen)
                for words, rows in missing
                if (chosen := rows[there[rows]]).size
            ]
            layers += [
                self._of_theirs("recorded_twice_there", way, _TWICE_THERE, twice_there[there[twice_there]]),
                self._of_theirs("only_there", way, _ONLY_THERE, only_there[there[only_there]]),
                self._of_ours("only_here", way, _ONLY_HERE, only_here[here[only_here]]),
                self._of_ours("recorded_twice_here", way, _TWICE_HERE, twice_here[here[twice_here]]),
            ]
            mine = pairs[here[m.here[pairs]]]
            layers += self._lengths(way, mine)
            layers += self._classes(way, mine)
        outside = np.flatnonzero(~self._inside(self._day_there))
        counts = {
            "same": int(np.count_nonzero(m.same[pairs])),
            "length": int(np.count_nonzero(~m.same[pairs])),
            "only_here": only_here.size,
            "only_there": only_there.size + sum(rows.size for _, rows in missing),
            "recorded_twice_here": twice_here.size,
            "recorded_twice_there": twice_there.size,
            "other_class": sum(layer.calls for layer in layers if layer.cause == "other_class"),
            "other_period": outside.size,
        }
        return CallFindings(
            m,
            tuple(layer for layer in layers if layer.calls),
            tuple(
                self._of_theirs("other_period", way, _OUTSIDE, rows)
                for number, way in enumerate(self._theirs.ways)
                if (rows := outside[self._theirs.way[outside] == number]).size
            ),
            counts,
        )

    def _inside(self, days: Ints) -> NDArray[np.bool_]:
        out: NDArray[np.bool_] = (days >= self._window[0]) & (days <= self._window[1])
        return out

    def _missing(self, only_there: Ints) -> list[tuple[str, Ints]]:
        """Return days on which one of our offices, or all of them, recorded nothing, with their calls of the day.

        An office is missed where it records some calls on a usual day, and the other carrier has at least half as
        many that we have not: an office that records a call now and then is not.
        """
        days = self._day_there[only_there]
        sources = self._ours.result.source[self._ours.rows]
        out = []
        for day in np.unique(days).tolist():
            rows = only_there[days == day]
            if rows.size < _FEWEST_MISSING:
                continue
            silent = {
                self._engine.names.name("source", source): usual
                for source in np.unique(sources).tolist()
                if not (self._day_here[sources == source] == day).any()
                and (usual := self._usual(sources == source, day)) >= _FEWEST_MISSING
            }
            when = date_at(day)
            if silent and rows.size * 2 >= sum(silent.values()):
                words = f"{when}: the books have no record of {' and '.join(silent)} on this day; ask for its files"
                out.append((words, rows))
            elif not (self._day_here == day).any():
                out.append((f"{when}: the books have no record of the day; ask for its files", rows))
        return out

    def _usual(self, chosen: NDArray[np.bool_], day: int) -> int:
        """Return how many calls an office records on the middle one of the other days on which anybody does."""
        others = np.unique(self._day_here[self._inside(self._day_here) & (self._day_here != day)])
        if not others.size:
            return 0
        held = self._day_here[chosen]
        counts = np.searchsorted(np.sort(held), others, side="right") - np.searchsorted(np.sort(held), others)
        return int(np.sort(counts)[others.size // 2])

    # layers

    def _of_theirs(self, cause: str, way: tuple[str, str], words: str, rows: Ints) -> Layer:
        side = self._theirs
        cells = self._engine.usage_of(side.result, side.rows[rows])
        return Layer(cause, way, words, cells, rows.size, tuple(side.name(row) for row in rows[:_SHOWN].tolist()))

    def _of_ours(self, cause: str, way: tuple[str, str], words: str, rows: Ints) -> Layer:
        side = self._ours
        cells = self._engine.usage_of(side.result, side.rows[rows]).negated()
        return Layer(cause, way, words, cells, rows.size, tuple(side.name(row) for row in rows[:_SHOWN].tolist()))

    def _lengths(self, way: tuple[str, str], pairs: Ints) -> list[Layer]:
        """Return what pairs whose lengths are not the same come to: rounding by the call, or as they differ."""
        m = self._match
        here, there = m.here[pairs], m.there[pairs]
        ours, theirs = self._ours.calls.duration_ms[here], self._theirs.calls.duration_ms[there]
        unequal = ours != theirs
        if not unequal.any():
            return []
        unit = _unit(ours[unequal], theirs[unequal])
        if unit:
            words = f"the other carrier rounds each call up to {unit // 1000} s"
            return [self._longer("rounding_by_call", way, words, here[unequal], theirs[unequal])]
        near = unequal & m.same[pairs]
        far = unequal & ~m.same[pairs]
        limit = f"{self._within.duration / 1000:g} s"
        return [
            self._longer("length", way, f"lengths that differ by more than {limit}", here[far], theirs[far]),
            self._longer(
                "clock", way, f"lengths that differ by up to {limit}, as two clocks do", here[near], theirs[near]
            ),
        ]

    def _longer(self, cause: str, way: tuple[str, str], words: str, here: Ints, duration_ms: Ints) -> Layer:
        """Return calls of ours with the other carrier's length in the place of ours."""
        side = self._ours
        at = side.rows[here]
        changed = side.columns.duration_ms.copy()
        changed[at] = duration_ms
        then = with_columns(self._engine, replace(side.columns, duration_ms=changed))
        cells = merge([self._engine.usage_of(then, at), self._engine.usage_of(side.result, at).negated()])
        shown = [
            side.name(row) | {"duration_ms_there": other}
            for row, other in zip(here[:_SHOWN].tolist(), duration_ms[:_SHOWN].tolist(), strict=True)
        ]
        return Layer(cause, way, words, cells, here.size, tuple(shown))

    def _classes(self, way: tuple[str, str], pairs: Ints) -> list[Layer]:
        """Return calls of another class there, by pair of classes."""
        m, side = self._match, self._ours
        here = m.here[pairs]
        ours = side.result.placed[2][side.rows[here]]
        theirs = self._theirs.result.placed[2][self._theirs.rows[m.there[pairs]]]
        out = []
        for a, b in sorted({*zip(ours.tolist(), theirs.tolist(), strict=True)}):
            if a == b:
                continue
            rows = here[(ours == a) & (theirs == b)]
            at = side.rows[rows]
            placed = side.result.placed.copy()
            placed[2, at] = b
            then = replace(side.result, placed=placed)
            cells = merge([self._engine.usage_of(then, at), self._engine.usage_of(side.result, at).negated()])
            words = f"calls that are {_class(a)} by the tables are billed as {_class(b)}"
            out.append(
                Layer("other_class", way, words, cells, rows.size, tuple(side.name(r) for r in rows[:_SHOWN].tolist()))
            )
        return out


def _class(code: int) -> str:
    return name_of(TrafficClass(code))


def _unit(ours: Ints, theirs: Ints) -> int:
    """Return the largest unit that their lengths are ours gone up to, in milliseconds; 0 if they are not."""
    for unit in _UNITS_MS:
        fits = np.count_nonzero(theirs == -(-ours // unit) * unit)
        if fits * 100 >= ours.size * _MOST_ROUNDED and not (theirs % unit).any():
            return unit
    return 0
