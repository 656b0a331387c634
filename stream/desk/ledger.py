"""The booked entries, for people and programs."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select

from rating.money import dollars_text, unrounded_text
from rating.opening import Opening
from stream.books import tables as t
from stream.books.store import Store

__all__ = ["ledger_rows", "opening_rows"]


def ledger_rows(store: Store, agreement: str | None, month: str | None) -> list[dict[str, Any]]:
    """Return entries with their postings, oldest first, of one agreement and month if they are given.

    `number` is that of the statement which booked an entry, None of what opened the ledger; `corrects` that of the
    one before it.
    """
    query = (
        select(t.entries, t.statements.c.number)
        .outerjoin(t.statements, t.entries.c.statement == t.statements.c.id)
        .order_by(t.entries.c.seq)
    )
    if agreement is not None:
        query = query.where(t.entries.c.agreement == agreement)
    if month is not None:
        query = query.where(t.entries.c.month == month)
    with store.reading() as c:
        rows = list(c.execute(query))
        postings: dict[int, list[dict[str, str]]] = {}
        for row in c.execute(select(t.postings)):
            shown = {"side": row.side, "account": row.account, "amount": dollars_text(row.cents)}
            postings.setdefault(row.entry, []).append(shown)
    return [
        {
            "seq": row.seq,
            "key": row.key,
            "agreement": row.agreement,
            "month": row.month,
            "line": row.line,
            "cause": row.cause,
            "number": row.number,
            "corrects": row.number - 1 if row.number is not None and row.number > 1 else None,
            "payer": row.payer,
            "payee": row.payee,
            "ms": row.ms,
            "unrounded": unrounded_text(int(row.units)),
            "amount": dollars_text(row.cents),
            "clauses": orjson.loads(row.clauses),
            "booked_at": row.booked_at,
            "hash": row.hash,
            "postings": sorted(postings.get(row.seq, []), key=lambda p: p["side"], reverse=True),
        }
        for row in rows
    ]


def opening_rows(openings: Iterable[Opening]) -> list[dict[str, Any]]:
    """Return what the ledger was opened with, for programs."""
    return [
        {
            "line": opening.line,
            "agreement": opening.agreement,
            "month": opening.month,
            "payer": opening.payer,
            "payee": opening.payee,
            "class": opening.traffic_class,
            "invoice": opening.invoice,
            "ms": opening.ms,
            "amount": dollars_text(opening.cents),
            "paid": dollars_text(opening.paid_cents),
        }
        for opening in openings
    ]
