"""A bill call by call: both carriers' recordings matched, each kind of difference priced by settling with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from rating.facts import Facts
from rating.usage import Cells, merge
from schemas.columns import Limits
from stream.books.store import Store
from stream.desk.reconcile.call_causes import CallFindings, Layer, find, with_cells
from stream.desk.reconcile.call_files import Side, archived_side, engine_for, their_side
from stream.desk.reconcile.causes import Cause, sums
from stream.desk.reconcile.days import call_day_rows
from stream.desk.reconcile.ours import DayKey, OurLine, time_in
from stream.desk.reconcile.scope import Recordings, Scope
from stream.engine import Engine
from stream.workspace.load import Workspace

__all__ = ["ByCall", "match_recordings"]


@dataclass(frozen=True)
class ByCall:
    """What came of it.

    before : the books. facts : the books with all the differences of calls added, so that what is left to explain is
    how the terms are read. days : time by LATA and day. document : counts, for people and programs.
    """

    scope: Scope
    before: Facts
    facts: Facts
    found: CallFindings
    days: list[dict[str, Any]]
    document: dict[str, Any]

    def causes(self, value: Callable[[Facts], list[OurLine]], *, elsewhere: bool) -> list[Cause]:
        """Return a cause for each kind and direction, in the order in which they are added to the books.

        elsewhere : whether lines of the bill stand for the calls of other days already.
        """
        out: list[Cause] = []
        extra: list[Cells] = []
        held = value(self.before)
        for layer in self.found.layers:
            extra.append(layer.cells)
            then = value(with_cells(self.before, self.scope.agreement, merge(extra)))
            out += self._worth(layer, held, then)
            held = then
        if not elsewhere:
            out += [self._outside(layer, held) for layer in self.found.outside]
        return out

    def _worth(self, layer: Layer, before: Sequence[OurLine], after: Sequence[OurLine]) -> list[Cause]:
        ms = self._time(layer)
        money, earlier = sums(after), sums(before)
        clauses = _moved(before, after)
        return [
            # What is added in one direction can move the other: the ratio is of both.
            Cause(
                layer.cause, way, layer.words, ms if own else 0, money.get(way, 0) - earlier.get(way, 0), clauses,
                layer.calls if own else 0, layer.evidence if own else (),
            )
            for way in self.scope.ways
            if (own := way == layer.way) or money.get(way, 0) != earlier.get(way, 0)
        ]  # fmt: skip

    def _time(self, layer: Layer) -> int:
        return sum(time_in(self.before, self.scope.agreement, layer.cells).values())

    def _outside(self, layer: Layer, held: Sequence[OurLine]) -> Cause:
        """Price calls of other days at what a minute of the bill's days comes to: they are of no month of it."""
        time = self._time(layer)
        lines = [line for line in held if (line.payer, line.payee) == layer.way]
        whole, money = sum(line.ms for line in lines if line.rate), sum(line.cents for line in lines)
        amount = (2 * time * money + whole) // (2 * whole) if whole else 0
        return Cause(layer.cause, layer.way, layer.words, time, amount, (), layer.calls, layer.evidence)


def _moved(before: Sequence[OurLine], after: Sequence[OurLine]) -> tuple[str, ...]:
    """Return the clauses of the lines that are not as they were."""
    held = set(before)
    return tuple(dict.fromkeys(clause for line in after if line not in held for clause in line.clauses))


def match_recordings(
    workspace: Workspace, store: Store, facts: Facts, scope: Scope, first: date, last: date, recordings: Recordings
) -> ByCall:
    """Match the other carrier's recordings with the archive's.

    Raises
    ------
    BadInput
        If their file holds a record that is none.
    """
    engine = engine_for(workspace, store, facts.names)
    limits = Limits(workspace.settings.limits.max_line_bytes, workspace.settings.limits.max_duration_ms)
    theirs = their_side(engine, recordings.file, recordings.how, scope, limits)
    ours = archived_side(engine, store, scope, *_span(theirs, first, last))
    found = find(engine, ours, theirs, facts.day(first), facts.day(last), recordings.within)
    extra = merge(layer.cells for layer in found.layers)
    time = [_time(engine, facts, scope, side, first, last) for side in (ours, theirs)]
    return ByCall(
        scope,
        facts,
        with_cells(facts, scope.agreement, extra),
        found,
        call_day_rows(*time),
        _document(recordings, theirs, found),
    )


def _span(theirs: Side, first: date, last: date) -> tuple[date, date]:
    """Return the days whose archived calls are read: the bill's, and those of calls that it bills of other days."""
    if not theirs.rows.size:
        return first, last
    connect = theirs.columns.connect_ms[theirs.rows]
    days = [
        np.datetime64(int(edge), "ms").astype("datetime64[D]").astype(date) for edge in (connect.min(), connect.max())
    ]
    return max(min(first, days[0]), first - timedelta(days=366)), min(max(last, days[1]), last + timedelta(days=366))


def _time(engine: Engine, facts: Facts, scope: Scope, side: Side, first: date, last: date) -> dict[DayKey, int]:
    cells = engine.usage_of(side.result, side.rows)
    return {key: ms for key, ms in time_in(facts, scope.agreement, cells).items() if first <= key[4] <= last}


def _document(recordings: Recordings, theirs: Side, found: CallFindings) -> dict[str, Any]:
    return {
        "file": recordings.file.name,
        "there": int(theirs.rows.size),
        "ms_there": int(theirs.calls.duration_ms.sum()),
        "left_out_there": theirs.left_out,
        "clock_offset_ms": found.match.offset_ms,
        "tolerance_ms": {"connect": recordings.within.connect, "duration": recordings.within.duration},
        **{kind: int(count) for kind, count in found.counts.items()},
    }
