"""The conformed contract: a base's text with its amendments applied in order of control.

Later controls (DOMAIN section 4): operations are applied from the instrument that everything else wins
over to the one that wins over everything, so the last hand on a passage is the one that holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from rating.policy import Policy
from rating.terms.events import Event
from rating.terms.law import fallen_effects
from rating.terms.model import Clause, Instrument, ReplaceSection, Survives
from rating.terms.operations import NOT_AT_HAND, Operation, apply, as_waiting
from rating.terms.passages import Origin, Passage, passages_of
from rating.terms.rank import amends, effects_of, holds, rank
from rating.terms.standing import Standing, known_events, standing

__all__ = ["Conformed", "View", "conform", "to_conform"]


@dataclass(frozen=True, slots=True)
class View:
    """The day on which a contract is read, and what is known then.

    on : the day whose contract it is. as_known_at : the second time axis. state, agreement : where, for
    approvals and notices; empty where no single one is meant. events, policy : as the workspace has them.
    """

    on: date
    as_known_at: date
    state: str = ""
    agreement: str = ""
    events: tuple[Event, ...] = ()
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True)
class Conformed:
    """A contract as it reads on a day.

    base : the id of what is conformed, empty where no such instrument is at hand. applied : those that
    amend it, the one that controls last. left : (instrument, why) of those that do not count on that day.
    """

    base: str
    view: View
    passages: tuple[Passage, ...]
    applied: tuple[str, ...]
    left: tuple[tuple[str, str], ...] = ()

    @property
    def findings(self) -> tuple[Passage, ...]:
        """The passages in which something does not fit; what only waits for the base is none."""
        return tuple(p for p in self.passages if p.state == "conflict" or (p.finding and p.is_text))


@dataclass(frozen=True, slots=True)
class _Applied:
    instrument: Instrument
    standing: Standing
    rank: tuple[int, date, date]


def to_conform(
    instrument: Instrument, every: Sequence[Instrument]
) -> list[tuple[Instrument | None, tuple[Instrument, ...]]]:
    """Return which contracts an instrument stands for, each with those that amend it.

    Parameters
    ----------
    instrument : Instrument
        A base stands for itself; an amendment for the bases of it whose text is at hand, or alone for
        one that is not; an amendment with text of its own also for itself.
    every : sequence of Instrument
        All that there are, in any order.
    """
    out: list[tuple[Instrument | None, tuple[Instrument, ...]]] = []
    if instrument.amends:
        bases = [other for other in every if other.has_text and amends(instrument, other)]
        out += [(base, _amending(base, every)) for base in sorted(bases, key=lambda base: base.id)]
        if not bases:
            out.append((None, (instrument,)))
    if not instrument.amends or instrument.has_text:
        out.append((instrument, _amending(instrument, every)))
    return out


def _amending(base: Instrument, every: Sequence[Instrument]) -> tuple[Instrument, ...]:
    return tuple(other for other in every if other.id != base.id and amends(other, base))


def conform(base: Instrument | None, amendments: Iterable[Instrument], view: View) -> Conformed:
    """Apply amendments to a base's text in order of control.

    Parameters
    ----------
    base : Instrument or None
        None, or one without text, makes every operation ``pending_base``.
    amendments : iterable of Instrument
        Those that amend it, in any order: their order of control decides, not the one they come in.
    view : View
        On which day, as known on which.

    Notes
    -----
    Passages come in the order of the base's text, then what its amendments provide beside it. Each has
    exactly one origin: the last clause that changed it.
    """
    known = known_events(view.events, view.as_known_at)
    applied, left = _in_order(amendments, known, view)
    at_hand = base is not None and base.has_text
    passages = passages_of(base) if base is not None else []
    provisions: list[Passage] = []
    for one in applied:
        peers = frozenset(o.instrument.id for o in applied if o.rank == one.rank and o is not one)
        for clause in one.instrument.clause:
            origin = Origin(one.instrument.id, clause.ref)
            for effect in clause.effects:
                if isinstance(effect, Operation):
                    if at_hand:
                        passages = apply(passages, effect, origin, peers)
                    else:
                        passages.append(as_waiting(effect, origin, "pending_base", NOT_AT_HAND))
        provisions += _provisions(one, known, view, at_hand=at_hand)
    surviving = tuple(
        Origin(one.instrument.id, clause.ref) for one in applied for clause, _ in effects_of(one.instrument, Survives)
    )
    passages = [replace(p, survives=surviving) if p.state == "as_base" else p for p in passages]
    if not at_hand:
        shown = {provision.origin for provision in provisions}
        rests = [_survival(one.instrument, clause) for one in applied for clause in _surviving(one.instrument)]
        passages += [rest for rest in rests if rest.origin not in shown]
    return Conformed(
        base.id if base is not None else "",
        view,
        (*passages, *provisions),
        tuple(one.instrument.id for one in applied),
        left,
    )


def _in_order(
    amendments: Iterable[Instrument], known: Sequence[Event], view: View
) -> tuple[list[_Applied], tuple[tuple[str, str], ...]]:
    """Sort out what is in force on the day, the one that controls last, and say why the rest is not."""
    applied: list[_Applied] = []
    left: list[tuple[str, str]] = []
    for instrument in sorted(amendments, key=lambda one: one.id):
        stands = standing(instrument, view.state, view.agreement, known, view.as_known_at)
        if stands is None:
            left.append((instrument.id, f"not in force as known at {view.as_known_at}"))
        elif not holds(stands.first, stands.last, view.on):
            left.append(
                (instrument.id, f"in force from {stands.first}" + (f" to {stands.last}" if stands.last else ""))
            )
        else:
            applied.append(_Applied(instrument, stands, rank(instrument, stands, view.on)))
    return sorted(applied, key=lambda one: (one.rank, one.instrument.id)), tuple(left)


def _provisions(one: _Applied, known: Sequence[Event], view: View, *, at_hand: bool) -> list[Passage]:
    """Return what an instrument provides beside the base's text, in its own clauses' paraphrase.

    A clause that only repeats a section which the instrument puts into the base is that section.
    """
    instrument = one.instrument
    quoted = {effect.section for _, effect in effects_of(instrument, ReplaceSection)}
    fallen = [
        fall
        for fall in fallen_effects(instrument, view.agreement, known, view.policy, one.standing.signed)
        if fall.holds(view.on)
    ]
    out: list[Passage] = []
    for clause in instrument.clause:
        own = [effect for effect in clause.effects if not isinstance(effect, Operation | Survives)]
        if not own or clause.ref in quoted:
            continue
        tags = {str(effect.__struct_config__.tag) for effect in own}
        down = "; ".join(fall.why for fall in fallen if fall.effect in tags)
        waits = "" if at_hand else NOT_AT_HAND
        out.append(
            Passage(
                "provision",
                clause.ref,
                clause.says,
                "inserted" if at_hand else "pending_base",
                Origin(instrument.id, clause.ref),
                paraphrased=True,
                finding="; ".join(part for part in (waits, down) if part),
            )
        )
    return out


def _surviving(instrument: Instrument) -> list[Clause]:
    return [clause for clause, _ in effects_of(instrument, Survives)]


def _survival(instrument: Instrument, clause: Clause) -> Passage:
    """Return what is said of the rest of a base that is not at hand."""
    origin = Origin(instrument.id, clause.ref)
    return Passage("whole", "", clause.says, "pending_base", origin, paraphrased=True, finding=NOT_AT_HAND)
