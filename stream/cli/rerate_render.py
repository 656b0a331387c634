"""What a rerate moved, for a terminal and as JSON."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import minutes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream.rerate.run import Rerated

__all__ = ["document_of", "render_rerate"]


def document_of(done: "Rerated", months: "Sequence[str]") -> dict[str, Any]:
    """Return what ``--json`` prints; `booked` is 0 always, and `next` the command that books, if there is cause."""
    return {
        "layer": done.layer,
        "months": list(months) or None,
        "decided": done.decided,
        "changed": done.changed,
        "cells": done.cells,
        "moved": [move.as_dict() for move in done.moves],
        "waiting": done.waiting,
        "unclosed": [{"agreement": agreement, "month": month} for agreement, month in done.unclosed],
        "booked": 0,
        "next": "true-up" if done.layer is not None else None,
    }


def render_rerate(done: "Rerated", console: Console) -> None:
    """Print what moved, by month, and what to do next."""
    if done.layer is None:
        console.print(f"{done.decided:,} calls decided again: as before, nothing was written")
    else:
        console.print(
            f"{done.decided:,} calls decided again, {done.changed:,} of them otherwise; "
            f"{done.cells:,} usage cells corrected as {done.layer}",
            soft_wrap=True,
        )
        if done.moves:
            console.print(_table(done))
        console.print("Nothing is booked: `true-up` books the difference to closed months, --dry-run shows it.")
        for agreement, month in done.unclosed:
            console.print(f"{agreement} has no statement of {month} yet: `close {month}` makes it.", soft_wrap=True)
    if done.waiting:
        console.print(
            f"{done.waiting:,} records wait in suspense; they are not decided again here: `suspense recycle` tries "
            "them.",
            soft_wrap=True,
        )


def _table(done: "Rerated") -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("month", no_wrap=True)
    table.add_column("from", overflow="fold")
    table.add_column("to", overflow="fold")
    table.add_column("calls", justify="right", no_wrap=True)
    table.add_column("minutes", justify="right", no_wrap=True)
    for move in done.moves:
        was, now = (move.agreement, move.traffic_class), (move.to_agreement, move.to_class)
        to = Text("the same, at another place or on other days", style="dim") if was == now else Text(_words(*now))
        table.add_row(move.month, Text(_words(*was)), to, f"{move.calls:,}", minutes(move.ms))
    return table


def _words(agreement: str, kind: str) -> str:
    return f"{agreement} {kind}" if agreement else kind
