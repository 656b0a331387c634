"""Probable twins: the same call recorded by two sources, both of which bill it.

Two records of other sources, with the same calling and called number, connecting within five seconds of each
other and within two seconds as long. A record without a calling number is not compared: all such calls to one
number would be each other's twins. What is found is listed, and nothing is taken out.

The same comparison finds the partner of a record that only verifies: the call as it was billed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stream.desk.checks.calls import span_of, standing, texts
from stream.explain.archived import Manifest

__all__ = ["CONNECT_MS", "DURATION_MS", "SAMPLE", "Found", "pairs", "probe_twins"]

Ints = NDArray[np.int64]

CONNECT_MS: Final = 5_000
DURATION_MS: Final = 2_000
SAMPLE: Final = 20
"""How many pairs stand in a document; all are counted."""
_DAY_MS: Final = 86_400_000
_COLUMNS: Final = ("source", "record_id", "connect_ms", "duration_ms", "called", "calling", "agreement", "outcome")
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


@dataclass(slots=True)
class Found:
    """What was found of an agreement's calls in a month.

    pairs, ms : probable twins among billing records, and what the later of each lasted. sample : the first of
    them. records, verified_ms : verification records and their time; partners, billed_ms : those whose call was
    billed too, and the time that was billed.
    """

    pairs: int = 0
    ms: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    records: int = 0
    verified_ms: int = 0
    partners: int = 0
    billed_ms: int = 0

    def twins(self) -> dict[str, Any]:
        """Return the part about twins, for a document."""
        return {"pairs": self.pairs, "ms": self.ms, "sample": self.sample[:SAMPLE]}

    def verification(self) -> dict[str, Any]:
        """Return the part about verification records, for a document."""
        return {
            "records": self.records, "ms": self.verified_ms,
            "with_billing_record": self.partners, "billed_ms": self.billed_ms,
        }  # fmt: skip


def pairs(called: Ints, calling: Ints, connect_ms: Ints, duration_ms: Ints, source: Ints) -> tuple[Ints, Ints]:
    """Return the rows of probable twins, the earlier (or, at the same instant, the one before) first.

    called, calling, connect_ms, duration_ms, source : (n,) int64; calling is -1 where there is none.

    Sorted by number and time, a twin is a few rows on: rows are compared one apart, two apart and so on until
    none that far apart is of the same numbers within the time.
    """
    some = np.flatnonzero(calling >= 0)
    with np.errstate(over="ignore"):
        numbers = called[some].astype(np.uint64) * _MIX + calling[some].astype(np.uint64)
    # Sorted by a mixed key and by time: 550 ns a call, with all that follows; a sort by the numbers took 660 alone.
    by_time = np.argsort(connect_ms[some], kind="stable")
    order = some[by_time[np.argsort(numbers[by_time], kind="stable")]]
    numbers = np.sort(numbers)
    when = connect_ms[order]
    left: list[Ints] = []
    right: list[Ints] = []
    for apart in range(1, order.size):
        near = (numbers[apart:] == numbers[:-apart]) & (when[apart:] - when[:-apart] <= CONNECT_MS)
        at = np.flatnonzero(near)
        if not at.size:
            break
        one, other = order[at], order[at + apart]
        same = (called[one] == called[other]) & (calling[one] == calling[other]) & (source[one] != source[other])
        same &= np.abs(duration_ms[one] - duration_ms[other]) <= DURATION_MS
        left.append(one[same])
        right.append(other[same])
    if not left:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first, second = np.concatenate(left), np.concatenate(right)
    listed = np.lexsort((second, first, connect_ms[first]))
    return first[listed], second[listed]


def _windows(segments: Sequence[Manifest], start_ms: int, end_ms: int) -> Iterator[tuple[int, int, list[Manifest]]]:
    """Yield days of connect, with the segments that have calls of them or of the seconds around.

    A day at a time bounds what is held; segments say by their statistics which days they are of.
    """
    spans = [(segment, *span_of(segment)) for segment in segments]
    for day_ms in range(start_ms, end_ms, _DAY_MS):
        until = min(day_ms + _DAY_MS, end_ms)
        mine = [segment for segment, low, high in spans if low < until + CONNECT_MS and high >= day_ms - CONNECT_MS]
        if mine:
            yield day_ms, until, mine


def probe_twins(segments: Sequence[Manifest], bounds: Mapping[str, tuple[int, int]]) -> dict[str, Found]:
    """Return what was found by agreement, "" for calls that are of none.

    Parameters
    ----------
    segments : sequence of Manifest
        Those of every UTC month that the month reaches into.
    bounds : mapping
        By agreement, and for "", the first instant of the month and the one after its last, on its clock.
    """
    out = {agreement: Found() for agreement in bounds}
    corrections = [segment for segment in segments if segment.corrects]
    start, end = min(low for low, _ in bounds.values()), max(high for _, high in bounds.values())
    for day_ms, until, mine in _windows(segments, start, end):
        connect = pc.field("connect_ms")
        where = (connect >= day_ms - CONNECT_MS) & (connect < until + CONNECT_MS)
        reach = [segment for segment in corrections if segment in mine]
        tables = [_texts_of(table) for _, table in standing(mine, _COLUMNS, where, reach)]
        _one_day(pa.concat_tables(tables), day_ms, until, bounds, out)
    return out


def _texts_of(table: pa.Table) -> pa.Table:
    for name in ("source", "agreement", "outcome"):
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pc.fill_null(table.column(at).cast(pa.string()), ""))
    return table


def _one_day(
    table: pa.Table, day_ms: int, until: int, bounds: Mapping[str, tuple[int, int]], out: dict[str, Found]
) -> None:
    """Add a day's pairs and verification records; a pair is of the day of its later record."""
    table = table.filter(pc.is_in(table["outcome"], pa.array(["rated", "verification"])))
    numbers = {name: _whole(table[name]) for name in ("connect_ms", "duration_ms", "called", "calling")}
    source, _ = texts(table["source"])
    agreement, agreements = texts(table["agreement"])
    bills = pc.equal(table["outcome"], "rated").to_numpy(zero_copy_only=False).astype(np.bool_)
    connect, duration = numbers["connect_ms"], numbers["duration_ms"]
    inside = np.zeros(connect.size, np.bool_)
    for code, name in enumerate(agreements):
        low, high = bounds.get(name, bounds[""])
        inside |= (agreement == code) & (connect >= low) & (connect < high)
    inside &= (connect >= day_ms) & (connect < until)
    first, second = pairs(numbers["called"], numbers["calling"], connect, duration, source)
    twins = inside[second] & bills[first] & bills[second]
    rows = (first[twins], second[twins])
    _partners(first, second, bills, inside, agreement, agreements, duration, out)
    for code, name in enumerate(agreements):
        mine = agreement[rows[1]] == code
        found = out.setdefault(name, Found())
        found.pairs += int(mine.sum())
        found.ms += int(duration[rows[1][mine]].sum())
        for pair in zip(rows[0][mine].tolist(), rows[1][mine].tolist(), strict=True):
            if len(found.sample) >= SAMPLE:
                break
            found.sample.append({"records": [_record(table, row) for row in pair]})


def _partners(
    first: Ints,
    second: Ints,
    bills: NDArray[np.bool_],
    counted: NDArray[np.bool_],
    agreement: Ints,
    agreements: Sequence[str],
    duration: Ints,
    out: dict[str, Found],
) -> None:
    """Count verification records, and those with a billing record of the same call: its first, if it has several."""
    one, other = np.r_[first, second], np.r_[second, first]
    mixed = ~bills[one] & bills[other]
    one, at = np.unique(one[mixed], return_index=True)
    other = other[mixed][at]
    for code, name in enumerate(agreements):
        found = out.setdefault(name, Found())
        mine = counted & ~bills & (agreement == code)
        found.records += int(mine.sum())
        found.verified_ms += int(duration[mine].sum())
        agreed = mine[one]
        found.partners += int(agreed.sum())
        found.billed_ms += int(duration[other[agreed]].sum())


def _whole(column: pa.ChunkedArray) -> Ints:
    whole: Ints = pc.fill_null(column, -1).to_numpy().astype(np.int64)
    return whole


def _record(table: pa.Table, row: int) -> dict[str, Any]:
    names = ("source", "record_id", "connect_ms", "duration_ms", "called", "calling")
    return {name: table[name][row].as_py() for name in names}
