"""A batch's results into the store, in one transaction: all of it or nothing."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from rating.codes import Outcome
from rating.hours import Hours, merge_hours
from rating.names import Names
from rating.usage import Cells, merge
from stream.books import tables as t
from stream.engine import Engine, Result
from stream.files.duplicates import keep_duplicates
from stream.live import Position
from stream.tally import Tally
from stream.workspace.calendar import FIRST_DAY

__all__ = [
    "add_cells", "add_hours", "add_identities", "add_positions", "add_tally", "keep_texts", "merge_chunks",
    "save_batch", "save_names", "set_positions",
]  # fmt: skip

_MERGE_AT: Final = 24
"""Chunks of a month's cells or a day's identities that are let stand before they are merged."""


def save_batch(
    c: Connection,
    engine: Engine,
    result: Result,
    *,
    layer: str,
    file: int | None,
    first_line: NDArray[np.int64],
    at: NDArray[np.int64],
    receipt_ms: int,
) -> None:
    """Save everything that a batch changed, but for its source's progress and archive.

    first_line, at : (n,) int64
        Line number and first byte of each record in its file, read for those that are not archived.
    """
    save_names(c, engine.names)
    add_cells(c, layer, result.cells)
    add_hours(c, layer, result.hours)
    add_identities(c, engine.identities.changes())
    add_tally(c, result.tally)
    add_positions(c, engine)
    keep_texts(c, engine, result, file, first_line, receipt_ms)
    if file is not None:
        keep_duplicates(c, result, file, receipt_ms, at, first_line)
        _add_file_outcomes(c, file, result.tally)


def save_names(c: Connection, names: Names) -> None:
    """Save the names that the store has not."""
    new = [{"kind": kind, "code": code, "name": name} for kind, code, name in names.unsaved()]
    if new:
        c.execute(insert(t.names), new)


def _months(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months since 1970 of calendar days."""
    epoch = np.datetime64(FIRST_DAY, "D")
    months: NDArray[np.int64] = (epoch + days.astype("timedelta64[D]")).astype("datetime64[M]").astype(np.int64)
    return months


def add_cells(c: Connection, layer: str, cells: Cells) -> None:
    """Append a table of cells to a layer, a chunk an agreement and month."""
    _append(c, t.cells, layer, cells)


def add_hours(c: Connection, layer: str, hours: Hours) -> None:
    """Append a busy-hour sum to a layer, a chunk an agreement and month."""
    _append(c, t.hours, layer, hours)


def _append(c: Connection, to: Table, layer: str, table: Cells | Hours) -> None:
    if not len(table):
        return
    key = (table.field("agreement") << 32) | _months(table.field("day"))
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    rows = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        part = table.where(order[start:end])
        code = int(key[order[start]])
        month = str(np.datetime64(code & 0xFFFF_FFFF, "M"))
        rows.append(
            {"layer": layer, "agreement": code >> 32, "month": month, "rows": len(part), "blob": part.to_bytes()}
        )
    c.execute(insert(to), rows)


def add_identities(c: Connection, changes: Iterable[tuple[int, NDArray[np.uint64]]]) -> None:
    """Append entries to their days."""
    last = {
        row.day: row.seq
        for row in c.execute(
            select(t.identities.c.day, func.max(t.identities.c.seq).label("seq")).group_by(t.identities.c.day)
        )
    }
    rows = [
        {"day": day, "seq": last.get(day, 0) + 1, "blob": np.ascontiguousarray(entries, "<u8").tobytes()}
        for day, entries in changes
    ]
    if rows:
        c.execute(insert(t.identities), rows)


def add_tally(c: Connection, tally: Tally) -> None:
    """Add a tally to what the store has counted; the batch was checked, so the sums still agree."""
    intake = [
        {"source": s, "hour": h, "partition": p, "records": n, "ms": ms} for (s, h, p), (n, ms) in tally.intake.items()
    ]
    outcomes = [
        {"source": s, "hour": h, "partition": p, "outcome": int(o), "reason": int(r), "records": n, "ms": ms}
        for ((s, h, p), o, r), (n, ms) in tally.outcomes.items()
    ]
    for table, rows in ((t.intake, intake), (t.outcomes, outcomes)):
        if rows:
            statement = upsert(table)
            added = {
                "records": table.c.records + statement.excluded.records,
                "ms": table.c.ms + statement.excluded.ms,
            }
            c.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=added), rows)


def _add_file_outcomes(c: Connection, file: int, tally: Tally) -> None:
    """Count a file's records that have no identity: they are never decided again, and go out by the sum alone."""
    rows = [
        {"file": file, "source": source, "hour": hour, "outcome": int(o), "reason": int(r), "records": n, "ms": ms}
        for ((source, hour, _), o, r), (n, ms) in tally.outcomes.items()
        if o in (Outcome.FILTERED, Outcome.REJECTED)
    ]
    if rows:
        statement = upsert(t.file_outcomes)
        added = {
            "records": t.file_outcomes.c.records + statement.excluded.records,
            "ms": t.file_outcomes.c.ms + statement.excluded.ms,
        }
        keys = list(t.file_outcomes.primary_key)
        c.execute(statement.on_conflict_do_update(index_elements=keys, set_=added), rows)


def add_positions(c: Connection, engine: Engine) -> None:
    """Save the live positions that moved."""
    set_positions(c, engine.moved_positions())


def set_positions(c: Connection, moved: Iterable[tuple[Position, tuple[int, int]]]) -> None:
    """Save live positions."""
    rows = [{"agreement": code, "month": month, "a_ms": a, "b_ms": b} for (code, month), (a, b) in moved]
    if rows:
        statement = upsert(t.positions)
        new = {"a_ms": statement.excluded.a_ms, "b_ms": statement.excluded.b_ms}
        c.execute(statement.on_conflict_do_update(index_elements=list(t.positions.primary_key), set_=new), rows)


def keep_texts(
    c: Connection, engine: Engine, result: Result, file: int | None, first_line: NDArray[np.int64], receipt_ms: int
) -> None:
    """Keep what is suspended or rejected, byte for byte."""
    columns, sources = result.columns, engine.names.all("source")

    def common(row: int) -> dict[str, Any]:
        code = int(result.source[row])
        return {
            "reason": int(result.reason[row]),
            "source": sources[code] if code >= 0 else "?",
            "file": file,
            "line": int(first_line[row]),
            "receipt_ms": receipt_ms,
            "raw": columns.cut("line", row),
        }

    suspended = [
        {
            **common(row),
            "state": "waiting",
            "record_id": columns.cut("record_id", row).decode("ascii"),
            "connect_ms": int(columns.connect_ms[row]),
            "duration_ms": int(columns.duration_ms[row]),
            "fingerprint": int(result.fingerprint[row]).to_bytes(8, "big"),
            "utc_day": int(result.utc_day[row]),
        }
        for row in result.rows(Outcome.SUSPENDED).tolist()
    ]
    if suspended:
        c.execute(insert(t.suspense), suspended)
    rejected = [common(row) for row in result.rows(Outcome.REJECTED).tolist()]
    if rejected:
        c.execute(insert(t.rejected), rejected)


def _merge_months(c: Connection, table: Table, merged_of: Callable[[Iterable[bytes]], Cells | Hours], at: int) -> None:
    groups = c.execute(
        select(table.c.layer, table.c.agreement, table.c.month)
        .group_by(table.c.layer, table.c.agreement, table.c.month)
        .having(func.count() > at)
    ).all()
    for layer, agreement, month in groups:
        mine = (table.c.layer == layer) & (table.c.agreement == agreement) & (table.c.month == month)
        merged = merged_of(row.blob for row in c.execute(select(table.c.blob).where(mine)))
        c.execute(delete(table).where(mine))
        values = {"layer": layer, "agreement": agreement, "month": month, "rows": len(merged)}
        c.execute(insert(table), [{**values, "blob": merged.to_bytes()}])


def merge_chunks(c: Connection, *, at: int = _MERGE_AT) -> None:
    """Merge the chunks of every layer's month and every day of identities that has more than `at`."""
    _merge_months(c, t.cells, lambda blobs: merge(Cells.from_bytes(blob) for blob in blobs), at)
    _merge_months(c, t.hours, lambda blobs: merge_hours(Hours.from_bytes(blob) for blob in blobs), at)
    days = c.execute(select(t.identities.c.day).group_by(t.identities.c.day).having(func.count() > at)).all()
    for (day,) in days:
        mine = t.identities.c.day == day
        rows = c.execute(select(t.identities.c.seq, t.identities.c.blob).where(mine).order_by(t.identities.c.seq)).all()
        c.execute(delete(t.identities).where(mine))
        c.execute(insert(t.identities), [{"day": day, "seq": rows[-1].seq, "blob": b"".join(row.blob for row in rows)}])
