"""From statement lines to double-entry ledger entries; a pure function, booked by `stream.books`.

An entry says: the payer owes the payee this for that line. Its two postings sum to zero. Its key is
what it books, so that booking again is a no-op; its hash covers the entry before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import msgspec

__all__ = ["GENESIS", "Entry", "Posting", "chain_hash", "entries_of", "postings_of"]

GENESIS: Final = "0" * 64
"""What the first entry's hash follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line's money, booked. `units` is exact, in 1/60,000 of 1e-9 dollar; `cents` what is owed."""

    key: str
    agreement: str
    month: str
    line: str
    cause: str
    payer: str
    payee: str
    ms: int
    units: int
    cents: int
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: positive cents on the debit side, negative on the credit side."""

    side: str
    account: str
    cents: int


def entries_of(statement: Mapping[str, Any], units: Mapping[str, int], cause: str, number: int) -> list[Entry]:
    """Return the entries that book a statement, a line each, in the statement's order.

    Parameters
    ----------
    statement : mapping
        As `rating.statement.statement` makes it.
    units : mapping of line id to exact charge
    cause : str
        What the booking is for: ``close``, or the cause of an adjustment.
    number : int
        The statement's number; part of each key.
    """
    return [
        Entry(
            key=f"{line['line']}#{number}/{cause}",
            agreement=statement["agreement"],
            month=statement["month"],
            line=line["line"],
            cause=cause,
            payer=direction["payer"],
            payee=direction["payee"],
            ms=line["ms"],
            units=units[line["line"]],
            cents=_cents(line["amount"]),
            clauses=tuple(line["clauses"]),
        )
        for direction in statement["directions"]
        for line in direction["lines"]
    ]


def _cents(amount: str) -> int:
    """Return a statement's amount (two places) in cents."""
    sign = -1 if amount.startswith("-") else 1
    whole, _, part = amount.lstrip("-").partition(".")
    return sign * (int(whole) * 100 + int(part))


def postings_of(entry: Entry) -> tuple[Posting, Posting]:
    """Return an entry's two sides: the payer's debt and the payee's claim; they sum to zero."""
    return (
        Posting("debit", f"{entry.agreement}:{entry.payer}:payable:{entry.payee}", entry.cents),
        Posting("credit", f"{entry.agreement}:{entry.payee}:receivable:{entry.payer}", -entry.cents),
    )


def chain_hash(previous: str, seq: int, entry: Entry, postings: Sequence[Posting], seal: str) -> str:
    """Return the hash of an entry: of everything in it, of its statement's seal, and of the hash before it."""
    body = msgspec.json.encode([previous, seq, seal, *_flat(entry), *(list(_flat(p)) for p in postings)])
    return sha256(body).hexdigest()


def _flat(row: Entry | Posting) -> list[object]:
    values = [getattr(row, name) for name in row.__slots__]
    return [str(v) if isinstance(v, int) else list(v) if isinstance(v, tuple) else v for v in values]
