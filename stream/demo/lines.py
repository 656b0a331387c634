"""Write columns of calls as newline-delimited JSON, a file's worth at a time.

Every field is a matrix of bytes, a row a call, padded with NUL; laid side by side with the keys
between them and the NULs taken out, the matrices are the file. No call becomes a Python object.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.demo.calls import Calls, Ints
from stream.demo.clock import LOCAL_OFFSET_MS

__all__ = ["FORMATS", "Format", "Names", "Written", "write_lines"]

Bytes = NDArray[np.uint8]


class Names(NamedTuple):
    """The names that calls carry as indexes."""

    trunk_groups: Sequence[str]
    rate_centers: Sequence[str]
    ocns: Sequence[str]


class Written(NamedTuple):
    """Lines end to end, and where each starts; one offset more than there are lines."""

    data: bytes
    starts: Ints


class _Value(NamedTuple):
    """What stands behind a key, without its quotes; `present` None is always."""

    text: Bytes
    quoted: bool
    present: NDArray[np.bool_] | None = None


_Render = Callable[[Calls, Names], _Value]


@dataclass(frozen=True)
class Format:
    """How one recording office writes.

    Parameters
    ----------
    fields : tuple of str
        Keys in their order; the last is one that every record has.
    identity : str
        What stands before the counter in a `record_id`.
    counter_digits : int
        Digits of the counter, at least.
    monthly : bool
        Whether the counter starts again with each month; otherwise it runs on and wraps.
    tick_ms : int
        The clock's and the meter's resolution.
    clock : str
        ``epoch``, or the unit in which a written local time ends: ``ms``, ``s`` or ``tenths``.
    constant : str
        JSON members of the office's own that every record ends with.

    """

    fields: tuple[str, ...]
    identity: str
    counter_digits: int
    monthly: bool
    tick_ms: int
    clock: str
    constant: str = ""


_OPTIONAL: Final = ("lrn", "jip", "trunk_group", "cic", "routing_point", "isp", "voip", "orig_ocn", "term_ocn")

FORMATS: Final[Mapping[str, Format]] = {
    "mke-1": Format(
        ("record_id", "source", "connect_time", "calling", *_OPTIONAL, "called", "duration_ms"), "", 7, True, 1, "epoch"
    ),
    "mad-1": Format(
        (
            "source",
            "record_id",
            "trunk_group",
            "calling",
            "jip",
            "called",
            "lrn",
            "cic",
            "routing_point",
            "isp",
            "voip",
            "orig_ocn",
            "term_ocn",
            "connect_time",
            "duration_ms",
        ),
        "M",
        4,
        False,
        100,
        "tenths",
    ),
    "mkt-2": Format(
        ("record_id", "source", "connect_time", "duration_ms", "calling", *_OPTIONAL, "called"),
        "T50-",
        6,
        True,
        1000,
        "s",
        ',"call_code":"119"',
    ),
    "kcm-1": Format(
        ("source", "record_id", "connect_time", "duration_ms", "calling", *_OPTIONAL, "called"),
        "KC",
        5,
        False,
        10,
        "ms",
    ),
}
"""By recording office. No two write alike, as no two makes of switch do."""


def write_lines(calls: Calls, source: str, names: Names, counter_digits: int) -> Written:
    """Return calls as lines of JSON.

    Parameters
    ----------
    calls : (n,) array of CALL
        All of one recording office, in the order of the file.
    source : str
        The office, one of `FORMATS`.
    names : Names
    counter_digits : int
        Digits to which the counter in `record_id` is filled up.

    Returns
    -------
    Written

    """
    form = FORMATS[source]
    renderers = {
        **_RENDERERS,
        "source": lambda calls, names: _Value(_named([source], np.zeros(calls.size, np.int64)), quoted=True),
        "record_id": lambda calls, names: _Value(
            _beside(_literal(calls.size, form.identity), _digits(calls["serial"], counter_digits)), quoted=True
        ),
        "connect_time": _CLOCKS[form.clock],
    }
    parts = [_literal(calls.size, "{")]
    for name in form.fields:
        last = name == form.fields[-1]
        parts.append(_member(name, renderers[name](calls, names), end=f"{form.constant}}}\n" if last else ","))
    whole = _beside(*parts)
    kept = whole != 0
    starts = np.zeros(calls.size + 1, np.int64)
    np.cumsum(np.count_nonzero(kept, axis=1), out=starts[1:])
    return Written(whole[kept].tobytes(), starts)


def _member(name: str, value: _Value, end: str) -> Bytes:
    n, quote = value.text.shape[0], '"' if value.quoted else ""
    out = _beside(_literal(n, f'"{name}":{quote}'), value.text, _literal(n, quote + end))
    if value.present is not None:
        out[~value.present] = 0
    return out


def _beside(*parts: Bytes) -> Bytes:
    return np.concatenate(parts, axis=1)


def _literal(n: int, text: str) -> Bytes:
    return np.broadcast_to(np.frombuffer(text.encode("ascii"), np.uint8), (n, len(text)))


def _named(names: Sequence[str], index: NDArray[np.integer]) -> Bytes:
    table = np.array([name.encode("ascii") for name in names], "S")
    letters: Bytes = table.view(np.uint8).reshape(table.size, table.itemsize)[index]
    return letters


def _digits(values: NDArray[np.integer], width: int, shown: NDArray[np.integer] | None = None) -> Bytes:
    """Return decimal digits, filled up with zeros to `width`; of each row only the last `shown`."""
    left = values.astype(np.int64)
    out = np.empty((left.size, width), np.uint8)
    for at in reversed(range(width)):
        left, digit = np.divmod(left, 10)
        out[:, at] = digit + ord("0")
    if shown is not None:
        out[np.arange(width) < width - shown.astype(np.int64)[:, None]] = 0
    return out


def _plain(values: Ints, width: int) -> Bytes:
    """Return non-negative integers without leading zeros."""
    powers = 10 ** np.arange(1, width, dtype=np.int64)
    return _digits(values, width, np.searchsorted(powers, values, side="right") + 1)


def _optional_digits(name: str, width: int) -> _Render:
    return lambda calls, names: _Value(_digits(calls[name], width), True, calls[name] >= 0)


def _flag(name: str) -> _Render:
    def render(calls: Calls, names: Names) -> _Value:
        return _Value(_named(["false", "true"], calls[name].clip(min=0)), False, calls[name] >= 0)

    return render


def _name(name: str, field: str) -> _Render:
    def render(calls: Calls, names: Names) -> _Value:
        return _Value(_named(getattr(names, field), calls[name]), True, calls[name] >= 0)

    return render


def _calling(calls: Calls, names: Names) -> _Value:
    return _Value(_digits(calls["calling"], 10, calls["calling_digits"]), True, calls["calling_digits"] > 0)


def _called(calls: Calls, names: Names) -> _Value:
    return _Value(_digits(calls["called"], 18, calls["called_digits"]), quoted=True)


def _duration(calls: Calls, names: Names) -> _Value:
    return _Value(_plain(calls["duration_ms"], 9), quoted=False)


def _epoch(calls: Calls, names: Names) -> _Value:
    return _Value(_plain(calls["connect_ms"], 13), quoted=False)


def _local_time(length: int) -> _Render:
    """Return a writer of local times with offset; `length` cuts off what the clock does not know."""

    def render(calls: Calls, names: Names) -> _Value:
        wall = (calls["connect_ms"] + LOCAL_OFFSET_MS).astype("datetime64[ms]")
        text = np.datetime_as_string(wall, unit="ms").astype("S23").view(np.uint8).reshape(-1, 23)
        return _Value(_beside(text[:, :length], _literal(calls.size, "-05:00")), quoted=True)

    return render


_CLOCKS: Final[Mapping[str, _Render]] = {
    "epoch": _epoch,
    "ms": _local_time(23),
    "tenths": _local_time(21),
    "s": _local_time(19),
}

_RENDERERS: Final[Mapping[str, _Render]] = {
    "duration_ms": _duration,
    "called": _called,
    "calling": _calling,
    "lrn": _optional_digits("lrn", 10),
    "jip": _optional_digits("jip", 6),
    "cic": _optional_digits("cic", 4),
    "trunk_group": _name("trunk_group", "trunk_groups"),
    "routing_point": _name("routing_point", "rate_centers"),
    "isp": _flag("isp"),
    "voip": _flag("voip"),
    "orig_ocn": _name("orig_ocn", "ocns"),
    "term_ocn": _name("term_ocn", "ocns"),
}
