"""What waits and what was rejected, for a terminal."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import minutes

__all__ = ["render_suspense"]

_MOST: Final = 5
_TEXT_MOST: Final = 70


def render_suspense(rows: list[dict[str, Any]], console: Console, what: str) -> None:
    """Print records by reason: how many, what would mend them, and the first few."""
    if not rows:
        console.print(f"no record is {what}")
        return
    for reason, count in Counter(row["reason"] for row in rows).most_common():
        of_reason = [row for row in rows if row["reason"] == reason]
        console.print(Text.assemble((reason, "bold yellow"), f"  {count:,} records"))
        if "remedy" in of_reason[0]:
            console.print(Text(f"  {of_reason[0]['remedy']}", style="dim"))
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 1))
        for row in of_reason[:_MOST]:
            where = row["file"] or "?"
            where += f":{row['line']}" if row["line"] is not None else ""
            if "record_id" in row:
                at = datetime.fromtimestamp(row["connect_ms"] / 1000, UTC)
                used = f"{minutes(row['duration_ms'])} min"
                table.add_row("", f"{row['source']} {row['record_id']}", f"{at:%Y-%m-%d %H:%M:%S}Z", used, where)
            else:
                text = row["record"] if len(row["record"]) <= _TEXT_MOST else row["record"][:_TEXT_MOST] + " ..."
                table.add_row("", where, Text(text, overflow="fold"))
        console.print(table)
        if count > _MOST:
            console.print(f"  ... and {count - _MOST:,} more (--json lists all)", style="dim")
