"""Rows of the reference tables, one type a table.

Attributes are named as the columns, ``from`` and ``class`` with an underscore behind them. `from_`
and `through` are inclusive local dates and None where open; a text that may be left empty is ``""``
then. `line` is the row's line in its file.

The tables that are read when a statement is made have `known_from`, the day from which a row was
known (None: always). A row known later replaces the rows of its key that were known earlier and
overlap it in time: that is how a table is corrected without forgetting what it said.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, Protocol, TypeVar

__all__ = [
    "KEYS",
    "KNOWN_TABLES",
    "Agreement",
    "Arrangement",
    "BilledHistory",
    "BillingAccount",
    "EasPair",
    "LocalArea",
    "MarketHistory",
    "NumberBlock",
    "Ocn",
    "PartyRow",
    "Poi",
    "RateCenter",
    "Source",
    "Tables",
    "TandemArea",
    "TrunkGroup",
    "UsageHistory",
    "as_known",
    "span",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A pair of parties in one state, the incumbent among them, and the clock of that state."""

    agreement: str
    party_a: str
    party_b: str
    incumbent: str
    state: str
    time_zone: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow:
    """A carrier; kind is ilec, clec, ico, cmrs or ixc."""

    party: str
    kind: str
    name: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ocn:
    """An operating company number and the party it stands for."""

    ocn: str
    party: str
    from_: date | None = None
    through: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """Six digits (NPA-NXX) or seven (a thousands-block), whose they are and where they are rated."""

    npa_nxx: str
    ocn: str
    rate_center: str
    lata: str
    state: str
    switch: str = ""
    from_: date | None = None
    through: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCenter:
    """Coordinates of a rate center; None where they are not known."""

    state: str
    rate_center: str
    v: int | None
    h: int | None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalArea:
    """A rate center's membership of a mandatory local calling area."""

    state: str
    area: str
    rate_center: str
    from_: date | None = None
    through: date | None = None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EasPair:
    """Extended area service between two rate centers, both ways; kind is mandatory or optional."""

    state_a: str
    rate_center_a: str
    state_b: str
    rate_center_b: str
    kind: str
    from_: date | None = None
    through: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkGroup:
    """A trunk group of an agreement; kind is direct (to an end office) or tandem."""

    trunk_group: str
    agreement: str
    kind: str
    tandem: str
    end_office: str
    trunks: int | None
    from_: date | None = None
    through: date | None = None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Poi:
    """A point of interconnection; kind says by which test it serves: area, tandem_option or mileage."""

    agreement: str
    party: str
    kind: str
    area: str
    tandem: str
    v: int | None
    h: int | None
    from_: date | None = None
    through: date | None = None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TandemArea:
    """A rate center that a tandem serves."""

    state: str
    tandem: str
    rate_center: str
    from_: date | None = None
    through: date | None = None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """An originator's registered arrangement with a third party for transit traffic (A1 66.2.1)."""

    originator: str
    third_party: str
    state: str
    from_: date | None = None
    through: date | None = None
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketHistory:
    """The day of first exchange in a LATA; traffic is isp or any (XA 2.4)."""

    agreement: str
    lata: str
    traffic: str
    first_exchanged: date
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageHistory:
    """Eligible ISP-bound milliseconds of a base period, 2001-Q1, 2001 or 2002 (XA 2.3.1)."""

    agreement: str
    payee: str
    period: str
    isp_ms: int
    known_from: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Whether a recording office's records bill or only verify (DOMAIN section 14)."""

    source: str
    party: str
    role: str
    direction: str
    trunk_group: str
    from_: date | None = None
    through: date | None = None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledHistory:
    """What was billed for a month before the books were opened (XA 4.2).

    `month` is YYYY-MM, `amount` dollars. `paid` is the amount paid of it, or whether all of it is.
    """

    agreement: str
    payer: str
    payee: str
    month: str
    class_: str
    ms: int
    amount: Decimal
    invoice: str
    paid: Decimal | bool
    line: int

    @property
    def paid_amount(self) -> Decimal:
        """Dollars paid."""
        if isinstance(self.paid, bool):
            return self.amount if self.paid else Decimal(0)
        return self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingAccount:
    """The account and access customer name under which an agreement is invoiced."""

    agreement: str
    ocn: str
    ban: str
    acna: str
    line: int


@dataclass(frozen=True)
class Tables:
    """The reference tables of a workspace; None stands for a file that is not there.

    A missing table switches its rule off. An empty one does not: it satisfies no case.
    """

    agreements: tuple[Agreement, ...]
    parties: tuple[PartyRow, ...]
    ocns: tuple[Ocn, ...]
    number_blocks: tuple[NumberBlock, ...]
    rate_centers: tuple[RateCenter, ...] | None = None
    local_areas: tuple[LocalArea, ...] | None = None
    eas_pairs: tuple[EasPair, ...] | None = None
    trunk_groups: tuple[TrunkGroup, ...] | None = None
    pois: tuple[Poi, ...] | None = None
    tandem_areas: tuple[TandemArea, ...] | None = None
    arrangements: tuple[Arrangement, ...] | None = None
    market_history: tuple[MarketHistory, ...] | None = None
    usage_history: tuple[UsageHistory, ...] | None = None
    sources: tuple[Source, ...] | None = None
    billed_history: tuple[BilledHistory, ...] | None = None
    billing_accounts: tuple[BillingAccount, ...] | None = None


def _pair(row: EasPair) -> Hashable:
    one, other = (row.state_a, row.rate_center_a), (row.state_b, row.rate_center_b)
    return (one, other) if one <= other else (other, one)


KEYS: Final[Mapping[str, Callable[[Any], Hashable]]] = {
    "agreements": attrgetter("agreement"),
    "parties": attrgetter("party"),
    "ocns": attrgetter("ocn"),
    "number_blocks": attrgetter("npa_nxx"),
    "rate_centers": attrgetter("state", "rate_center"),
    "local_areas": attrgetter("state", "area", "rate_center"),
    "eas_pairs": _pair,
    "trunk_groups": attrgetter("trunk_group"),
    "pois": attrgetter("agreement", "party", "kind", "area", "tandem", "v", "h"),
    "tandem_areas": attrgetter("state", "tandem", "rate_center"),
    "arrangements": attrgetter("originator", "third_party", "state"),
    "market_history": attrgetter("agreement", "lata", "traffic"),
    "usage_history": attrgetter("agreement", "payee", "period"),
    "sources": attrgetter("source", "party", "role", "direction", "trunk_group"),
    "billed_history": attrgetter("agreement", "payer", "payee", "month", "class_", "invoice"),
    "billing_accounts": attrgetter("agreement", "ocn"),
}
"""What a row is about, by table: of one key there is at most one row on any day."""

KNOWN_TABLES: Final = (
    "rate_centers",
    "local_areas",
    "trunk_groups",
    "pois",
    "tandem_areas",
    "arrangements",
    "market_history",
    "usage_history",
)
"""The tables read when a statement is made: as-known-at governs them."""


def span(row: object) -> tuple[date, date]:
    """Return the first and the last day of a row; an open or undated end is the calendar's own."""
    return getattr(row, "from_", None) or date.min, getattr(row, "through", None) or date.max


class _Known(Protocol):
    @property
    def known_from(self) -> date | None: ...


K = TypeVar("K", bound=_Known)


def as_known(tables: Tables, day: date) -> Tables:
    """Return the tables as they were known on a day.

    Parameters
    ----------
    tables : Tables
        Free of errors: of one key and one `known_from`, no two rows overlap.
    day : date
        Rows known only later are left out, and so is a row that one of its key known later
        overlaps. Tables that place a call are returned as they are.
    """
    known: dict[str, Any] = {}
    for name in KNOWN_TABLES:
        rows = getattr(tables, name)
        if rows is not None and any(row.known_from is not None for row in rows):
            known[name] = _known(rows, KEYS[name], day)
    return replace(tables, **known) if known else tables


def _known(rows: Sequence[K], key: Callable[[K], Hashable], day: date) -> tuple[K, ...]:
    by_key: dict[Hashable, list[K]] = {}
    for row in rows:
        if row.known_from is None or row.known_from <= day:
            by_key.setdefault(key(row), []).append(row)
    standing = {id(row) for group in by_key.values() for row in group if not _replaced(row, group)}
    return tuple(row for row in rows if id(row) in standing)


def _replaced(row: K, group: Sequence[K]) -> bool:
    first, last = span(row)
    known = row.known_from or date.min
    for other in group:
        other_first, other_last = span(other)
        if (other.known_from or date.min) > known and other_first <= last and first <= other_last:
            return True
    return False
