"""Closing a month: checks first, then statements issued and booked, once, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from rating.codes import Outcome, name_of
from rating.facts import Facts, month_days
from rating.ledger import Entry, entries_of
from rating.money import dollars_text
from rating.opening import Opening, set_off
from rating.settle import settle
from stream.books import tables as t
from stream.books.checks import (
    Accepted,
    Checks,
    Probe,
    accept,
    accepted_gaps,
    gap_documents,
    open_gaps,
    refuse_gaps,
)
from stream.books.issuing import issue, line_values, make_statement, user
from stream.books.layers import CORRECTIONS, correction_layers
from stream.books.opening import by_month, open_ledger, opened, set_off_dollars
from stream.books.policies import refuse_changed_policy
from stream.books.snapshots import capture
from stream.books.store import Store
from stream.facts import make_facts
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["Closed", "First", "close_month"]


_LOOKED_AT: Final = (
    "completeness: billing sources by hour of connect against the weeks before, and their files' sequence",
    "probable twins: the same call billed by two sources; listed, not taken out",
)
"""What is checked before a close, beside conservation."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing did for one agreement: the statement's number, and whether it was closed before.

    set_off : dollars billed before the books were opened, by who pays whom, that the booking set off.
    """

    agreement: str
    month: str
    number: int
    total: dict[str, str]
    already: bool
    set_off: dict[str, str] = field(default_factory=dict)


def _assurance(
    tally: Tally,
    facts: Facts,
    agreement: str,
    month: str,
    files: Sequence[Any],
    corrections: Sequence[str],
    beside: dict[str, Any],
    closed_by: str,
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
            {
                "file": f.file,
                "path": f.path,
                "sha256": f.sha256,
                "records": f.records,
                "done": bool(f.done),
                "backed_out": f.backout is not None,
            }
            for f in files
        ],
        CORRECTIONS: list(corrections),
        **beside,
        "checks": [
            "conservation: in = the sum of the outcomes, by source, hour and partition, in records and ms",
            *(_LOOKED_AT if beside else ()),
        ],
        "closed_by": closed_by,
    }


def _of_agreement(checks: Checks, decisions: Sequence[Accepted], agreement: str) -> dict[str, Any]:
    """Return what the checks found, for the document beside an agreement's statement."""
    return {
        "completeness": {**checks.completeness, "gaps": gap_documents(checks, decisions)},
        "twins": checks.twins.get(agreement, {"pairs": 0, "sample": []}),
        "verification": checks.verification.get(agreement, {"records": 0, "ms": 0}),
    }


def close_month(
    workspace: Workspace, store: Store, month: str, as_known_at: date, *, probe: Probe, accept_gap: str | None = None
) -> list[Closed]:
    """Close a month for every agreement that has usage in it, after opening the ledger with what was billed before.

    Everything is checked and made before the first row is written, and booked in one transaction;
    an agreement whose month is closed already is left as it is. Where nothing is left to close, nothing
    is looked at. The ledger is opened in a transaction before: it is the books' beginning, whatever
    becomes of the close.

    Parameters
    ----------
    probe : callable
        Looks for gaps and twins.
    accept_gap : str, optional
        Why the month is closed over gaps that nobody has accepted yet.

    Raises
    ------
    BadInput
        If a row that the ledger was opened with has changed.
    ChecksFailed
        If there are such gaps and no reason is given: then nothing is booked.
    InvariantBroken
        If conservation does not hold: then nothing is booked.
    """
    month_days(month)
    with store.writing():
        store.tally().check()
        refuse_changed_policy(workspace, store)
        open_ledger(workspace, store)
        first = First(workspace, store, as_known_at)
        codes = {code for code, of_month in store.months() if of_month == month}
        agreements = [
            row.agreement
            for row in workspace.tables.agreements
            if first.names.find("agreement", row.agreement) in codes
        ]
        checks = Checks(month, (), {})
        if not all(store.issued(agreement, month) for agreement in agreements):
            checks = probe()
        gaps = open_gaps(store, checks)
        if accept_gap is None:
            refuse_gaps(month, gaps)
        with store.transaction() as c:
            if accept_gap is not None and gaps:
                accept(c, month, gaps, user(), accept_gap)
            decisions = accepted_gaps(c, month)
            return [
                _close(c, first, agreement, month, _of_agreement(checks, decisions, agreement))
                for agreement in agreements
            ]


def _close(c: Connection, first: "First", agreement: str, month: str, beside: dict[str, Any]) -> Closed:
    mine = (t.statements.c.agreement == agreement) & (t.statements.c.month == month)
    issued = c.execute(select(t.statements).where(mine).order_by(t.statements.c.number).limit(1)).first()
    if issued is not None:
        document = orjson.loads(issued.body)
        before = set(c.execute(select(t.entries.c.line).where(t.entries.c.statement == issued.id)).scalars())
        openings = [opening for opening in first.openings.get((agreement, month), ()) if opening.line in before]
        return Closed(agreement, month, issued.number, _totals(document), already=True, set_off=_dollars(openings))
    document, openings, _ = first.book(c, agreement, month, kind="close", cause="close", beside=beside)
    return Closed(agreement, month, 1, _totals(document), already=False, set_off=_dollars(openings))


class First:
    """Books an agreement's month for the first time: its lines, and what was billed before set off against them."""

    def __init__(self, workspace: Workspace, store: Store, as_known_at: date) -> None:
        self._workspace = workspace
        self.names = store.names()
        self.facts = make_facts(workspace, self.names, store, as_known_at)
        self._tally = store.tally()
        with store.reading() as c:
            self._files = c.execute(select(t.files).order_by(t.files.c.file)).all()
        self._corrections = correction_layers(store)
        self._inputs = capture(workspace)
        self.openings = by_month(opened(store))

    def book(
        self, c: Connection, agreement: str, month: str, *, kind: str, cause: str, beside: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], list[Opening], list[Entry]]:
        """Issue statement no. 1 and book it, in the caller's transaction.

        Parameters
        ----------
        beside : dict, optional
            What the checks before a close found; a first true-up makes none.

        Returns
        -------
        tuple
            The statement, what was set off, and the entries.
        """
        document, entries = self.entries(agreement, month, cause)
        openings = self.openings.get((agreement, month), [])
        entries += [set_off(opening, 1) for opening in openings]
        assurance = _assurance(
            self._tally, self.facts, agreement, month, self._files, self._corrections, beside or {}, user()
        )
        issue(c, document, entries, kind=kind, number=1, assurance=assurance, inputs=self._inputs)
        self.facts.forget(agreement)
        return document, openings, entries

    def entries(self, agreement: str, month: str, cause: str) -> tuple[dict[str, Any], list[Entry]]:
        """Return the statement of a month and the entries of its lines; nothing is written."""
        settled = settle(self.facts, agreement, month)
        document = make_statement(self._workspace, self.facts, agreement, month, "closed", settled)
        units = {line: value.units for line, value in line_values(settled).items()}
        return document, entries_of(document, units, cause, 1)


def _totals(document: dict[str, Any]) -> dict[str, str]:
    return {f"{d['payer']} pays {d['payee']}": d["total"] for d in document["directions"]}


def _dollars(openings: Sequence[Opening]) -> dict[str, str]:
    return {who: dollars_text(cents) for who, cents in set_off_dollars(openings).items()}
