"""The ledger for a terminal."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rating.money import dollars_text
from rating.opening import Opening
from stream.cli.numbers import counted, dollars, minutes

__all__ = ["render_ledger", "render_openings"]


def render_ledger(rows: list[dict[str, Any]], console: Console) -> None:
    """Print one row an entry that moves money, by statement and cause, and what each direction sums to."""
    if not rows:
        console.print("nothing is booked")
        return
    for (agreement, month, number, cause), booked in groupby(
        rows, key=lambda row: (row["agreement"], row["month"], row["number"], row["cause"])
    ):
        entries = [row for row in booked if Decimal(row["amount"])]
        if entries:
            where = "billed before the books were opened" if number is None else f"statement no. {number}"
            console.print(Text(f"{agreement} {month}, {where}: {cause}", style="bold"))
            console.print(_entries(entries))
    silent = sum(not Decimal(row["amount"]) for row in rows)
    console.print(f"and {counted(silent, 'entry')} of $0.00 (bill and keep, excluded, unpriced, under a cent)")
    totals: dict[str, Decimal] = {}
    for row in rows:
        who = f"{row['payer']} owes {row['payee']} ({row['agreement']})"
        totals[who] = totals.get(who, Decimal(0)) + Decimal(row["amount"])
    for who, total in totals.items():
        console.print(f"{who}: {dollars(str(total))}", soft_wrap=True)
    console.print("every entry has a debit and a credit; the ledger sums to $0.00")


def _entries(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("seq", justify="right", no_wrap=True, min_width=5)
    table.add_column("line", overflow="fold", ratio=1)
    table.add_column("minutes", justify="right", no_wrap=True, min_width=11)
    table.add_column("amount", justify="right", no_wrap=True, min_width=11)
    for row in rows:
        line = Text(row["line"].split("/", 2)[2].replace("/", " "))
        table.add_row(str(row["seq"]), line, minutes(row["ms"]), dollars(row["amount"]))
    return table


def render_openings(openings: Sequence[Opening], known: int, console: Console) -> None:
    """Print what the ledger was opened with now, a row a bill, and how many it was opened with before."""
    if openings:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("agreement", overflow="fold", ratio=1)
        table.add_column("month", no_wrap=True)
        table.add_column("who pays whom", overflow="fold")
        table.add_column("class", overflow="fold")
        table.add_column("invoice", overflow="fold")
        table.add_column("billed", justify="right", no_wrap=True)
        table.add_column("paid", justify="right", no_wrap=True)
        for row in openings:
            who = f"{row.payer} pays {row.payee}"
            amounts = (dollars(dollars_text(row.cents)), dollars(dollars_text(row.paid_cents)))
            table.add_row(row.agreement, row.month, who, row.traffic_class, row.invoice, *amounts)
        console.print(table)
    console.print(f"{counted(len(openings), 'bill')} opened the ledger now, {counted(known, 'bill')} before")
