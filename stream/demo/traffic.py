"""A quarter of a million made call records, with the dirt that real ones have.

Nothing here is measured: the numbers, the towns and the calls are invented, the shapes (who calls
whom, when and for how long) are those of a competitive carrier of the time whose customers are
mostly Internet service providers. The same seed gives the same bytes.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import orjson
import zstandard

from stream.demo import missouri, wisconsin
from stream.demo.calls import SOURCES, Calls, join
from stream.demo.clock import MONTHS
from stream.demo.dirt import (
    ODD,
    STRAY_GROUPS,
    broken_lines,
    odd_calls,
    with_conflicts,
    with_copies,
    with_stretch,
)
from stream.demo.exchange import Exchange, apportion
from stream.demo.lines import FORMATS, Names, Written, write_lines
from stream.demo.network import Network, load_network

__all__ = ["BOUNDARY_CALL", "FEWEST_RECORDS", "RECORDS", "SEED", "make_calls"]

RECORDS: Final = 250_000
SEED: Final = 20030614
FEWEST_RECORDS: Final = 4_000
"""Fewer could not hold every kind of dirt in its place."""

BOUNDARY_CALL: Final[Mapping[str, str | int | bool]] = {
    "record_id": "demo-235930",
    "source": "mke-1",
    "connect_time": "2003-06-14T23:59:30-05:00",
    "calling": "4142401200",
    "trunk_group": "wi-d1",
    "isp": True,
    "called": "4142615200",
    "duration_ms": 90_000,
}
"""The one call made by hand: 30 s of it fall on June 14, 2003, 60 s on the 15th (XA 2.2.2)."""

_BOUNDARY_MS: Final = 1_055_653_170_000
_BOUNDARY_FILE: Final = ("mke-1", "2003-06")
_TWIN: Final = ("mke-1", "mkt-2", "wi-t1")
"""Whose calls the tandem records once more, under which source, and the trunk group they use."""
_SUFFIXES: Final[Mapping[tuple[str, str], str]] = {
    **{("mad-1", month.name): ".ndjson.gz" for month in MONTHS},
    **{("kcm-1", month.name): ".ndjson.gz" for month in MONTHS},
    ("mad-1", "2004-06"): ".ndjson.zst",
}
_File = tuple[str, str]


@dataclass(frozen=True)
class _Budget:
    """How many records of each kind there are; they sum to what was asked for."""

    wisconsin: int
    odd: Mapping[str, int]
    copies: int
    stretch: int
    resent: int
    conflicts: int
    broken: int
    twins: int
    missouri: int


def _budget(records: int) -> _Budget:
    odd = {kind: max(len(MONTHS), records * rate // 100_000) for kind, (rate, _) in ODD.items()}
    copies, stretch, resent = (max(2, records * rate // 100_000) for rate in (130, 120, 50))
    conflicts, broken = max(2, records * 6 // 100_000), max(20, records * 30 // 100_000)
    rest = records - sum(odd.values()) - copies - stretch - resent - conflicts - broken - 1
    carried, twins = int(rest * 0.83), int(rest * 0.035)
    return _Budget(carried, odd, copies, stretch, resent, conflicts, broken, twins, missouri=rest - carried - twins)


def make_calls(folder: Path, *, records: int = RECORDS, seed: int = SEED) -> list[Path]:
    """Write made call records, a file for each recording office and month.

    Parameters
    ----------
    folder : Path
        Made if it is not there; files of the same names are overwritten.
    records : int
        Lines in all files together, at least `FEWEST_RECORDS`. The demo's growth cap is set for the
        default: other numbers of records move the day on which it runs out.
    seed : int
        Of the generator; not negative.

    Returns
    -------
    list of Path
        In the order in which to rate them: month by month.

    Raises
    ------
    ValueError
        If there are too few records.

    """
    if records < FEWEST_RECORDS:
        raise ValueError(f"records: found {records}, expected {FEWEST_RECORDS} or more: every kind has its place")
    rng = np.random.Generator(np.random.PCG64(seed))
    budget = _budget(records)
    calls = _dirty(rng, _files(rng, budget), budget)
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder, file, written) for file, written in _written(rng, calls, budget).items()]


def _files(rng: np.random.Generator, budget: _Budget) -> dict[_File, Calls]:
    """Return clean calls by office and month, in the order in which they ended, with their counters."""
    shares = {month.name: month.share for month in MONTHS}
    wisconsin_calls, twins, missouri_calls = (
        apportion(n, shares) for n in (budget.wisconsin, budget.twins, budget.missouri)
    )
    out: dict[_File, Calls] = {}
    for at, month in enumerate(MONTHS):
        network = load_network(month.first)
        west = Exchange(rng, month, at, network, wisconsin.DIRECT_SHARE)
        south = Exchange(rng, month, at, network, missouri.DIRECT_SHARE)
        odd = {kind: n // len(MONTHS) + (at < n % len(MONTHS)) for kind, n in budget.odd.items()}
        carried = wisconsin.wisconsin(west, wisconsin_calls[month.name])
        seen = _twins(rng, carried, twins[month.name], network)
        everything = join([carried, odd_calls(west, odd), seen, missouri.missouri(south, missouri_calls[month.name])])
        for source, name in enumerate(SOURCES):
            out[name, month.name] = _in_order(everything[everything["source"] == source], FORMATS[name].tick_ms)
    _count(out)
    return out


def _twins(rng: np.random.Generator, calls: Calls, n: int, network: Network) -> Calls:
    """Return the tandem's own recordings of some of the switch's calls: another clock, whole seconds."""
    first, second, group = _TWIN
    on_group = (calls["source"] == SOURCES.index(first)) & (calls["trunk_group"] == network.trunk_groups.index(group))
    seen: Calls = calls[np.sort(rng.choice(np.flatnonzero(on_group), n, replace=False))]
    seen["source"] = SOURCES.index(second)
    seen["connect_ms"] += rng.integers(-700, 1_600, n)
    seen["duration_ms"] = np.where(seen["duration_ms"] > 0, seen["duration_ms"] + 500, 0)
    for name in ("routing_point", "isp", "voip"):
        seen[name] = -1
    return seen


def _in_order(calls: Calls, tick_ms: int) -> Calls:
    for name in ("connect_ms", "duration_ms"):
        calls[name] -= calls[name] % tick_ms
    return calls[np.argsort(calls["connect_ms"] + calls["duration_ms"], kind="stable")]


def _count(files: dict[_File, Calls]) -> None:
    """Number the records as the switches do: from the month's first, or on and on until it wraps."""
    digits = _counter_digits(files)
    last = dict.fromkeys(SOURCES, 7_041)
    for (source, _), calls in files.items():
        start = 0 if FORMATS[source].monthly else last[source]
        calls["serial"] = (start + 1 + np.arange(calls.size)) % 10 ** digits[source]
        last[source] = start + calls.size


def _counter_digits(files: Mapping[_File, Calls]) -> dict[str, int]:
    """Return the digits of each office's counter: a wrapped one must not meet itself within a day."""
    largest = dict.fromkeys(SOURCES, 0)
    for (source, _), calls in files.items():
        largest[source] = max(largest[source], calls.size)
    return {
        source: max(FORMATS[source].counter_digits, len(str(n if FORMATS[source].monthly else n // 7)))
        for source, n in largest.items()
    }


def _dirty(rng: np.random.Generator, files: dict[_File, Calls], budget: _Budget) -> dict[_File, Calls]:
    """Send calls again: one by one, with another length, and whole stretches."""
    before, after = ("mad-1", MONTHS[0].name), ("mad-1", MONTHS[1].name)
    resent = files[before][-budget.resent :].copy()
    switches = [file for file in files if file[0] in ("mke-1", "kcm-1")]
    sizes = {f"{source} {month}": float(files[source, month].size) for source, month in switches}
    copies, conflicts = apportion(budget.copies, sizes), apportion(budget.conflicts, sizes)
    out = dict(files)
    for source, month in switches:
        # Conflicts first: what is sent again must be the first to bear its id.
        dirty = with_conflicts(out[source, month], rng, conflicts[f"{source} {month}"])
        out[source, month] = with_copies(dirty, rng, copies[f"{source} {month}"])
    june = out[_BOUNDARY_FILE]
    begin = june.size // 3
    stretch = june[begin : begin + budget.stretch].copy()
    out[_BOUNDARY_FILE] = with_stretch(june, stretch, begin + budget.stretch + june.size // 10)
    out[after] = with_stretch(out[after], resent, 0)
    return out


def _written(rng: np.random.Generator, files: Mapping[_File, Calls], budget: _Budget) -> dict[_File, bytes]:
    digits = _counter_digits(files)
    offices = [file for file in files if file[0] in ("mke-1", "mad-1")]
    ends = np.linspace(0, budget.broken, len(offices) + 1).astype(int).tolist()
    broken = {file: range(*ends[i : i + 2]) for i, file in enumerate(offices)}
    out = {}
    for month in MONTHS:
        network = load_network(month.first)
        names = Names((*network.trunk_groups, *STRAY_GROUPS), network.centers, network.ocns)
        for source in SOURCES:
            calls = files[source, month.name]
            inserted = [
                (int(rng.integers(0, calls.size)), line)
                for line in broken_lines(rng, source, month.start_ms, broken.get((source, month.name), range(0)))
            ]
            if (source, month.name) == _BOUNDARY_FILE:
                ended = calls["connect_ms"] + calls["duration_ms"]
                # Rows sent again later stand out of order: the first later one is the place.
                inserted.append((int(np.argmax(ended >= _BOUNDARY_MS + 90_000)), orjson.dumps(BOUNDARY_CALL) + b"\n"))
            out[source, month.name] = _insert(write_lines(calls, source, names, digits[source]), inserted)
    return out


def _insert(written: Written, more: list[tuple[int, bytes]]) -> bytes:
    """Return lines with others put before the rows that are named."""
    pieces, last = [], 0
    for row, line in sorted(more):
        start = int(written.starts[row])
        pieces += [written.data[last:start], line]
        last = start
    return b"".join([*pieces, written.data[last:]])


def _write(folder: Path, file: _File, data: bytes) -> Path:
    source, month = file
    suffix = _SUFFIXES.get(file, ".ndjson")
    path = folder / f"{source}-{month}{suffix}"
    if suffix.endswith(".gz"):
        data = gzip.compress(data, compresslevel=4, mtime=0)  # no time of day in it: the same bytes every time
    elif suffix.endswith(".zst"):
        data = zstandard.ZstdCompressor(level=5).compress(data)
    path.write_bytes(data)
    return path
