"""Rated calls in Parquet: every decoded field, every decision, every segment with its live price.

A segment is written whole, synced and renamed before its manifest row is committed with the batch;
readers go by the manifest, and what is in no manifest is swept at the next start.
"""

import os
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rating.codes import (
    Jurisdiction,
    Outcome,
    PriceReason,
    Settlement,
    TrafficClass,
    name_of,
)
from rating.names import Names
from schemas.columns import Columns
from schemas.gather import gather
from stream.engine import Result
from stream.workspace.calendar import FIRST_DAY

__all__ = [
    "DECIDED",
    "EPOCH_DAY",
    "FOLDER",
    "Segment",
    "enum_words",
    "sweep",
    "write_again",
    "write_backed_out",
    "write_segments",
]

FOLDER: Final = "archive"
EPOCH_DAY: Final = (FIRST_DAY - type(FIRST_DAY)(1970, 1, 1)).days
"""What a calendar day lacks to be a day since 1970, as the archive counts them."""
DECIDED: Final[dict[str, tuple[int, type[IntEnum] | str]]] = {
    "class": (2, TrafficClass),
    "agreement": (3, "agreement"),
    "originator": (4, "party"),
    "terminator": (5, "party"),
    "originating_ocn": (6, "ocn"),
    "terminating_ocn": (7, "ocn"),
    "originating_rate_center": (8, "rate_center"),
    "lata": (9, "lata"),
    "jurisdiction": (10, Jurisdiction),
    "state": (12, "state"),
    "terminating_rate_center": (13, "rate_center"),
}
"""The columns of a decision: the row of `rating.kernel.classify.OUT_COLUMNS`, and what its codes stand for."""
_DAY_MS: Final = 86_400_000

Ints = NDArray[np.int64]
Segment = dict[str, Any]


def _texts(columns: Columns, field: str, rows: Ints, *, nullable: bool) -> pa.Array:
    at, length = getattr(columns, f"{field}_at"), getattr(columns, f"{field}_len")
    offsets, data = gather(columns.text, at, length, rows)
    mask = None
    if nullable:
        absent = length[rows] < 0 if field == "routing_point" else length[rows] <= 0
        if absent.any():
            mask = pa.py_buffer(np.packbits(~absent, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.string(), rows.size, [mask, pa.py_buffer(offsets), pa.py_buffer(data)])


def _optional(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind, mask=values < 0)


def _ocns(packed: Ints) -> pa.Array:
    """Four packed characters as text; the few distinct ones are unpacked once."""
    unique, inverse = np.unique(packed, return_inverse=True)
    words = ["" if value < 0 else int(value).to_bytes(4, "big").decode("ascii") for value in unique]
    codes = pa.array(inverse, pa.int32(), mask=packed < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string()))


def _words(codes: NDArray[Any], words: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(words, pa.string()))


def enum_words(kind: type[IntEnum]) -> list[str]:
    """Return the names of an enumeration by code, "" where there is none."""
    words = [""] * (max(kind) + 1)
    for member in kind:
        words[member] = name_of(member)
    return words


def _enum(codes: NDArray[Any], kind: type[IntEnum]) -> pa.Array:
    return _words(codes, enum_words(kind))


def _decision(result: Result, names: Names, rows: Ints) -> dict[str, pa.Array]:
    """Outcome, place and class, and segments of calls, in the archive's columns."""
    placed = result.placed[:, rows]
    return {
        "outcome": _enum(result.outcome[rows], Outcome),
        **{
            column: _words(placed[row], names.all(of)) if isinstance(of, str) else _enum(placed[row], of)
            for column, (row, of) in DECIDED.items()
        },
        **_segments(result, rows),
    }


def _segments(result: Result, rows: Ints) -> dict[str, pa.Array]:
    """Lists of segments by call, for the given calls in their order; verification calls have none."""
    order = np.argsort(result.call, kind="stable")
    starts = np.searchsorted(result.call[order], rows, side="left")
    ends = np.searchsorted(result.call[order], rows, side="right")
    counts = ends - starts
    offsets = np.zeros(rows.size + 1, np.int32)
    np.cumsum(counts, out=offsets[1:])
    picked = order[np.repeat(starts - offsets[:-1], counts) + np.arange(offsets[-1])]
    code, money = result.prices.code[:, picked], result.prices.money[:, picked]
    values = {
        "segment_day": pa.array((result.day[picked] + EPOCH_DAY).astype(np.int32), pa.date32()),
        "segment_ms": pa.array(result.used_ms[picked]),
        "segment_outcome": _enum(code[0], Settlement),
        "segment_reason": _enum(code[1], PriceReason),
        "segment_rate_nano": pa.array(money[0]),
        "segment_charge_units": pa.array(money[1]),
        "segment_t_ms": pa.array(money[2]),
        "segment_o_ms": pa.array(money[3]),
        "segment_cap_left_ms": _optional(money[4], pa.int64()),
    }
    where = pa.array(offsets, pa.int32())
    return {name: pa.ListArray.from_arrays(where, value) for name, value in values.items()}


def _table(result: Result, names: Names, rows: Ints, file: int, at: Ints, receipt_ms: int, rev: int | Ints) -> pa.Table:
    columns = result.columns
    extra = columns.extra[rows]
    raw_length = np.where(columns.extra, columns.line_len, -1)
    raw_offsets, raw = gather(columns.text, columns.line_at, raw_length, rows)
    mask = pa.py_buffer(np.packbits(extra, bitorder="little").tobytes())
    size = rows.size
    return pa.table(
        {
            "source": _words(result.source[rows], names.all("source")),
            "record_id": _texts(columns, "record_id", rows, nullable=False),
            "rev": pa.array(np.broadcast_to(np.asarray(rev, np.int16), len(columns))[rows]),
            "connect_ms": pa.array(columns.connect_ms[rows]),
            "duration_ms": pa.array(columns.duration_ms[rows]),
            "called": pa.array(columns.called[rows]),
            "calling": _optional(columns.calling[rows], pa.int64()),
            "calling_digits": pa.array(columns.calling_digits[rows]),
            "lrn": _optional(columns.lrn[rows], pa.int64()),
            "jip": _optional(columns.jip[rows], pa.int32()),
            "cic": _optional(columns.cic[rows], pa.int32()),
            "trunk_group": _texts(columns, "trunk_group", rows, nullable=True),
            "routing_point": _texts(columns, "routing_point", rows, nullable=True),
            "isp": pa.array(columns.isp[rows] == 1, pa.bool_(), mask=columns.isp[rows] < 0),
            "voip": pa.array(columns.voip[rows] == 1),
            "orig_ocn": _ocns(columns.orig_ocn[rows]),
            "term_ocn": _ocns(columns.term_ocn[rows]),
            "raw": pa.Array.from_buffers(pa.binary(), size, [mask, pa.py_buffer(raw_offsets), pa.py_buffer(raw)]),
            "file": pa.array(np.full(size, file, np.int32)),
            "at": pa.array(at[rows]),
            "receipt_ms": pa.array(np.full(size, receipt_ms, np.int64)),
            **_decision(result, names, rows),
        }
    )


def write_segments(
    folder: Path,
    result: Result,
    names: Names,
    *,
    file: int,
    offset: int,
    receipt_ms: int,
    layer: str,
    stem: str,
    rev: int | Ints = 0,
    at: Ints | None = None,
) -> list[Segment]:
    """Write a batch's rated and verifying calls, a segment a month of connect, sorted by agreement.

    rev : int or (n,) int64
        How often each record was decided before.
    at : (n,) int64, optional
        Where each record begins in its file; `offset` and its place in the batch's buffer unless given.

    Returns
    -------
    list of dict
        The manifest rows, to be committed with the batch.
    """
    rows = result.rows(Outcome.RATED, Outcome.VERIFICATION)
    if not rows.size:
        return []
    months = (
        (result.columns.connect_ms[rows] // _DAY_MS).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    )
    out = []
    for month in np.unique(months).tolist():
        chosen = rows[months == month]
        chosen = chosen[np.argsort(result.placed[3, chosen], kind="stable")]
        places = result.columns.line_at + offset if at is None else at
        table = _table(result, names, chosen, file, places, receipt_ms, rev)
        text = str(np.datetime64(month, "M"))
        path = Path(FOLDER) / text / f"{stem}.parquet"
        size = _write(folder / path, table)
        out.append({"path": path.as_posix(), "layer": layer, "month": text, "rows": chosen.size, "bytes": size})
    return out


def write_again(
    folder: Path, before: pa.Table, result: Result, names: Names, rows: Ints, *, layer: str, month: str, stem: str
) -> Segment:
    """Write archived calls that were decided again: their fields as archived, the new decision, `rev` one higher.

    Parameters
    ----------
    before : table
        The rows as archived before, of one month of connect.
    result : Result
        What was decided of them now, in the same order, with prices; suspended calls are written too, so that
        their earlier decision stands no longer.
    rows : (m,) int64
        Which of them are written.

    Returns
    -------
    dict
        The manifest row, to be committed with the correction.
    """
    rows = rows[np.argsort(result.placed[3, rows], kind="stable")]
    table = before.take(pa.array(rows))
    rev = pc.cast(pc.add(table.column("rev"), pa.scalar(1, pa.int16())), pa.int16())
    for column, values in {"rev": rev, **_decision(result, names, rows)}.items():
        table = table.set_column(table.schema.get_field_index(column), column, values)
    path = Path(FOLDER) / month / f"{stem}.parquet"
    size = _write(folder / path, table)
    return {"path": path.as_posix(), "layer": layer, "month": month, "rows": rows.size, "bytes": size}


def write_backed_out(
    folder: Path, before: pa.Table, *, layer: str, month: str, stem: str, end: Outcome = Outcome.BACKED_OUT
) -> Segment:
    """Write archived calls that are taken out, so that no earlier decision of them stands: `rev` one higher.

    `end` is the outcome in which they end.

    They keep their fields, and where they were placed; they have no time any more.
    """
    size = before.num_rows
    rev = pc.cast(pc.add(before.column("rev"), pa.scalar(1, pa.int16())), pa.int16())
    outcome = _enum(np.full(size, int(end)), Outcome)
    nothing = pa.array(np.zeros(size + 1, np.int32))
    table = before
    for column, values in {"rev": rev, "outcome": outcome}.items():
        table = table.set_column(table.schema.get_field_index(column), column, values)
    for column in [name for name in table.column_names if name.startswith("segment_")]:
        values = table.schema.field(column).type.value_type
        empty = pa.ListArray.from_arrays(nothing, pa.array([], values))
        table = table.set_column(table.schema.get_field_index(column), column, empty)
    path = Path(FOLDER) / month / f"{stem}.parquet"
    written = _write(folder / path, table)
    return {"path": path.as_posix(), "layer": layer, "month": month, "rows": size, "bytes": written}


def _write(path: Path, table: pa.Table) -> int:
    """Write, sync, rename, sync the folder: the name is there only when the content is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    # Dictionaries for what has few values; ids and numbers plain: 0.3 us a record against 0.6 by default.
    texts = [f.name for f in table.schema if pa.types.is_dictionary(f.type)]
    with temporary.open("wb") as handle:
        pq.write_table(
            table,
            handle,
            compression="zstd",
            compression_level=1,
            use_dictionary=[*texts, "trunk_group", "routing_point"],
            write_statistics=["connect_ms", "record_id"],
        )
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return path.stat().st_size


def sweep(folder: Path, manifest: Iterable[str]) -> list[Path]:
    """Remove what no manifest row names: segments of batches that were never committed."""
    known = set(manifest)
    orphans = [
        path
        for path in sorted((folder / FOLDER).rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() not in known
    ]
    for path in orphans:
        path.unlink()
    return orphans
