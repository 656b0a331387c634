"""Which terms are active on which day, as known on another: instruments resolved into intervals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, TypeVar

from rating.codes import TrafficClass
from rating.money import MS_PER_MINUTE, nano
from rating.policy import Policy
from rating.reference.rows import Agreement
from rating.terms.events import Event, OfferAccepted
from rating.terms.interval import Interval, Ruled, Timeline
from rating.terms.law import Fallen, counted_calls, fallen_effects, outcome_from
from rating.terms.model import (
    Clause,
    Disclose,
    Eligibility,
    Exclude,
    GrowthCap,
    Instrument,
    LawChange,
    LawWaiver,
    NewMarket,
    Presumption,
    Rate,
    Rounding,
    SettlementDuty,
    Tag,
    TrafficGroup,
    UnidentifiedTerm,
    Waiver,
    Watch,
)
from rating.terms.rank import effects_of, gives_way, holds, rank
from rating.terms.standing import Standing, known_events, standing
from rating.terms.tariff import Element, Tariff

__all__ = ["ISP_BOUND", "resolve"]

ISP_BOUND: Final = "isp_bound"

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Active:
    instrument: Instrument
    standing: Standing
    policy: Policy
    fallen: tuple[Fallen, ...] = ()

    def stands(self, effect: object, day: date) -> bool:
        """Whether no order of law has an effect down on a day."""
        tag = effect.__struct_config__.tag  # type: ignore[attr-defined]
        return not any(fallen.effect == tag and fallen.holds(day) for fallen in self.fallen)

    def rank(self, day: date) -> tuple[int, date, date]:
        """Who wins a conflict on a day."""
        return rank(self.instrument, self.standing, day)

    def outranks(self, other: "_Active", day: date) -> bool:
        """Whether what this instrument prices is none of the other's, which ranks below it."""
        below = other.rank(day)[0] < self.rank(day)[0]
        return below and not gives_way(self.instrument, other.instrument, self.policy)

    def classes(self, traffic: str) -> tuple[TrafficClass, ...]:
        """Return the classes that a rate's or a test's `traffic` stands for."""
        for _, group in effects_of(self.instrument, TrafficGroup):
            if group.group == traffic:
                return tuple(TrafficClass[name.upper()] for name in group.classes)
        return (TrafficClass[traffic.upper()],) if traffic.upper() in TrafficClass.__members__ else ()

    def weighed(self, classes: tuple[TrafficClass, ...]) -> tuple[TrafficClass, ...]:
        """Return what of an offer's classes is under the ratio, by the switches (DOMAIN section 5)."""
        chosen = set(classes)
        if not self.policy.virtual_fx_in_ratio:
            chosen.discard(TrafficClass.VIRTUAL_FX)
        if self.policy.optional_eas_in_ratio:
            chosen.add(TrafficClass.OPTIONAL_EAS)
        return tuple(sorted(chosen))

    def source(self, clause: Clause) -> str:
        return f"{self.instrument.id} {clause.ref}"


def _rates(
    active: _Active, state: str, agreement: str, events: Sequence[Event], day: date
) -> Iterator[tuple[Clause, Rate]]:
    """Yield the rates of an instrument that hold on a day, those that wait for an offer once it is accepted."""
    for clause, rate in effects_of(active.instrument, Rate):
        if not holds(rate.from_, rate.through, day) or (rate.states and state not in rate.states):
            continue
        if rate.when and not any(
            isinstance(event, OfferAccepted) and event.agreement == agreement and event.on <= day for event in events
        ):
            continue
        yield clause, rate


def _tariff(active: _Active, rates: Sequence[tuple[Clause, Rate]], day: date) -> Tariff:
    """Return the price that rates make; without elements where an order of law has them down."""
    elements: dict[int, list[Element]] = {}
    for clause, rate in rates:
        if active.stands(rate, day):
            elements.setdefault(rate.over_minutes, []).append(
                Element(
                    rate.element,
                    nano(rate.per_minute) if rate.per_minute is not None else 0,
                    nano(rate.per_call) if rate.per_call is not None else 0,
                    rate.route,
                    rate.jurisdiction,
                    clause.ref,
                )
            )
    reason = next((rate.reason for _, rate in rates if rate.reason), "")
    counted = rates[0][1].traffic if len(elements) > 1 else ""
    tiers = [
        Tariff(
            active.instrument.id, reason, tuple(elements[over]), active.instrument.illustrative, counted,
            over * MS_PER_MINUTE,
        )
        for over in sorted(elements)
    ]  # fmt: skip
    if not tiers:
        return Tariff(active.instrument.id, reason, (), active.instrument.illustrative)
    return replace(tiers[0], tiers=tuple(tiers[1:]))


_Own = dict[tuple[TrafficClass, str], tuple[_Active, Tariff]]
"""Prices by class and payee, each with the instrument that it is from."""


def _own_prices(ranked: Sequence[_Active], agreement: Agreement, events: Sequence[Event], day: date) -> _Own:
    """Return each class's price, by payee, from the highest-ranking instrument that has one for it."""
    own: _Own = {}
    for active in ranked:
        found: dict[tuple[TrafficClass, str], list[tuple[Clause, Rate]]] = {}
        for clause, rate in _rates(active, agreement.state, agreement.agreement, events, day):
            classes = active.classes(rate.traffic) if rate.traffic != ISP_BOUND else ()
            payees = (rate.payee,) if rate.payee else (agreement.party_a, agreement.party_b)
            for traffic_class in active.weighed(classes) if rate.when else classes:
                for payee in payees:
                    found.setdefault((traffic_class, payee), []).append((clause, rate))
        for key, rates in found.items():
            own.setdefault(key, (active, _tariff(active, rates, day)))
    return own


def _first_ruled(ranked: Sequence[_Active], kind: type[_T], day: date, state: str) -> tuple[_Active, Ruled[_T]] | None:
    for active in ranked:
        for clause, effect in effects_of(active.instrument, kind):
            dated = holds(getattr(effect, "from_", None), getattr(effect, "through", None), day)
            if dated and (not getattr(effect, "states", ()) or state in effect.states):  # type: ignore[attr-defined]
                return active, Ruled(effect, active.source(clause), active.instrument.id)
    return None


def _all_ruled(ranked: Sequence[_Active], kind: type[_T], day: date, state: str) -> tuple[Ruled[_T], ...]:
    return tuple(
        Ruled(effect, active.source(clause), active.instrument.id)
        for active in ranked
        for clause, effect in effects_of(active.instrument, kind)
        if active.stands(effect, day)
        and holds(getattr(effect, "from_", None), getattr(effect, "through", None), day)
        and (not getattr(effect, "states", ()) or state in effect.states)  # type: ignore[attr-defined]
    )


def _down(
    actives: Sequence[_Active], kind: type[GrowthCap] | type[NewMarket] | type[Presumption], day: date
) -> frozenset[str]:
    """Return the sources of effects of a kind that an order of law has down on a day, in force or not."""
    return frozenset(
        active.source(clause)
        for active in actives
        for clause, effect in effects_of(active.instrument, kind)
        if not active.stands(effect, day)
    )


def _limits_down(actives: Sequence[_Active], day: date) -> frozenset[str]:
    return _down(actives, GrowthCap, day) | _down(actives, NewMarket, day)


def _clauses_of(ranked: Sequence[_Active], kind: type[Exclude] | type[Disclose]) -> dict[TrafficClass, tuple[str, ...]]:
    out: dict[TrafficClass, tuple[str, ...]] = {}
    for active in ranked:
        for clause, effect in effects_of(active.instrument, kind):
            for name in effect.classes:
                key = TrafficClass[name.upper()]
                out[key] = (*out.get(key, ()), active.source(clause))
    return out


def _outside_cap(ranked: Sequence[_Active]) -> frozenset[TrafficClass]:
    """Classes that caps and new markets leave alone even where they are under the ratio (XA 2.5)."""
    return frozenset(
        TrafficClass[name.upper()]
        for active in ranked
        for _, effect in effects_of(active.instrument, Exclude)
        if "growth_cap" in effect.outside
        for name in effect.classes
    )


def _with_isp(own: _Own) -> dict[str, Tariff]:
    """Return, by payee, the price that takes in Internet traffic whatever its place, where a group says so (SA 5.2)."""
    out: dict[str, Tariff] = {}
    for (traffic_class, payee), (active, tariff) in own.items():
        for _, group in effects_of(active.instrument, TrafficGroup):
            if group.with_isp and traffic_class.name.lower() in group.classes:
                out.setdefault(payee, tariff)
    return out


@dataclass(frozen=True, slots=True)
class _IspTerms:
    """What holds for ISP-bound time, each part from the highest-ranking instrument that has it."""

    isp: Mapping[str, Tariff] = field(default_factory=dict)
    presumption: Ruled[Presumption] | None = None
    presumes: bool = True
    cap: Ruled[GrowthCap] | None = None
    new_market: Ruled[NewMarket] | None = None


def _isp_terms(
    ranked: Sequence[_Active], agreement: Agreement, events: Sequence[Event], own: _Own, day: date
) -> _IspTerms:
    """Resolve presumption, price, cap and new markets; what a later instrument does not touch survives (A1 3.1).

    Where an instrument that controls over the presumption's prices every minute of the classes that it
    weighs, nothing of it is left (SA 1.4 over XA).
    """
    state = agreement.state
    ruled = _first_ruled(ranked, Presumption, day, state)
    if ruled is None:
        return _IspTerms()
    active, presumption = ruled
    classes = [TrafficClass[name.upper()] for name in presumption.effect.base]
    prices = [own.get((kind, payee)) for kind in classes for payee in (agreement.party_a, agreement.party_b)]
    if prices and all(price is not None and price[0].outranks(active, day) for price in prices):
        return _IspTerms()
    priced: dict[str, Tariff] = {}
    for other in ranked:
        rates = [(c, r) for c, r in _rates(other, state, agreement.agreement, events, day) if r.traffic == ISP_BOUND]
        for payee in (agreement.party_a, agreement.party_b):
            mine = [(clause, rate) for clause, rate in rates if rate.payee in ("", payee)]
            if mine:
                priced.setdefault(payee, _tariff(other, mine, day))
    return _IspTerms(
        isp={payee: tariff for payee, tariff in priced.items() if tariff.elements},
        presumption=presumption,
        presumes=active.stands(presumption.effect, day),
        cap=_standing_first(ranked, GrowthCap, day, state),
        new_market=_standing_first(ranked, NewMarket, day, state),
    )


def _standing_first(ranked: Sequence[_Active], kind: type[_T], day: date, state: str) -> Ruled[_T] | None:
    """Return the effect of a kind that controls, None where there is none or an order of law has it down."""
    found = _first_ruled(ranked, kind, day, state)
    return found[1] if found is not None and found[0].stands(found[1].effect, day) else None


def _on_day(
    actives: Sequence[_Active], agreement: Agreement, events: Sequence[Event], first: date, last: date | None
) -> Interval:
    """Resolve what holds on the first day of an interval, and so on all of them."""
    state = agreement.state
    in_force = [a for a in actives if holds(a.standing.first, a.standing.last, first)]
    ranked = sorted(in_force, key=lambda active: active.rank(first), reverse=True)
    own = _own_prices(ranked, agreement, events, first)
    of_isp = _isp_terms(ranked, agreement, events, own, first)
    rounding = _first_ruled(ranked, Rounding, first, state)
    unidentified = _first_ruled(ranked, UnidentifiedTerm, first, state)
    presumes = of_isp.presumes if of_isp.presumption is not None else not _down(actives, Presumption, first)
    pricing = {active.instrument.id for active, _ in own.values()}
    gates = tuple(gate for gate in _all_ruled(ranked, Eligibility, first, state) if gate.instrument in pricing)
    return Interval(
        first=first,
        last=last,
        own={key: tariff for key, (_, tariff) in own.items()},
        isp=of_isp.isp,
        presumption=of_isp.presumption,
        presumes=presumes,
        cap=of_isp.cap,
        new_market=of_isp.new_market,
        gates=gates,
        waivers=_all_ruled(ranked, Waiver, first, state),
        duties=_all_ruled(ranked, SettlementDuty, first, state),
        tags=_all_ruled(ranked, Tag, first, state),
        governed=_clauses_of(ranked, Exclude),
        uncapped=_outside_cap(ranked),
        with_isp=_with_isp(own),
        disclosed=_clauses_of(ranked, Disclose),
        rounding=rounding[1] if rounding else None,
        unidentified=unidentified[1] if unidentified else None,
        provisional=tuple(f"{a.instrument.id}: {a.standing.provisional}" for a in ranked if a.standing.provisional),
        in_force=tuple(active.instrument.id for active in ranked),
        watches=_all_ruled(ranked, Watch, first, state),
        law_changes=_all_ruled(ranked, LawChange, first, state),
        law_waivers=_all_ruled(ranked, LawWaiver, first, state),
        down=_limits_down(actives, first),
        ahead=_limits_down([active for active in actives if first < active.standing.first], first),
    )


def _boundaries(actives: Sequence[_Active], events: Sequence[Event]) -> list[date]:
    """Return every day on which something may begin, the beginning of time first."""
    days = {date.min}

    def add(first: date | None, last: date | None) -> None:
        if first is not None:
            days.add(first)
        if last is not None and last < date.max:
            days.add(last + timedelta(days=1))

    for active in actives:
        add(active.standing.first, active.standing.last)
        add(active.standing.outcome_from, None)
        for clause in active.instrument.clause:
            for effect in clause.effects:
                add(getattr(effect, "from_", None), getattr(effect, "through", None))
        for fallen in active.fallen:
            days.add(fallen.first)
            if fallen.until is not None:
                days.add(fallen.until)
    for event in events:
        if isinstance(event, OfferAccepted):
            days.add(event.on)
    return sorted(days)


def resolve(
    agreement: Agreement,
    instruments: Iterable[Instrument],
    events: Iterable[Event],
    policy: Policy,
    as_known_at: date,
) -> Timeline:
    """Resolve one agreement's instruments into intervals.

    Parameters
    ----------
    agreement : Agreement
        Its pair of parties and its state choose the instruments.
    instruments : iterable of Instrument
        All that the workspace has; corporate ones never rate.
    events : iterable of Event
        All that the workspace has; those not known on `as_known_at` are left out.
    policy : Policy
        The readings in force for this agreement.
    as_known_at : date
        The second time axis (DOMAIN section 1).
    """
    known = known_events(events, as_known_at)
    pair = {agreement.party_a, agreement.party_b}
    standings: list[tuple[Instrument, Standing]] = []
    calls: dict[str, date] = {}
    for instrument in instruments:
        if instrument.domain == "corporate" or not pair <= set(instrument.parties):
            continue
        if instrument.states and agreement.state not in instrument.states:
            continue
        stands = standing(instrument, agreement.state, agreement.agreement, known, as_known_at)
        if stands is not None:
            standings.append((instrument, stands))
            calls |= counted_calls(instrument, agreement.agreement, known, policy, stands.signed)
    actives: list[_Active] = []
    chains: dict[str, tuple[str, ...]] = {}
    for instrument, own in standings:
        reaches = outcome_from(instrument.id, known, calls)
        stands = own if reaches is None else own.as_outcome(instrument.id, reaches)
        fallen = fallen_effects(instrument, agreement.agreement, known, policy, stands.signed)
        actives.append(_Active(instrument, stands, policy, fallen))
        chains[instrument.id] = (*stands.chain, *(f.why for f in fallen))
    starts = _boundaries(actives, known)
    intervals: list[Interval] = []
    for position, first in enumerate(starts):
        last = starts[position + 1] - timedelta(days=1) if position + 1 < len(starts) else None
        intervals.append(_on_day(actives, agreement, known, first, last))
    new_markets = tuple(
        Ruled(effect, active.source(clause), active.instrument.id)
        for active in actives
        for clause, effect in effects_of(active.instrument, NewMarket)
    )
    return Timeline(
        agreement,
        as_known_at,
        tuple(intervals),
        chains,
        new_markets,
        tuple(active.instrument.id for active in actives),
        {active.instrument.id: active.standing for active in actives},
    )
