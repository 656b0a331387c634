"""True-up: value now - value booked, for every closed month, by cause (DOMAIN section 10).

Causes are applied one after another: first the usage that came late, under the very terms that were
booked; then what `rerate` decided otherwise since the booking; then corrected tables; then, in order of
the day on which each became known, instruments and events. Each is valued with all before it, so a
cause's part is the difference of two successive valuations, and the parts sum to the whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from rating.facts import Facts
from rating.ledger import Entry
from rating.money import cents, dollars_text
from rating.policy import resolve
from rating.reference.rows import Tables, as_known
from rating.terms.events import Event, PolicySet, Submitted, kind_of
from rating.terms.model import Instrument
from rating.terms.standing import DEEMED_APPROVED_DAYS
from stream.books import tables as t
from stream.books.issuing import LineValue, issue, line_values, make_statement, user
from stream.books.layers import CORRECTIONS, covered, rerate_layers
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
    """A closed month's true-up: the number of the statement it issues (None: nothing changed), its parts."""

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


def _new_causes(
    base: Workspace, now: Workspace, known: date, today: date
) -> list[tuple[date, str, Instrument | Event]]:
    """Return what was not known when the month was booked: (day known, name, instrument or event), in order."""
    booked = {event.id for event in _booked_events(base, known)}
    out: list[tuple[date, str, Instrument | Event]] = [
        (event.known_on, event.id, event) for event in now.events if event.id not in booked and event.known_on <= today
    ]
    before = {instrument.id: instrument for instrument in base.instruments}
    for instrument in now.instruments:
        signed = instrument.known_from or known
        was_known = before.get(instrument.id) == instrument and signed <= known
        if not was_known and signed <= today:
            out.append((signed, instrument.id, instrument))
    return sorted(out, key=lambda cause: (cause[0], cause[1]))


def _refuse_lost(base: Workspace, now: Workspace, known: date) -> None:
    """Events are append-only: one that a booking rests on has to be there still, as it was."""
    have = {event.id: event for event in now.events}
    for event in _booked_events(base, known):
        if have.get(event.id) != event:
            what = "is gone" if event.id not in have else "has changed"
            raise BadInput(
                f"event {event.id!r}, on which a booking rests, {what}; expected it as it was (events are append-only)",
                file=now.folder / "events.ndjson",
            )


def _steps(
    base: Workspace, now: Workspace, store: Store, known: date, today: date, corrections: frozenset[str]
) -> Iterator[_Step]:
    """Yield the valuations from the terms as booked to the terms as known today.

    corrections : the layers of usage that `rerate` caused since the booking.
    """
    names = store.names()
    shared = make_facts(now, names, store, today)
    instruments = [i for i in base.instruments if (i.known_from or known) <= known]
    events: list[Event] = _booked_events(base, known)

    def facts(tables: Tables, day: date) -> Facts:
        return replace(
            shared,
            tables=tables,
            instruments=tuple(instruments),
            events=tuple(events),
            policies=_policies(now, base, events, day),
            as_known_at=day,
            memo={},
        )

    booked = facts(as_known(base.tables, known), known)
    if corrections:
        decided_then = make_facts(now, names, store, today, corrections)
        yield _Step("late_usage", replace(booked, cells_of=decided_then.cells_of, memo={}))
    yield _Step("rerate" if corrections else "late_usage", booked)
    tables = as_known(now.tables, today)
    yield _Step("reference", facts(tables, known))
    for day, name, what in _new_causes(base, now, known, today):
        if isinstance(what, Instrument):
            instruments[:] = [i for i in instruments if i.id != what.id] + [what]
            cause = "instrument"
        else:
            events.append(what)
            cause = _CAUSES.get(kind_of(what), "law")
        yield _Step(f"{cause}:{name}", facts(tables, max(day, known)))
    for event in events:
        deemed = event.on + timedelta(days=DEEMED_APPROVED_DAYS) if isinstance(event, Submitted) else None
        if deemed is not None and known < deemed <= today:
            yield _Step(f"approval:{event.id} deemed", facts(tables, deemed))
    yield _Step("passing of time", facts(tables, today))


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
        columns = (t.statements.c.id, t.statements.c.agreement, t.statements.c.month, t.statements.c.number)
        return list(
            c.execute(
                select(*columns, t.statements.c.as_known_at, t.statements.c.assurance)
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
        layers = rerate_layers(store)
        with store.transaction() as c:
            for row in _closed(store):
                known = date.fromisoformat(row.as_known_at)
                if known > today:
                    done.append(Adjusted(row.agreement, row.month, None, ()))
                    continue
                corrections = frozenset(layers) - covered(row.assurance)
                key = (snapshots.key(row.id), known, corrections)
                if key not in steps:
                    base = snapshots.workspace(key[0])
                    _refuse_lost(base, workspace, known)
                    steps[key] = list(_steps(base, workspace, store, known, today, corrections))
                adjusted = _value(store, row, steps[key])
                done.append(adjusted)
                if adjusted.number is not None and not dry_run:
                    final = steps[key][-1].facts
                    document = make_statement(workspace, final, row.agreement, row.month, "closed")
                    issue(
                        c,
                        document,
                        _entries(adjusted),
                        kind="true-up",
                        number=adjusted.number,
                        assurance=_assurance(adjusted, today, layers),
                        inputs=inputs,
                    )
    return done


def _value(store: Store, row: Any, steps: Sequence[_Step]) -> Adjusted:
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
    return Adjusted(row.agreement, row.month, row.number + 1 if parts else None, tuple(parts))


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


def _assurance(adjusted: Adjusted, today: date, corrections: Sequence[str]) -> dict[str, Any]:
    return {
        "v": 1,
        "agreement": adjusted.agreement,
        "month": adjusted.month,
        "as_known_at": today.isoformat(),
        "corrects": adjusted.number - 1 if adjusted.number is not None else None,
        "by_cause": adjusted.by_cause(),
        CORRECTIONS: list(corrections),
        "checks": [
            "conservation: in = the sum of the outcomes, by source, hour and partition, in records and ms",
            "booked entries and these adjustments sum to a fresh valuation, line by line",
        ],
        "closed_by": user(),
    }
