"""Decide archived calls again under today's reference data, and keep the difference as a correction layer.

The cells of a set of calls need not be made again as they were: they are there. Segments of a call all
have one local day of connect, and a cell's key gives it: service day - carried. So, over a set of days D,

    the sum of all layers, in cells whose day of connect is in D
        = the cells of the archived calls that stand, whose day of connect, as decided, is in D,

and the correction is the cells that the same calls come to now, wherever they fall, less that sum. After
it the left side is a fresh rating of these calls, whatever earlier corrections, recycled calls, clocks,
days of rate or rounding units went into it; all other calls are as they were. The equation is checked, in
calls and in milliseconds of each day, before anything is written: calls that the archive lacks or has
twice would show in it.

D is every day, or, of the months that are named, every day on which a call can connect that has time in
them, on the clock on which it was decided or on another: so these months are a fresh rating afterwards.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select

from rating.codes import Outcome
from rating.facts import month_days
from rating.hours import Hours, merge_hours
from rating.usage import Cells, merge
from stream.books import tables as t
from stream.books.layers import RERATE, next_rerate
from stream.books.store import Store
from stream.engine import Engine, Result
from stream.errors import InvariantBroken
from stream.explain.archived import Manifest, manifest
from stream.files.archive import Segment, sweep, write_again
from stream.files.rate import disk_errors, make_engine
from stream.files.sink import add_cells, add_hours, add_identities, add_tally, save_names, set_positions
from stream.identities import RATED, SUSPENDED
from stream.rerate.before import Before, before_of, codes, first_days
from stream.rerate.columns import columns_of, integers
from stream.rerate.moves import Move, Moves, months_of
from stream.rerate.standing import Latest, batches
from stream.rerate.waiting import first_receipts, suspended_rows, to_suspense, waited_before
from stream.workspace.calendar import DAYS, FIRST_DAY, date_at
from stream.workspace.load import Workspace

__all__ = ["Progress", "Rerated", "positions_with", "rerate", "settled"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_BEFORE: Final = timedelta(days=3)
"""A call lasts into the second day after that of its connect at most; one day more for another clock."""
_AFTER: Final = timedelta(days=1)
_DAY_MS: Final = 86_400_000
_MOST_CELLS: Final = 1 << 20
_ADDS_UP: Final = (int(Outcome.RATED), int(Outcome.VERIFICATION))

Progress = Callable[[int, int], None]
"""Called after each batch with the archived rows read so far, and how many there are."""


@dataclass(frozen=True, slots=True)
class Rerated:
    """What a run did.

    layer : str or None
        The correction's name; None where nothing differs, and nothing was written.
    decided, changed : int
        Calls that were decided again, and those of them that are placed otherwise.
    cells : int
        Cells of the correction.
    waiting : int
        Records in suspense, which are not decided again here.
    unclosed : tuple of (agreement, month)
        Whose usage changed in a month that is closed for others and not for them: no true-up books it.
    """

    layer: str | None
    decided: int
    changed: int
    cells: int
    moves: tuple[Move, ...]
    waiting: int
    unclosed: tuple[tuple[str, str], ...]


def rerate(workspace: Workspace, store: Store, months: Iterable[str] = (), progress: Progress | None = None) -> Rerated:
    """Decide archived calls again, in one transaction.

    Parameters
    ----------
    months : iterable of str
        Local months, as ``2003-06``; the calls with time in one of them. None: every call.

    Raises
    ------
    InvariantBroken
        If the usage cells are not those of the archived calls: nothing is written.
    BadInput
        If a segment of the archive is missing or cannot be read.
    StoreUnreachable
        If another process is writing into the workspace, or it cannot be written.
    """
    with store.writing():
        with store.reading() as c:
            paths = [row.path for row in c.execute(select(t.archive.c.path))]
        with disk_errors(workspace.folder):
            sweep(workspace.folder, paths)
        return _Run(workspace, store, _days(sorted(set(months))), progress).run()


def _days(months: Sequence[str]) -> Flags:
    """Return the days of connect whose calls may have time in some local months; every day if none is named."""
    out = np.full(DAYS + 1, not months)
    for month in months:
        first, last = month_days(month)
        out[max(0, (first - _BEFORE - FIRST_DAY).days) : max(0, (last + _AFTER - FIRST_DAY).days + 1)] = True
    return out


@dataclass(slots=True)
class _PerDay:
    """Calls and milliseconds by local day of connect."""

    calls: Ints = field(default_factory=lambda: np.zeros(DAYS + 1, np.int64))
    ms: Ints = field(default_factory=lambda: np.zeros(DAYS + 1, np.int64))

    def add(self, days: Ints, calls: Ints | int, ms: Ints) -> None:
        np.add.at(self.calls, days, calls)
        np.add.at(self.ms, days, ms)


class _Run:
    def __init__(self, workspace: Workspace, store: Store, days: Flags, progress: Progress | None) -> None:
        self._folder = Path(workspace.folder)
        self._store = store
        self._days = days
        self._progress = progress
        self._engine: Engine = make_engine(workspace, store, store.names())
        self._number = next_rerate(store)
        self._layer = f"{RERATE}{self._number}"
        self._moves = Moves(self._engine.names)
        self._archived = _PerDay()
        self._fresh: list[Cells] = []
        self._fresh_hours: list[Hours] = []
        self._segments: list[Segment] = []
        self._waiting: list[dict[str, Any]] = []
        self._decided = self._changed = 0

    def run(self) -> Rerated:
        try:
            correction, hours = self._correction()
            wrote = bool(len(correction) or len(hours) or self._segments)
            if wrote:
                self._save(correction, hours)
        except BaseException:
            self._engine.abort()
            raise
        self._engine.commit()
        with self._store.reading() as c:
            waiting = c.execute(
                select(func.count()).select_from(t.suspense).where(t.suspense.c.state == "waiting")
            ).scalar_one()
        return Rerated(
            self._layer if wrote else None,
            self._decided,
            self._changed,
            len(correction),
            tuple(self._moves.rows()),
            waiting,
            tuple(self._unclosed(correction)),
        )

    def _correction(self) -> tuple[Cells, Hours]:
        """Decide all of it again; return what is to be added to usage and to the busy hours."""
        self._read()
        old = self._old_cells()
        self._check(old)
        correction = merge([*self._fresh, old.negated()])
        return correction, merge_hours([*self._fresh_hours, self._old_hours().negated()])

    def would_write(self) -> bool:
        """Decide all of it again, and tell whether anything differs."""
        correction, hours = self._correction()
        return bool(len(correction) or len(hours) or self._segments)

    def undo(self) -> None:
        """Let go of what was decided."""
        self._engine.abort()

    # what stands in the archive

    def _read(self) -> None:
        segments = sorted(manifest(self._store, self._utc_months()), key=lambda segment: segment.month)
        latest = Latest(self._engine, segments)
        with self._store.reading() as c:
            of_months = t.archive.c.month.in_(sorted({segment.month for segment in segments}))
            total = c.execute(select(func.coalesce(func.sum(t.archive.c.rows), 0)).where(of_months)).scalar_one()
        month, read = "", 0
        for segment in segments:
            if segment.month != month:
                # A segment's calls are of one UTC month, and so are the days of their identities.
                self._engine.identities.forget()
                month = segment.month
            for rows in batches(segment):
                self._batch(segment, rows, latest)
                read += rows.num_rows
                if self._progress is not None:
                    self._progress(read, total)

    def _utc_months(self) -> list[str] | None:
        """Return the UTC months in which calls of the run's days may have connected; None for all."""
        if self._days.all():
            return None
        days = np.flatnonzero(self._days)
        around = np.clip(np.concatenate([days - 1, days + 1]), 0, DAYS)
        return [str(np.datetime64(month, "M")) for month in np.unique(months_of(around)).tolist()]

    def _batch(self, segment: Manifest, rows: pa.RecordBatch, latest: Latest) -> None:
        rows = rows.filter(pa.array(self._in_scope(rows)))
        if rows.num_rows:
            rows = rows.filter(pa.array(self._stands(rows, latest)))
        if not rows.num_rows:
            return
        result = self._engine.decide_again(columns_of(rows), int(integers(rows.column("receipt_ms")).max()))
        before = before_of(rows, self._engine.names)
        rated = np.flatnonzero(before.outcome == Outcome.RATED)
        self._archived.add(before.first_day[rated], 1, result.columns.duration_ms[rated])
        self._decided += rows.num_rows
        self._keep(result.cells)
        self._fresh_hours = [merge_hours([*self._fresh_hours, result.hours])]
        changed = np.flatnonzero(before.differs(result))
        if changed.size:
            self._decide_otherwise(segment, rows, before, result, changed)

    def _in_scope(self, rows: pa.RecordBatch) -> Flags:
        """Return which calls connect on the run's days, as decided; of one without segments the UTC day counts."""
        day = first_days(rows)
        utc = integers(rows.column("connect_ms")) // _DAY_MS - int(np.datetime64(FIRST_DAY, "D").astype(np.int64))
        chosen: Flags = self._days[np.where(day >= 0, day, utc)]
        return chosen & np.isin(codes(rows.column("outcome"), Outcome), _ADDS_UP)

    def _stands(self, rows: pa.RecordBatch, latest: Latest) -> Flags:
        """Return which decisions are the last of their call, of calls that are in no suspense and not backed out."""
        utc_day, fingerprint = latest.fingerprints(rows)
        state = self._engine.identities.states(np.arange(rows.num_rows), utc_day, fingerprint)
        stands: Flags = latest.stands(fingerprint, integers(rows.column("rev"))) & (state == RATED)
        return stands

    def _keep(self, cells: Cells) -> None:
        self._fresh.append(cells)
        if sum(len(part) for part in self._fresh) > _MOST_CELLS:
            self._fresh = [merge(self._fresh)]

    def _decide_otherwise(
        self, segment: Manifest, rows: pa.RecordBatch, before: Before, result: Result, changed: Ints
    ) -> None:
        """Archive what changed, and sum up what moved; nothing counts before the transaction."""
        elsewhere = changed[before.outcome[changed] != result.outcome[changed]]
        receipt_ms = first_receipts(
            self._store, result, elsewhere, integers(rows.column("file")), integers(rows.column("receipt_ms"))
        )
        self._moves.add(before, result, changed, receipt_ms)
        self._changed += changed.size
        leaving = changed[result.outcome[changed] == Outcome.SUSPENDED]
        self._engine.identities.mark(leaving, result.utc_day, result.fingerprint, SUSPENDED)
        self._waiting += suspended_rows(rows, result, leaving, receipt_ms)
        with disk_errors(self._folder):
            self._segments.append(
                write_again(
                    self._folder,
                    pa.Table.from_batches([rows]),
                    self._engine.price_again(result, changed),
                    self._engine.names,
                    changed,
                    layer=self._layer,
                    month=segment.month,
                    stem=f"rerate-{self._number:06d}-{len(self._segments):06d}",
                )
            )

    # cells

    def _old_cells(self) -> Cells:
        """Return what all layers together hold of the run's days of connect."""
        parts = []
        for agreement, month in self._store.months():
            first, last = ((day - FIRST_DAY).days for day in month_days(month))
            if self._days[max(0, first - _BEFORE.days) : last + 1].any():
                cells = self._store.cells(agreement, month)
                parts.append(cells.where(self._days[_connect_days(cells)]))
        return merge(parts)

    def _old_hours(self) -> Hours:
        """Return what all layers together hold of the busy hours of the run's days of connect."""
        parts = []
        for agreement, month in self._store.hour_months():
            hours = self._store.hours(agreement, month)
            parts.append(hours.where(self._days[hours.field("day") - hours.field("carried")]))
        return merge_hours(parts)

    def _check(self, old: Cells) -> None:
        """Hold the usage cells to the archive: the same calls and time on every day of connect."""
        held = _PerDay()
        held.add(_connect_days(old), old.calls, old.ms)
        wrong = np.flatnonzero((held.calls != self._archived.calls) | (held.ms != self._archived.ms))
        if wrong.size:
            day = int(wrong[0])
            raise InvariantBroken(
                f"{date_at(day)}: usage has {held.calls[day]} calls and {held.ms[day]} ms, the archive "
                f"{self._archived.calls[day]} calls and {self._archived.ms[day]} ms ({wrong.size} such days)"
            )

    # the one transaction

    def _save(self, correction: Cells, hours: Hours) -> None:
        positions = positions_with(self._engine, self._store, correction)
        earlier = waited_before(self._store, self._waiting)
        self._moves.tally.check()
        with self._store.transaction() as c:
            save_names(c, self._engine.names)
            add_cells(c, self._layer, correction)
            add_hours(c, self._layer, hours)
            add_identities(c, self._engine.identities.changes())
            add_tally(c, self._moves.tally)
            set_positions(c, positions.items())
            self._add_segments(c)
            to_suspense(c, self._waiting, earlier, self._layer)

    def _add_segments(self, c: Connection) -> None:
        if self._segments:
            c.execute(insert(t.archive), self._segments)

    def _unclosed(self, correction: Cells) -> Iterator[tuple[str, str]]:
        with self._store.reading() as c:
            issued = c.execute(select(t.statements.c.agreement, t.statements.c.month).distinct()).all()
        closed, months = {(row.agreement, row.month) for row in issued}, {row.month for row in issued}
        for code, month in _pairs(correction):
            agreement = self._engine.names.name("agreement", code)
            if month in months and (agreement, month) not in closed:
                yield agreement, month


def positions_with(engine: Engine, store: Store, correction: Cells) -> dict[tuple[int, str], tuple[int, int]]:
    """Return the live positions of the months that are corrected, made again from their cells.

    They are for provisional prices alone, and no statement reads them. What moved between classes would
    stay in them for ever, and open months would be priced by it: so they follow the cells.
    """
    out = {}
    for agreement, month in _pairs(correction):
        mine = correction.where(correction.field("agreement") == agreement)
        of_month = mine.where(months_of(mine.field("day")) == np.datetime64(month, "M").astype(np.int64))
        cells = merge([store.cells(agreement, month), of_month])
        out[agreement, month] = engine.position(agreement, cells)
    return out


def settled(workspace: Workspace, store: Store, months: Iterable[str]) -> bool:
    """Return whether a rerate of some months would change nothing: then usage is what today's tables make of it.

    The caller is writing. Nothing is kept; what was written into the archive is swept with other orphans.
    """
    run = _Run(workspace, store, _days(sorted(set(months))), None)
    try:
        return not run.would_write()
    finally:
        run.undo()


def _pairs(cells: Cells) -> list[tuple[int, str]]:
    """Return the agreements and months of cells; what is under no agreement is in no statement, and left out."""
    pairs = np.unique(np.stack([cells.field("agreement"), months_of(cells.field("day"))]), axis=1)
    return [(agreement, str(np.datetime64(month, "M"))) for agreement, month in pairs.T.tolist() if agreement]


def _connect_days(cells: Cells) -> Ints:
    days: Ints = cells.field("day") - cells.field("carried")
    return days
