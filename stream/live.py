"""Live prices: terms compiled for the kernel, and the positions that provisional prices are made from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rating.codes import CLASS_REASON, EXCLUDED_CLASSES, PriceReason, TrafficClass
from rating.facts import Facts, period_name
from rating.growth_cap import limit_of
from rating.isp import base_classes
from rating.kernel.price import price
from rating.money import MS_PER_MINUTE
from rating.new_markets import is_new_market
from rating.presumption import presumed
from rating.reference.plan import FOREVER, Plan
from rating.rounding import rounding_in
from rating.terms.interval import Interval
from rating.terms.model import Period, Presumption
from rating.terms.tariff import Tariff
from rating.usage import Cells
from stream.grouping import distinct

__all__ = ["Book", "LivePrices", "Position", "Prices", "compile_book"]

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]

_CLASSES: Final = 16
_SHAPE: Final = (3, 3)

Position = tuple[int, str]
"""Agreement's code and month."""


class Book(NamedTuple):
    """Terms as arrays: intervals by agreement, tariffs by number; see `rating.kernel.price`."""

    agreement_a: Codes
    agreement_carrier: Codes
    interval_first: Codes
    interval_count: Codes
    interval_from: Codes
    interval_through: Codes
    interval_own: Codes
    interval_isp: Codes
    interval_base: Codes
    interval_ratio: Ints
    interval_floor: Ints
    interval_unit: Ints
    interval_cap: NDArray[np.bool_]
    interval_market: NDArray[np.bool_]
    new_market: NDArray[np.bool_]
    class_reason: Codes
    class_excluded: NDArray[np.bool_]
    tariff_reason: Codes
    tariff_per_minute: Ints
    tariff_per_call: Ints


@dataclass(frozen=True, slots=True)
class Prices:
    """The kernel's out-arrays for a batch's segments: (5, m) codes and (5, m) money."""

    code: Ints
    money: Ints


def _numbers(tariff: Tariff) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    per_minute, per_call = np.zeros(_SHAPE, np.int64), np.zeros(_SHAPE, np.int64)
    for route in range(_SHAPE[0]):
        for jurisdiction in range(_SHAPE[1]):
            covering = [e for e in tariff.elements if e.covers((route, jurisdiction))]
            per_minute[route, jurisdiction] = sum(element.per_minute for element in covering)
            per_call[route, jurisdiction] = sum(element.per_call for element in covering)
    return per_minute, per_call


def _reason(tariff: Tariff) -> int:
    name = tariff.reason.upper()
    return PriceReason[name] if name in PriceReason.__members__ else 0


def compile_book(facts: Facts) -> tuple[Book, list[Tariff], list[Interval]]:
    """Compile the terms of all agreements, as known on the day of `facts`."""
    size = facts.names.count("agreement")
    first, count = np.zeros(size, np.int32), np.zeros(size, np.int32)
    agreement_a, carrier = np.zeros(size, np.int32), np.zeros(size, np.int32)
    market = np.zeros((size, facts.names.count("lata")), np.bool_)
    tariffs: dict[Tariff, int] = {}
    intervals: list[Interval] = []
    base: list[int] = []
    units: list[int] = []
    first_of: list[str] = []
    for agreement, row in facts.agreements.items():
        code = facts.names.code("agreement", agreement)
        agreement_a[code] = facts.names.code("party", row.party_a)
        carrier[code] = facts.names.code("party", row.incumbent)
        first[code] = len(intervals)
        for interval in facts.timeline(agreement).intervals:
            intervals.append(interval)
            base.append(_base(facts, agreement, interval))
            first_of.append(row.party_a)
            units.append(rounding_in(facts.policies[agreement], interval).unit_ms or 0)
            if interval.new_market is not None:
                market[code] |= _markets(facts, agreement, interval)
        count[code] = len(intervals) - first[code]
    own = np.full((len(intervals), 2, _CLASSES), -1, np.int32)
    isp = np.full((len(intervals), 2), -1, np.int32)
    ratio = np.ones((len(intervals), 2), np.int64)
    for position, interval in enumerate(intervals):
        for (kind, payee), tariff in interval.own.items():
            if tariff.elements:
                own[position, int(payee != first_of[position]), kind] = tariffs.setdefault(tariff, len(tariffs))
        for payee, tariff in interval.isp.items():
            isp[position, int(payee != first_of[position])] = tariffs.setdefault(tariff, len(tariffs))
        if interval.presumption is not None:
            ratio[position] = Fraction(interval.presumption.effect.ratio).as_integer_ratio()
    reasons = np.zeros(_CLASSES, np.int32)
    excluded = np.zeros(_CLASSES, np.bool_)
    for kind in TrafficClass:
        reasons[kind] = CLASS_REASON[kind]
        excluded[kind] = kind in EXCLUDED_CLASSES
    numbers = [_numbers(tariff) for tariff in tariffs]
    book = Book(
        agreement_a=agreement_a,
        agreement_carrier=carrier,
        interval_first=first,
        interval_count=count,
        interval_from=np.array([_day(facts, i.first) for i in intervals], np.int32),
        interval_through=np.array([FOREVER if i.last is None else _day(facts, i.last) for i in intervals], np.int32),
        interval_own=own,
        interval_isp=isp,
        interval_base=np.array(base, np.int32),
        interval_ratio=ratio,
        interval_floor=np.array([_floor_ms(interval) for interval in intervals], np.int64),
        interval_unit=np.array(units, np.int64),
        interval_cap=np.array([interval.cap is not None for interval in intervals], np.bool_),
        interval_market=np.array([interval.new_market is not None for interval in intervals], np.bool_),
        new_market=market,
        class_reason=reasons,
        class_excluded=excluded,
        tariff_reason=np.array([_reason(tariff) for tariff in tariffs], np.int32),
        tariff_per_minute=np.array([n[0] for n in numbers], np.int64).reshape(-1, *_SHAPE),
        tariff_per_call=np.array([n[1] for n in numbers], np.int64).reshape(-1, *_SHAPE),
    )
    return book, list(tariffs), intervals


def _day(facts: Facts, day: date) -> int:
    return max(-FOREVER, facts.day(day))


def _base(facts: Facts, agreement: str, interval: Interval) -> int:
    """Return the classes under the ratio as bits; none where the presumption is not for one of the parties."""
    if interval.presumption is None or not interval.presumes:
        return 0
    row = facts.agreements[agreement]
    if {facts.kinds[row.party_a], facts.kinds[row.party_b]} & set(interval.presumption.effect.not_for):
        return 0
    return sum(1 << kind for kind in base_classes(interval.presumption.effect, facts, agreement))


def _floor_ms(interval: Interval) -> int:
    return interval.presumption.effect.floor_minutes * MS_PER_MINUTE if interval.presumption is not None else 0


def _markets(facts: Facts, agreement: str, interval: Interval) -> NDArray[np.bool_]:
    assert interval.new_market is not None
    before = interval.new_market.effect.exchanged_before
    test = facts.policies[agreement].new_market_test
    history = facts.tables.market_history
    return np.array([bool(n) and is_new_market(agreement, n, before, test, history) for n in facts.names.all("lata")])


_Capped = tuple[Presumption, Period, tuple[int, int]]


class LivePrices:
    """Prices segments from the positions of open months, and moves the positions.

    Parameters
    ----------
    facts : Facts
        As known at the run's start.
    plan : Plan
    positions : mapping of (agreement code, month) to (2,) milliseconds
        What each party has terminated of the base classes, as the store knows it.
    """

    def __init__(self, facts: Facts, plan: Plan, positions: Mapping[Position, tuple[int, int]]) -> None:
        self._facts = facts
        self._plan = plan
        self._book, self.tariffs, self.intervals = compile_book(facts)
        self._positions = dict(positions)
        self._pending: dict[Position, tuple[int, int]] = {}
        self._month_of_day = _months(facts, plan.midnights.shape[1])

    def price(
        self, placed: Codes, duration_ms: Ints, trunk: Ints, call: Ints, day: Ints, carried: Ints, used_ms: Ints
    ) -> Prices:
        """Price a batch's segments; the positions move when `commit` is called."""
        keys = (placed[3, call].astype(np.int64) << 32) | self._month_of_day[day]
        unique, group = distinct(keys)
        groups = [(int(key) >> 32, _month_text(int(key) & 0xFFFF_FFFF)) for key in unique]
        before = np.array([self._positions.get(key, (0, 0)) for key in groups], np.int64).reshape(-1, 2)
        other, limit = self._caps(groups)
        base = before.copy()
        out_code, out_money = np.empty((5, call.size), np.int64), np.empty((5, call.size), np.int64)
        route = self._routes(trunk, call, day)
        price(
            self._book, placed, duration_ms, route, group, call, day, carried, used_ms, base, other, limit, out_code,
            out_money,
        )  # fmt: skip
        for key, old, new in zip(groups, before.tolist(), base.tolist(), strict=True):
            if old != new:
                self._pending[key] = (new[0], new[1])
        return Prices(out_code, out_money)

    def _routes(self, trunk: Ints, call: Ints, day: Ints) -> Ints:
        """How each segment's call came, by the trunk group's row of the day, computed once a pair."""
        pairs, inverse = distinct((np.maximum(trunk[call], 0) << 20) | day)
        plan = self._plan
        routes = np.zeros(pairs.size, np.int64)
        for position, pair in enumerate(pairs.tolist()):
            code, on = pair >> 20, pair & 0xFFFFF
            if 0 < code < plan.trunk_first.size:
                first = int(plan.trunk_first[code])
                for row in range(first, first + int(plan.trunk_count[code])):
                    if plan.trunk_from[row] <= on <= plan.trunk_through[row]:
                        routes[position] = plan.trunk_route[row]
        return routes[inverse]

    def _caps(self, groups: list[Position]) -> tuple[Ints, Ints]:
        """ISP-bound time of the year's other months, and the year's limit, by group and payee."""
        other, limit = np.zeros((len(groups), 2), np.int64), np.full((len(groups), 2), -1, np.int64)
        for position, (code, month) in enumerate(groups):
            capped = self._capped(code, int(month[:4])) if code else None
            if capped is None:
                continue
            rule, period, limits = capped
            limit[position] = limits
            for (agreement, of_month), base in self._positions.items():
                same = of_month != month and period_name(of_month, period) == period_name(month, period)
                if agreement == code and same:
                    for side in (0, 1):
                        floor = rule.floor_minutes * MS_PER_MINUTE
                        other[position, side] += presumed(base[side], base[1 - side], rule.ratio, floor)
        return other, limit

    def _capped(self, code: int, year: int) -> _Capped | None:
        """Return an agreement's presumption, the period of its cap, and the limits by payee, -1 where there is none."""
        memo: dict[tuple[int, int], _Capped | None] = self._facts.memo.setdefault("live_caps", {})
        if (code, year) not in memo:
            memo[code, year] = self._find_cap(code, year)
        return memo[code, year]

    def _find_cap(self, code: int, year: int) -> _Capped | None:
        agreement = self._facts.names.name("agreement", code)
        row = self._facts.agreements[agreement]
        for interval in self._facts.timeline(agreement).intervals:
            if interval.cap is None or interval.presumption is None:
                continue
            if year < interval.cap.effect.counts_from.year or interval.cap.effect.scope != "state":
                return None  # positions know no LATA: where each has its limit, live prices leave it to the statement
            limits = []
            for party in (row.party_a, row.party_b):
                history = {
                    h.period: h.isp_ms
                    for h in self._facts.tables.usage_history or ()
                    if (h.agreement, h.payee) == (agreement, party)
                }
                reading = self._facts.policies[agreement].cap_2003
                found = None if party == row.incumbent else limit_of(interval.cap.effect, year, history, reading).ms
                limits.append(-1 if found is None else found)
            return interval.presumption.effect, interval.cap.effect.period, (limits[0], limits[1])
        return None

    def position(self, agreement: int, cells: Cells) -> tuple[int, int]:
        """Return what each party has terminated of the base classes, by the cells of an agreement's month."""
        book = self._book
        day, kind = cells.field("day"), cells.field("traffic_class")
        side = (cells.field("terminator") != book.agreement_a[agreement]).astype(np.int64)
        first = int(book.interval_first[agreement])
        out = [0, 0]
        for at in range(first, first + int(book.interval_count[agreement])):
            held = (book.interval_from[at] <= day) & (day <= book.interval_through[at])
            held &= ((int(book.interval_base[at]) >> kind) & 1 == 1) & ~book.class_excluded[kind]
            for which in (0, 1):
                out[which] += int(cells.ms[held & (side == which)].sum())
        return out[0], out[1]

    def changes(self) -> Iterable[tuple[Position, tuple[int, int]]]:
        """Return the positions that moved since the last commit."""
        return self._pending.items()

    def commit(self) -> None:
        """Keep the moved positions."""
        self._positions.update(self._pending)
        self._pending.clear()

    def abort(self) -> None:
        """Forget what moved since the last commit."""
        self._pending.clear()


def _months(facts: Facts, days: int) -> Ints:
    """Return months since year 0 by calendar day."""
    return np.array([(d := facts.date(i)).year * 12 + d.month - 1 for i in range(days)], np.int64)


def _month_text(months: int) -> str:
    year, month = divmod(months, 12)
    return f"{year}-{month + 1:02d}"
