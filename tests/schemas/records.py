"""Call records for tests: one that is right, ways to write it, and what a batch of bytes decodes to."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from schemas.columns import SPANS, VERDICTS, Columns, Limits
from schemas.decode import decode

GOOD: dict[str, Any] = {
    "record_id": "r1",
    "source": "mke-1",
    "connect_time": 1055653170000,
    "duration_ms": 90000,
    "called": "4143000001",
}
FULL: dict[str, Any] = {
    **GOOD,
    "calling": "2622001234",
    "lrn": "4143000000",
    "jip": "414200",
    "trunk_group": "wi-d1",
    "cic": "0222",
    "routing_point": "MADISON",
    "isp": True,
    "voip": False,
    "orig_ocn": "9327",
    "term_ocn": "2588",
}
ABSENT = object()
PLACES = {f"{name}_at" for name in SPANS}


def changed(**values: Any) -> dict[str, Any]:
    """Return the good record with some fields changed, or left out if ABSENT."""
    return {name: value for name, value in {**GOOD, **values}.items() if value is not ABSENT}


def decoded(lines: Sequence[bytes], limits: Limits | None = None, *, fast: bool = True, gap: bytes = b"") -> Columns:
    """Decode lines that stand in one buffer, with `gap` after each."""
    lengths = np.array([len(line) for line in lines], np.int64)
    ends = np.cumsum(lengths + len(gap)) if lines else lengths
    buffer = np.frombuffer(gap.join((*lines, b"")), np.uint8)
    return decode(buffer, ends - lengths - len(gap), lengths, limits or Limits(), fast=fast)


def verdicts(columns: Columns) -> list[str]:
    return [VERDICTS[code] for code in columns.verdict]


def one(record: Any, limits: Limits | None = None) -> Columns:
    """Decode a record, given as a value or as bytes, by both ways; return the fast one's columns."""
    line = record if isinstance(record, bytes) else json.dumps(record).encode()
    columns = decoded([line], limits)
    assert plain(columns) == plain(decoded([line], limits, fast=False))
    return columns


def verdict(record: Any, limits: Limits | None = None) -> str:
    return verdicts(one(record, limits))[0]


def plain(columns: Columns) -> list[dict[str, Any]]:
    """Return what the columns say, record by record: spans as their bytes, without what depends on the way."""
    told = [field.name for field in fields(Columns) if field.name not in {"slow", "text", *PLACES}]
    rows = []
    for row in range(len(columns)):
        told_of_row = {name: int(getattr(columns, name)[row]) for name in told}
        rows.append({**told_of_row, **{f"{name} bytes": columns.cut(name, row) for name in SPANS}})
    return rows
