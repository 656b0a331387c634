"""What a freed identity kept out is offered again: duplicates and conflicts of other files, in order of arrival.

A duplicate has the fields of the record that stood before it, so that record's text is offered for it, as
received where the duplicate was received. A conflict waits with its own text.
"""

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from rating.codes import Outcome, Reason, name_of
from rating.hours import NO_HOURS, Hours, merge_hours
from rating.usage import EMPTY, Cells, merge
from stream.backout.moves import Shifts
from stream.books import tables as t
from stream.books.store import Store
from stream.clock import timestamp
from stream.engine import Batch, Engine, Result
from stream.errors import InvariantBroken
from stream.explain.archived import manifest
from stream.files.archive import Segment, write_segments
from stream.files.duplicates import Duplicates, add_duplicates, drop_duplicates, duplicates, rows_of
from stream.files.sink import keep_texts
from stream.rerate.columns import integers
from stream.rerate.standing import Latest
from stream.rerate.waiting import raw_of

__all__ = ["Again", "Offers"]

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A record that may stand now: where it came in, its text, and where it is kept (duplicates or suspense)."""

    receipt_ms: int
    file: int
    line: int
    at: int
    raw: bytes
    duplicate: tuple[int, int] | None  # position of the batch, row in it
    waiting: Any


@dataclass(slots=True)
class Again:
    """What the offered records add: usage, archive segments, and how many became what."""

    cells: Cells = EMPTY
    hours: Hours = NO_HOURS
    segments: list[Segment] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)


class Offers:
    """Collects freed identities, and offers again what they kept out."""

    def __init__(self, engine: Engine, store: Store, file: int, shifts: Shifts, layer: str) -> None:
        self._engine = engine
        self._store = store
        self._shifts = shifts
        self._layer = layer
        self._parts = [part for part in duplicates(store) if part.file != file]
        kept = [part.fingerprint for part in self._parts]
        self._wanted = np.unique(np.concatenate([np.zeros(0, np.uint64), *kept]))
        self._texts: dict[int, bytes] = {}
        self._freed: list[Words] = []
        self._revs: dict[int, int] = {}
        self._done: list[tuple[list[_Candidate], Result]] = []
        with store.reading() as c:
            conflicts = (t.suspense.c.state == "waiting") & (t.suspense.c.reason == int(Reason.ID_CONFLICT))
            self._conflicts = c.execute(select(t.suspense).where(conflicts, t.suspense.c.file != file)).all()

    @property
    def count(self) -> int:
        """How many records were offered."""
        return sum(len(candidates) for candidates, _ in self._done)

    def free(self, utc_day: Ints, fingerprint: Words, rows: pa.RecordBatch) -> None:
        """Tell of archived calls that were taken out; `rows` as archived before."""
        del utc_day
        self._freed.append(fingerprint)
        revs = integers(rows.column("rev")) + 1
        mine = np.flatnonzero(np.isin(fingerprint, self._wanted))
        for row, fields in zip(mine.tolist(), rows.take(pa.array(mine)).to_pylist(), strict=True):
            self._texts[int(fingerprint[row])] = raw_of(fields)
        contested = {int.from_bytes(row.fingerprint, "big") for row in self._conflicts}
        again = np.isin(fingerprint, np.array([*contested, *self._texts], np.uint64))
        self._revs |= {int(fingerprint[row]): int(revs[row]) for row in np.flatnonzero(again).tolist()}

    def free_texts(self, rows: list[Any]) -> None:
        """Tell of records of suspense that were taken out."""
        numbers = [int.from_bytes(row.fingerprint, "big") for row in rows]
        self._freed.append(np.array(numbers, np.uint64))
        self._texts |= dict(zip(numbers, (row.raw for row in rows), strict=True))

    def _candidates(self) -> list[_Candidate]:
        freed = np.concatenate([np.zeros(0, np.uint64), *self._freed])
        out = []
        for position, part in enumerate(self._parts):
            fingerprint = part.fingerprint
            for row in np.flatnonzero(np.isin(fingerprint, freed)).tolist():
                raw = self._texts[int(fingerprint[row])]
                place = int(part.field("line")[row]), int(part.field("at")[row])
                out.append(_Candidate(part.receipt_ms, part.file, *place, raw, (position, row), None))
        known = set(freed.tolist())
        out += [
            _Candidate(waits.receipt_ms, waits.file, waits.line, -1, waits.raw, None, waits)
            for waits in self._conflicts
            if int.from_bytes(waits.fingerprint, "big") in known
        ]
        return sorted(out, key=lambda one: (one.receipt_ms, one.file, one.line))

    def offer(self, folder: Path, stem: str) -> Again:
        """Decide what is offered again; nothing is kept before `save`."""
        again = Again()
        latest: Latest | None = None
        outcomes: Counter[str] = Counter()
        groups = groupby(self._candidates(), key=lambda one: (one.receipt_ms, one.file, one.waiting is None))
        for (receipt_ms, file, is_duplicate), each in groups:
            if latest is None:
                latest = Latest(self._engine, manifest(self._store))
            candidates = list(each)
            result = self._engine.process(_batch([one.raw for one in candidates], receipt_ms))
            again.segments += write_segments(
                folder,
                result,
                self._engine.names,
                file=file if is_duplicate else 0,
                offset=0,
                receipt_ms=receipt_ms,
                layer=self._layer,
                stem=f"{stem}-again-{len(self._done):06d}",
                rev=self._numbers(latest, result),
                at=np.array([one.at for one in candidates], np.int64),
            )
            again.cells = merge([again.cells, result.cells])
            again.hours = merge_hours([again.hours, result.hours])
            self._move(candidates, result)
            outcomes.update(name_of(Outcome(int(code))) for code in result.outcome)
            self._done.append((candidates, result))
        again.outcomes = dict(sorted(outcomes.items()))
        return again

    def _numbers(self, latest: Latest, result: Result) -> Ints:
        """Number the decisions: each after all that the archive has of its identity, the taking out among them."""
        before = latest.numbers(result.fingerprint)
        here = np.array([self._revs.get(int(word), -1) for word in result.fingerprint], np.int64)
        return np.maximum(before, here) + 1

    def _move(self, candidates: list[_Candidate], result: Result) -> None:
        for row, one in enumerate(candidates):
            now = Outcome(int(result.outcome[row])), Reason(int(result.reason[row]))
            if now[0] in (Outcome.REJECTED, Outcome.FILTERED):
                raise InvariantBroken(f"file {one.file} line {one.line}: its record is not what was kept of it")
            was = (Outcome.DUPLICATE, Reason.NONE)
            if one.waiting is not None:
                was = Outcome.SUSPENDED, Reason.ID_CONFLICT
            source = self._engine.names.name("source", int(result.source[row]))
            self._shifts.add(source, one.receipt_ms, was, now, int(result.columns.duration_ms[row]))

    def save(self, c: Connection) -> None:
        """Keep what became of the offered records, in the caller's transaction."""
        dropped: dict[int, list[int]] = {}
        for candidates, result in self._done:
            lines = np.array([one.line for one in candidates], np.int64)
            if candidates[0].waiting is not None:
                self._settle(c, candidates, result, lines)
                continue
            keep_texts(c, self._engine, result, candidates[0].file, lines, candidates[0].receipt_ms)
            for row in np.flatnonzero(result.outcome != Outcome.DUPLICATE).tolist():
                position, at = candidates[row].duplicate or (-1, -1)
                dropped.setdefault(position, []).append(at)
        for position, rows in dropped.items():
            part: Duplicates = self._parts[position]
            drop_duplicates(c, part, rows)

    def _settle(self, c: Connection, candidates: list[_Candidate], result: Result, lines: Ints) -> None:
        """Let records of suspense go on, wait for another reason, or be duplicates."""
        at = timestamp()
        for row, one in enumerate(candidates):
            outcome, reason = Outcome(int(result.outcome[row])), int(result.reason[row])
            states = {Outcome.SUSPENDED: "waiting", Outcome.DUPLICATE: "duplicate"}
            values = {"state": states.get(outcome, "recycled"), "reason": reason or one.waiting.reason}
            c.execute(update(t.suspense).where(t.suspense.c.id == one.waiting.id).values(**values))
            what = f"offered again: {name_of(outcome)}"
            c.execute(insert(t.suspense_log).values(suspense=one.waiting.id, at=at, what=what, run=self._layer))
        twins = result.rows(Outcome.DUPLICATE)
        places = np.full(len(candidates), -1, np.int64)
        add_duplicates(c, candidates[0].file, candidates[0].receipt_ms, rows_of(result, twins, places, lines))


def _batch(raws: list[bytes], receipt_ms: int) -> Batch:
    lengths = np.array([len(raw) for raw in raws], np.int64)
    at = np.zeros(len(raws), np.int64)
    np.cumsum(lengths[:-1] + 1, out=at[1:])
    return Batch(np.frombuffer(b"\n".join(raws) + b"\n", np.uint8), at, lengths, receipt_ms)
