"""`backout`: a file's records out again, as a layer of its own that takes its usage back, in one transaction.

What the books hold of a file is its own layer, as long as no correction decided a call of it again; then
that layer is negated as it is, whatever the tables say by now. Where corrections did, their layers hold
parts of many files: then usage has to be what today's tables make of it (else `rerate` comes first), and
what today's decisions of the file's calls add up to is taken back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select, update

from rating.codes import Outcome, Reason
from rating.hours import Hours, merge_hours
from rating.usage import Cells, merge
from stream.backout.moves import Shifts
from stream.backout.offers import Offers
from stream.backout.which import find_file
from stream.books import tables as t
from stream.books.issuing import user
from stream.books.layers import BACKOUT
from stream.books.store import Store
from stream.clock import timestamp
from stream.errors import BadInput, InvariantBroken
from stream.explain.archived import Manifest, manifest
from stream.files.archive import Segment, sweep, write_backed_out
from stream.files.duplicates import duplicates
from stream.files.rate import disk_errors, make_engine
from stream.files.sink import add_cells, add_hours, add_identities, add_tally, save_names, set_positions
from stream.identities import BACKED_OUT, RATED
from stream.rerate.before import codes
from stream.rerate.columns import columns_of, integers
from stream.rerate.run import positions_with, settled
from stream.rerate.standing import Latest, batches
from stream.workspace.load import Workspace

__all__ = ["BackedOut", "backout"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_OUT: Final = (Outcome.BACKED_OUT, Reason.NONE)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class BackedOut:
    """What a run did: the file, its number, the records and milliseconds that went out.

    already : nothing was done, the file was backed out before. offered : records of other files that were
    offered again, by what became of them.
    """

    path: str
    sha256: str
    run: int
    records: int
    ms: int
    already: bool
    offered: dict[str, int]


def backout(workspace: Workspace, store: Store, word: str, reason: str) -> BackedOut:
    """Take a file's records out again, in one transaction; of a file that is out already nothing is done.

    Parameters
    ----------
    word : str
        A path, or the beginning of a SHA-256 (`stream.backout.which`).
    reason : str
        Why, for the log.

    Raises
    ------
    BadInput
        If no such file was rated, or corrections decided calls of it again and tables have changed since.
    InvariantBroken
        If usage is not what the archive says: nothing is written.
    """
    if not reason.strip():
        raise BadInput.found(reason, "why the file is taken out, for the log", field="--reason")
    with store.writing():
        file = find_file(store, word)
        if file.backout is not None:
            return _before(store, file)
        with store.reading() as c:
            paths = [row.path for row in c.execute(select(t.archive.c.path))]
            last = c.execute(select(func.max(t.backouts.c.run))).scalar_one() or 0
        with disk_errors(workspace.folder):
            sweep(workspace.folder, paths)
        return _Run(workspace, store, file, last + 1, reason).run()


def _before(store: Store, file: Any) -> BackedOut:
    with store.reading() as c:
        row = c.execute(select(t.backouts).where(t.backouts.c.run == file.backout)).one()
    return BackedOut(file.path, file.sha256, row.run, row.records, row.ms, already=True, offered={})


class _Run:
    def __init__(self, workspace: Workspace, store: Store, file: Any, number: int, reason: str) -> None:
        self._workspace = workspace
        self._folder = Path(workspace.folder)
        self._store = store
        self._file = file
        self._number = number
        self._layer = f"{BACKOUT}{number}"
        self._reason = reason
        self._engine = make_engine(workspace, store, store.names())
        self._shifts = Shifts()
        self._segments: list[Segment] = []
        with store.reading() as c:
            mine = t.suspense.c.file == file.file
            self._waited = c.execute(select(t.suspense).where(mine).order_by(t.suspense.c.id)).all()
        self._offers = Offers(self._engine, store, file.file, self._shifts, self._layer)
        self._held: list[tuple[Cells, Hours]] = []
        self._own, self._touched = [0, 0], False

    def run(self) -> BackedOut:
        try:
            # What standing calls add up to is asked before anything is marked: it goes by the store alone.
            self._archived()
            self._suspended()
            self._counted()
            cells, hours = self._usage()
            again = self._offers.offer(self._folder, f"backout-{self._number:06d}")
            self._segments += again.segments
            cells, hours = merge([cells.negated(), again.cells]), merge_hours([hours.negated(), again.hours])
            records, ms = self._shifts.into(Outcome.BACKED_OUT)
            self._check(records)
            positions = positions_with(self._engine, self._store, cells)
            tally = self._shifts.tally()
            with self._store.transaction() as c:
                save_names(c, self._engine.names)
                add_cells(c, self._layer, cells)
                add_hours(c, self._layer, hours)
                add_identities(c, self._engine.identities.changes())
                add_tally(c, tally)
                set_positions(c, positions.items())
                if self._segments:
                    c.execute(insert(t.archive), self._segments)
                self._settle_suspense(c)
                self._offers.save(c)
                self._log(c, records, ms)
        except BaseException:
            self._engine.abort()
            raise
        self._engine.commit()
        return BackedOut(
            self._file.path, self._file.sha256, self._number, records, ms, already=False, offered=again.outcomes
        )

    # calls

    def _archived(self) -> None:
        segments = manifest(self._store)
        latest = Latest(self._engine, segments)
        own = f"file:{self._file.file}"
        for segment in sorted(segments, key=lambda one: one.month):
            if segment.layer == own or segment.corrects:
                for rows in batches(segment):
                    self._batch(segment, rows, latest, own=segment.layer == own)

    def _batch(self, segment: Manifest, rows: pa.RecordBatch, latest: Latest, *, own: bool) -> None:
        utc_day, fingerprint = latest.fingerprints(rows)
        recycled = np.isin(fingerprint, self._fingerprints("recycled")) & (integers(rows.column("file")) == 0)
        mine = (integers(rows.column("file")) == self._file.file) | recycled
        state = self._engine.identities.states(np.flatnonzero(mine), utc_day, fingerprint)
        calls = np.isin(codes(rows.column("outcome"), Outcome), (int(Outcome.RATED), int(Outcome.VERIFICATION)))
        stands = mine & calls & (state == RATED) & latest.stands(fingerprint, integers(rows.column("rev")))
        # A call of the file that stands otherwise than its own layer has it is in a correction's layer too.
        self._touched |= bool((mine & ~stands).any()) if own else bool(stands.any())
        if stands.any():
            self._take(segment, rows.filter(pa.array(stands)), utc_day[stands], fingerprint[stands])

    def _take(self, segment: Manifest, rows: pa.RecordBatch, utc_day: Ints, fingerprint: NDArray[np.uint64]) -> None:
        """Take standing calls out: their identities, their outcomes, and their place in the archive."""
        columns = columns_of(rows)
        result = self._engine.decide_again(columns, int(integers(rows.column("receipt_ms")).max()))
        self._held.append((result.cells, result.hours))
        if len(self._held) > 1:
            cells, hours = zip(*self._held, strict=True)
            self._held = [(merge(cells), merge_hours(hours))]
        receipt_ms = integers(rows.column("receipt_ms"))
        came = {_number(row.fingerprint): row.receipt_ms for row in self._waited}
        for row in np.flatnonzero(integers(rows.column("file")) == 0).tolist():
            receipt_ms[row] = came[int(fingerprint[row])]
        outcome, sources = codes(rows.column("outcome"), Outcome), self._engine.names.all("source")
        for was in (Outcome.RATED, Outcome.VERIFICATION):
            of = np.flatnonzero(outcome == was)
            places = (result.source[of], receipt_ms[of], columns.duration_ms[of])
            self._shifts.add_all(sources, *places, (was, Reason.NONE), _OUT)
            if was is Outcome.RATED:
                self._own[0] += of.size
                self._own[1] += int(columns.duration_ms[of].sum())
        self._engine.identities.mark(np.arange(rows.num_rows), utc_day, fingerprint, BACKED_OUT)
        self._offers.free(utc_day, fingerprint, rows)
        with disk_errors(self._folder):
            stem = f"backout-{self._number:06d}-{len(self._segments):06d}"
            table = pa.Table.from_batches([rows])
            written = write_backed_out(self._folder, table, layer=self._layer, month=segment.month, stem=stem)
        self._segments.append(written)

    def _fingerprints(self, *states: str) -> NDArray[np.uint64]:
        return np.array([_number(row.fingerprint) for row in self._waited if row.state in states], np.uint64)

    # what is no call of the books

    def _suspended(self) -> None:
        """Take out what waits or was written off; of a conflict the identity is another record's."""
        freed = []
        for row in self._waited:
            was = {"waiting": Outcome.SUSPENDED, "written_off": Outcome.WRITTEN_OFF}.get(row.state)
            if was is None:
                continue
            why = Reason(row.reason) if was is Outcome.SUSPENDED else Reason.NONE
            self._shifts.add(row.source, row.receipt_ms, (was, why), _OUT, row.duration_ms)
            if row.reason != Reason.ID_CONFLICT:
                freed.append(row)
        utc_day = np.array([row.utc_day for row in freed], np.int64)
        fingerprint = np.array([_number(row.fingerprint) for row in freed], np.uint64)
        self._engine.identities.mark(np.arange(len(freed)), utc_day, fingerprint, BACKED_OUT)
        self._offers.free_texts(freed)

    def _counted(self) -> None:
        """Take out what is only counted: duplicates, and filtered and rejected records."""
        sources = self._engine.names.all("source")
        for part in duplicates(self._store, lambda of: of.file == self._file.file):
            receipts = np.full(len(part.table), part.receipt_ms)
            places = (part.field("source"), receipts, part.field("duration_ms"))
            self._shifts.add_all(sources, *places, (Outcome.DUPLICATE, Reason.NONE), _OUT)
        with self._store.reading() as c:
            for row in c.execute(select(t.file_outcomes).where(t.file_outcomes.c.file == self._file.file)):
                was = Outcome(row.outcome), Reason(row.reason)
                self._shifts.add(row.source, row.hour * 3_600_000, was, _OUT, row.ms, row.records)

    # usage

    def _usage(self) -> tuple[Cells, Hours]:
        """Return what the books hold of the file's calls."""
        if not self._touched:
            cells, hours = self._store.layer(f"file:{self._file.file}")
            held = int(cells.calls.sum()), int(cells.ms.sum())
            if held != tuple(self._own):
                raise InvariantBroken(
                    f"{self._file.path}: its usage is {held[0]} calls and {held[1]} ms, the archive has "
                    f"{self._own[0]} calls and {self._own[1]} ms of it"
                )
            return cells, hours
        months = {segment["month"] for segment in self._segments}
        if months and not settled(self._workspace, self._store, months | _around(months)):
            raise BadInput(
                "corrections decided calls of it again, and tables have changed since; expected usage as today's "
                "tables make it: `ratestream rerate`, then back the file out",
                file=self._file.path,
            )
        return merge(cells for cells, _ in self._held), merge_hours(hours for _, hours in self._held)

    def _check(self, records: int) -> None:
        """Hold that every record that came in with the file goes out, and no other."""
        if records != self._file.records:
            raise InvariantBroken(
                f"{self._file.path}: {self._file.records} records came in with it, {records} of them would go out"
            )

    # the one transaction

    def _settle_suspense(self, c: Connection) -> None:
        at = timestamp()
        for row in self._waited:
            if row.state != "backed_out":
                c.execute(update(t.suspense).where(t.suspense.c.id == row.id).values(state="backed_out"))
                what = "backed out with its file"
                c.execute(insert(t.suspense_log).values(suspense=row.id, at=at, what=what, run=self._layer))

    def _log(self, c: Connection, records: int, ms: int) -> None:
        c.execute(t.duplicates.delete().where(t.duplicates.c.file == self._file.file))
        c.execute(update(t.files).where(t.files.c.file == self._file.file).values(backout=self._number))
        said = {"run": self._number, "file": self._file.file, "at": timestamp(), "by": user(), "reason": self._reason}
        c.execute(insert(t.backouts).values(**said, records=records, ms=ms, offered=self._offers.count))


def _number(fingerprint: bytes) -> int:
    return int.from_bytes(fingerprint, "big")


def _around(months: Iterable[str]) -> set[str]:
    """Return the months before and after some: a local day of connect may be in another than UTC's."""
    out = set()
    for month in months:
        at = np.datetime64(month, "M")
        out |= {str(at - 1), str(at + 1)}
    return out
