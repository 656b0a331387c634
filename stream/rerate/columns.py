"""Archived calls back to what the engine decides: the columns of a decoded batch."""

from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from schemas.columns import Columns

__all__ = ["columns_of", "integers"]

Ints = NDArray[np.int64]

_TEXTS: Final = ("source", "record_id", "trunk_group", "routing_point")


def integers(column: pa.Array, absent: int = -1) -> Ints:
    """Return a column of numbers or truths as integers, with `absent` where there is none."""
    whole: Ints = column.cast(pa.int64()).fill_null(absent).to_numpy(zero_copy_only=False)
    return np.array(whole, np.int64)


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _spans(column: pa.Array) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Return where each text begins, how long it is (-1 where there is none), and the bytes of all."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    length = np.diff(ends)
    length[column.is_null().to_numpy(zero_copy_only=False)] = -1
    held = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)[ends[0] : ends[-1]]
    return ends[:-1] - ends[0], length, held


def _packed(column: pa.Array) -> Ints:
    """Return OCNs as the scanner packs them, -1 where there is none; the few distinct ones are packed once."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words = coded.dictionary.to_pylist()
    packed = np.array([*(int.from_bytes((word or "").encode("ascii"), "big") for word in words), -1], np.int64)
    return packed[integers(coded.indices, len(words))]


def columns_of(rows: pa.RecordBatch) -> Columns:
    """Return archived calls as the columns that they were decoded to.

    Where the fields stood in their file is not among them: `line_at` and `called_at` mean nothing.

    Parameters
    ----------
    rows : RecordBatch
        Rows of the archive (`stream.files.archive`).
    """
    count = rows.num_rows
    spans: dict[str, Any] = {}
    parts: list[NDArray[np.uint8]] = []
    begin = 0
    for name in _TEXTS:
        at, length, held = _spans(_plain(rows.column(name)))
        spans |= {f"{name}_at": at + begin, f"{name}_len": length}
        parts.append(held)
        begin += held.size
    numbers = {name: integers(rows.column(name)) for name in ("connect_ms", "duration_ms", "called", "calling", "lrn")}
    return Columns(
        verdict=np.zeros(count, np.uint8),
        **numbers,
        calling_digits=integers(rows.column("calling_digits")).astype(np.uint8),
        jip=integers(rows.column("jip")).astype(np.int32),
        cic=integers(rows.column("cic")).astype(np.int32),
        isp=integers(rows.column("isp")).astype(np.int8),
        voip=integers(rows.column("voip")).astype(np.int8),
        orig_ocn=_packed(rows.column("orig_ocn")),
        term_ocn=_packed(rows.column("term_ocn")),
        **spans,
        **{f"{name}_{part}": np.zeros(count, np.int64) for name in ("called", "line") for part in ("at", "len")},
        extra=np.zeros(count, np.bool_),
        slow=np.zeros(count, np.bool_),
        text=np.concatenate(parts),
    )
