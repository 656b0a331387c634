"""Collect spans of selected records into the offsets and bytes of an Arrow string array."""

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from schemas.words import TEXT

__all__ = ["gather"]

Bytes = NDArray[np.uint8]
Rows = NDArray[np.int64]
_ROWS = types.Array(types.int64, 1, "C", readonly=True)


@njit(types.void(TEXT, _ROWS, _ROWS, types.int32[::1], types.uint8[::1]), cache=True, nogil=True)
def _copy(text: Bytes, at: Rows, rows: Rows, offsets: NDArray[np.int32], data: Bytes) -> None:
    for place in range(rows.size):
        start = at[rows[place]] - offsets[place]
        for byte in range(offsets[place], offsets[place + 1]):
            data[byte] = text[start + byte]


def gather(
    text: NDArray[np.uint8], at: NDArray[np.int64], length: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return the bytes of the spans of `rows`, one after the other, and where each begins.

    Parameters
    ----------
    text : (t,) uint8
        What the spans point into.
    at, length : (n,) int64
        The spans of all records, in bytes; a length below 0 (absent) counts as 0.
    rows : (m,) int64
        Which records, in the order wanted; a record may come more than once.

    Returns
    -------
    offsets : (m + 1,) int32
        Span k is ``data[offsets[k]:offsets[k + 1]]``, as in Arrow's string layout.
    data : (offsets[m],) uint8

    Raises
    ------
    IndexError
        If a row is not one of the records.
    ValueError
        If the bytes are more than 32-bit offsets can count, or a span leaves `text`.
    """
    if rows.size and not 0 <= int(rows.min()) <= int(rows.max()) < at.size:
        raise IndexError(f"rows {rows.min()} to {rows.max()} asked of {at.size} records")
    sizes = np.maximum(length[rows], 0)
    starts = at[rows]
    outside = (sizes > 0) & ((starts < 0) | (starts + sizes > text.size))
    if outside.any():
        row = int(rows[int(outside.argmax())])
        raise ValueError(f"row {row}: span {at[row]} + {length[row]} leaves a text of {text.size} bytes")
    total = int(sizes.sum())
    if total > np.iinfo(np.int32).max:
        raise ValueError(f"{rows.size} spans hold {total} bytes, expected at most {np.iinfo(np.int32).max}")
    offsets = np.zeros(rows.size + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    data = np.empty(total, np.uint8)
    _copy(text, at, rows, offsets, data)
    return offsets, data
