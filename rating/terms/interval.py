"""The resolved terms of an agreement: intervals on whose days nothing changes, and their clauses."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from rating.codes import TrafficClass
from rating.reference.rows import Agreement
from rating.terms.model import (
    Eligibility,
    GrowthCap,
    LawChange,
    LawWaiver,
    NewMarket,
    Presumption,
    Rounding,
    SettlementDuty,
    Tag,
    UnidentifiedTerm,
    Waiver,
    Watch,
)
from rating.terms.standing import Standing
from rating.terms.tariff import Tariff

__all__ = ["Interval", "Ruled", "Timeline"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ruled(Generic[_T]):
    """An effect with where it comes from: `source` is ``instrument ref``."""

    effect: _T
    source: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Interval:
    """Days on which nothing changes.

    first, last : inclusive; `last` None is open. down : sources of caps and new-market clauses that an
    order of law has down, of instruments in force or not; ahead : those of instruments that have not begun,
    whose cap may count these days all the same (XA 2.3.1). own : the price of each class and payee that has
    one, from the instrument that controls it. isp (by payee), presumption, cap, new_market : what holds for
    ISP-bound time; none of them where an instrument that prices every minute of a class outranks them.
    presumes : False where an order has a presumption down, so that only identified time is ISP-bound.
    gates : tests that the payee's receipts under `own` depend on. governed : clauses that place a class outside.
    watches, law_changes, law_waivers : what is watched and reported, never priced.
    """

    first: date
    last: date | None
    own: Mapping[tuple[TrafficClass, str], Tariff] = field(default_factory=dict)
    isp: Mapping[str, Tariff] = field(default_factory=dict)
    presumption: Ruled[Presumption] | None = None
    presumes: bool = True
    cap: Ruled[GrowthCap] | None = None
    new_market: Ruled[NewMarket] | None = None
    gates: tuple[Ruled[Eligibility], ...] = ()
    waivers: tuple[Ruled[Waiver], ...] = ()
    duties: tuple[Ruled[SettlementDuty], ...] = ()
    tags: tuple[Ruled[Tag], ...] = ()
    governed: Mapping[TrafficClass, tuple[str, ...]] = field(default_factory=dict)
    uncapped: frozenset[TrafficClass] = frozenset()
    with_isp: Mapping[str, Tariff] = field(default_factory=dict)
    disclosed: Mapping[TrafficClass, tuple[str, ...]] = field(default_factory=dict)
    rounding: Ruled[Rounding] | None = None
    unidentified: Ruled[UnidentifiedTerm] | None = None
    provisional: tuple[str, ...] = ()
    in_force: tuple[str, ...] = ()
    watches: tuple[Ruled[Watch], ...] = ()
    law_changes: tuple[Ruled[LawChange], ...] = ()
    law_waivers: tuple[Ruled[LawWaiver], ...] = ()
    down: frozenset[str] = frozenset()
    ahead: frozenset[str] = frozenset()

    @property
    def price(self) -> tuple[object, ...]:
        """What a month is cut by: prices, the instruments behind them, and what limits them (section 9)."""
        return (
            tuple(sorted(self.own.items())),
            tuple(sorted(self.isp.items())),
            self.presumption is not None,
            self.cap is not None,
            self.new_market is not None,
            self.ahead,
        )

    def price_of(self, kind: TrafficClass, payee: str) -> Tariff | None:
        """Return what a payee has for a class by itself, below the ratio; None where no instrument says."""
        return self.own.get((kind, payee))

    def holds(self, day: date) -> bool:
        """Whether the day is one of the interval's."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Timeline:
    """One agreement's intervals, without gaps from the first day of the first.

    new_markets : those of all instruments that are known, in force on some day or not. standings : the days
    of each instrument that is known.
    """

    agreement: Agreement
    as_known_at: date
    intervals: tuple[Interval, ...]
    chains: Mapping[str, tuple[str, ...]]
    new_markets: tuple[Ruled[NewMarket], ...] = ()
    instruments: tuple[str, ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)

    def on(self, day: date) -> Interval:
        """Return the interval of a day."""
        for interval in reversed(self.intervals):
            if interval.first <= day:
                return interval
        return self.intervals[0]

    def between(self, first: date, last: date) -> Iterator[tuple[date, date, Interval]]:
        """Yield (first, last, interval) for every interval that touches the days, clipped to them."""
        for interval in self.intervals:
            start = max(first, interval.first)
            end = last if interval.last is None else min(last, interval.last)
            if start <= end:
                yield start, end, interval

    def subperiods(self, first: date, last: date) -> list[tuple[date, date]]:
        """Cut the days wherever a price or the instrument that prices starts or ends (section 9)."""
        out: list[tuple[date, date, tuple[object, ...]]] = []
        for start, end, interval in self.between(first, last):
            if out and out[-1][2] == interval.price:
                out[-1] = (out[-1][0], end, out[-1][2])
            else:
                out.append((start, end, interval.price))
        return [(start, end) for start, end, _ in out]
