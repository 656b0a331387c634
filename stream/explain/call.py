"""A record as it was decoded, and what the archive says was decided of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

import numpy as np

from schemas.columns import VERDICTS, Columns, Limits
from stream.explain.model import Known

__all__ = ["Call", "Decision", "FoundCall", "LiveSegment", "decode_line", "differing", "from_archive"]

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Call:
    """The decoded fields; numbers keep their leading zeros, an absent field is None (DOMAIN section 2)."""

    record_id: str
    source: str
    connect_ms: int
    duration_ms: int
    called: str
    calling: str | None = None
    lrn: str | None = None
    jip: str | None = None
    trunk_group: str | None = None
    cic: str | None = None
    routing_point: str | None = None
    isp: bool | None = None
    voip: bool = False
    orig_ocn: str | None = None
    term_ocn: str | None = None

    @property
    def utc_day(self) -> int:
        """The UTC day of connect, in days since 1970: the third part of a record's identity."""
        return self.connect_ms // DAY_MS

    def facts(self) -> tuple[Known, ...]:
        """Return the fields that the record has, as it has them."""
        return tuple(
            Known(field.name, _shown(value))
            for field in fields(self)
            if (value := getattr(self, field.name)) is not None and (value is not False or field.name == "isp")
        )


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def differing(one: Call, other: Call) -> list[str]:
    """Return the names of the fields in which two records differ."""
    return [field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name)]


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a call was placed; names, "" where there is none. Rate centers are ``STATE|NAME``."""

    outcome: str
    traffic_class: str
    agreement: str
    originator: str
    terminator: str
    originating_ocn: str
    terminating_ocn: str
    originating_rate_center: str
    terminating_rate_center: str
    lata: str
    jurisdiction: str
    state: str


@dataclass(frozen=True, slots=True)
class LiveSegment:
    """A segment as it was archived: its day, its time and its provisional price.

    `rate_nano` is 1e-9 dollar a minute, `charge_units` 1/60,000 of that; `cap_left_ms` None without a cap.
    """

    day: date
    ms: int
    outcome: str
    reason: str
    rate_nano: int
    charge_units: int
    t_ms: int
    o_ms: int
    cap_left_ms: int | None


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A record that was found, with what became of it.

    Parameters
    ----------
    state : str
        ``rated`` or ``verification`` (archived), ``suspended``, ``written_off`` and the like, or ``rejected``.
    reason : str
        Why it did not go on, "" if it did.
    call : Call or None
        None for a record that could not be decoded.
    path, at, line : str, int or None
        The file as it was named when it was received; the record's first byte in its (decompressed)
        content, or its line.
    raw : bytes or None
        The record as it came, where it was kept.
    history : tuple of str
        What else is known of the same identity, in sentences.
    """

    state: str
    reason: str
    record_id: str
    source: str
    call: Call | None
    path: str
    sha256: str
    at: int | None
    line: int | None
    receipt_ms: int
    layer: str
    rev: int
    decision: Decision | None = None
    segments: tuple[LiveSegment, ...] = ()
    raw: bytes | None = None
    history: tuple[str, ...] = ()
    received_ms: int | None = None

    @property
    def first_ms(self) -> int:
        """When it first came in; `receipt_ms` is the instant by which it was decided, later for a recycled record."""
        return self.receipt_ms if self.received_ms is None else self.received_ms

    @property
    def place(self) -> str:
        """Where the record stands, for people."""
        if self.line is not None:
            return f"{self.path}:{self.line}"
        return f"{self.path}, byte {self.at}" if self.at is not None else self.path


def from_archive(row: Mapping[str, Any]) -> Call:
    """Return the decoded fields of an archive row."""

    def digits(name: str, width: int) -> str | None:
        value = row[name]
        return None if value is None else f"{value:0{width}d}"

    return Call(
        record_id=row["record_id"],
        source=row["source"],
        connect_ms=row["connect_ms"],
        duration_ms=row["duration_ms"],
        called=f"{row['called']:010d}",
        calling=digits("calling", row["calling_digits"]),
        lrn=digits("lrn", 10),
        jip=digits("jip", 6),
        trunk_group=row["trunk_group"],
        cic=digits("cic", 4),
        routing_point=row["routing_point"],
        isp=row["isp"],
        voip=row["voip"],
        orig_ocn=row["orig_ocn"],
        term_ocn=row["term_ocn"],
    )


def decode_line(raw: bytes, limits: Limits) -> tuple[Call | None, str]:
    """Decode one line as the engine does; return the call and its verdict, no call where it is faulty."""
    from schemas.decode import decode  # noqa: PLC0415  (it compiles kernels; only kept texts need it)

    buffer = np.frombuffer(raw, np.uint8)
    columns = decode(buffer, np.zeros(1, np.int64), np.array([len(raw)], np.int64), limits, fast=False)
    verdict = VERDICTS[int(columns.verdict[0])]
    return (_from_columns(columns) if verdict == "ok" else None), verdict


def _from_columns(columns: Columns) -> Call:
    def text(name: str) -> str | None:
        return columns.cut(name, 0).decode() if int(getattr(columns, f"{name}_len")[0]) >= 0 else None

    def digits(name: str, width: int) -> str | None:
        value = int(getattr(columns, name)[0])
        return None if value < 0 else f"{value:0{width}d}"

    def ocn(name: str) -> str | None:
        value = int(getattr(columns, name)[0])
        return None if value < 0 else value.to_bytes(4, "big").decode("ascii")

    isp = int(columns.isp[0])
    return Call(
        record_id=text("record_id") or "",
        source=text("source") or "",
        connect_ms=int(columns.connect_ms[0]),
        duration_ms=int(columns.duration_ms[0]),
        called=f"{int(columns.called[0]):010d}",
        calling=digits("calling", int(columns.calling_digits[0])),
        lrn=digits("lrn", 10),
        jip=digits("jip", 6),
        trunk_group=text("trunk_group") or None,
        cic=digits("cic", 4),
        routing_point=text("routing_point"),
        isp=None if isp < 0 else bool(isp),
        voip=bool(columns.voip[0]),
        orig_ocn=ocn("orig_ocn"),
        term_ocn=ocn("term_ocn"),
    )
