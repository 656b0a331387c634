"""Opening the ledger: what was billed before, from `billed_history.csv`, each row once and for ever."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, insert, select

from rating.money import dollars_text
from rating.opening import OPENING, Opening, entry_of, opening_of
from stream.books import tables as t
from stream.books.issuing import append, body_of, user
from stream.books.store import Store
from stream.clock import timestamp
from stream.errors import BadInput
from stream.workspace.load import Workspace

__all__ = ["by_month", "not_set_off", "open_ledger", "opened", "opening_from", "pending", "set_off_dollars"]

_TABLE = "billed_history"


def opening_from(body: bytes) -> Opening:
    """Return an opening from the document that was kept of it; ValueError where it is none."""
    found: Opening = msgspec.json.decode(body, type=Opening)
    return found


def _read(c: Connection) -> list[Opening]:
    return [opening_from(row.body) for row in c.execute(select(t.openings.c.body).order_by(t.openings.c.id))]


def opened(store: Store) -> list[Opening]:
    """Return what the ledger was opened with, oldest first."""
    with store.reading() as c:
        return _read(c)


def pending(workspace: Workspace, store: Store) -> list[Opening]:
    """Return what `billed_history.csv` has and the ledger has not.

    Raises
    ------
    BadInput
        With file and line, if a row is finer than a cent, or differs from what the ledger was opened with;
        with the file, if such a row is gone. A correction is a row of its own.
    """
    path = workspace.folder / "reference" / f"{_TABLE}.csv"
    have = {opening.line: opening for opening in opened(store)}
    out = []
    for row in workspace.tables.billed_history or ():
        try:
            opening = opening_of(row)
        except ValueError as error:
            raise BadInput(str(error), file=path, line=row.line) from error
        known = have.pop(opening.line, None)
        if known is None:
            out.append(opening)
        elif known != opening:
            changed = ", ".join(one for one, other in zip(_told(known), _told(opening), strict=True) if one != other)
            raise BadInput(
                f"the ledger was opened with this row, and it has changed since; expected {changed} "
                f"(append-only: a correction is a row of its own, under another invoice)",
                file=path,
                line=row.line,
            )
    if have:
        lost = next(iter(have.values()))
        raise BadInput(
            f"the row of {lost.agreement}, {lost.payer} to {lost.payee}, {lost.month}, {lost.traffic_class}, invoice "
            f"{lost.invoice!r} is gone, and the ledger was opened with it; expected it as it was (append-only)",
            file=path,
        )
    return out


def _told(opening: Opening) -> tuple[str, str, str]:
    amounts = f"amount {dollars_text(opening.cents)}", f"paid {dollars_text(opening.paid_cents)}"
    return (f"ms {opening.ms}", *amounts)


def open_ledger(workspace: Workspace, store: Store) -> list[Opening]:
    """Book what was billed before and is not booked yet, in one transaction; return it. The caller is writing."""
    new = pending(workspace, store)
    if new:
        at = timestamp()
        with store.transaction() as c:
            for opening in new:
                _open(c, opening, at)
    return new


def _open(c: Connection, opening: Opening, at: str) -> None:
    body = body_of(opening)
    seal = sha256(body).hexdigest()
    values = {"line": opening.line, "agreement": opening.agreement, "month": opening.month}
    kept = {"sha256": seal, "body": body, "opened_at": at, "opened_by": user()}
    key = c.execute(insert(t.openings).values(**values, **kept)).inserted_primary_key
    assert key is not None
    append(c, [entry_of(opening)], seal, at, opening=int(key[0]))


def by_month(openings: Iterable[Opening]) -> dict[tuple[str, str], list[Opening]]:
    """Return openings by agreement and month."""
    out: dict[tuple[str, str], list[Opening]] = defaultdict(list)
    for opening in openings:
        out[opening.agreement, opening.month].append(opening)
    return out


def not_set_off(store: Store, openings: Sequence[Opening]) -> list[Opening]:
    """Return those of the openings that no statement has set off yet."""
    query = select(t.entries.c.line).where(t.entries.c.statement.is_not(None), t.entries.c.cause == OPENING)
    with store.reading() as c:
        done = set(c.execute(query).scalars())
    return [opening for opening in openings if opening.line not in done]


def set_off_dollars(openings: Iterable[Opening]) -> Mapping[str, int]:
    """Return cents billed before by who pays whom."""
    out: dict[str, int] = {}
    for opening in openings:
        who = f"{opening.payer} pays {opening.payee}"
        out[who] = out.get(who, 0) + opening.cents
    return out
