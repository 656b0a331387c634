"""Topics for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.kafka.admin import Checked, Created, Difference

__all__ = ["render_checked", "render_created"]


def render_created(done: Created, console: Console) -> None:
    """Print which topics were made, which were there, and how these differ."""
    for what, names in (("made", done.made), ("there", done.there)):
        if names:
            console.print(Text(f"{what}: {', '.join(names)}"), soft_wrap=True)
    _render(done.differences, console)


def render_checked(done: Checked, console: Console) -> None:
    """Print every difference, or that there is none."""
    _render(done.differences, console)
    brokers = f"{done.brokers} broker{'s' * (done.brokers != 1)}"
    found = (
        f"{len(done.differences)} difference{'s' * (len(done.differences) != 1)}" if done.differences else "in order"
    )
    console.print(f"{done.topics} topics on {brokers}: {found}")


def _render(differences: Sequence[Difference], console: Console) -> None:
    if not differences:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("topic", "setting"):
        table.add_column(column, no_wrap=True)
    for column in ("found", "expected"):
        table.add_column(column, overflow="fold")
    table.add_column("why", overflow="fold", ratio=1)
    for d in differences:
        # A name of one's own stands beside our word for it.
        topic = d.topic if d.name in ("", d.topic) else f"{d.topic} ({d.name})"
        table.add_row(Text(topic), Text(d.setting), Text(d.found, style="bold red"), Text(d.expected), Text(d.why))
    console.print(table)
