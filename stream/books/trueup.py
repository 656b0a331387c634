"""True-up: value now - value booked, for every closed month, by cause (DOMAIN section 10).

Causes are applied one after another: first the usage that came late, under the very terms that were
booked; then corrected tables, each by its name; then, in order of the day on which each became known,
instruments, events, and approvals that come of no decision in time. Each is valued with all before it,
so a cause's part is the difference of two successive valuations, and the parts sum to the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import func, select

from rating.facts import Facts
from rating.ledger import Entry
from rating.money import cents, dollars_text
from rating.policy import resolve
from rating.reference.rows import KNOWN_TABLES, Tables, as_known
from rating.terms.events import Event, PolicySet, Submitted, kind_of
from rating.terms.model import Instrument
from rating.terms.standing import DEEMED_APPROVED_DAYS, first_known
from stream.books import tables as t
from stream.books.issuing import LineValue, issue, line_values, make_statement, user, what_differs
from stream.books.policies import refuse_changed_policy
from stream.books.snapshots import Snapshots, capture
from stream.books.store import Store
from stream.errors import BadInput, InvariantBroken
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["Adjusted", "Part", "true_up"]

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
class Part:
    """What one cause changes in one line of a closed month."""

    cause: str
    line: str
    payer: str
    payee: str
    ms: int
    units: int
    cents: int
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A closed month's true-up: the number of the statement it issues (None: nothing changed), its parts.

    A statement may be issued without parts: calls of no time came late, or what only an exception tells.
    """

    agreement: str
    month: str
    number: int | None
    parts: tuple[Part, ...]

    def by_cause(self) -> dict[str, dict[str, str]]:
        """Return dollars by cause and direction."""
        out: dict[str, dict[str, int]] = {}
        for part in self.parts:
            of_cause = out.setdefault(part.cause, {})
            who = f"{part.payer} pays {part.payee}"
            of_cause[who] = of_cause.get(who, 0) + part.cents
        return {cause: {who: dollars_text(value) for who, value in sums.items()} for cause, sums in out.items()}


@dataclass(frozen=True, slots=True)
class _Step:
    """A valuation: the cause that is new in it, and the facts with all causes so far."""

    cause: str
    facts: Facts


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


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _booked_instruments(base: Workspace, known: date) -> list[Instrument]:
    """Return the instruments that were known when a month was booked."""
    events = _booked_events(base, known)
    days = ((instrument, first_known(instrument, events)) for instrument in base.instruments)
    return [instrument for instrument, day in days if day is not None and day <= known]


def _new_causes(base: Workspace, now: Workspace, known: date, today: date) -> list[_Cause]:
    """Return what was not known when the month was booked, in the order in which it became known."""
    booked = {event.id for event in _booked_events(base, known)}
    told = [event for event in now.events if event.known_on <= today]
    out = []
    for event in told:
        day, moment, _ = event.known_order
        if event.id not in booked:
            name = f"{_CAUSES.get(kind_of(event), 'law')}:{event.id}"
            out.append(_Cause(day, moment, event.id, name, event))
        if isinstance(event, Submitted):
            deemed = event.on + timedelta(days=DEEMED_APPROVED_DAYS)
            if max(known, day) < deemed <= today:
                out.append(_Cause(deemed, _at(deemed), event.id, f"approval:{event.id} deemed", None))
    before = {instrument.id: instrument for instrument in _booked_instruments(base, known)}
    for instrument in now.instruments:
        signed = first_known(instrument, told)
        if before.get(instrument.id) != instrument and signed is not None and signed <= today:
            out.append(_Cause(signed, _at(signed), instrument.id, f"instrument:{instrument.id}", instrument))
    return sorted(out, key=lambda cause: (cause.day, cause.moment, cause.id))


def _refuse_lost(base: Workspace, now: Workspace, known: date, agreement: str) -> None:
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
    yield "reference", after


def _steps(base: Workspace, now: Workspace, store: Store, known: date, today: date) -> Iterator[_Step]:
    """Yield the valuations from the terms as booked to the terms as known today; the last is a fresh one."""
    fresh = make_facts(now, store.names(), store, today)
    instruments = _booked_instruments(base, known)
    events: list[Event] = _booked_events(base, known)

    def facts(tables: Tables, day: date) -> Facts:
        return replace(
            fresh,
            tables=tables,
            instruments=tuple(instruments),
            events=tuple(events),
            policies=_policies(now, base, events, day),
            as_known_at=day,
            memo={},
        )

    before = as_known(base.tables, known)
    yield _Step("late_usage", facts(before, known))
    for name, tables in _corrected(before, fresh.tables):
        yield _Step(name, facts(tables, known))
    have = {instrument.id for instrument in now.instruments}
    for gone in [instrument for instrument in instruments if instrument.id not in have]:
        instruments.remove(gone)
        yield _Step(f"instrument:{gone.id} gone", facts(fresh.tables, known))
    for cause in _new_causes(base, now, known, today):
        if isinstance(cause.what, Instrument):
            instruments[:] = [i for i in instruments if i.id != cause.id] + [cause.what]
        elif cause.what is not None:
            events.append(cause.what)
        yield _Step(cause.name, facts(fresh.tables, max(cause.day, known)))
    yield _Step("passing of time", fresh)


def _booked(store: Store, agreement: str, month: str) -> dict[str, LineValue]:
    """Return the sums of the booked entries of a month, by line."""
    out: dict[str, LineValue] = {}
    query = select(t.entries).where(t.entries.c.agreement == agreement, t.entries.c.month == month)
    with store.reading() as c:
        for row in c.execute(query.order_by(t.entries.c.seq)):
            have = out.get(row.line)
            units, ms = (have.units, have.ms) if have else (0, 0)
            out[row.line] = LineValue(units + int(row.units), ms + row.ms, row.payer, row.payee, ())
    return out


def _parts(cause: str, before: dict[str, LineValue], after: dict[str, LineValue]) -> Iterator[Part]:
    for line in sorted({*before, *after}):
        old, new = before.get(line), after.get(line)
        units, ms = (new.units if new else 0), (new.ms if new else 0)
        was_units, was_ms = (old.units if old else 0), (old.ms if old else 0)
        if (units, ms) == (was_units, was_ms):
            continue
        known = new or old
        assert known is not None
        change = cents(units) - cents(was_units)
        yield Part(cause, line, known.payer, known.payee, ms - was_ms, units - was_units, change, known.clauses)


def _closed(store: Store) -> list[Any]:
    """Return the last statement issued of every closed month, in order of month."""
    last = select(
        t.statements.c.agreement, t.statements.c.month, func.max(t.statements.c.number).label("number")
    ).group_by(t.statements.c.agreement, t.statements.c.month)
    with store.reading() as c:
        newest = last.subquery()
        return list(
            c.execute(
                select(t.statements)
                .join(
                    newest,
                    (t.statements.c.agreement == newest.c.agreement)
                    & (t.statements.c.month == newest.c.month)
                    & (t.statements.c.number == newest.c.number),
                )
                .order_by(t.statements.c.month, t.statements.c.agreement)
            )
        )


def true_up(workspace: Workspace, store: Store, today: date, *, dry_run: bool = False) -> list[Adjusted]:
    """Book value now - value booked for every closed month, by cause, in one transaction.

    Parameters
    ----------
    today : date
        The day as of whose knowledge the months are valued.
    dry_run : bool
        Only say what would be booked.

    Raises
    ------
    BadInput
        If an event that a booking rests on is gone or changed, or a policy in the file is not that
        of the booking and no `policy_set` states it.
    InvariantBroken
        If what is booked afterwards would not be a fresh valuation.
    """
    with store.writing():
        store.tally().check()
        refuse_changed_policy(workspace, store)
        snapshots = Snapshots(store)
        steps: dict[Any, list[_Step]] = {}
        done: list[Adjusted] = []
        inputs = capture(workspace)
        with store.transaction() as c:
            for row in _closed(store):
                known = date.fromisoformat(row.as_known_at)
                if known > today:
                    done.append(Adjusted(row.agreement, row.month, None, ()))
                    continue
                key = (snapshots.key(row.id), known)
                if key not in steps:
                    steps[key] = list(_steps(snapshots.workspace(key[0]), workspace, store, known, today))
                _refuse_lost(snapshots.workspace(key[0]), workspace, known, row.agreement)
                parts = _value(store, row, steps[key])
                document = make_statement(workspace, steps[key][-1].facts, row.agreement, row.month, "closed")
                changed = parts or what_differs(orjson.loads(row.body), document)
                adjusted = Adjusted(row.agreement, row.month, row.number + 1 if changed else None, parts)
                done.append(adjusted)
                if adjusted.number is not None and not dry_run:
                    issue(
                        c,
                        document,
                        _entries(adjusted),
                        kind="true-up",
                        number=adjusted.number,
                        assurance=_assurance(adjusted, today),
                        inputs=inputs,
                    )
    return done


def _value(store: Store, row: Any, steps: Sequence[_Step]) -> tuple[Part, ...]:
    """Value one month step by step; the parts sum to value now - value booked."""
    booked = _booked(store, row.agreement, row.month)
    before = booked
    parts: list[Part] = []
    for step in steps:
        after = line_values(step.facts, row.agreement, row.month)
        parts.extend(_parts(step.cause, before, after))
        before = after
    balance: dict[str, int] = {line: cents(value.units) for line, value in booked.items()}
    for part in parts:
        balance[part.line] = balance.get(part.line, 0) + part.cents
    fresh = {line: cents(value.units) for line, value in before.items()}
    wrong = [line for line in {*balance, *fresh} if balance.get(line, 0) != fresh.get(line, 0)]
    if wrong:
        raise InvariantBroken(
            f"{row.agreement} {row.month}: booked and true-ups are not a fresh valuation in {wrong[0]}"
        )
    return tuple(parts)


def _entries(adjusted: Adjusted) -> Iterator[Entry]:
    for part in adjusted.parts:
        yield Entry(
            key=f"{part.line}#{adjusted.number}/{part.cause}",
            agreement=adjusted.agreement,
            month=adjusted.month,
            line=part.line,
            cause=part.cause,
            payer=part.payer,
            payee=part.payee,
            ms=part.ms,
            units=part.units,
            cents=part.cents,
            clauses=part.clauses,
        )


def _assurance(adjusted: Adjusted, today: date) -> dict[str, Any]:
    return {
        "v": 1,
        "agreement": adjusted.agreement,
        "month": adjusted.month,
        "as_known_at": today.isoformat(),
        "corrects": adjusted.number - 1 if adjusted.number is not None else None,
        "by_cause": adjusted.by_cause(),
        "checks": [
            "conservation: in = the sum of the outcomes, by source, hour and partition, in records and ms",
            "booked entries and these adjustments sum to a fresh valuation, line by line",
        ],
        "closed_by": user(),
    }
