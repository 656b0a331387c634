"""Decode one call record with orjson: the reading of the format that the scanner must agree with."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

import numpy as np
import orjson

from schemas.columns import FIELDS, VERDICTS, Columns, Limits

__all__ = ["Decoder"]

CODES: Final = {name: code for code, name in enumerate(VERDICTS)}
OK: Final = CODES["ok"]
EARLIEST: Final = datetime(1984, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MS: Final = timedelta(milliseconds=1)
FIRST_MS: Final = (EARLIEST - EPOCH) // MS
END_MS: Final = (LATEST - EPOCH) // MS

_RFC_3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_PRINTABLE: Final = re.compile(r"[ -~]{1,64}")
_OCN: Final = re.compile(r"[ -~]{4}")
_DIALED: Final = re.compile(r"[0-9]{1,32}")

BLANK: Final[dict[str, int]] = {
    "connect_ms": 0,
    "duration_ms": 0,
    "called": -1,
    "calling": -1,
    "calling_digits": 0,
    "lrn": -1,
    "jip": -1,
    "cic": -1,
    "isp": -1,
    "voip": 0,
    "orig_ocn": -1,
    "term_ocn": -1,
    "record_id_at": 0,
    "record_id_len": 0,
    "source_at": 0,
    "source_len": 0,
    "called_at": 0,
    "called_len": 0,
    "trunk_group_at": 0,
    "trunk_group_len": 0,
    "routing_point_at": 0,
    "routing_point_len": -1,
    "extra": 0,
    "verdict": OK,
}
"""What the columns of a record hold of which nothing is known."""


class BadValueError(Exception):
    """A value that its field does not allow."""


def epoch_ms(value: Any) -> int:
    """Return epoch milliseconds of a connect time, integer or RFC 3339 with offset; BadValueError if it is bad.

    Finer than a millisecond is cut off; a leap second is bad, for no clock of ours has one.
    """
    if type(value) is int:
        ms = value
    elif type(value) is str and (found := _RFC_3339.fullmatch(value)):
        *numbers, fraction, sign, hours, minutes = found.groups()
        year, month, day, hour, minute, second = map(int, numbers)
        away = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        if int(hours or 0) > 23 or int(minutes or 0) > 59:
            raise BadValueError
        try:
            moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone(-away if sign == "-" else away))
        except ValueError:  # no such day or no such time of day
            raise BadValueError from None
        ms = (moment - EPOCH) // MS + int(((fraction or "") + "000")[:3])
    else:
        raise BadValueError
    if not FIRST_MS <= ms < END_MS:
        raise BadValueError
    return ms


def digits(value: Any, *lengths: int) -> str:
    """Return a string of digits of one of the given lengths; BadValueError if it is anything else."""
    if len(matched(value, _DIALED)) not in lengths:
        raise BadValueError
    return str(value)


def dialed(value: Any) -> tuple[str, str]:
    """Return the digits as dialed and the verdict upon them, ``ok`` or a reason to filter; BadValueError if bad."""
    number = matched(value, _DIALED)
    if len(number) == 3 and number[0] in "23456789" and number.endswith("11"):
        return number, "short_code"
    if number.startswith("011"):
        return number, "international"
    if number.startswith("0"):
        return number, "operator"
    if len(number) != 10:
        raise BadValueError
    return number, "directory_assistance" if number.endswith("5551212") else "ok"


def matched(value: Any, pattern: re.Pattern[str]) -> str:
    """Return a string that fits `pattern` whole; BadValueError if it is anything else."""
    if type(value) is not str or not pattern.fullmatch(value):
        raise BadValueError
    return value


def flag(value: Any) -> int:
    """Return 1 or 0 for a JSON true or false; BadValueError if it is anything else."""
    if type(value) is not bool:
        raise BadValueError
    return int(value)


class Decoder:
    """Decodes records one by one, then writes them to their rows of the columns together.

    Parameters
    ----------
    columns : Columns
        What is completed; its `text` is the buffer that lines are read from.
    limits : Limits
        Bounds on size and duration.
    """

    def __init__(self, columns: Columns, limits: Limits) -> None:
        self._columns = columns
        self._limits = limits
        self._base = int(columns.text.size)
        self._strings = bytearray()
        self._rows: list[int] = []
        self._told: list[tuple[int, ...]] = []
        self._writers = tuple(
            (name, CODES.get(f"missing:{name}", OK), CODES[f"bad:{name}"], self._writer(name)) for name in FIELDS
        )
        self._values = dict(BLANK)

    def _writer(self, name: str) -> Callable[[Any], None]:
        writer: Callable[[Any], None] = getattr(self, f"_{name}")
        return writer

    def decode(self, row: int) -> None:
        """Decode the record of one row, to the first fault as verdict; `finish` writes it."""
        self._values = dict(BLANK)
        self._values["verdict"] = self._verdict(row)
        self._rows.append(row)
        self._told.append(tuple(self._values.values()))

    def finish(self) -> None:
        """Write the rows that were decoded, every column of them, and append their strings to the text."""
        columns = self._columns
        if self._rows:
            rows = np.array(self._rows)
            columns.slow[rows] = True
            for name, told in zip(BLANK, zip(*self._told, strict=True), strict=True):
                getattr(columns, name)[rows] = told
        if self._strings:
            columns.text = np.concatenate((columns.text, np.frombuffer(self._strings, np.uint8)))

    def _verdict(self, row: int) -> int:
        if self._columns.line_len[row] > self._limits.max_line_bytes:
            return CODES["too_large"]
        try:
            record = orjson.loads(self._columns.cut("line", row))
        except orjson.JSONDecodeError:
            return CODES["not_json"]
        if type(record) is not dict:
            return CODES["not_an_object"]
        fault = OK
        for name, missing, bad, write in self._writers:
            value = record.pop(name, None)
            if value is None:
                fault = fault or missing  # OK where the field is optional
                continue
            try:
                write(value)
            except BadValueError:
                fault = fault or bad
        self._values["extra"] = int(bool(record))
        return fault or self._values["verdict"]

    def _keep(self, name: str, value: str) -> None:
        encoded = value.encode()
        self._values[f"{name}_at"] = self._base + len(self._strings)
        self._values[f"{name}_len"] = len(encoded)
        self._strings += encoded

    def _record_id(self, value: Any) -> None:
        self._keep("record_id", matched(value, _PRINTABLE))

    def _source(self, value: Any) -> None:
        self._keep("source", matched(value, _PRINTABLE))

    def _connect_time(self, value: Any) -> None:
        self._values["connect_ms"] = epoch_ms(value)

    def _duration_ms(self, value: Any) -> None:
        if type(value) is not int or not 0 <= value <= self._limits.max_duration_ms:
            raise BadValueError
        self._values["duration_ms"] = value

    def _called(self, value: Any) -> None:
        number, verdict = dialed(value)
        self._values["verdict"] = CODES[verdict]
        self._keep("called", number)
        if verdict == "ok":
            self._values["called"] = int(number)

    def _calling(self, value: Any) -> None:
        number = digits(value, 6, 10)
        self._values["calling"], self._values["calling_digits"] = int(number), len(number)

    def _lrn(self, value: Any) -> None:
        self._values["lrn"] = int(digits(value, 10))

    def _jip(self, value: Any) -> None:
        self._values["jip"] = int(digits(value, 6))

    def _trunk_group(self, value: Any) -> None:
        self._keep("trunk_group", matched(value, _PRINTABLE))

    def _cic(self, value: Any) -> None:
        self._values["cic"] = int(digits(value, 4))

    def _routing_point(self, value: Any) -> None:
        if type(value) is not str:
            raise BadValueError
        self._keep("routing_point", value)

    def _isp(self, value: Any) -> None:
        self._values["isp"] = flag(value)

    def _voip(self, value: Any) -> None:
        self._values["voip"] = flag(value)

    def _orig_ocn(self, value: Any) -> None:
        self._values["orig_ocn"] = int.from_bytes(matched(value, _OCN).encode())

    def _term_ocn(self, value: Any) -> None:
        self._values["term_ocn"] = int.from_bytes(matched(value, _OCN).encode())
