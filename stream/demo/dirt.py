"""What is wrong with real recordings: a little of every kind."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import orjson

from stream.demo.calls import SOURCES, Calls, Ints, join
from stream.demo.clock import BUSINESS, TALK
from stream.demo.exchange import Exchange
from stream.demo.network import LOCAL

__all__ = ["ODD", "STRAY_GROUPS", "broken_lines", "odd_calls", "with_conflicts", "with_copies", "with_stretch"]

STRAY_GROUPS: Final = ("wi-x7",)
"""Trunk groups that records name and the table does not have; their indexes follow the table's."""

_MKE: Final = SOURCES.index("mke-1")
_LANTERN_PREFIX: Final = 414_275
_UNLOADED_PREFIX: Final = 262_265
_OWNERLESS_PREFIX: Final = 920_401
_STRANGE_PREFIX: Final = 312_430
_FAR_FUTURE_MS: Final = 4_086_937_800_000
"""2099-07-05T04:30:00Z: a switch whose clock was set by hand."""
_ABROAD: Final = (4_930_901_820, 44_207_946_018, 52_555_130_440, 331_445_566, 8_133_224_411)


def _to(calls: Calls, called: Any, digits: Any) -> None:
    calls["called"], calls["called_digits"] = called, digits


def _services(calls: Calls, rng: np.random.Generator) -> None:
    _to(calls, rng.choice((411, 611, 911), calls.size, p=(0.75, 0.15, 0.10)), 3)


def _abroad(calls: Calls, rng: np.random.Generator) -> None:
    number = np.array(_ABROAD)[rng.integers(0, len(_ABROAD), calls.size)]
    _to(calls, number, 3 + np.char.str_len(number.astype("U")))
    # The prefix itself: 011 and then the number, as dialed.
    calls["called"] += 11 * 10 ** (calls["called_digits"].astype(np.int64) - 3)


def _operator(calls: Calls, rng: np.random.Generator) -> None:
    alone = rng.random(calls.size) < 0.6
    _to(calls, np.where(alone, 0, calls["called"]), np.where(alone, 1, 11))


def _inquiry(calls: Calls, rng: np.random.Generator) -> None:
    _to(calls, rng.choice((414, 262, 608, 715, 920), calls.size) * 10_000_000 + 5_551_212, 10)


def _unloaded(calls: Calls, rng: np.random.Generator) -> None:
    calls["called"] = _UNLOADED_PREFIX * 10_000 + calls["called"] % 10_000


def _stranger(calls: Calls, rng: np.random.Generator) -> None:
    calls["calling"] = _STRANGE_PREFIX * 10_000 + calls["calling"] % 10_000
    calls["cic"] = 6501


def _ownerless(calls: Calls, rng: np.random.Generator) -> None:
    calls["called"] = _OWNERLESS_PREFIX * 10_000 + calls["called"] % 10_000


def _astray(calls: Calls, rng: np.random.Generator) -> None:
    calls["called"] = _LANTERN_PREFIX * 10_000 + calls["called"] % 10_000


def _future(calls: Calls, rng: np.random.Generator) -> None:
    calls["connect_ms"] = _FAR_FUTURE_MS + rng.integers(0, 3_600_000, calls.size)


def _as_it_is(calls: Calls, rng: np.random.Generator) -> None:
    """Leave the call alone: its trunk group is set by the caller, who knows the table."""


ODD: Final[Mapping[str, tuple[int, Callable[[Calls, np.random.Generator], None]]]] = {
    "short_code": (72, _services),
    "international": (58, _abroad),
    "operator": (40, _operator),
    "directory_assistance": (52, _inquiry),
    "unknown_called_block": (18, _unloaded),
    "unknown_calling_block": (16, _stranger),
    "unknown_ocn": (12, _ownerless),
    "no_agreement": (14, _astray),
    "unknown_trunk_group": (10, _as_it_is),
    "future_dated": (2, _future),
}
"""Calls that are filtered or suspended: how many in 100,000 records, and what makes each kind."""


def odd_calls(exchange: Exchange, counts: Mapping[str, int]) -> Calls:
    """Return a month's calls that no agreement rates, or not yet.

    Parameters
    ----------
    exchange : Exchange
        Wisconsin's.
    counts : mapping of kind to int
        Kinds are the reasons of `ODD`.

    """
    weights = exchange.pull({"HARBORMILL": 2.0, "NORTHLOCK": 1.0}, {"HARBORMILL": 1.0, "NORTHLOCK": 1.0}, {LOCAL: 1.0})
    parts = []
    for kind, n in counts.items():
        outward = ODD[kind][0] > 30  # what is dialed to an operator or abroad leaves KMC's own subscribers
        ends = ("kmc", "sbc") if outward else ("sbc", "kmc")
        calls, origin, _ = exchange.draw(n, *ends, weights, BUSINESS, TALK)
        exchange.route(calls, origin, direct=False)
        ODD[kind][1](calls, exchange.rng)
        if kind == "unknown_trunk_group":
            calls["trunk_group"] = len(exchange.network.trunk_groups)
        parts.append(calls)
    calls = join(parts)
    calls["source"] = _MKE
    return calls


def _placed(calls: Calls, keys: Ints, more: Calls, more_keys: Ints) -> Calls:
    order = np.argsort(np.concatenate([keys, more_keys]), kind="stable")
    return join([calls, more])[order]


def _answered(calls: Calls, rng: np.random.Generator, n: int) -> Ints:
    """Return rows of answered calls between subscribers, each once."""
    rows = np.flatnonzero((calls["duration_ms"] > 20_000) & (calls["called_digits"] == 10))
    return np.sort(rng.choice(rows, n, replace=False))


def with_copies(calls: Calls, rng: np.random.Generator, n: int) -> Calls:
    """Return a file's calls with `n` of them sent again, each within a few hundred records."""
    rows = _answered(calls, rng, n)
    return _placed(calls, np.arange(calls.size), calls[rows], rows + rng.integers(1, 300, n))


def with_conflicts(calls: Calls, rng: np.random.Generator, n: int) -> Calls:
    """Return a file's calls with `n` of them sent again under the same id with another length."""
    rows = _answered(calls, rng, n)
    other = calls[rows].copy()
    other["duration_ms"] -= 1000 * rng.integers(1, 12, n)
    return _placed(calls, np.arange(calls.size), other, rows + rng.integers(50, 900, n))


def with_stretch(calls: Calls, again: Calls, at: int) -> Calls:
    """Return a file's calls with a stretch of calls that were sent before standing before row `at`."""
    return join([calls[:at], again, calls[at:]])


def broken_lines(rng: np.random.Generator, source: str, connect_ms: int, kinds: range) -> list[bytes]:
    """Return lines that are rejected, each ending in a newline.

    Parameters
    ----------
    rng : numpy.random.Generator
    source : str
        The recording office that they would be from.
    connect_ms : int
        An instant in the file's month.
    kinds : range
        One line for each number; the kinds of damage come in turn, again and again.

    """
    out = []
    for i in kinds:
        good: dict[str, Any] = {
            "record_id": f"{9_000_000 + int(rng.integers(0, 999_999)):07d}",
            "source": source,
            "connect_time": connect_ms + int(rng.integers(0, 20 * 86_400_000)),
            "duration_ms": int(rng.integers(2_000, 600_000)),
            "calling": f"414240{int(rng.integers(0, 10_000)):04d}",
            "called": f"414261{int(rng.integers(0, 10_000)):04d}",
            "trunk_group": "wi-t1",
        }
        out.append(_BREAKERS[i % len(_BREAKERS)](good) + b"\n")
    return out


def _without(name: str) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: orjson.dumps({key: value for key, value in good.items() if key != name})


def _with(name: str, value: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: orjson.dumps({**good, name: value})


def _with_text(find: bytes, put: bytes) -> Callable[[dict[str, Any]], bytes]:
    return lambda good: orjson.dumps(good).replace(find, put, 1)


_BREAKERS: Final[tuple[Callable[[dict[str, Any]], bytes], ...]] = (
    lambda good: orjson.dumps(good)[:-31],  # cut off where a disk was full
    _without("duration_ms"),
    _with("called", "41426"),
    _with("duration_ms", 90000.0),
    _with("connect_time", "1969-12-31T18:00:00-06:00"),
    _with("duration_ms", 90_000_000),  # 25 hours
    lambda good: orjson.dumps({**good, "called": int(good["called"])}),
    _with_text(b'"wi-t1"', b'"wi-\xff1"'),  # no UTF-8
    _without("called"),
    _without("record_id"),
    _with("calling", "2403117"),
    _with("connect_time", "2003-06-31T08:15:00-05:00"),
    lambda good: orjson.dumps(list(good.values())),
    _without("connect_time"),
    _with("isp", "yes"),
    _with("cic", "222"),
    lambda good: orjson.dumps(good) + orjson.dumps(good),  # a newline lost
    _without("source"),
)
