"""Whether the books are what was booked: the chain, the sums, the statements as issued, conservation."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select, text

from rating.ledger import GENESIS, Entry, Posting, chain_hash, postings_of
from rating.money import cents, dollars_text
from stream.books import tables as t
from stream.books.issuing import make_statement
from stream.books.store import Store
from stream.errors import InvariantBroken
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["Check", "verify"]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, how many of it, and what is wrong (empty: nothing)."""

    name: str
    count: int
    faults: tuple[str, ...]


def _entry(row: Any) -> Entry:
    return Entry(
        key=row.key,
        agreement=row.agreement,
        month=row.month,
        line=row.line,
        cause=row.cause,
        payer=row.payer,
        payee=row.payee,
        ms=row.ms,
        units=int(row.units),
        cents=row.cents,
        clauses=tuple(orjson.loads(row.clauses)),
    )


def _chain(rows: list[Any], postings: dict[int, list[Posting]], digests: dict[int, str]) -> Check:
    """Recompute every hash from the first entry on; sequence numbers have no gap."""
    faults = []
    previous = GENESIS
    for position, row in enumerate(rows, start=1):
        entry = _entry(row)
        sides = sorted(postings.get(row.seq, []), key=lambda posting: posting.side, reverse=True)
        expected = chain_hash(previous, position, entry, sides, digests.get(row.statement, ""))
        if row.seq != position:
            faults.append(f"entry {row.seq}: expected number {position}")
        if row.previous != previous or row.hash != expected:
            faults.append(f"entry {row.seq} ({row.key}): its hash is not that of its content and the entry before it")
        previous = row.hash
    return Check("hash chain of entries", len(rows), tuple(faults))


def _sums(rows: list[Any], postings: dict[int, list[Posting]]) -> Check:
    faults = [
        f"entry {row.seq} ({row.key}): postings are not its two sides"
        for row in rows
        if sorted(postings.get(row.seq, []), key=lambda p: p.side, reverse=True) != list(postings_of(_entry(row)))
    ]
    total = sum(posting.cents for sides in postings.values() for posting in sides)
    if total:
        faults.append(f"the ledger sums to {dollars_text(total)}, expected 0.00")
    lines: dict[str, list[int]] = {}
    for row in rows:
        sums = lines.setdefault(row.line, [0, 0])
        sums[0] += row.cents
        sums[1] += int(row.units)
    faults += [
        f"line {line}: {amount} cents are booked, and its exact charges round to {cents(units)}"
        for line, (amount, units) in lines.items()
        if amount != cents(units)
    ]
    return Check("postings sum to zero", sum(len(sides) for sides in postings.values()), tuple(faults))


def _booked_until(rows: list[Any], statement: Any) -> dict[str, int]:
    """Return cents by line of all entries of a statement's month, its own and those before it."""
    out: dict[str, int] = {}
    for row in rows:
        if (row.agreement, row.month) == (statement.agreement, statement.month) and row.statement <= statement.id:
            out[row.line] = out.get(row.line, 0) + row.cents
    return out


def _statements(issued: list[Any], rows: list[Any]) -> Check:
    """Each statement's bytes are those that were issued, and its lines are those that were booked."""
    faults = []
    for statement in issued:
        where = f"{statement.agreement} {statement.month} no. {statement.number}"
        if sha256(statement.body).hexdigest() != statement.sha256:
            faults.append(f"{where}: its bytes are not those that were issued")
            continue
        document = orjson.loads(statement.body)
        lines = {line["line"]: line["amount"] for d in document["directions"] for line in d["lines"]}
        booked = _booked_until(rows, statement)
        wrong = [line for line in {*lines, *booked} if lines.get(line, "0.00") != dollars_text(booked.get(line, 0))]
        if wrong:
            faults.append(f"{where}: its lines are not those that were booked, first of {len(wrong)}: {min(wrong)}")
    return Check("statements as issued", len(issued), tuple(faults))


def _recomputed(workspace: Workspace, store: Store, issued: list[Any]) -> Check:
    """Make each month's last statement again from today's cells and terms, as known when it was issued."""
    faults = []
    names = store.names()
    newest = {(statement.agreement, statement.month): statement for statement in issued}
    for statement in newest.values():
        facts = make_facts(workspace, names, store, date.fromisoformat(statement.as_known_at))
        now = make_statement(workspace, facts, statement.agreement, statement.month, "closed")
        then = orjson.loads(statement.body)
        changed = [k for k in ("directions", "usage", "exceptions") if now[k] != then[k]]
        if changed:
            faults.append(
                f"{statement.agreement} {statement.month} no. {statement.number}: {', '.join(changed)} made again as "
                f"known at {statement.as_known_at} differ from what was issued: usage or reference data changed "
                f"since (true-up books the difference)"
            )
    return Check("statements made again", len(newest), tuple(faults))


def _triggers(found: dict[str, str]) -> Check:
    """What refuses a change of the books is there, in the words in which it was made."""
    faults = tuple(
        f"trigger {name}: found {found.get(name) or 'nothing'}, expected what refuses a change"
        for name, words in t.TRIGGERS.items()
        if found.get(name) != words
    )
    return Check("append-only triggers", len(t.TRIGGERS), faults)


def verify(workspace: Workspace, store: Store) -> list[Check]:
    """Verify the books; every check is made, also after one has failed."""
    with store.reading() as c:
        rows = list(c.execute(select(t.entries).order_by(t.entries.c.seq)))
        issued = list(c.execute(select(t.statements).order_by(t.statements.c.id)))
        postings: dict[int, list[Posting]] = {}
        for row in c.execute(select(t.postings)):
            postings.setdefault(row.entry, []).append(Posting(row.side, row.account, row.cents))
        triggers = {
            row.name: row.sql for row in c.execute(text("select name, sql from sqlite_master where type = 'trigger'"))
        }
    digests = {row.id: row.sha256 for row in issued}
    tally = store.tally()
    try:
        tally.check()
        conservation: tuple[str, ...] = ()
    except InvariantBroken as error:
        conservation = (str(error),)
    return [
        Check("conservation by source and hour of receipt", len(tally.intake), conservation),
        _triggers(triggers),
        _chain(rows, postings, digests),
        _sums(rows, postings),
        _statements(issued, rows),
        _recomputed(workspace, store, issued),
    ]
