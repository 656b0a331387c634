"""The ledger for a terminal."""

from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import dollars, minutes

__all__ = ["render_ledger"]


def render_ledger(rows: list[dict[str, Any]], console: Console) -> None:
    """Print one row an entry that moves money, and what all entries of a direction sum to."""
    if not rows:
        console.print("nothing is booked")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("seq", justify="right")
    table.add_column("month", no_wrap=True)
    table.add_column("cause", no_wrap=True)
    table.add_column("line", overflow="fold", ratio=1)
    table.add_column("minutes", justify="right", no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    totals: dict[str, Decimal] = {}
    silent = 0
    for row in rows:
        who = f"{row['payer']} owes {row['payee']} ({row['agreement']})"
        totals[who] = totals.get(who, Decimal(0)) + Decimal(row["amount"])
        if not Decimal(row["amount"]):
            silent += 1
            continue
        line = Text(row["line"].split("/", 2)[2].replace("/", " "))
        table.add_row(str(row["seq"]), row["month"], row["cause"], line, minutes(row["ms"]), dollars(row["amount"]))
    console.print(table)
    console.print(f"and {silent:,} entries of $0.00 (bill and keep, excluded, unpriced)")
    for who, total in totals.items():
        console.print(f"{who}: {dollars(str(total))}", soft_wrap=True)
    console.print("every entry has a debit and a credit; the ledger sums to $0.00")
