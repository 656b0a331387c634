"""Reports and charts, for a terminal: plain characters, 80 columns."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import dollars, minutes, percent, ratio
from stream.desk.reports.table import COUNT, DOLLARS, MS, NUMBER, TEXT, Report

__all__ = ["bar", "render_position", "render_report"]

_BAR: Final = 36


def render_report(report: Report, console: Console, nothing: str) -> None:
    """Print a report; milliseconds are shown as minutes."""
    if not report.rows:
        console.print(nothing)
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name, kind in report.columns.items():
        left = kind == TEXT
        table.add_column(
            _heading(name, kind),
            justify="left" if left else "right",
            overflow="fold",
            no_wrap=not left,
        )
    for row in report.rows:
        table.add_row(*(_shown(row[name], kind) for name, kind in report.columns.items()))
    console.print(table)


def _heading(name: str, kind: str) -> str:
    if kind == MS:
        return "min" if name == "ms" else name.replace("_ms", " min").replace("_", " ")
    return name if kind == NUMBER else name.replace("_", " ")


def _shown(value: Any, kind: str) -> str:
    if value is None:
        return "-"
    if kind == MS:
        return minutes(value)
    if kind == DOLLARS:
        return dollars(value)
    return f"{value:,}" if kind == COUNT else str(value)


def bar(part: int, whole: int, width: int = _BAR) -> str:
    """Return a bar as long as the part of a whole, at least a mark if there is any, and no longer than the whole."""
    if part <= 0 or whole <= 0:
        return ""
    return "#" * min(width, max(1, (part * width + whole // 2) // whole))


def render_position(report: Report, console: Console) -> None:
    """Print a chart of the ratio, and one of the cap where there is one, a bar a month, a carrier after another."""
    if not report.rows:
        console.print("no usage of this agreement yet")
        return
    for carrier in dict.fromkeys(row["carrier"] for row in report.rows):
        mine = [row for row in report.rows if row["carrier"] == carrier]
        console.print(Text(f"{carrier}: terminating to originating", style="bold"))
        _ratios(mine, console)
        if any(row["cap_ms"] for row in mine):
            console.print(Text(f"{carrier}: cap used", style="bold"))
            for row in mine:
                if row["cap_ms"]:
                    share = bar(row["used_ms"], row["cap_ms"]).ljust(_BAR, ".")
                    used = percent(row["used_ms"], row["cap_ms"])
                    console.print(f"  {row['month']} |{share}| {used} of {minutes(row['cap_ms'])} min", soft_wrap=True)


def _ratios(rows: list[Mapping[str, Any]], console: Console) -> None:
    """Print a bar a month; the highest ratio fills the line, found by cross-multiplication."""
    with_ratio = [row for row in rows if row["o_ms"]]
    top_t, top_o = 0, 1
    for row in with_ratio:
        if row["t_ms"] * top_o > top_t * row["o_ms"]:
            top_t, top_o = row["t_ms"], row["o_ms"]
    for row in rows:
        length = bar(row["t_ms"] * top_o, top_t * row["o_ms"]) if row["o_ms"] else ""
        console.print(f"  {row['month']} |{length.ljust(_BAR)}| {ratio(row['t_ms'], row['o_ms'])}", soft_wrap=True)
