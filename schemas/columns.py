"""What a batch of call records is once it is decoded: columns of integers, spans and verdicts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FIELDS", "REQUIRED", "SPANS", "VERDICTS", "Columns", "Limits"]

FIELDS: Final[tuple[str, ...]] = (
    "record_id",
    "source",
    "connect_time",
    "duration_ms",
    "called",
    "calling",
    "lrn",
    "jip",
    "trunk_group",
    "cic",
    "routing_point",
    "isp",
    "voip",
    "orig_ocn",
    "term_ocn",
)
"""The fields of the format, in the order in which they are checked (DOMAIN section 2)."""

REQUIRED: Final = 5
"""The first so many of `FIELDS` must be there; null is the same as absent."""

VERDICTS: Final[tuple[str, ...]] = (
    "ok",
    "too_large",
    "not_json",
    "not_an_object",
    *(f"{fault}:{field}" for field in FIELDS[:REQUIRED] for fault in ("missing", "bad")),
    *(f"bad:{field}" for field in FIELDS[REQUIRED:]),
    "short_code",
    "international",
    "operator",
    "directory_assistance",
)
"""What became of a record when it was decoded; its index is the code in `Columns.verdict`.

0 goes on; then the reasons to reject, in the order of their tests; then the reasons to filter
(DOMAIN section 2).
"""

SPANS: Final[tuple[str, ...]] = ("record_id", "source", "called", "trunk_group", "routing_point", "line")
"""The names that `Columns` holds a span (``_at`` and ``_len``) of."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a record may be.

    Parameters
    ----------
    max_line_bytes : int
        Longest line that is parsed at all, in bytes, its newline not counted.
    max_duration_ms : int
        Longest conversation time, in milliseconds.

    Raises
    ------
    ValueError
        If a limit is below 1 or above 2**31 - 1 (a line) or 2**53 (a duration: the largest
        integer that every JSON producer can write).
    """

    max_line_bytes: int = 1 << 20
    max_duration_ms: int = 86_400_000

    def __post_init__(self) -> None:
        for name, most in (("max_line_bytes", 2**31 - 1), ("max_duration_ms", 2**53)):
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise ValueError(f"{name}: found {value}, expected 1 to {most}")


@dataclass(slots=True)
class Columns:
    """A decoded batch, one element a record in every array but `text` (DOMAIN section 2).

    Each field is decoded for itself: a rejected record keeps what is valid of it, and a field
    that is absent or faulty holds the value named below. So the source and the duration of a
    rejected record are known for the count of what came in, if they can be.

    Attributes
    ----------
    verdict : (n,) uint8
        Index into `VERDICTS`.
    connect_ms : (n,) int64
        Epoch milliseconds of answer; 0 if absent or faulty.
    duration_ms : (n,) int64
        Conversation time in milliseconds; 0 if absent or faulty.
    called : (n,) int64
        The ten digits of an ordinary call as a number; -1 if filtered, absent or faulty.
    calling : (n,) int64
        Six or ten digits as a number, `calling_digits` says which; -1 if absent or faulty.
    calling_digits : (n,) uint8
        0, 6 or 10.
    lrn : (n,) int64
        Ten digits as a number; -1 if absent or faulty. Likewise `jip` (six) and `cic` (four).
    jip, cic : (n,) int32
    isp : (n,) int8
        -1 absent or faulty, 0 false, 1 true.
    voip : (n,) int8
        0 false, absent or faulty, 1 true.
    orig_ocn, term_ocn : (n,) int64
        Four printable ASCII bytes, the first one highest; -1 if absent or faulty.
    record_id_at, record_id_len, source_at, source_len : (n,) int64
        Where the bytes stand in `text`; length 0 if absent or faulty. Likewise `trunk_group`.
    called_at, called_len : (n,) int64
        The digits as dialed, of filtered calls too; length 0 if absent or faulty.
    trunk_group_at, trunk_group_len : (n,) int64
    routing_point_at, routing_point_len : (n,) int64
        UTF-8 bytes; length -1 if absent or faulty, as the empty name is a name.
    line_at, line_len : (n,) int64
        The record's own bytes, without the newline.
    extra : (n,) bool
        The record has fields beyond the format.
    slow : (n,) bool
        The record was decoded one by one, not by the scanner. It says nothing of the record.
    text : (m,) uint8
        What the spans point into: the buffer that was decoded, and after it the strings of the
        slow records. Where a length is not positive, its ``_at`` means nothing.
    """

    verdict: NDArray[np.uint8]
    connect_ms: NDArray[np.int64]
    duration_ms: NDArray[np.int64]
    called: NDArray[np.int64]
    calling: NDArray[np.int64]
    calling_digits: NDArray[np.uint8]
    lrn: NDArray[np.int64]
    jip: NDArray[np.int32]
    cic: NDArray[np.int32]
    isp: NDArray[np.int8]
    voip: NDArray[np.int8]
    orig_ocn: NDArray[np.int64]
    term_ocn: NDArray[np.int64]
    record_id_at: NDArray[np.int64]
    record_id_len: NDArray[np.int64]
    source_at: NDArray[np.int64]
    source_len: NDArray[np.int64]
    called_at: NDArray[np.int64]
    called_len: NDArray[np.int64]
    trunk_group_at: NDArray[np.int64]
    trunk_group_len: NDArray[np.int64]
    routing_point_at: NDArray[np.int64]
    routing_point_len: NDArray[np.int64]
    line_at: NDArray[np.int64]
    line_len: NDArray[np.int64]
    extra: NDArray[np.bool_]
    slow: NDArray[np.bool_]
    text: NDArray[np.uint8]

    def __len__(self) -> int:
        """Return the number of records."""
        return int(self.verdict.size)

    def cut(self, name: str, row: int) -> bytes:
        """Return the bytes of one span of one record, for people; kernels use the arrays.

        Parameters
        ----------
        name : str
            One of `SPANS`.
        row : int
            Number of the record.

        Returns
        -------
        bytes
            Empty where the field is absent or faulty.

        Raises
        ------
        ValueError
            If `name` has no span.
        """
        if name not in SPANS:
            raise ValueError(f"no span is kept of {name!r}, expected one of {', '.join(SPANS)}")
        at, length = int(getattr(self, f"{name}_at")[row]), int(getattr(self, f"{name}_len")[row])
        return self.text[at : at + max(length, 0)].tobytes()
