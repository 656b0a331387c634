"""The archived calls behind a statement line: those of its class, LATA, direction and days."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from rating.codes import TrafficClass, name_of
from stream.books.store import Store
from stream.explain.archived import manifest, read, superseded
from stream.explain.model import CallRow
from stream.explain.words import moment

__all__ = ["Calls", "Wanted", "calls_of"]

_DAY_MS: Final = 86_400_000
_COLUMNS: Final = (
    "source", "record_id", "rev", "connect_ms", "called", "calling", "calling_digits", "isp", "trunk_group", "outcome",
    "class", "agreement", "originator", "terminator", "lata", "originating_rate_center", "terminating_rate_center",
    "originating_ocn", "terminating_ocn", "jurisdiction", "state", "segment_day", "segment_ms",
)  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls: of an agreement's class and LATA, between payer and payee, with time from `first` to `last`.

    `chosen` looks at a call and a day where the line is not of all of them.
    """

    agreement: str
    kind: TrafficClass
    lata: str
    payer: str
    payee: str
    first: date
    last: date
    zone: str
    chosen: Callable[[Row, date], bool] | None = None

    def ends(self) -> dict[str, str]:
        """Return what originator and terminator have to be; of transit the payer alone is known."""
        if self.kind is TrafficClass.TRANSIT:
            return {"originator": self.payer}
        if self.kind is TrafficClass.ORIGINATING_8YY:
            return {"originator": self.payee, "terminator": self.payer}
        return {"originator": self.payer, "terminator": self.payee}


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls have time on the days, how much it is, and the first of them by time of connect."""

    count: int
    ms: int
    rows: tuple[CallRow, ...]


def calls_of(store: Store, wanted: Wanted, limit: int | None) -> Calls:
    """Return the calls behind a line.

    Parameters
    ----------
    limit : int or None
        How many are listed; None lists all. All of them are counted.
    """
    found: list[tuple[int, str, date, int, Row]] = []
    identities: set[tuple[str, str, int]] = set()
    for row, identity in _rows(store, wanted):
        for day, ms in zip(row["segment_day"], row["segment_ms"], strict=True):
            if wanted.first <= day <= wanted.last and (wanted.chosen is None or wanted.chosen(row, day)):
                found.append((row["connect_ms"], row["record_id"], day, ms, row))
                identities.add(identity)
    found.sort(key=lambda item: item[:3])
    listed = found if limit is None else found[:limit]
    return Calls(len(identities), sum(item[3] for item in found), tuple(_shown(wanted, *item[2:]) for item in listed))


def _rows(store: Store, wanted: Wanted) -> Iterator[tuple[Row, tuple[str, str, int]]]:
    """Yield the rated calls that stand; one that a correction decided again only as it was decided last."""
    import pyarrow.compute as pc  # noqa: PLC0415

    segments = manifest(store, _months(wanted.first, wanted.last))
    latest = superseded(segments)
    where = (
        (pc.field("outcome") == "rated")
        & (pc.field("agreement") == wanted.agreement)
        & (pc.field("class") == name_of(wanted.kind))
        & (pc.field("lata") == wanted.lata)
    )
    for column, party in wanted.ends().items():
        where &= pc.field(column) == party
    for segment in segments:
        for row in read(segment, _COLUMNS, where).to_pylist():
            identity = (row["source"], row["record_id"], row["connect_ms"] // _DAY_MS)
            if row["rev"] >= latest.get(identity, 0):
                yield row, identity


def _months(first: date, last: date) -> list[str]:
    """Return the UTC months in which calls with time on the days may have connected: they last a day at most."""
    day, months = first - timedelta(days=3), []
    while day <= last + timedelta(days=2):
        months.append(f"{day:%Y-%m}")
        day += timedelta(days=1)
    return list(dict.fromkeys(months))


def _shown(wanted: Wanted, day: date, ms: int, row: Row) -> CallRow:
    calling = row["calling"]
    return CallRow(
        record_id=row["record_id"],
        source=row["source"],
        connected=moment(row["connect_ms"], wanted.zone),
        day=day.isoformat(),
        calling="" if calling is None else f"{calling:0{row['calling_digits']}d}",
        called=f"{row['called']:010d}",
        ms=ms,
        evidence={None: "", True: "isp", False: "not isp"}[row["isp"]],
    )
