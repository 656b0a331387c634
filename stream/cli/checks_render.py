"""What is missing and what may be there twice, for a terminal."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import counted, minutes, percent

__all__ = ["render_checks"]


def render_checks(document: dict[str, Any], console: Console) -> None:
    """Print a month's sources with what was checked of them, gaps, probable twins, and verification records."""
    found = document["completeness"]
    if not found["sources"]:
        console.print(f"{document['month']}: no source has billing calls in this month or in the weeks before it")
    else:
        console.print(_sources(found["sources"]))
        rule = found["rule"]
        about = (
            f"an hour is a gap under {rule['gap_percent']}% of the median of the same hour of the week in "
            f"{rule['gap_weeks']} weeks before, where that is {rule['gap_calls']} calls or more"
        )
        console.print(Text(about, style="dim"))
    for run in found["sequences"]:
        _line(
            f"{run['source']}: {counted(run['files'], 'file')} named {run['names']}, one a {run['steps_by']}", console
        )
    for gap in found["gaps"]:
        _gap(gap, console)
    for agreement, twins in sorted(document["twins"].items()):
        if twins["pairs"]:
            _twins(agreement, twins, console)
    for agreement, seen in sorted(document["verification"].items()):
        if seen["records"]:
            agreed = percent(seen["with_billing_record"], seen["records"])
            _line(
                f"{agreement or 'no agreement'}: {counted(seen['records'], 'verification record')}, "
                f"{minutes(seen['ms'])} min; {agreed} have a billing record, of {minutes(seen['billed_ms'])} min",
                console,
            )


def _line(text: str, console: Console, indent: int = 0) -> None:
    console.print(Padding(Text(text, overflow="fold"), (0, 0, 0, indent)))


def _sources(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("source", overflow="fold")
    table.add_column("clock", no_wrap=True)
    for column in ("calls", "hours", "checked", "too new", "gaps"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        counts = (row[name] for name in ("calls", "hours", "checked", "without_history", "gaps"))
        table.add_row(row["source"], row["clock"], *(f"{count:,}" for count in counts))
    return table


def _gap(gap: dict[str, Any], console: Console) -> None:
    where = gap["first"] if gap["first"] == gap["last"] else f"{gap['first']} to {gap['last']}"
    what = (
        f"{counted(gap['calls'], 'call')} in {counted(gap['missing'], 'hour')}, {gap['expected']:,} expected"
        if gap["kind"] == "hours"
        else f"{counted(gap['missing'], 'file')} missing"
    )
    _line(f"GAP {gap['source']} {where}: {what}", console)
    if (by := gap["accepted"]) is not None:
        _line(f"accepted by {by['by']} at {by['at']}: {by['reason']}", console, 4)


def _twins(agreement: str, twins: dict[str, Any], console: Console) -> None:
    counts = f"{counted(twins['pairs'], 'probable twin')}, {minutes(twins['ms'])} min"
    shown = f", the first {len(twins['sample'])}" if twins["pairs"] > len(twins["sample"]) else ""
    _line(f"{agreement or 'no agreement'}: {counts}{shown}", console)
    for pair in twins["sample"]:
        first = pair["records"][0]
        when = datetime.fromtimestamp(first["connect_ms"] // 1000, UTC)
        _line(f"{when:%Y-%m-%d %H:%M:%S} UTC, {first['calling']} to {first['called']}", console, 2)
        for record in pair["records"]:
            _line(f"{record['source']} {record['record_id']}, {minutes(record['duration_ms'])} min", console, 4)
