"""What each open reading is worth, for a terminal, in 80 columns and in more."""

from decimal import Decimal
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import change, dollars, minutes

__all__ = ["render_exposure"]

_STYLE: Final = {"+": "green", "-": "red"}


def render_exposure(found: dict[str, Any], console: Console) -> None:
    """Print each reading that moves money with its months, then those that move nothing, then those without a figure.

    Parameters
    ----------
    found : dict
        As `stream.desk.exposure.exposure` makes it.
    """
    console.print(Text(f"{found['agreement']}  {found['from']} to {found['through']}", style="bold"))
    if not found["months"]:
        console.print("no usage in these months, nothing to value")
        return
    net = found["now"]["net"]
    console.print(Text(f"net to {found['net_to']} as it is read now: {dollars(net)}"))
    if found["now"]["unpriced_ms"]:
        text = f"{minutes(found['now']['unpriced_ms'])} min have no price in these terms (terms_missing): $0.00"
        console.print(Text(text, style="magenta"))
    moving = [(row, other) for row in found["switches"] for other in row["alternatives"] if other["moves"]]
    moving.sort(key=lambda both: -abs(Decimal(both[1]["net"])))
    if moving:
        _summary(found, moving, console)
    for row in found["switches"]:
        others = [other for other in row["alternatives"] if other["moves"]]
        if others:
            _switch(row, others, found["net_to"], console)
    _still(found["switches"], console)
    _unvalued(found["switches"], console)
    text = f"terms as known at {found['as_known_at']}; {found['compared']}; one switch at a time; nothing is booked"
    console.print()
    console.print(Text(text, style="dim"))


def _said(value: Any, chosen: Any) -> str:
    """Write a value; of a table only what is not as chosen."""
    if isinstance(value, dict):
        other = chosen if isinstance(chosen, dict) else {}
        return ", ".join(f"{name} {_said(inner, None)}" for name, inner in value.items() if inner != other.get(name))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _difference(amount: str) -> Text:
    words = change(amount)
    return Text(words, style=_STYLE.get(words[0], "dim"))


def _summary(found: dict[str, Any], moving: list[tuple[dict[str, Any], dict[str, Any]]], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("switch", no_wrap=True)
    table.add_column("chosen", overflow="fold")
    table.add_column("instead", overflow="fold")
    table.add_column(f"net to {found['net_to']}", justify="right", no_wrap=True)
    for row, other in moving:
        chosen = row["chosen"]["value"]
        before = "as below" if isinstance(chosen, dict) else _said(chosen, None)
        table.add_row(Text(row["switch"]), Text(before), Text(_said(other["value"], chosen)), _difference(other["net"]))
    console.print()
    console.print(table)


def _switch(row: dict[str, Any], others: list[dict[str, Any]], receiver: str, console: Console) -> None:
    chosen = row["chosen"]
    clauses = ", ".join(row["clauses"]) or row["source"]
    console.print()
    console.print(Text.assemble((row["switch"], "bold"), f"  {clauses}"))
    value = "" if isinstance(chosen["value"], dict) else f"{_said(chosen['value'], None)}: "
    _inset(f"chosen by {chosen['by']}", console, "dim")
    _inset(f"{value}{chosen['reading']}", console)
    for other in others:
        _inset(f"instead {_said(other['value'], chosen['value'])}: {other['reading']}", console)
        if _repriced(other):
            _inset(_repriced(other), console, "magenta")
        console.print(Padding(_months(other, receiver), (0, 0, 0, 4), expand=False))


def _inset(text: str, console: Console, style: str = "") -> None:
    console.print(Padding(Text(text, style=style), (0, 0, 0, 2), expand=False))


def _months(other: dict[str, Any], receiver: str) -> Table:
    """Return the months that move, a column a direction that moves."""
    ways = [(way["payer"], way["payee"]) for way in other["directions"]]
    moving = [who for who in ways if any(_amount(month, who) != "0.00" for month in other["months"])]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("month", no_wrap=True)
    for payer, payee in moving:
        table.add_column(f"{payer} pays {payee}", justify="right")
    table.add_column(f"net to {receiver}", justify="right")
    still = 0
    for month in other["months"]:
        amounts = [_amount(month, who) for who in moving]
        if all(amount == "0.00" for amount in amounts):
            still += 1
            continue
        table.add_row(month["month"], *map(_difference, amounts), _difference(month["net"]))
    if len(other["months"]) - still > 1:
        table.add_row(
            "in all", *(_difference(_amount(other, who)) for who in moving), _difference(other["net"]), style="bold"
        )
    return table


def _repriced(other: dict[str, Any]) -> str:
    """Say what time gets a price, or loses it: its money is not among the dollars."""
    now, then = (minutes(ms) for ms in other["unpriced_ms"].values())
    return f"minutes without a price: {now}, then {then}" if now != then else ""


def _amount(part: dict[str, Any], who: tuple[str, str]) -> str:
    return next((way["amount"] for way in part["directions"] if (way["payer"], way["payee"]) == who), "0.00")


def _still(switches: list[dict[str, Any]], console: Console) -> None:
    """Print one line for each reading that changes no direction of no month."""
    rows = [(row, other) for row in switches for other in row["alternatives"] if not other["moves"]]
    if not rows:
        return
    console.print()
    console.print(Text("moves nothing in these months", style="bold"))
    for row, other in rows:
        chosen = row["chosen"]["value"]
        before = "" if isinstance(chosen, dict) else f"{_said(chosen, None)}, "
        _inset(f"$0.00  {row['switch']}: {before}instead {_said(other['value'], chosen)}", console)
        if _repriced(other):
            _inset(f"       {_repriced(other)}", console, "magenta")


def _unvalued(switches: list[dict[str, Any]], console: Console) -> None:
    rows = [(row, other) for row in switches for other in row["not_valued"]]
    if not rows:
        return
    console.print()
    console.print(Text("without a figure", style="bold"))
    for row, other in rows:
        _inset(f"{row['switch']}: instead {_said(other['value'], None)}: {other['reason']}", console)
