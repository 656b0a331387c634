"""What waits and what was rejected, for a terminal."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from stream.cli.numbers import counted, minutes

__all__ = ["render_suspense"]

_MOST: Final = 5


def render_suspense(rows: list[dict[str, Any]], console: Console, what: str) -> None:
    """Print records by reason: how many, what would mend them, and the first few.

    A record's place stands beside it where the width allows, below it elsewhere; it is never cut off.
    """
    if not rows:
        console.print(f"no record is {what}")
        return
    for reason, count in Counter(row["reason"] for row in rows).most_common():
        of_reason = [row for row in rows if row["reason"] == reason]
        console.print(Text.assemble((reason, "bold yellow"), f"  {counted(count, 'record')}"))
        if "remedy" in of_reason[0]:
            console.print(Padding(Text(of_reason[0]["remedy"], style="dim"), (0, 0, 0, 2)))
        shown = of_reason[:_MOST]
        _records([_head(row, console.width) for row in shown], [_where(row) for row in shown], console)
        if count > _MOST:
            console.print(f"  ... and {count - _MOST:,} more (--json lists all)", style="dim")


def _where(row: dict[str, Any]) -> str:
    where = row["file"] or "?"
    return where if row["line"] is None else f"{where}:{row['line']}"


def _head(row: dict[str, Any], width: int) -> tuple[str, ...]:
    """Return what tells a record: what it is, when and how long, or the beginning of its text."""
    if "record_id" not in row:
        text, most = row["record"], width - len("     ...")
        return (text if len(text) <= most else f"{text[:most]} ...",)
    at = datetime.fromtimestamp(row["connect_ms"] / 1000, UTC)
    return f"{row['source']} {row['record_id']}", f"{at:%Y-%m-%d %H:%M:%S}Z", f"{minutes(row['duration_ms'])} min"


def _records(heads: list[tuple[str, ...]], places: list[str], console: Console) -> None:
    widths = [max(len(head[column]) for head in heads) for column in range(len(heads[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(head, widths, strict=True)) for head in heads]
    beside = all(len(f"  {line}  {place}") <= console.width for line, place in zip(lines, places, strict=True))
    for line, place in zip(lines, places, strict=True):
        if beside:
            console.print(Text(f"  {line}  {place}"), soft_wrap=True)
        else:
            console.print(Padding(Text(line.rstrip(), overflow="fold"), (0, 0, 0, 2)))
            console.print(Padding(Text(place, style="dim", overflow="fold"), (0, 0, 0, 4)))
