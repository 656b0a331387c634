"""Which of two records of one identity stands: the one that waits is kept, and the other goes out of the books."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, insert

from rating.codes import Outcome, Reason
from rating.hours import merge_hours
from rating.usage import merge
from stream.backout.moves import Shifts
from stream.books import tables as t
from stream.books.issuing import user
from stream.books.layers import RESOLVE
from stream.books.store import Store
from stream.clock import timestamp
from stream.engine import Batch, Engine, Result
from stream.errors import BadInput
from stream.explain.archived import Manifest, manifest
from stream.files.archive import Segment, write_backed_out, write_segments
from stream.files.rate import disk_errors, make_engine
from stream.files.sink import add_cells, add_hours, add_identities, add_tally, save_names, set_positions
from stream.identities import BACKED_OUT, RATED
from stream.rerate.columns import columns_of, integers
from stream.rerate.run import positions_with, settled
from stream.rerate.standing import Latest, batches
from stream.rerate.waiting import raw_of
from stream.suspense.resolve import Resolved, find, next_run, resolved, settle
from stream.workspace.load import Workspace

__all__ = ["keep"]


def keep(workspace: Workspace, store: Store, record: str, source: str | None, reason: str) -> Resolved:
    """Let a conflicting record stand instead of the one that came first, which is written off. Again, nothing is done.

    Raises
    ------
    BadInput
        If no such record waits as a conflict, the other is not rated, this one cannot be placed, or tables have
        changed since usage was made: then `rerate` comes first.
    """
    with store.writing():
        row = find(store, record, source, "kept")
        if row.state == "kept":
            return resolved(row, "kept", None, already=True)
        if row.reason != Reason.ID_CONFLICT:
            raise BadInput("found a record that conflicts with none, expected one that waits as id_conflict")
        engine = make_engine(workspace, store, store.names())
        try:
            segment, other = _standing(engine, store, row)
            month = segment.month
            around = {str(np.datetime64(month, "M") + np.timedelta64(step, "M")) for step in (-1, 0, 1)}
            if not settled(workspace, store, around):
                raise BadInput("tables have changed since usage was made; expected it as they make it: `rerate` first")  # noqa: TRY301
            _exchange(workspace, store, engine, row, segment, other, reason)
        except BaseException:
            engine.abort()
            raise
        engine.commit()
        return resolved(row, "kept", None, already=False)


def _standing(engine: Engine, store: Store, row: Any) -> tuple[Manifest, pa.RecordBatch]:
    """Return the archived row that stands under a record's identity."""
    month = str(np.datetime64(row.utc_day, "D").astype("datetime64[M]"))
    segments = manifest(store, [month])
    latest, wanted = Latest(engine, segments), int.from_bytes(row.fingerprint, "big")
    for segment in segments:
        for rows in batches(segment):
            utc_day, fingerprint = latest.fingerprints(rows)
            mine = (fingerprint == wanted) & latest.stands(fingerprint, integers(rows.column("rev")))
            if mine.any():
                state = engine.identities.states(np.flatnonzero(mine), utc_day, fingerprint)
                if (state[mine] == RATED).all():
                    return segment, rows.filter(pa.array(mine))
    raise BadInput.found(
        row.record_id, "a conflict with a record that is rated; resolve that one first", field="RECORD"
    )


def _exchange(
    workspace: Workspace, store: Store, engine: Engine, row: Any, segment: Manifest, other: pa.RecordBatch, reason: str
) -> None:
    number = next_run(store)
    layer, [fields] = f"{RESOLVE}{number}", other.to_pylist()
    old = engine.decide_again(columns_of(other), fields["receipt_ms"])
    engine.identities.mark(np.arange(1), old.utc_day, old.fingerprint, BACKED_OUT)
    size = np.array([len(row.raw)], np.int64)
    buffer = np.frombuffer(row.raw + b"\n", np.uint8)
    new = engine.process(Batch(buffer, np.zeros(1, np.int64), size, row.receipt_ms))
    outcome = Outcome(int(new.outcome[0]))
    if outcome not in (Outcome.RATED, Outcome.VERIFICATION):
        raise BadInput.found(row.record_id, "a record that can be placed; mend that first", field="RECORD")
    cells = merge([old.cells.negated(), new.cells])
    hours = merge_hours([old.hours.negated(), new.hours])
    shifts = Shifts()
    was = Outcome[fields["outcome"].upper()], Reason.NONE
    came = _came(store, fields, old)
    shifts.add(row.source, came, was, (Outcome.WRITTEN_OFF, Reason.NONE), fields["duration_ms"])
    waited = Outcome.SUSPENDED, Reason.ID_CONFLICT
    shifts.add(row.source, row.receipt_ms, waited, (outcome, Reason.NONE), row.duration_ms)
    positions = positions_with(engine, store, cells)
    with disk_errors(workspace.folder):
        segments = _write(Path(workspace.folder), engine, new, row, segment, other, layer, number)
    with store.transaction() as c:
        save_names(c, engine.names)
        add_cells(c, layer, cells)
        add_hours(c, layer, hours)
        add_identities(c, engine.identities.changes())
        add_tally(c, shifts.tally())
        set_positions(c, positions.items())
        c.execute(insert(t.archive), segments)
        settle(c, row, "kept", "kept", layer, reason)
        _write_off(c, row, fields, came, layer, reason)


def _came(store: Store, fields: dict[str, Any], old: Result) -> int:
    """Return when the other record came in: one that waited once came before it was archived."""
    if fields["file"]:
        return int(fields["receipt_ms"])
    mine = (t.suspense.c.fingerprint == int(old.fingerprint[0]).to_bytes(8, "big")) & (t.suspense.c.state == "recycled")
    with store.reading() as c:
        return int(c.execute(t.suspense.select().where(mine).order_by(t.suspense.c.id.desc())).one().receipt_ms)


def _write(
    folder: Path,
    engine: Engine,
    new: Result,
    row: Any,
    segment: Manifest,
    other: pa.RecordBatch,
    layer: str,
    number: int,
) -> list[Segment]:
    stem, table = f"resolve-{number:06d}", pa.Table.from_batches([other])
    out = write_backed_out(folder, table, layer=layer, month=segment.month, stem=f"{stem}-out", end=Outcome.WRITTEN_OFF)
    kept = write_segments(
        folder,
        new,
        engine.names,
        file=row.file or 0,
        offset=0,
        receipt_ms=row.receipt_ms,
        layer=layer,
        stem=f"{stem}-in",
        rev=int(integers(other.column("rev"))[0]) + 2,
        at=np.full(1, -1, np.int64),
    )
    return [out, *kept]


def _write_off(c: Connection, row: Any, fields: dict[str, Any], came: int, run: str, reason: str) -> None:
    """Keep the record that goes out among those of suspense, as one of its file that was written off."""
    if not fields["file"]:
        mine = (t.suspense.c.fingerprint == row.fingerprint) & (t.suspense.c.state == "recycled")
        recycled = c.execute(t.suspense.select().where(mine)).one()
        settle(c, recycled, "written_off", "another was kept", run, reason)
        c.execute(t.suspense.update().where(t.suspense.c.id == recycled.id).values(reason=int(Reason.ID_CONFLICT)))
        return
    values = {
        "state": "written_off",
        "reason": int(Reason.ID_CONFLICT),  # its identity is the other's now
        "source": fields["source"],
        "record_id": fields["record_id"],
        "connect_ms": fields["connect_ms"],
        "duration_ms": fields["duration_ms"],
        "fingerprint": row.fingerprint,
        "utc_day": row.utc_day,
        "file": fields["file"],
        "line": 0,
        "receipt_ms": came,
        "raw": raw_of(fields),
    }
    key = c.execute(insert(t.suspense).values(**values)).inserted_primary_key
    assert key is not None
    said = {"suspense": int(key[0]), "at": timestamp(), "what": "another was kept", "run": run}
    c.execute(insert(t.suspense_log).values(**said, by=user(), why=reason))
