"""Who stands in for whom: which of two instruments wins a conflict, and which one amends which."""

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from rating.policy import Policy
from rating.terms.model import Clause, Controls, Instrument
from rating.terms.standing import Standing

__all__ = ["amends", "effects_of", "gives_way", "holds", "rank"]

_T = TypeVar("_T")


def effects_of(instrument: Instrument, kind: type[_T]) -> Iterator[tuple[Clause, _T]]:
    """Yield (clause, effect) for every effect of a type, in the order of the clauses."""
    for clause in instrument.clause:
        for effect in clause.effects:
            if isinstance(effect, kind):
                yield clause, effect


def holds(first: date | None, last: date | None, day: date) -> bool:
    """Whether a day is among those from `first` through `last`; None is open."""
    return (first is None or first <= day) and (last is None or day <= last)


def rank(instrument: Instrument, standing: Standing, day: date) -> tuple[int, date, date]:
    """Return who wins a conflict on a day, the higher: A1 3.1 (later controls), SA 1.3-1.4, XA 1.3.

    A base agreement gives way to amendments, those to one that controls over all, and that only to one
    that supersedes an instrument expressly.
    """
    level = 1 if instrument.domain == "base" else 2
    if any(e.over == "all" and holds(e.from_, e.through, day) for _, e in effects_of(instrument, Controls)):
        level = 3
    outcome = standing.outcome_from
    if instrument.supersedes or (outcome is not None and outcome <= day):
        level = 4
    known = standing.signed or instrument.known_from or date.min
    return level, known, standing.first


def gives_way(instrument: Instrument, other: Instrument, policy: Policy) -> bool:
    """Whether an instrument leaves to one that came with it what that one says of itself, because a switch says so.

    What controls over all controls over what came at the same time too, unless the switch of its clause
    is off (``sa_over_xa``); over any other instrument it controls all the same.
    """
    switches = [e.switch for _, e in effects_of(instrument, Controls) if e.over == "all" and e.switch]
    return other.id in instrument.simultaneous_with and any(not getattr(policy, switch) for switch in switches)


def amends(instrument: Instrument, other: Instrument) -> bool:
    """Whether an instrument changes another: the one it names, or as ``base`` an agreement of its parties.

    The base of a corporate document is a corporate document that amends nothing itself; states count
    only where both name some.
    """
    if instrument.amends != "base":
        return bool(instrument.amends) and other.id == instrument.amends
    same_place = not other.states or not instrument.states or bool(set(other.states) & set(instrument.states))
    is_base = other.domain == "base" if instrument.domain != "corporate" else other.domain == "corporate"
    return is_base and not other.amends and set(instrument.parties) <= set(other.parties) and same_place
