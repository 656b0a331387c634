"""Whether the books are what was booked: the chain, the sums, the statements as issued, conservation."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import select, text

from rating.ledger import GENESIS, Entry, Posting, chain_hash, postings_of
from rating.money import cents, dollars_text, unrounded_text
from rating.opening import entry_of, set_off
from stream.books import tables as t
from stream.books.issuing import make_statement, sealed, what_differs
from stream.books.opening import opening_from
from stream.books.snapshots import content_digest
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


def _entry(row: Any) -> Entry | None:
    """Return a row as an entry, None where it says what no entry says."""
    try:
        units, clauses = int(row.units), tuple(orjson.loads(row.clauses))
    except (TypeError, ValueError):
        return None
    return Entry(
        key=row.key,
        agreement=row.agreement,
        month=row.month,
        line=row.line,
        cause=row.cause,
        payer=row.payer,
        payee=row.payee,
        ms=row.ms,
        units=units,
        cents=row.cents,
        clauses=clauses,
    )


_Seals = dict[tuple[int | None, int | None], str]
"""Digests of statements and openings, by the numbers that an entry names: one of the two is None."""


def _chain(rows: list[Any], postings: dict[int, list[Posting]], seals: _Seals) -> Check:
    """Recompute every hash from the first entry on; sequence numbers have no gap."""
    faults = []
    previous = GENESIS
    for position, row in enumerate(rows, start=1):
        where = f"entry {row.seq} ({row.key})"
        entry = _entry(row)
        sides = sorted(postings.get(row.seq, []), key=lambda posting: posting.side, reverse=True)
        seal = seals.get((row.statement, row.opening))
        if row.seq != position:
            faults.append(f"{where}: expected number {position}")
        if seal is None:
            faults.append(f"{where}: the {'statement' if row.opening is None else 'opening'} that booked it is gone")
        expected = None if entry is None else chain_hash(previous, position, entry, sides, seal or "")
        if row.previous != previous or row.hash != expected:
            faults.append(
                f"{where}: its hash is not that of its content, its statement's documents and the entry before it"
            )
        previous = row.hash
    return Check("hash chain of entries", len(rows), tuple(faults))


def _sums(rows: list[Any], postings: dict[int, list[Posting]]) -> Check:
    faults = []
    lines: dict[str, list[int]] = {}
    for row in rows:
        entry = _entry(row)
        sides = sorted(postings.get(row.seq, []), key=lambda p: p.side, reverse=True)
        if entry is None or sides != list(postings_of(entry)):
            faults.append(f"entry {row.seq} ({row.key}): postings are not its two sides")
        if entry is not None:
            sums = lines.setdefault(entry.line, [0, 0])
            sums[0] += entry.cents
            sums[1] += entry.units
    lost = sorted({*postings} - {row.seq for row in rows})
    faults += [f"entry {seq}: it is gone, and its postings are there" for seq in lost]
    total = sum(posting.cents for sides in postings.values() for posting in sides)
    if total:
        faults.append(f"the ledger sums to {dollars_text(total)}, expected 0.00")
    faults += [
        f"line {line}: {amount} cents are booked, and its exact charges round to {cents(units)}"
        for line, (amount, units) in lines.items()
        if amount != cents(units)
    ]
    return Check("postings sum to zero", sum(len(sides) for sides in postings.values()), tuple(faults))


def _booked_until(rows: list[Any], statement: Any) -> dict[str, tuple[str, str, int]]:
    """Return amount, exact charge and ms by line of a month's entries, a statement's own and those before it.

    Openings and what sets them off stand on lines that no statement has: `_openings` looks at those.
    """
    sums: dict[str, list[int]] = {}
    opened = {row.line for row in rows if row.statement is None}
    for row in rows:
        entry = _entry(row)
        if entry is None or row.line in opened or row.statement > statement.id:
            continue
        if (entry.agreement, entry.month) == (statement.agreement, statement.month):
            of_line = sums.setdefault(entry.line, [0, 0, 0])
            for position, value in enumerate((entry.cents, entry.units, entry.ms)):
                of_line[position] += value
    return {line: (dollars_text(c), unrounded_text(units), ms) for line, (c, units, ms) in sums.items()}


def _misbooked(document: dict[str, Any], booked: dict[str, tuple[str, str, int]], *, first: bool) -> list[str]:
    """Return the lines of a statement that are not what was booked; the first books every line that it has."""
    nothing = (dollars_text(0), unrounded_text(0), 0)
    lines = {
        line["line"]: (line["amount"], line["unrounded"], line["ms"])
        for direction in document["directions"]
        for line in direction["lines"]
    }
    wrong = {line for line in {*lines, *booked} if lines.get(line, nothing) != booked.get(line, nothing)}
    return sorted(wrong | ({*lines} ^ {*booked} if first else set()))


def _statements(issued: list[Any], rows: list[Any]) -> Check:
    """Each statement's bytes are those that were issued, none is left out, and its lines are what was booked."""
    faults = []
    numbers: dict[tuple[str, str], int] = {}
    for statement in issued:
        where = f"{statement.agreement} {statement.month} no. {statement.number}"
        expected = numbers.get((statement.agreement, statement.month), 0) + 1
        numbers[statement.agreement, statement.month] = statement.number
        if statement.number != expected:
            faults.append(f"{where}: no. {expected} is gone")
        if sha256(statement.body).hexdigest() != statement.sha256:
            faults.append(f"{where}: its bytes are not those that were issued")
            continue
        try:
            document = orjson.loads(statement.body)
            wrong = _misbooked(document, _booked_until(rows, statement), first=statement.number == 1)
        except (KeyError, TypeError, ValueError):
            faults.append(f"{where}: found no statement in its bytes")
            continue
        if wrong:
            faults.append(f"{where}: its lines are not those that were booked, first of {len(wrong)}: {wrong[0]}")
    return Check("statements as issued", len(issued), tuple(faults))


def _openings(openings: list[Any], rows: list[Any], numbers: dict[int, int]) -> Check:
    """Each opening's bytes are those that were booked, and a statement sets it off whole, once, or not yet."""
    faults = []
    of_line: dict[str, list[Any]] = {}
    for row in rows:
        of_line.setdefault(row.line, []).append(row)
    for kept in openings:
        where = f"opening {kept.id} ({kept.line})"
        if sha256(kept.body).hexdigest() != kept.sha256:
            faults.append(f"{where}: its bytes are not those that the ledger was opened with")
            continue
        opening, booked = opening_from(kept.body), of_line.get(kept.line, [])
        expected = [entry_of(opening), *(set_off(opening, numbers.get(row.statement, 0)) for row in booked[1:2])]
        if [_entry(row) for row in booked] != expected:
            faults.append(f"{where}: found {len(booked)} entries of its line, expected it and what sets it off")
    return Check("openings", len(openings), tuple(faults))


def _inputs(store: Store, issued: list[Any]) -> Check:
    """What each statement was made with, as the document beside it says, is there still to the byte."""
    faults = []
    with store.reading() as c:
        kept = {row.sha256: content_digest(row.blob) for row in c.execute(select(t.inputs))}
        found: dict[str, dict[str, str]] = {}
        for row in c.execute(select(t.statement_inputs).order_by(t.statement_inputs.c.name)):
            found.setdefault(row.inputs, {})[row.name] = row.sha256
    for statement in issued:
        have = {name: kept.get(digest) for name, digest in found.get(statement.inputs, {}).items()}
        try:
            expected = orjson.loads(statement.assurance)["made_with"]
        except (KeyError, TypeError, ValueError):
            expected = {}
        wrong = [name for name in sorted({*have, *expected}) if have.get(name) != expected.get(name, "")]
        faults += [
            f"{statement.agreement} {statement.month} no. {statement.number}: {name}, which it was made with, is gone "
            f"or changed"
            for name in wrong
        ]
    return Check("inputs of statements", len(kept), tuple(faults))


def _recomputed(workspace: Workspace, store: Store, issued: list[Any]) -> Check:
    """Make each month's last statement again from today's cells and terms, as known when it was issued."""
    faults = []
    names = store.names()
    newest = {(statement.agreement, statement.month): statement for statement in issued}
    loaded = {row.agreement for row in workspace.tables.agreements}
    for statement in newest.values():
        where = f"{statement.agreement} {statement.month} no. {statement.number}"
        if statement.agreement not in loaded:
            faults.append(f"{where}: the agreement is gone from agreements.csv")
            continue
        facts = make_facts(workspace, names, store, date.fromisoformat(statement.as_known_at))
        now = make_statement(workspace, facts, statement.agreement, statement.month, "closed")
        try:
            changed = what_differs(orjson.loads(statement.body), now)
        except (KeyError, TypeError, ValueError):
            continue  # told by `_statements`
        if changed:
            faults.append(
                f"{where}: {', '.join(changed)} made again as known at {statement.as_known_at} differ from what was "
                f"issued: usage or reference data changed since (true-up books the difference)"
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
        openings = list(c.execute(select(t.openings).order_by(t.openings.c.id)))
        postings: dict[int, list[Posting]] = {}
        for row in c.execute(select(t.postings)):
            postings.setdefault(row.entry, []).append(Posting(row.side, row.account, row.cents))
        triggers = {
            row.name: row.sql for row in c.execute(text("select name, sql from sqlite_master where type = 'trigger'"))
        }
    seals: _Seals = {(row.id, None): sealed(row.body, row.assurance) for row in issued}
    seals |= {(None, row.id): sha256(row.body).hexdigest() for row in openings}
    tally = store.tally()
    try:
        tally.check()
        conservation: tuple[str, ...] = ()
    except InvariantBroken as error:
        conservation = (str(error),)
    return [
        Check("conservation by source and hour of receipt", len(tally.intake), conservation),
        _triggers(triggers),
        _chain(rows, postings, seals),
        _sums(rows, postings),
        _openings(openings, rows, {row.id: row.number for row in issued}),
        _statements(issued, rows),
        _inputs(store, issued),
        _recomputed(workspace, store, issued),
    ]
