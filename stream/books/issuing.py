"""Issuing a statement: its bytes, what it was made with, and its entries appended to the chain."""

import getpass
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from rating.facts import Facts, month_before, months_before
from rating.ledger import GENESIS, Entry, chain_hash, postings_of
from rating.settle import Settled
from rating.statement import line_id, statement
from stream.books import tables as t
from stream.books.snapshots import Inputs, keep
from stream.clock import timestamp
from stream.errors import InvariantBroken
from stream.version import VERSION
from stream.workspace.load import Workspace

__all__ = [
    "LineValue",
    "append",
    "body_of",
    "digests_of",
    "issue",
    "line_values",
    "make_statement",
    "sealed",
    "user",
    "what_differs",
]


@dataclass(frozen=True, slots=True)
class LineValue:
    """What a line is worth: exact charge, milliseconds, who owes whom, by which clauses."""

    units: int
    ms: int
    payer: str
    payee: str
    clauses: tuple[str, ...]


def line_values(settled: Settled) -> dict[str, LineValue]:
    """Return the value of every line of an agreement's settled month, by line id."""
    return {
        line_id(settled.agreement, settled.month, direction.payer, direction.payee, line): LineValue(
            line.units, line.ms, direction.payer, direction.payee, line.clauses
        )
        for direction in settled.directions
        for line in direction.lines
    }


def digests_of(workspace: Workspace, facts: Facts, agreement: str, month: str) -> dict[str, str]:
    """Return digests of everything that a statement is made from.

    Usage is that of the year's months, which caps count, and of the two months before, which direct
    end office trunking looks back on.
    """
    digest = sha256()
    known: dict[tuple[str, str], str] = facts.memo.setdefault("usage_digests", {})
    for each in sorted({*months_before(month, "year"), month_before(month, 2), month_before(month, 1), month}):
        if (agreement, each) not in known:
            usage, hours = facts.cells_of(agreement, each), facts.hours_of(agreement, each)
            known[agreement, each] = f"{usage.digest()} {hours.digest()}"
        digest.update(known[agreement, each].encode())
    return {**workspace.digests, "usage": digest.hexdigest(), "software": VERSION}


def make_statement(
    workspace: Workspace, facts: Facts, agreement: str, month: str, status: str, settled: Settled | None = None
) -> dict[str, Any]:
    """Make an agreement's statement with its digests; `settled` where the caller has settled the month already."""
    digests = digests_of(workspace, facts, agreement, month)
    return statement(facts, agreement, month, status=status, digests=digests, settled=settled)


def body_of(document: object) -> bytes:
    """Return a document's bytes: the same document, the same bytes."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def what_differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the parts in which two statements of a month say something else of its usage and money."""
    return [part for part in ("directions", "usage", "exceptions") if one[part] != other[part]]


def sealed(body: bytes, assurance: bytes) -> str:
    """Return the digest of a statement and of what was issued beside it, which its entries' hashes cover."""
    return sha256(sha256(body).digest() + sha256(assurance).digest()).hexdigest()


def user() -> str:
    """Return who runs this: a name, or the number of one who has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def issue(
    c: Connection,
    document: dict[str, Any],
    entries: Iterable[Entry],
    *,
    kind: str,
    number: int,
    assurance: dict[str, Any],
    inputs: Inputs,
) -> None:
    """Issue a statement under its number and book its entries, in the caller's transaction."""
    body, beside = body_of(document), body_of({**assurance, "made_with": inputs.digests})
    at = timestamp()
    values = {
        "agreement": document["agreement"],
        "month": document["month"],
        "number": number,
        "kind": kind,
        "as_known_at": document["as_known_at"],
        "issued_at": at,
        "issued_by": user(),
        "sha256": sha256(body).hexdigest(),
        "body": body,
        "assurance": beside,
        "inputs": inputs.key,
    }
    keep(c, inputs)
    key = c.execute(insert(t.statements).values(**values)).inserted_primary_key
    assert key is not None
    append(c, entries, sealed(body, beside), at, statement=int(key[0]))


def append(
    c: Connection,
    entries: Iterable[Entry],
    seal: str,
    booked_at: str,
    *,
    statement: int | None = None,
    opening: int | None = None,
) -> None:
    """Append entries to the chain, each with its two postings, under the statement or opening that books them.

    seal : the digest of what books them, which their hashes cover.
    """
    last = c.execute(select(t.entries.c.seq, t.entries.c.hash).order_by(t.entries.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq, last.hash) if last is not None else (0, GENESIS)
    rows, postings = [], []
    for entry in entries:
        seq += 1
        sides = postings_of(entry)
        if sum(side.cents for side in sides):
            raise InvariantBroken(f"entry {entry.key}: postings do not sum to zero")
        digest = chain_hash(previous, seq, entry, sides, seal)
        rows.append(
            {
                "seq": seq,
                "key": entry.key,
                "statement": statement,
                "opening": opening,
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
