"""How much of a month's time is ISP-bound, and how much of that is payable (DOMAIN sections 5-7; XA 2)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from tests.naive.decide import Decision
from tests.naive.midnights import days_of
from tests.naive.shares import apportion, cap_limit, presume
from tests.naive.terms import XA, Terms

TCLT = ("local", "virtual_fx", "mandatory_eas", "optional_eas")
NEW_MARKET_BEFORE = date(2001, 4, 18)


class Piece(NamedTuple):
    """A call's time of one day, and which of the month's sub-periods the day is in."""

    call: Decision
    day: date
    ms: int
    sub: int


class Slot(NamedTuple):
    """What ISP-bound time is apportioned over: sub-period, LATA and class of one direction."""

    sub: int
    lata: str
    cls: str


@dataclass
class IspTime:
    """One payee's month: the figures of the presumption, and the ISP-bound ms by slot."""

    method: str = "none"
    t_ms: int = 0
    o_ms: int = 0
    isp_ms: int = 0
    by_slot: Counter[Slot] = field(default_factory=Counter)


@dataclass
class CapUse:
    """One payee's cap and month: `limit_ms` None is no limit."""

    year: int
    limit_ms: int | None
    assumed: bool
    used_before_ms: int
    used_ms: int


def pieces_of(terms: Terms, decisions: Sequence[Decision], month: str) -> list[Piece]:
    """Return an agreement's calls of a month, cut by day."""
    sub_of = {
        day: sub
        for sub, (first, last) in enumerate(terms.sub_periods(month))
        for day in days_of(month)
        if first <= day <= last
    }
    return [Piece(c, day, ms, sub_of[day]) for c in decisions for day, ms in c.segments if day in sub_of]


def base_classes(terms: Terms) -> tuple[str, ...]:
    """Return the classes that the ratio weighs, in the order in which ties are broken."""
    out = {"virtual_fx": terms.switch("virtual_fx_in_ratio"), "optional_eas": terms.switch("optional_eas_in_ratio")}
    return tuple(cls for cls in TCLT if out.get(cls, True))


def isp_time(terms: Terms, pieces: Sequence[Piece], payee: str) -> IspTime:
    """Return what is ISP-bound of what `payee` terminates, on the days that reckon (XA 2.6).

    The excess over 3:1 of the days of presumption is spread over LATA and sub-period in
    proportion to T, then over classes likewise; days of `actual` add the time identified.
    """
    base = base_classes(terms)
    here = [p for p in pieces if p.call.cls in base and terms.xa_counts(p.day)]
    received = [p for p in here if p.call.payee == payee]
    sent = [p for p in here if p.call.payer == payee]
    out = IspTime()
    actual_from = terms.actual_from(payee) or date.max
    ratio = {p.day: not terms.has_cmrs and terms.stands(XA, "presumption", p.day) for p in here}
    presuming = {day: holds and day < actual_from for day, holds in ratio.items()}

    presumed = [p for p in received if presuming[p.day]]
    answered = sum(p.ms for p in sent if presuming[p.day])
    excess = presume(sum(p.ms for p in presumed), answered)
    out.by_slot.update(_spread(excess, presumed))
    identified = [p for p in received if not presuming[p.day] and p.call.isp]
    for p in identified:
        out.by_slot[Slot(p.sub, p.call.lata, p.call.cls)] += p.ms
    out.t_ms = sum(p.ms for p in received if ratio[p.day])
    out.o_ms = sum(p.ms for p in sent if ratio[p.day])
    out.isp_ms = excess + sum(p.ms for p in identified if ratio[p.day])
    return out


def method(terms: Terms, month: str, payee: str) -> str:
    """Return ``none``, ``presumed``, or ``actual`` where some day of the month in force is actual."""
    days = [d for d in days_of(month) if terms.xa_prices(d) and terms.stands(XA, "presumption", d)]
    if terms.has_cmrs or not days:
        return "none"
    return "actual" if days[-1] >= (terms.actual_from(payee) or date.max) else "presumed"


def is_new_market(terms: Terms, lata: str, day: date) -> bool:
    """Say whether ISP-bound time of a LATA is bill and keep (XA 2.4), as long as that effect stands."""
    rows = terms.world.known("market_history", terms.as_known_at)
    if rows is None or not terms.stands(XA, "new_market", day):
        return False
    kinds = ("isp", "any") if terms.switch("new_market_test") == "any" else ("isp",)
    return not any(
        (row["agreement"], row["lata"]) == (terms.name, lata)
        and row["traffic"] in kinds
        and row["first_exchanged"]
        and date.fromisoformat(row["first_exchanged"]) < NEW_MARKET_BEFORE
        for row in rows
    )


def capped(terms: Terms, month: str, found: IspTime) -> Counter[Slot]:
    """Return the ISP-bound ms that the cap reckons with: not new markets (but for a switch), never optional EAS."""
    subs = terms.sub_periods(month)
    out: Counter[Slot] = Counter()
    for slot, ms in found.by_slot.items():
        first = subs[slot.sub][0]
        new = is_new_market(terms, slot.lata, first) and not terms.switch("cap_counts_new_market")
        if slot.cls != "optional_eas" and not new and terms.stands(XA, "growth_cap", first):
            out[slot] += ms
    return out


def cap_use(terms: Terms, decisions: Sequence[Decision], month: str, payee: str) -> CapUse | None:
    """Return the cap of a payee's month, None where none is in force: it caps the LEC alone (XA 2.2.1, 2.3)."""
    priced = [d for d in days_of(month) if terms.xa_prices(d) and terms.stands(XA, "growth_cap", d)]
    if not priced or terms.has_cmrs or payee == terms.row["incumbent"]:
        return None
    year = int(month[:4])
    rows = terms.world.known("usage_history", terms.as_known_at) or []
    history = {
        row["period"]: int(row["isp_ms"]) for row in rows if (row["agreement"], row["payee"]) == (terms.name, payee)
    }
    limit, assumed = cap_limit(history, year, terms.switch("cap_2003"))

    def reckoned(which: str) -> int:
        return capped(terms, which, isp_time(terms, pieces_of(terms, decisions, which), payee)).total()

    before = sum(reckoned(f"{year:04d}-{number:02d}") for number in range(1, int(month[5:7])))
    after = before + reckoned(month)
    if limit is not None:
        before, after = min(limit, before), min(limit, after)
    return CapUse(year, limit, assumed, before, after - before)


def payable(eligible: Counter[Slot], left_ms: int | None) -> Counter[Slot]:
    """Return what of `eligible` the cap lets through: earlier sub-periods first, then in proportion."""
    if left_ms is None:
        return eligible
    out: Counter[Slot] = Counter()
    for sub in sorted({slot.sub for slot in eligible}):
        slots = [slot for slot in eligible if slot.sub == sub]
        take = min(left_ms, sum(eligible[slot] for slot in slots))
        left_ms -= take
        out.update(_by_lata_then_class(take, {slot: eligible[slot] for slot in slots}))
    return out


def _spread(total: int, pieces: Sequence[Piece]) -> Counter[Slot]:
    """Apportion over (LATA, sub-period), ties to the lower LATA as text and the earlier sub-period; then classes."""
    weights: Counter[Slot] = Counter()
    for p in pieces:
        weights[Slot(p.sub, p.call.lata, p.call.cls)] += p.ms
    return _by_lata_then_class(total, weights)


def _by_lata_then_class(total: int, weights: dict[Slot, int]) -> Counter[Slot]:
    groups = sorted({(slot.lata, slot.sub) for slot in weights})
    sums = [sum(ms for slot, ms in weights.items() if (slot.lata, slot.sub) == group) for group in groups]
    out: Counter[Slot] = Counter()
    for (lata, sub), share in zip(groups, apportion(total, sums), strict=True):
        slots = [slot for cls in TCLT if (slot := Slot(sub, lata, cls)) in weights]
        out.update(dict(zip(slots, apportion(share, [weights[slot] for slot in slots]), strict=True)))
    return out
