"""Effects that say two things about one: in one instrument, or in two that neither controls over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Final

import msgspec

from rating.terms import model
from rating.terms.findings import LintFinding
from rating.terms.model import Clause, Effect, Instrument, Rate
from rating.terms.rank import effects_of, rank
from rating.terms.standing import Standing

__all__ = ["classes_of", "overlaps", "rivalries", "same_ground"]

_SUBJECTS: Final[dict[type[Any], tuple[str, ...]]] = {
    model.TrafficGroup: ("group",),
    model.Exclude: ("outside", "classes"),
    model.RateBy: ("classes",),
    model.Presumption: ("of",),
    model.Rebuttal: ("of",),
    model.GrowthCap: ("of",),
    model.NewMarket: ("of",),
    model.Eligibility: ("payee", "of", "test", "satisfied_by"),
    model.Waiver: ("of", "cause"),
    model.SettlementDuty: ("who", "third_party"),
    model.LawChange: (),
    model.Tag: ("when",),
    model.Rounding: (),
    model.UnidentifiedTerm: (),
}
"""What an effect is about, by its fields; the rest of them, but days and places, is what it says."""

_OF_THE_PAIR: Final = (
    model.Presumption,
    model.Rebuttal,
    model.GrowthCap,
    model.NewMarket,
    model.SettlementDuty,
    model.Rounding,
    model.UnidentifiedTerm,
)
"""Kinds that hold for all traffic of a pair, whichever of their instruments says them."""

_WHERE: Final = frozenset(("from_", "through", "states"))


@dataclass(frozen=True, slots=True)
class _Said:
    """An effect other than a price, taken apart: what it is about, and what it says of that."""

    clause: Clause
    effect: Effect
    subjects: frozenset[tuple[str, ...]]
    says: tuple[object, ...]


def classes_of(instrument: Instrument, traffic: str) -> frozenset[str]:
    """Return the classes of a group that the instrument names; anything else stands for itself."""
    for _, group in effects_of(instrument, model.TrafficGroup):
        if group.group == traffic:
            return frozenset(group.classes)
    return frozenset((traffic,))


def overlaps(instrument: Instrument) -> Iterator[LintFinding]:
    """Find what one instrument says twice, about the same traffic, state and day.

    Two prices are one too many even where they are equal: both would be charged.
    """
    rates = [(clause.ref, rate, classes_of(instrument, rate.traffic)) for clause, rate in effects_of(instrument, Rate)]
    for (first_ref, first, first_of), (second_ref, second, second_of) in combinations(rates, 2):
        shared = sorted(first_of & second_of)
        if shared and _priced_alike(first, second) and _meet(first, second):
            message = f"prices {', '.join(shared)} on days, places and an element that {first_ref} prices too"
            yield LintFinding("error", instrument.id, second_ref, message)
    for one, other in combinations(_sayings(instrument), 2):
        if message := _differ(one, other, one.clause.ref):
            yield LintFinding("error", instrument.id, other.clause.ref, message)


def rivalries(every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Find what two instruments of equal rank say differently: nothing but the order of files would choose."""
    for one, other in combinations(every, 2):
        if not same_ground(one, other) or not _equal_rank(one, other):
            continue
        for clause, rate in effects_of(one, Rate):
            for rival_clause, rival in effects_of(other, Rate):
                shared = sorted(classes_of(one, rate.traffic) & classes_of(other, rival.traffic))
                prices = (rate.per_minute, rate.per_call), (rival.per_minute, rival.per_call)
                if shared and prices[0] != prices[1] and _priced_alike(rate, rival) and _meet(rate, rival):
                    message = f"prices {', '.join(shared)} otherwise than {one.id} {clause.ref}, and neither controls"
                    yield LintFinding("error", other.id, rival_clause.ref, message)
        for said in _sayings(one):
            for again in _sayings(other):
                message = _differ(said, again, f"{one.id} {said.clause.ref}")
                if message and isinstance(said.effect, _OF_THE_PAIR):
                    yield LintFinding("error", other.id, again.clause.ref, f"{message}, and neither controls")


def same_ground(one: Instrument, other: Instrument) -> bool:
    """Whether two instruments can meet: the same two parties at least, a state and a day of both, both rating."""
    if "corporate" in {one.domain, other.domain} or len(set(one.parties) & set(other.parties)) < 2:  # noqa: PLR2004
        return False
    states = not one.states or not other.states or bool(set(one.states) & set(other.states))
    return states and _days_meet(_days(one), _days(other))


def _equal_rank(one: Instrument, other: Instrument) -> bool:
    day = max(one.effective or date.min, other.effective or date.min)
    ranks = [
        rank(each, Standing(each.effective or date.min, each.effective_through, "", ()), day) for each in (one, other)
    ]
    return ranks[0] == ranks[1]


def _days(dated: object) -> tuple[date | None, date | None]:
    if isinstance(dated, Instrument):
        return dated.effective, dated.effective_through
    return getattr(dated, "from_", None), getattr(dated, "through", None)


def _days_meet(one: tuple[date | None, date | None], other: tuple[date | None, date | None]) -> bool:
    return all(
        first is None or last is None or first <= last for first, last in ((one[0], other[1]), (other[0], one[1]))
    )


def _meet(one: object, other: object) -> bool:
    """Whether two effects share a day and a state."""
    here, there = set(getattr(one, "states", ())), set(getattr(other, "states", ()))
    return _days_meet(_days(one), _days(other)) and (not here or not there or bool(here & there))


def _priced_alike(first: Rate, second: Rate) -> bool:
    """Whether two prices are of one element, tier, payee, route and jurisdiction, and both by minute or by call."""
    if (first.element, first.over_minutes) != (second.element, second.over_minutes):
        return False
    minutes = first.per_minute is not None and second.per_minute is not None
    calls = first.per_call is not None and second.per_call is not None
    if not minutes and not calls:
        return False  # one a call, the other a minute: two parts of one element
    payees = "" in (first.payee, second.payee) or first.payee == second.payee
    routes = "any" in (first.route, second.route) or first.route == second.route
    jurisdictions = "any" in (first.jurisdiction, second.jurisdiction) or first.jurisdiction == second.jurisdiction
    return payees and routes and jurisdictions


def _sayings(instrument: Instrument) -> list[_Said]:
    return [
        _taken_apart(clause, effect)
        for clause in instrument.clause
        for effect in clause.effects
        if type(effect) in _SUBJECTS
    ]


def _taken_apart(clause: Clause, effect: Effect) -> _Said:
    about = _SUBJECTS[type(effect)]
    subjects: set[tuple[str, ...]] = {(str(effect.__struct_config__.tag),)}
    for field in about:
        value = getattr(effect, field)
        names = value if isinstance(value, tuple) else (value,)
        subjects = {(*subject, name) for subject in subjects for name in names}
    fields = msgspec.structs.asdict(effect)
    says = tuple(value for name, value in fields.items() if name not in _WHERE and name not in about)
    return _Said(clause, effect, frozenset(subjects), says)


def _differ(one: _Said, other: _Said, ref: str) -> str:
    shared = sorted(one.subjects & other.subjects)
    if not shared or one.says == other.says or not _meet(one.effect, other.effect):
        return ""
    about = "; ".join(" ".join(part for part in subject if part) for subject in shared)
    return f"{about}: says otherwise than {ref} for the same days and places"
