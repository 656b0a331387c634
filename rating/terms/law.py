"""What orders of law take away from an instrument, from when to when (SA 2.1-2.3, XA 4.6)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rating.policy import Policy
from rating.terms.events import Event, LawOrder, RequestOutcome, WrittenNotice, WrittenRequest
from rating.terms.model import Instrument, LawChange, LawWaiver

__all__ = ["Fallen", "counted_calls", "fallen_effects", "outcome_from"]


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


@dataclass(frozen=True, slots=True)
class _Start:
    """The day from which an order counts, by which clause and on whose notice or request (its event's id)."""

    day: date
    ref: str
    by: str


def _by_notice(order: LawOrder, ref: str, change: LawChange, agreement: str, events: Iterable[Event]) -> list[_Start]:
    """From the later of the notice and the order (XA 4.6), or of the notice and the order's taking effect (SA 2.1).

    The order itself need be neither final nor effective where the clause does not ask for it.
    """
    day = order.on if change.takes_effect == "notice" else order.effective
    if day is None:
        return []
    return [
        _Start(max(event.on, day), ref, event.id)
        for event in events
        if isinstance(event, WrittenNotice) and (event.agreement, event.order) == (agreement, order.order)
    ]


def _by_request(
    order: LawOrder,
    ref: str,
    waiver: LawWaiver,
    agreement: str,
    events: Iterable[Event],
    policy: Policy,
    signed: date | None,
) -> list[_Start]:
    """SA 2.3: only a final order of the named body, effective since the signature, and a request for it."""
    if order.body != waiver.excepted_body or not order.final or order.effective is None:
        return []
    if signed is not None and order.effective < signed:
        return []
    return [
        _Start(max(event.on, order.effective, waiver.not_before or event.on), ref, event.id)
        for event in events
        if isinstance(event, WrittenRequest)
        and (event.agreement, event.order) == (agreement, order.order)
        and (policy.early_request == "counts" or event.on >= order.effective)
    ]


def _starts(
    instrument: Instrument, agreement: str, events: Sequence[Event], policy: Policy, signed: date | None
) -> Iterator[tuple[LawOrder, list[_Start]]]:
    """Yield the orders that move an instrument, each with what starts it."""
    effects = [(clause.ref, effect) for clause in instrument.clause for effect in clause.effects]
    waivers = [(ref, e) for ref, e in effects if isinstance(e, LawWaiver) and e.excepted_notice == "written_request"]
    changes = [(ref, e) for ref, e in effects if isinstance(e, LawChange)]
    for order in events:
        if not isinstance(order, LawOrder) or order.action == "lifts":
            continue
        starts: list[_Start] = []
        for ref, waiver in waivers:
            starts += _by_request(order, ref, waiver, agreement, events, policy, signed)
        if not waivers:
            for ref, change in changes:
                starts += _by_notice(order, ref, change, agreement, events)
        if starts:
            yield order, starts


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
    out: list[Fallen] = []
    for order, starts in _starts(instrument, agreement, events, policy, signed):
        first = min(starts, key=lambda start: (start.day, start.ref))
        until = _lifted(order, events)
        end = "" if until is None else f" until {until}"
        for effect in order.affects:
            why = f"{instrument.id}: {effect} falls from {first.day}{end} by order {order.order} ({first.ref})"
            out.append(Fallen(effect, first.day, until, why))
    return tuple(out)


def counted_calls(
    instrument: Instrument, agreement: str, events: Sequence[Event], policy: Policy, signed: date | None
) -> dict[str, date]:
    """Return the day from which each notice or request, by its event's id, moves an instrument; parameters likewise."""
    out: dict[str, date] = {}
    for _, starts in _starts(instrument, agreement, events, policy, signed):
        for start in starts:
            out[start.by] = min(start.day, out.get(start.by, start.day))
    return out


def outcome_from(instrument: str, events: Sequence[Event], calls: Mapping[str, date]) -> date | None:
    """Return the day back to which an instrument reaches as the outcome of a request (SA 2.3).

    It is the day from which the request counts, by `calls`: neither before the order is effective nor
    before the clause lets anything fall. A request that does not count has no outcome.
    """
    days = [
        calls[event.request]
        for event in events
        if isinstance(event, RequestOutcome) and event.instrument == instrument and event.request in calls
    ]
    return min(days, default=None)
