"""Closing a month: checks first, then statements issued and booked, once, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, select

from rating.codes import Outcome, name_of
from rating.facts import Facts, month_days
from rating.ledger import entries_of
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
from stream.books.layers import CORRECTIONS, rerate_layers
from stream.books.policies import refuse_changed_policy
from stream.books.snapshots import Inputs, capture
from stream.books.store import Store
from stream.facts import make_facts
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["Closed", "close_month"]


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing did for one agreement: the statement's number, and whether it was closed before."""

    agreement: str
    month: str
    number: int
    total: dict[str, str]
    already: bool


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
            {"file": f.file, "path": f.path, "sha256": f.sha256, "records": f.records, "done": bool(f.done)}
            for f in files
        ],
        CORRECTIONS: list(corrections),
        **beside,
        "checks": [
            "conservation: in = the sum of the outcomes, by source, hour and partition, in records and ms",
            "completeness: billing sources by hour of connect against the weeks before, and their files' sequence",
            "probable twins: the same call billed by two sources; listed, not taken out",
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
    """Close a month for every agreement that has usage in it.

    Everything is checked and made before the first row is written, and booked in one transaction;
    an agreement whose month is closed already is left as it is. Where nothing is left to close, nothing
    is looked at.

    Parameters
    ----------
    probe : callable
        Looks for gaps and twins.
    accept_gap : str, optional
        Why the month is closed over gaps that nobody has accepted yet.

    Raises
    ------
    ChecksFailed
        If there are such gaps and no reason is given: then nothing is booked.
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
        corrections = rerate_layers(store)
        codes = {code for code, of_month in store.months() if of_month == month}
        refuse_changed_policy(workspace, store)
        inputs = capture(workspace)
        agreements = [
            row.agreement for row in workspace.tables.agreements if names.find("agreement", row.agreement) in codes
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
                _close(
                    c, workspace, facts, tally, files, corrections, inputs, agreement, month,
                    _of_agreement(checks, decisions, agreement),
                )
                for agreement in agreements
            ]  # fmt: skip


def _close(
    c: Connection,
    workspace: Workspace,
    facts: Facts,
    tally: Tally,
    files: Sequence[Any],
    corrections: Sequence[str],
    inputs: Inputs,
    agreement: str,
    month: str,
    beside: dict[str, Any],
) -> Closed:
    mine = (t.statements.c.agreement == agreement) & (t.statements.c.month == month)
    issued = c.execute(select(t.statements).where(mine).order_by(t.statements.c.number).limit(1)).first()
    if issued is not None:
        return Closed(agreement, month, issued.number, _totals(orjson.loads(issued.body)), already=True)
    settled = settle(facts, agreement, month)
    document = make_statement(workspace, facts, agreement, month, "closed", settled)
    units = {line: value.units for line, value in line_values(settled).items()}
    issue(
        c,
        document,
        entries_of(document, units, "close", 1),
        kind="close",
        number=1,
        assurance=_assurance(tally, facts, agreement, month, files, corrections, beside, user()),
        inputs=inputs,
    )
    facts.forget(agreement)
    return Closed(agreement, month, 1, _totals(document), already=False)


def _totals(document: dict[str, Any]) -> dict[str, str]:
    return {f"{d['payer']} pays {d['payee']}": d["total"] for d in document["directions"]}
