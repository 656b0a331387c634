"""The position of each carrier-state, for a terminal."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.advisory_render import render_advisories
from stream.cli.numbers import counted, minutes, percent, ratio

__all__ = ["render_status"]


def _cap(cap: dict[str, Any] | None) -> str:
    if cap is None:
        return "-"
    if cap["limit_ms"] is None:
        return f"{cap['year']} no limit"
    return f"{cap['year']} {percent(cap['used_ms'], cap['limit_ms'])}"


def render_status(found: dict[str, Any], console: Console) -> None:
    """Print one row a carrier-state and month, then advisories, what waits in suspense and what was received."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("carrier-state", no_wrap=True)
    table.add_column("month", no_wrap=True)
    for column in ("term. min", "orig. min", "T:O", "ISP-bound"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("cap", no_wrap=True)
    agreement, carrier = "", ""
    for row in found["carriers"]:
        if row["agreement"] != agreement:
            table.add_row(Text(row["agreement"], style="bold"), *[""] * 6)
            agreement, carrier = row["agreement"], ""
        name = f"  {row['carrier']} {row['state']}"
        isp = "-" if row["isp_ms"] is None else percent(row["isp_ms"], row["t_ms"])
        table.add_row(
            name if name != carrier else "",
            row["month"] + ("" if row["closed"] else "*"),
            minutes(row["terminating_ms"]),
            minutes(row["originating_ms"]),
            ratio(row["terminating_ms"], row["originating_ms"]),
            isp,
            _cap(row["cap"]),
        )
        carrier = name
    if found["carriers"]:
        console.print(table)
        about = "minutes of local, virtual FX and extended-area calls; T:O is terminating to originating"
        console.print(Text(f"{about}; * not closed; terms as known at {found['as_known_at']}", style="dim"))
    else:
        console.print("no usage yet; rate call files with: ratestream rate FILES...")
    _latest_advisories(found["advisories"], console)
    for row in found["suspense"]:
        console.print(
            f"waiting in suspense: {counted(row['records'], 'record')}, {minutes(row['ms'])} min, {row['reason']}"
        )
    files = found["files"]
    if files["known"]:
        last = datetime.fromtimestamp(files["last_received_ms"] // 1000, UTC)
        unfinished = files["known"] - files["done"]
        more = f", {unfinished} not finished (rate them again)" if unfinished else ""
        console.print(f"{counted(files['known'], 'file')} rated{more}, the last received {last:%Y-%m-%d %H:%M:%S} UTC")


def _latest_advisories(rows: list[dict[str, Any]], console: Console) -> None:
    """Print what is to be told of each agreement's last month; ``--json`` and the statements have the others'."""
    latest: dict[str, str] = {}
    for row in rows:
        latest[row["agreement"]] = max(latest.get(row["agreement"], ""), row["month"])
    for row in rows:
        if row["month"] == latest[row["agreement"]] and row["advisories"]:
            console.print(Text(f"{row['agreement']} {row['month']}", style="bold"))
            render_advisories(row["advisories"], console)
