"""From when to when an instrument is in force in a state, as known on a day (DOMAIN section 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from rating.terms.events import Approved, Event, IcaEnded, Rejected, Signed, Submitted
from rating.terms.model import Contingent, EndsWith, Instrument, Retroactive

__all__ = ["DEEMED_APPROVED_DAYS", "Standing", "first_known", "known_events", "standing"]

DEEMED_APPROVED_DAYS: Final = 90
"""47 U.S.C. 252(e)(4): an agreement that a commission does not decide in 90 days is deemed approved."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The days of an instrument, and how it came to them.

    first, last : inclusive; `last` None is open. provisional : why what it prices may still be
    trued up, empty if it may not. chain : sentences, each with its clause or event. signed : the last
    signature. outcome_from : the day from which it stands over what fell, if it came of a request under a
    change-of-law clause.
    """

    first: date
    last: date | None
    provisional: str
    chain: tuple[str, ...]
    signed: date | None = None
    outcome_from: date | None = None

    def as_outcome(self, instrument: str, day: date) -> "Standing":
        """Return the standing of what came of a request that counts from a day: it reaches back to it."""
        why = f"{instrument} is the outcome of a request and reaches back to the day it counts from, {day}"
        return replace(self, first=min(self.first, day), chain=(*self.chain, why), outcome_from=day)


def known_events(events: Iterable[Event], as_known_at: date) -> list[Event]:
    """Return the events known on a day, in the order in which they became known."""
    known = [event for event in events if event.known_on <= as_known_at]
    return sorted(known, key=lambda event: event.known_order)


def _signatures(instrument: Instrument, events: Sequence[Event]) -> dict[str, date]:
    """Signature days by party; a `signed` event stands over the day in the file."""
    signed = dict(instrument.signed)
    for event in events:
        if isinstance(event, Signed) and event.instrument == instrument.id:
            signed[event.party] = event.on
    return signed


def first_known(instrument: Instrument, events: Sequence[Event]) -> date | None:
    """Return the first day on which an instrument is known: by its last signature, as then told.

    ``date.min`` where nothing says when it was signed, None where no day is late enough (section 4).
    """
    told = [event for event in events if isinstance(event, Signed) and event.instrument == instrument.id]
    days = {*instrument.signed.values(), *(event.on for event in told), *(event.known_on for event in told)}
    if not days:
        return date.min
    for day in sorted(days):
        last = max(_signatures(instrument, known_events(told, day)).values(), default=date.min)
        if last <= day:
            return day
    return None


def _approval(
    instrument: str, state: str, agreement: str, events: Sequence[Event], as_known_at: date
) -> tuple[date | None, bool]:
    """Return the day of approval (or deemed approval), and whether it was rejected."""
    approved: date | None = None
    rejected = False
    submitted: date | None = None
    for event in events:
        if not isinstance(event, Approved | Rejected | Submitted):
            continue
        if event.instrument != instrument or event.state != state:
            continue
        if instrument == "base" and event.agreement != agreement:
            continue
        if isinstance(event, Approved):
            approved, rejected = event.on, False
        elif isinstance(event, Rejected):
            approved, rejected = None, True
        else:  # submitted again, it is still deemed approved once the first 90 days are over
            submitted = event.on if submitted is None else min(submitted, event.on)
    if approved is None and not rejected and submitted is not None:
        deemed = submitted + timedelta(days=DEEMED_APPROVED_DAYS)
        approved = deemed if deemed <= as_known_at else None
    return approved, rejected


def _effects(instrument: Instrument, kind: type) -> list[tuple[str, object]]:
    return [
        (clause.ref, effect) for clause in instrument.clause for effect in clause.effects if isinstance(effect, kind)
    ]


def _retroactive_start(
    instrument: Instrument,
    effect: Retroactive,
    signed: dict[str, date],
    own: date | None,
    base: date | None,
) -> tuple[date, str, str]:
    """SA 1.5: the start where the base's approval came before the amendment's."""
    floor = effect.not_before
    if own is None and base is None:
        return floor, "no approvals known", f"{instrument.id} starts {floor}: no approvals known, provisional"
    if base is not None and (own is None or base < own):
        signature = signed.get(effect.not_before_signature_of, floor)
        start = max(base, floor, signature)
        why = (
            f"{instrument.id} reaches back to {start}: the later of the base's approval {base}, {floor} and {signature}"
        )
        return start, "" if own else "approval not known", why
    return floor, "", f"{instrument.id} starts {floor}: approved {own}, not after the base"


def standing(
    instrument: Instrument, state: str, agreement: str, events: Sequence[Event], as_known_at: date
) -> Standing | None:
    """Return the days on which an instrument is in force, or None if it is not known or was rejected.

    Parameters
    ----------
    instrument : Instrument
    state, agreement : str
        Where it is asked for; approvals are by state, the base's by agreement.
    events : sequence of Event
        Those known on the day, as `known_events` returns them.
    as_known_at : date
        What is not known by this day does not count.
    """
    signed = _signatures(instrument, events)
    known_from = max(signed.values(), default=None)
    if known_from is not None and known_from > as_known_at:
        return None
    own, rejected = _approval(instrument.id, state, agreement, events, as_known_at)
    # A commission's word matters to what is contingent on it; an amendment that is not stands by its signatures.
    depends = bool(_effects(instrument, Contingent) or _effects(instrument, Retroactive))
    if (rejected and depends) or instrument.effective is None:
        return None
    chain = [
        f"{instrument.id} is known from {known_from}, the last signature" if known_from else f"{instrument.id} is known"
    ]
    first, provisional = instrument.effective, ""
    for ref, effect in _effects(instrument, Retroactive):
        assert isinstance(effect, Retroactive)
        base, _ = _approval("base", state, agreement, events, as_known_at)
        first, provisional, why = _retroactive_start(instrument, effect, signed, own, base)
        chain.append(f"{why} ({ref})")
    for ref, effect in _effects(instrument, Contingent):
        assert isinstance(effect, Contingent)
        provisional = "" if own else "approval not known"
        said = f"approved {own}, trued up from {effect.true_up_from}" if own else "priced as if approved, provisional"
        chain.append(f"{instrument.id} is contingent on approval: {said} ({ref})")
    last = instrument.effective_through
    for ref, effect in _effects(instrument, EndsWith):
        assert isinstance(effect, EndsWith)
        for event in events:
            if isinstance(event, IcaEnded) and event.agreement == agreement and not effect.survives_into_successor:
                end = event.on - timedelta(days=1)
                last = end if last is None else min(last, end)
                chain.append(f"{instrument.id} ends {end} with its agreement ({ref})")
    if last is not None and last < first:
        return None
    return Standing(first, last, provisional, tuple(dict.fromkeys(chain)), known_from)
