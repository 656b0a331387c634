"""What has become known since a month was booked, cause by cause, each with the facts that it makes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from rating.facts import Facts
from rating.policy import Policy, resolve
from rating.reference.rows import KNOWN_TABLES, Agreement, Tables, as_known
from rating.terms.events import Event, PolicySet, RebuttalDecided, Submitted, kind_of
from rating.terms.model import Instrument
from rating.terms.standing import DEEMED_APPROVED_DAYS, first_known
from stream.books.layers import CAUSES
from stream.books.store import Store
from stream.errors import BadInput
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["Step", "refuse_lost", "steps_from"]

_CAUSES: Final = {
    "approved": "approval",
    "rejected": "approval",
    "submitted": "approval",
    "ica_ended": "approval",
    "rebuttal_filed": "rebuttal",
    "rebuttal_decided": "rebuttal",
    "policy_set": "policy",
    "signed": "instrument",
    "offer_accepted": "instrument",
    "request_outcome": "instrument",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A valuation: the cause that is new in it, and the facts with all causes so far.

    reaches : the agreements that the cause can change, None for any: of the others nothing is valued again.
    """

    cause: str
    facts: Facts
    reaches: frozenset[str] | None = None


def _policies(workspace: Workspace, base: Workspace, events: Sequence[Event], day: date) -> dict[str, Any]:
    """Policies as booked in the file, and as the events so far set them."""
    sets = [event for event in events if isinstance(event, PolicySet)]
    return {
        row.agreement: resolve(base.settings.policy, base.settings.agreement_policy, sets, row.agreement, day)
        for row in workspace.tables.agreements
    }


def _booked_events(base: Workspace, known: date) -> list[Event]:
    return [event for event in base.events if event.known_on <= known]


@dataclass(frozen=True, slots=True)
class _Cause:
    """Something that was not known when a month was booked; `what` None is a day that has come."""

    day: date
    moment: datetime
    id: str
    name: str
    what: Instrument | Event | None
    reaches: frozenset[str] | None


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _booked_instruments(base: Workspace, known: date) -> list[Instrument]:
    """Return the instruments that were known when a month was booked."""
    events = _booked_events(base, known)
    days = ((instrument, first_known(instrument, events)) for instrument in base.instruments)
    return [instrument for instrument, day in days if day is not None and day <= known]


class _Reach:
    """Tells which agreements something can change; None where it may be any."""

    def __init__(self, workspace: Workspace, events: Iterable[Event]) -> None:
        self._agreements = workspace.tables.agreements
        self._instruments = {instrument.id: instrument for instrument in workspace.instruments}
        self._agreement_of = {event.id: getattr(event, "agreement", None) for event in events}

    def of_instrument(self, instrument: Instrument) -> frozenset[str]:
        """Return the agreements of its parties in its states."""

        def touched(row: Agreement) -> bool:
            in_place = not instrument.states or row.state in instrument.states
            return in_place and {row.party_a, row.party_b} <= set(instrument.parties)

        return frozenset(row.agreement for row in self._agreements if touched(row))

    def of_event(self, event: Event) -> frozenset[str] | None:
        """Return the one that it names, itself or by what it answers, or those of the instrument that it is about."""
        named = getattr(event, "agreement", None)
        if isinstance(event, RebuttalDecided):
            named = self._agreement_of.get(event.rebuttal)
        if named is not None:
            return frozenset((named,))
        instrument = self._instruments.get(getattr(event, "instrument", ""))
        return self.of_instrument(instrument) if instrument is not None else None


def _new_causes(base: Workspace, now: Workspace, known: date, today: date) -> list[_Cause]:
    """Return what was not known when the month was booked, in the order in which it became known."""
    booked = {event.id for event in _booked_events(base, known)}
    told = [event for event in now.events if event.known_on <= today]
    out = []
    where = _Reach(now, told)
    for event in told:
        day, moment, _ = event.known_order
        if event.id not in booked:
            name = f"{_CAUSES.get(kind_of(event), 'law')}:{event.id}"
            out.append(_Cause(day, moment, event.id, name, event, where.of_event(event)))
        if isinstance(event, Submitted):
            deemed = event.on + timedelta(days=DEEMED_APPROVED_DAYS)
            if max(known, day) < deemed <= today:
                name = f"approval:{event.id} deemed"
                out.append(_Cause(deemed, _at(deemed), event.id, name, None, where.of_event(event)))
    before = {instrument.id: instrument for instrument in _booked_instruments(base, known)}
    for instrument in now.instruments:
        signed, changed = first_known(instrument, told), before.get(instrument.id)
        if changed != instrument and signed is not None and signed <= today:
            reaches = where.of_instrument(instrument) | (where.of_instrument(changed) if changed else frozenset())
            name = f"instrument:{instrument.id}"
            out.append(_Cause(signed, _at(signed), instrument.id, name, instrument, reaches))
    return sorted(out, key=lambda cause: (cause.day, cause.moment, cause.id))


def refuse_lost(base: Workspace, now: Workspace, known: date, agreement: str) -> None:
    """What a booking rests on has to be there still: its agreement, and its events as they were (append-only)."""
    if agreement not in {row.agreement for row in now.tables.agreements}:
        raise BadInput(
            f"agreement {agreement!r} is gone, and months of it are closed; expected it as it was",
            file=now.folder / "reference" / "agreements.csv",
        )
    have = {event.id: event for event in now.events}
    for event in _booked_events(base, known):
        if have.get(event.id) != event:
            what = "is gone" if event.id not in have else "has changed"
            raise BadInput(
                f"event {event.id!r}, on which a booking rests, {what}; expected it as it was (events are append-only)",
                file=now.folder / "events.ndjson",
            )


def _corrected(before: Tables, after: Tables) -> Iterator[tuple[str, Tables]]:
    """Yield (cause, tables) for every table that has changed, each with those before it; all others at last."""
    tables = before
    for name in KNOWN_TABLES:
        rows = getattr(after, name)
        if rows != getattr(tables, name):
            tables = replace(tables, **{name: rows})
            yield f"reference:{name}", tables
    if tables != after:
        yield "reference", after


def _usage(now: Workspace, store: Store, today: date, booked: Facts, corrections: frozenset[str]) -> Iterator[Step]:
    """Yield the valuations of usage under the terms as booked: what came late, then each kind of correction."""
    cause, left = "late_usage", set(corrections)
    for kind, name in CAUSES.items():
        of_kind = {layer for layer in corrections if layer.startswith(kind)}
        if of_kind:
            earlier = make_facts(now, store.names(), store, today, left)
            yield Step(cause, replace(booked, cells_of=earlier.cells_of, memo={}))
            cause, left = name, left - of_kind
    yield Step(cause, booked)


def steps_from(
    base: Workspace, now: Workspace, store: Store, known: date, today: date, corrections: frozenset[str]
) -> Iterator[Step]:
    """Yield the valuations from the terms as booked to the terms as known today; the last is a fresh one.

    corrections : the layers of usage that corrections caused since the booking.
    """
    fresh = make_facts(now, store.names(), store, today)
    instruments = _booked_instruments(base, known)
    events: list[Event] = _booked_events(base, known)

    policies: dict[int, dict[str, Policy]] = {}

    def facts(tables: Tables, day: date) -> Facts:
        # Events are added as they become known, so readings change where one sets a policy and nowhere else.
        sets = sum(isinstance(event, PolicySet) for event in events)
        if sets not in policies:
            policies[sets] = _policies(now, base, events, day)
        return replace(
            fresh,
            tables=tables,
            instruments=tuple(instruments),
            events=tuple(events),
            policies=policies[sets],
            as_known_at=day,
            memo={},
        )

    before = as_known(base.tables, known)
    booked = facts(before, known)
    yield from _usage(now, store, today, booked, corrections)
    for name, tables in _corrected(before, fresh.tables):
        yield Step(name, facts(tables, known))
    have = {instrument.id for instrument in now.instruments}
    for gone in [instrument for instrument in instruments if instrument.id not in have]:
        instruments.remove(gone)
        yield Step(f"instrument:{gone.id} gone", facts(fresh.tables, known), _Reach(now, ()).of_instrument(gone))
    for cause in _new_causes(base, now, known, today):
        if isinstance(cause.what, Instrument):
            instruments[:] = [i for i in instruments if i.id != cause.id] + [cause.what]
        elif cause.what is not None:
            events.append(cause.what)
        yield Step(cause.name, facts(fresh.tables, max(cause.day, known)), cause.reaches)
    yield Step("passing of time", fresh)
