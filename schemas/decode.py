"""The entry to decoding: newline-delimited call records in, columns out."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas import scanner, values
from schemas.columns import Columns, Limits
from schemas.slow import Decoder

__all__ = ["decode", "split_lines"]

DEFAULT_LIMITS: Final = Limits()


def split_lines(buffer: NDArray[np.uint8], start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the lines of ``buffer[start:stop]`` begin and how long they are, newlines not counted.

    Blank lines (nothing but space, tab and carriage return) are left out. A last line counts
    without a newline too; a reader of blocks passes the end of the last whole line as `stop`.

    Parameters
    ----------
    buffer : (m,) uint8
        Contiguous.
    start, stop : int
        Which part of the buffer.

    Returns
    -------
    line_at, line_len : (n,) int64

    Raises
    ------
    ValueError
        If the part is not in the buffer.
    """
    if not 0 <= start <= stop <= buffer.size:
        raise ValueError(f"part {start} to {stop} of a buffer of {buffer.size} bytes")
    most = int(scanner.count_newlines(buffer, start, stop)) + 1
    line_at, line_len = np.empty(most, np.int64), np.empty(most, np.int64)
    count = int(scanner.cut_lines(buffer, start, stop, line_at, line_len))
    return line_at[:count], line_len[:count]


def decode(
    buffer: NDArray[np.uint8],
    line_at: NDArray[np.int64],
    line_len: NDArray[np.int64],
    limits: Limits = DEFAULT_LIMITS,
    *,
    fast: bool = True,
) -> Columns:
    """Decode call records into columns, each record to exactly one verdict (DOMAIN section 2).

    Parameters
    ----------
    buffer : (m,) uint8
        Contiguous; may be read-only. Not copied unless a record has to be decoded one by one.
    line_at, line_len : (n,) int64
        One span a record, in any order, as from `split_lines` or from the messages of a topic.
    limits : Limits
        Bounds on size and duration.
    fast : bool
        False decodes every record one by one, to the same columns: the check on the scanner.

    Returns
    -------
    Columns
        n records; only `slow` and the places of spans depend on `fast`.

    Raises
    ------
    ValueError
        If a line is not in the buffer.
    """
    _check_lines(buffer, line_at, line_len)
    count = line_at.size
    wide = np.empty((values.WIDE_ROWS, count), np.int64)
    narrow = np.empty((values.NARROW_ROWS, count), np.int32)
    small = np.empty((values.SMALL_ROWS, count), np.int8)
    # A buffer that ends with the last line lacks the slack that the kernel reads into:
    # what stands near the end is scanned in a padded copy.
    near = line_at + line_len > buffer.size - scanner.SLACK
    cut = int(near.argmax()) if near.any() else count
    rows = (wide.reshape(-1), narrow.reshape(-1), small.reshape(-1))
    sizes = (limits.max_line_bytes, limits.max_duration_ms)
    if fast:
        scanner.scan(buffer, line_at, line_len, 0, cut, 0, *sizes, *rows)
    if fast and cut < count:
        shift = int(line_at[cut:].min())
        tail = np.zeros(buffer.size - shift + scanner.SLACK, np.uint8)
        tail[: buffer.size - shift] = buffer[shift:]
        scanner.scan(tail, line_at, line_len, cut, count, shift, *sizes, *rows)
    columns = _columns(buffer, line_at, line_len, wide, narrow, small)
    if not fast:
        columns.slow[:] = True
    _decode_slow(columns, limits)
    return columns


def _check_lines(buffer: NDArray[np.uint8], line_at: NDArray[np.int64], line_len: NDArray[np.int64]) -> None:
    if line_at.size != line_len.size:
        raise ValueError(f"{line_at.size} places of lines and {line_len.size} lengths")
    outside = (line_at < 0) | (line_len < 0) | (line_at + line_len > buffer.size)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"line {row}: {line_at[row]} + {line_len[row]} leaves a buffer of {buffer.size} bytes")


def _columns(
    text: NDArray[np.uint8],
    line_at: NDArray[np.int64],
    line_len: NDArray[np.int64],
    wide: NDArray[np.int64],
    narrow: NDArray[np.int32],
    small: NDArray[np.int8],
) -> Columns:
    """Give each row of the blocks that the kernel writes its name."""
    return Columns(
        verdict=small[values.VERDICT_ROW].view(np.uint8),
        connect_ms=wide[values.CONNECT_MS_ROW],
        duration_ms=wide[values.DURATION_MS_ROW],
        called=wide[values.CALLED_ROW],
        calling=wide[values.CALLING_ROW],
        calling_digits=small[values.CALLING_DIGITS_ROW].view(np.uint8),
        lrn=wide[values.LRN_ROW],
        jip=narrow[values.JIP_ROW],
        cic=narrow[values.CIC_ROW],
        isp=small[values.ISP_ROW],
        voip=small[values.VOIP_ROW],
        orig_ocn=wide[values.ORIG_OCN_ROW],
        term_ocn=wide[values.TERM_OCN_ROW],
        record_id_at=wide[values.RECORD_ID_AT],
        record_id_len=wide[values.RECORD_ID_AT + 1],
        source_at=wide[values.SOURCE_AT],
        source_len=wide[values.SOURCE_AT + 1],
        called_at=wide[values.CALLED_AT],
        called_len=wide[values.CALLED_AT + 1],
        trunk_group_at=wide[values.TRUNK_GROUP_AT],
        trunk_group_len=wide[values.TRUNK_GROUP_AT + 1],
        routing_point_at=wide[values.ROUTING_POINT_AT],
        routing_point_len=wide[values.ROUTING_POINT_AT + 1],
        line_at=line_at,
        line_len=line_len,
        extra=small[values.EXTRA_ROW].view(np.bool_),
        slow=small[values.SLOW_ROW].view(np.bool_),
        text=text,
    )


def _decode_slow(columns: Columns, limits: Limits) -> None:
    """Decode the records marked slow, and append their strings to the text if there are any."""
    decoder = Decoder(columns, limits)
    for row in np.flatnonzero(columns.slow):
        decoder.decode(int(row))
    decoder.finish()
