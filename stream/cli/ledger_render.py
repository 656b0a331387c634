"""The ledger for a terminal."""

from decimal import Decimal
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import counted, dollars, minutes

__all__ = ["render_ledger"]


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
            console.print(Text(f"{agreement} {month}, statement no. {number}: {cause}", style="bold"))
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
