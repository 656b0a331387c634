"""What orders of law take away from an instrument, from when to when (SA 2.1-2.3, XA 4.6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from rating.policy import Policy
from rating.terms.events import Event, LawOrder, RequestOutcome, WrittenNotice, WrittenRequest
from rating.terms.model import Instrument, LawChange, LawWaiver

__all__ = ["Fallen", "fallen_effects", "outcome_from"]


@dataclass(frozen=True, slots=True)
class Fallen:
    """An effect type that an order has down: from `first`, up to but not including `until` (None: for good)."""

    effect: str
    first: date
    until: date | None
    why: str

    def holds(self, day: date) -> bool:
        """Whether the effect is down on a day."""
        return self.first <= day and (self.until is None or day < self.until)


def _lifted(order: LawOrder, events: Iterable[Event]) -> date | None:
    """The day on which a stay ends; its effects return without notice."""
    if order.action != "stays":
        return None
    ends = [
        event.effective or event.on
        for event in events
        if isinstance(event, LawOrder) and event.action == "lifts" and event.order == order.order
    ]
    return min(ends, default=None)


def _by_notice(order: LawOrder, change: LawChange, agreement: str, events: Iterable[Event]) -> list[date]:
    """Return from when notices of an order act, final or not.

    XA 4.6: from the later of the notice and the order, effective or not; SA 2.1: not before it is effective.
    """
    begins = order.on if change.takes_effect == "notice" else order.effective
    return [
        max(event.on, begins)
        for event in events
        if begins is not None
        and isinstance(event, WrittenNotice)
        and (event.agreement, event.order) == (agreement, order.order)
    ]


def _by_request(
    order: LawOrder, waiver: LawWaiver, agreement: str, events: Iterable[Event], policy: Policy, signed: date | None
) -> list[date]:
    """SA 2.3: only a final order of the named body, effective since the signature, and a request for it."""
    if order.body != waiver.excepted_body or not order.final or order.effective is None:
        return []
    if signed is not None and order.effective < signed:
        return []
    requests = [
        event.on
        for event in events
        if isinstance(event, WrittenRequest) and (event.agreement, event.order) == (agreement, order.order)
    ]
    if policy.early_request == "void":
        requests = [day for day in requests if day >= order.effective]
    return [max(day, order.effective, waiver.not_before or day) for day in requests]


def fallen_effects(
    instrument: Instrument, agreement: str, events: Sequence[Event], policy: Policy, signed: date | None
) -> tuple[Fallen, ...]:
    """Return what orders have taken away from an instrument, as far as the events are known.

    Parameters
    ----------
    instrument : Instrument
        One with a waiver that excepts a written request is moved by such requests alone; any other
        with a change-of-law clause by written notices.
    events : sequence of Event
        Those known on the day.
    policy : Policy
        Switch ``early_request``: whether a request before the order is effective counts from then.
    signed : date or None
        The instrument's last signature.
    """
    effects = [(clause.ref, effect) for clause in instrument.clause for effect in clause.effects]
    waivers = [(ref, e) for ref, e in effects if isinstance(e, LawWaiver) and e.excepted_notice == "written_request"]
    changes = [(ref, e) for ref, e in effects if isinstance(e, LawChange)]
    out: list[Fallen] = []
    for order in events:
        if not isinstance(order, LawOrder) or order.action == "lifts":
            continue
        starts: list[tuple[date, str]] = []
        for ref, waiver in waivers:
            starts += [(day, ref) for day in _by_request(order, waiver, agreement, events, policy, signed)]
        if not waivers:
            starts += [(day, ref) for ref, change in changes for day in _by_notice(order, change, agreement, events)]
        if not starts:
            continue
        first, ref = min(starts)
        until = _lifted(order, events)
        end = "" if until is None else f" until {until}"
        for effect in order.affects:
            why = f"{instrument.id}: {effect} falls from {first}{end} by order {order.order} ({ref})"
            out.append(Fallen(effect, first, until, why))
    return tuple(out)


def outcome_from(instrument: str, agreement: str, events: Sequence[Event]) -> date | None:
    """Return the day of the request whose outcome an instrument is: it reaches back to it (SA 2.3)."""
    requests = {event.id: event for event in events if isinstance(event, WrittenRequest | WrittenNotice)}
    days = [
        requests[event.request].on
        for event in events
        if isinstance(event, RequestOutcome)
        and event.instrument == instrument
        and event.request in requests
        and requests[event.request].agreement == agreement
    ]
    return min(days, default=None)
