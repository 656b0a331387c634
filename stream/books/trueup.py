"""True-up: value now - value booked, for every closed month, by cause (DOMAIN section 10).

Causes are applied one after another: first what was billed before the books were opened is set off, where
that has not been done; then the usage that came late, under the very terms that were
booked; then what `rerate` decided otherwise since the booking; then corrected tables, each by its name;
then, in order of the day on which each became known, instruments, events, and approvals that come of no
decision in time. Each is valued with all before it, so a cause's part is the difference of two successive
valuations, and the parts sum to the whole.

A month that was billed before is booked by that, closed or not: so its first true-up values it too, where
usage of it is loaded, and issues its first statement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from rating.ledger import Entry
from rating.money import cents, dollars_text
from rating.opening import OPENING, Opening, set_off
from rating.settle import Settled, settle
from stream.books import tables as t
from stream.books.causes import Step, refuse_lost, steps_from
from stream.books.closing import First
from stream.books.issuing import LineValue, digests_of, issue, line_values, make_statement, user, what_differs
from stream.books.layers import CORRECTIONS, correction_layers, covered
from stream.books.opening import by_month, not_set_off, open_ledger, opened, pending
from stream.books.policies import refuse_changed_policy
from stream.books.snapshots import Snapshots, capture
from stream.books.store import Store
from stream.errors import InvariantBroken
from stream.workspace.load import Workspace

__all__ = ["Adjusted", "Part", "true_up"]


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


def _booked(store: Store, agreement: str, month: str) -> dict[str, LineValue]:
    """Return the sums of the booked entries of a month, by line; what was billed before has lines of its own."""
    out: dict[str, LineValue] = {}
    bills = select(t.openings.c.line)
    of_month = (t.entries.c.agreement == agreement) & (t.entries.c.month == month)
    query = select(t.entries).where(of_month, t.entries.c.line.not_in(bills))
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
    """Return the last statement issued of every closed month, agreement by agreement, in order of month."""
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
                .order_by(t.statements.c.agreement, t.statements.c.month)
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
        # In a preview nothing is booked: what would open the ledger counts as if it had.
        new = pending(workspace, store) if dry_run else open_ledger(workspace, store)
        openings = by_month(not_set_off(store, [*opened(store), *(new if dry_run else ())]))
        snapshots = Snapshots(store)
        steps: dict[Any, list[Step]] = {}
        done: list[Adjusted] = []
        inputs = capture(workspace)
        layers = correction_layers(store)
        with store.transaction() as c:
            of = ""
            for row in _closed(store):
                if row.agreement != of:  # hold what is derived of one agreement at a time
                    for step in {id(step.facts): step for each in steps.values() for step in each}.values():
                        step.facts.forget(of)
                    of = row.agreement
                known = date.fromisoformat(row.as_known_at)
                if known > today:
                    done.append(Adjusted(row.agreement, row.month, None, ()))
                    continue
                corrections = frozenset(layers) - covered(row.assurance)
                key = (snapshots.key(row.inputs), known, corrections)
                if key not in steps:
                    steps[key] = list(
                        steps_from(snapshots.workspace(key[0]), workspace, store, known, today, corrections)
                    )
                refuse_lost(snapshots.workspace(key[0]), workspace, known, row.agreement)
                fresh = steps[key][-1].facts
                digests = digests_of(workspace, fresh, row.agreement, row.month)
                earlier = _set_off(openings.get((row.agreement, row.month), ()), row.number + 1)
                parts, settled = _value(store, row, steps[key], digests)
                parts = (*earlier, *parts)
                document = make_statement(workspace, fresh, row.agreement, row.month, "closed", settled)
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
                        assurance=_assurance(adjusted, today, layers),
                        inputs=inputs,
                    )
            closed = {(adjusted.agreement, adjusted.month) for adjusted in done}
            first = First(workspace, store, today)
            for agreement, month in _with_usage(store, first, [pair for pair in openings if pair not in closed]):
                done.append(_first(c, first, agreement, month, openings[agreement, month], dry_run=dry_run))
    return done


def _with_usage(store: Store, first: First, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the agreements' months that usage is loaded of, in order of month: of no call nothing can be valued."""
    loaded = set(store.months())
    found = [pair for pair in pairs if (first.names.find("agreement", pair[0]), pair[1]) in loaded]
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def _first(
    c: Connection, first: First, agreement: str, month: str, openings: Sequence[Opening], *, dry_run: bool
) -> Adjusted:
    """Value a month that was billed before and is not closed: all that it is worth beyond that is the cause's."""
    if dry_run:
        entries = [*first.entries(agreement, month, OPENING)[1], *(set_off(opening, 1) for opening in openings)]
    else:
        _, _, entries = first.book(c, agreement, month, kind="true-up", cause=OPENING)
    return Adjusted(agreement, month, 1, tuple(map(_part, entries)))


def _set_off(openings: Sequence[Opening], number: int) -> tuple[Part, ...]:
    return tuple(_part(set_off(opening, number)) for opening in openings)


def _part(entry: Entry) -> Part:
    return Part(entry.cause, entry.line, entry.payer, entry.payee, entry.ms, entry.units, entry.cents, entry.clauses)


def _value(
    store: Store, row: Any, steps: Sequence[Step], digests: Mapping[str, str]
) -> tuple[tuple[Part, ...], Settled]:
    """Value one month step by step; the parts sum to value now - value booked. Returns the last settlement too.

    The first step, under the very terms that were booked, is what was booked where the usage is the same too.
    """
    booked = _booked(store, row.agreement, row.month)
    before = booked
    parts: list[Part] = []
    last: tuple[Step, Settled] | None = None
    issued = orjson.loads(row.body)["digests"]
    same = all(issued[what] == digests[what] for what in ("usage", "software"))
    for step in steps[1:] if same and len(steps) > 1 else steps:
        if step.reaches is not None and row.agreement not in step.reaches:
            continue
        if last is None or not step.facts.values_as(last[0].facts, row.agreement):
            last = step, settle(step.facts, row.agreement, row.month)
        after = line_values(last[1])
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
    assert last is not None, "no step values the month"
    return tuple(parts), last[1]


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
