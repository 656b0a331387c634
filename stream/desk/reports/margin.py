"""What the booked entries come to: revenue and cost of one's own, or between whom, by agreement and month."""

from collections import defaultdict

from sqlalchemy import select

from rating.money import dollars_text
from stream.books import tables as t
from stream.books.store import Store
from stream.desk.reports.table import DOLLARS, MS, TEXT, Report

__all__ = ["margin"]


def margin(store: Store, company: str | None) -> Report:
    """Return booked amounts by agreement and month, true-ups included.

    With a company, what it is owed is receivable and revenue, what it owes payable and cost, and entries between
    others are left out. Without one the report is neutral: a row a payer and payee.
    """
    entry = t.entries.c
    columns = (entry.agreement, entry.month, entry.payer, entry.payee, entry.ms, entry.cents)
    sums: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    with store.reading() as c:
        for row in c.execute(select(*columns)):
            have = sums[row.agreement, row.month, row.payer, row.payee]
            have[0] += row.ms
            have[1] += row.cents
    return _neutral(sums) if company is None else _own(sums, company)


def _neutral(sums: dict[tuple[str, str, str, str], list[int]]) -> Report:
    kinds = {"agreement": TEXT, "month": TEXT, "payer": TEXT, "payee": TEXT, "ms": MS, "amount": DOLLARS}
    rows = [
        {**dict(zip(kinds, key, strict=False)), "ms": ms, "amount": dollars_text(amount)}
        for key, (ms, amount) in sorted(sums.items())
    ]
    return Report(kinds, rows)


def _own(sums: dict[tuple[str, str, str, str], list[int]], company: str) -> Report:
    both: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for (agreement, month, payer, payee), (_, amount) in sums.items():
        if company in (payer, payee):
            other = payer if payee == company else payee
            both[agreement, month, other][0 if payee == company else 1] += amount
    kinds = {
        "agreement": TEXT, "month": TEXT, "with": TEXT,
        "receivable": DOLLARS, "payable": DOLLARS, "margin": DOLLARS,
    }  # fmt: skip
    rows = [
        {
            "agreement": agreement, "month": month, "with": other,
            "receivable": dollars_text(earned), "payable": dollars_text(owed), "margin": dollars_text(earned - owed),
        }
        for (agreement, month, other), (earned, owed) in sorted(both.items())
    ]  # fmt: skip
    return Report(kinds, rows)
