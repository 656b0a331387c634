"""What a true-up books, for a terminal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import counted, dollars

if TYPE_CHECKING:
    from stream.books.trueup import Adjusted

__all__ = ["render_true_up"]


def render_true_up(adjusted: Sequence["Adjusted"], console: Console, *, dry_run: bool) -> None:
    """Print what each cause changes in each closed month, and what all of it comes to."""
    changed = [month for month in adjusted if month.number is not None]
    if not adjusted:
        console.print("no month is closed, nothing to true up")
        return
    if not changed:
        console.print(f"{counted(len(adjusted), 'closed month')}: value now is value booked, nothing to book")
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("agreement", overflow="fold")
    table.add_column("month", no_wrap=True)
    table.add_column("cause", overflow="fold", ratio=1)
    table.add_column("who pays whom", overflow="fold")
    table.add_column("change", justify="right", no_wrap=True)
    totals: dict[str, Decimal] = {}
    for month in changed:
        for cause, sums in month.by_cause().items():
            for who, amount in sums.items():
                if Decimal(amount):
                    table.add_row(month.agreement, month.month, cause, who, dollars(amount))
                totals[who] = totals.get(who, Decimal(0)) + Decimal(amount)
    if table.row_count:
        console.print(table)
    for who, total in totals.items():
        console.print(Text(f"{who}: {dollars(str(total))}", style="bold"))
    entries = sum(len(month.parts) for month in changed)
    how = "would be " if dry_run else ""
    console.print(
        f"{counted(entries, 'entry')} {how}booked, and {counted(len(changed), 'statement')} {how}issued anew, "
        f"in {counted(len(adjusted), 'closed month')}"
    )
