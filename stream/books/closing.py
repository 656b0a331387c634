"""Closing a month: checks first, then statements issued and booked, once, in one transaction."""

import getpass
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, func, insert, select

from rating.codes import Outcome, name_of
from rating.facts import Facts, month_days
from rating.ledger import GENESIS, Entry, chain_hash, entries_of, postings_of
from rating.settle import settle
from rating.statement import line_id, statement
from stream.books import tables as t
from stream.books.store import Store
from stream.clock import timestamp
from stream.errors import InvariantBroken
from stream.facts import make_facts
from stream.tally import Tally
from stream.version import VERSION
from stream.workspace.load import Workspace

__all__ = ["Closed", "body_of", "close_month", "digests_of", "make_statement"]


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing did for one agreement: the statement's number, and whether it was closed before."""

    agreement: str
    month: str
    number: int
    total: dict[str, str]
    already: bool


def digests_of(workspace: Workspace, facts: Facts, agreement: str, month: str) -> dict[str, str]:
    """Return digests of everything that a statement is made from, usage of the year's months included."""
    digest = sha256()
    for number in range(1, int(month[5:]) + 1):
        digest.update(facts.cells_of(agreement, f"{month[:4]}-{number:02d}").digest().encode())
    return {**workspace.digests, "usage": digest.hexdigest(), "software": VERSION}


def make_statement(workspace: Workspace, facts: Facts, agreement: str, month: str, status: str) -> dict[str, Any]:
    """Make an agreement's statement with its digests."""
    return statement(facts, agreement, month, status=status, digests=digests_of(workspace, facts, agreement, month))


def body_of(document: object) -> bytes:
    """Return a document's bytes: the same document, the same bytes."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _user() -> str:
    """Return who runs this: a name, or the number of one who has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _assurance(
    tally: Tally, facts: Facts, agreement: str, month: str, files: Sequence[Any], closed_by: str
) -> dict[str, Any]:
    """Return what is issued beside a statement: everything about receipt, which the statement leaves out."""
    sources = [
        {
            "source": source,
            "hour": hour,
            "partition": partition,
            "records": records,
            "ms": ms,
            "outcomes": {
                f"{name_of(outcome)} {name_of(reason)}" if reason else name_of(outcome): {"records": n, "ms": m}
                for (key, outcome, reason), (n, m) in sorted(tally.outcomes.items())
                if key == (source, hour, partition)
            },
        }
        for (source, hour, partition), (records, ms) in sorted(tally.intake.items())
    ]
    duplicates = sum(n for (_, outcome, _), (n, _) in tally.outcomes.items() if outcome is Outcome.DUPLICATE)
    return {
        "v": 1,
        "agreement": agreement,
        "month": month,
        "as_known_at": facts.as_known_at.isoformat(),
        "conservation": sources,
        "duplicates": duplicates,
        "files": [
            {"file": f.file, "path": f.path, "sha256": f.sha256, "records": f.records, "done": bool(f.done)} for f in files
        ],
        "checks": ["conservation: in = the sum of the outcomes, by source, hour and partition, in records and ms"],
        "closed_by": closed_by,
    }


def _append(c: Connection, statement_id: int, sha: str, entries: Iterable[Entry], booked_at: str) -> None:
    """Append entries to the chain, each with its two postings."""
    last = c.execute(select(t.entries.c.seq, t.entries.c.hash).order_by(t.entries.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq, last.hash) if last is not None else (0, GENESIS)
    rows, postings = [], []
    for entry in entries:
        seq += 1
        sides = postings_of(entry)
        if sum(side.cents for side in sides):
            raise InvariantBroken(f"entry {entry.key}: postings do not sum to zero")
        digest = chain_hash(previous, seq, entry, sides, sha)
        rows.append(
            {
                "seq": seq,
                "key": entry.key,
                "statement": statement_id,
                "agreement": entry.agreement,
                "month": entry.month,
                "line": entry.line,
                "cause": entry.cause,
                "payer": entry.payer,
                "payee": entry.payee,
                "ms": entry.ms,
                "units": str(entry.units),
                "cents": entry.cents,
                "clauses": orjson.dumps(entry.clauses).decode(),
                "booked_at": booked_at,
                "previous": previous,
                "hash": digest,
            }
        )
        postings += [{"entry": seq, "side": s.side, "account": s.account, "cents": s.cents} for s in sides]
        previous = digest
    if rows:
        c.execute(insert(t.entries), rows)
        c.execute(insert(t.postings), postings)


def close_month(workspace: Workspace, store: Store, month: str, as_known_at: date) -> list[Closed]:
    """Close a month for every agreement that has usage in it.

    Everything is checked and made before the first row is written, and booked in one transaction;
    an agreement whose month is closed already is left as it is.

    Raises
    ------
    InvariantBroken
        If conservation does not hold: then nothing is booked.
    """
    month_days(month)
    with store.writing():
        names = store.names()
        tally = store.tally()
        tally.check()
        facts = make_facts(workspace, names, store, as_known_at)
        with store.reading() as c:
            files = c.execute(select(t.files).order_by(t.files.c.file)).all()
        codes = {code for code, of_month in store.months() if of_month == month}
        with store.transaction() as c:
            return [
                _close(c, workspace, facts, tally, files, row.agreement, month)
                for row in workspace.tables.agreements
                if names.find("agreement", row.agreement) in codes
            ]


def _close(
    c: Connection, workspace: Workspace, facts: Facts, tally: Tally, files: Sequence[Any], agreement: str, month: str
) -> Closed:
    mine = (t.statements.c.agreement == agreement) & (t.statements.c.month == month)
    issued = c.execute(select(t.statements).where(mine).order_by(t.statements.c.number).limit(1)).first()
    if issued is not None:
        return Closed(agreement, month, issued.number, _totals(orjson.loads(issued.body)), already=True)
    document = make_statement(workspace, facts, agreement, month, "closed")
    settled = settle(facts, agreement, month)
    units = {
        line_id(agreement, month, direction.payer, direction.payee, line): line.units
        for direction in settled.directions
        for line in direction.lines
    }
    body = body_of(document)
    booked_at, closed_by = timestamp(), _user()
    number = c.execute(select(func.count()).select_from(t.statements).where(mine)).scalar_one() + 1
    values = {
        "agreement": agreement,
        "month": month,
        "number": number,
        "kind": "close",
        "as_known_at": facts.as_known_at.isoformat(),
        "issued_at": booked_at,
        "issued_by": closed_by,
        "sha256": sha256(body).hexdigest(),
        "body": body,
        "assurance": body_of(_assurance(tally, facts, agreement, month, files, closed_by)),
    }
    key = c.execute(insert(t.statements).values(**values)).inserted_primary_key
    assert key is not None
    _append(c, int(key[0]), values["sha256"], entries_of(document, units, "close", number), booked_at)
    return Closed(agreement, month, number, _totals(document), already=False)


def _totals(document: dict[str, Any]) -> dict[str, str]:
    return {f"{d['payer']} pays {d['payee']}": d["total"] for d in document["directions"]}
