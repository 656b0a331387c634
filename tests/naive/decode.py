"""One record's bytes -> its fields, or why they are refused (DOMAIN section 2)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

from tests.naive.midnights import EPOCH

FIRST_MS = 441_763_200_000
"""1984-01-01T00:00:00Z, the first instant that is taken."""
END_MS = 4_102_444_800_000
"""2100-01-01T00:00:00Z, the first instant that is not."""
RFC_3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)

Fields = dict[str, Any]


class RefusedError(Exception):
    """A record that is rejected: `reason`, and the `ms` that it counts in conservation."""

    def __init__(self, reason: str, ms: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ms = ms


def decode(line: bytes, max_line_bytes: int = 1 << 20, max_duration_ms: int = 86_400_000) -> Fields:
    """Return all fifteen fields, absent ones None (``voip``: False), ``connect_time`` in epoch ms.

    Raises
    ------
    RefusedError
        With the first fault in the order of the field table.
    """
    if len(line) > max_line_bytes:
        raise RefusedError("too_large")
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise RefusedError("not_json") from None
    if not isinstance(record, dict):
        raise RefusedError("not_an_object")

    def duration(value: object) -> int | None:
        return value if type(value) is int and 0 <= value <= max_duration_ms else None

    ms = duration(record.get("duration_ms")) or 0
    readers: dict[str, Callable[[Any], Any]] = {**READERS, "duration_ms": duration}
    fields: Fields = {}
    for name, read in readers.items():
        given = record.get(name)
        if given is None:
            if name in REQUIRED:
                raise RefusedError(f"missing:{name}", ms)
            fields[name] = False if name == "voip" else None
            continue
        fields[name] = read(given)
        if fields[name] is None:
            raise RefusedError(f"bad:{name}", ms)
    return fields


def filtered(called: str) -> str | None:
    """Return why no interconnection agreement rates these digits, or None if one may."""
    if re.fullmatch("[2-9]11", called):
        return "short_code"
    if called.startswith("011"):
        return "international"
    if called.startswith("0"):
        return "operator"
    if re.fullmatch("[0-9]{3}5551212", called):
        return "directory_assistance"
    return None


def _text(value: object, least: int = 1, most: int = 64) -> str | None:
    good = isinstance(value, str) and least <= len(value) <= most and all(" " <= c <= "~" for c in value)
    return str(value) if good else None


def _digits(*lengths: int) -> Callable[[Any], str | None]:
    def read(value: object) -> str | None:
        good = isinstance(value, str) and len(value) in lengths and set(value) <= set("0123456789")
        return str(value) if good else None

    return read


def _called(value: object) -> str | None:
    digits = _digits(*range(1, 33))(value)
    return digits if digits and (len(digits) == 10 or filtered(digits)) else None


def _time(value: object) -> int | None:
    ms = value if type(value) is int else _rfc_3339_ms(value) if isinstance(value, str) else None
    return ms if ms is not None and FIRST_MS <= ms < END_MS else None


def _rfc_3339_ms(text: str) -> int | None:
    found = RFC_3339.fullmatch(text)
    if not found:
        return None
    day, clock, fraction, sign, hours, minutes = found.groups()
    try:
        wall = datetime.fromisoformat(f"{day}T{clock}+00:00")
    except ValueError:
        return None  # the 31st of June, or the 25th hour
    if sign and (int(hours) > 23 or int(minutes) > 59):
        return None
    east = int(f"{sign}1") * (int(hours) * 60 + int(minutes)) if sign else 0
    whole = (wall - EPOCH) // timedelta(milliseconds=1) - east * 60_000
    return whole + int((fraction or "").ljust(3, "0")[:3])  # finer than a millisecond is cut off


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _ocn(value: object) -> str | None:
    return _text(value, 4, 4)


READERS: dict[str, Callable[[Any], Any]] = {
    "record_id": _text,
    "source": _text,
    "connect_time": _time,
    "duration_ms": lambda _: None,
    "called": _called,
    "calling": _digits(6, 10),
    "lrn": _digits(10),
    "jip": _digits(6),
    "trunk_group": _text,
    "cic": _digits(4),
    "routing_point": lambda value: value if isinstance(value, str) else None,
    "isp": _bool,
    "voip": _bool,
    "orig_ocn": _ocn,
    "term_ocn": _ocn,
}
"""Each field's reader, in the order in which faults are looked for; None is a fault."""

REQUIRED = ("record_id", "source", "connect_time", "duration_ms", "called")
