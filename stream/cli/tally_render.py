"""The conservation summary as a table: what came in, what became of it, and why."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import minutes

__all__ = ["render_tally"]

_STYLE = {"suspended": "yellow", "rejected": "red"}


def render_tally(summary: dict[str, Any], console: Console) -> None:
    """Print a conservation summary; the outcomes sum to what came in, in records and in minutes."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("outcome")
    table.add_column("reason", overflow="fold")
    table.add_column("records", justify="right")
    table.add_column("minutes", justify="right")
    records, ms = summary["records"], summary["ms"]
    table.add_row("in", "", f"{records['in']:,}", minutes(ms["in"]), style="bold")
    for outcome, value in records.items():
        if outcome == "in":
            continue
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for position, (reason, count) in enumerate(rows):
            used = ms[outcome][reason] if isinstance(value, dict) else ms[outcome]
            shown = Text(outcome if position == 0 else "", style=_STYLE.get(outcome, ""))
            table.add_row(shown, Text(reason), f"{count:,}", minutes(used))
    console.print(table)
