"""What other terms or another reading would change, for a terminal, in 80 columns and in more."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import change, days, dollars, minutes, rate

__all__ = ["render_what_if"]

_STYLE: Final = {"+": "green", "-": "red"}


def render_what_if(found: dict[str, Any], console: Console, *, lines: bool) -> None:
    """Print what was tried, then by agreement, month and direction the money now and then.

    Parameters
    ----------
    found : dict
        As `stream.desk.whatif.what_if` makes it.
    lines : bool
        Also line by line: what changes, with minutes, rate, amount and clause of both sides.
    """
    _tried(found, console)
    for row in found["agreements"]:
        console.print()
        _totals(row, console)
        if lines:
            for month in row["months"]:
                _lines(month, console)
    console.print(
        Text(f"terms as known at {found['as_known_at']}; {found['compared']}; nothing is booked", style="dim")
    )


def _tried(found: dict[str, Any], console: Console) -> None:
    for draft in found["terms"]:
        how = "in place of the one of this id" if draft["replaces"] else "added"
        mark = ", illustrative" if draft["illustrative"] else ""
        console.print(Text.assemble("terms  ", (draft["instrument"], "bold"), f" {how}{mark}: {draft['title']}"))
        if draft["why_not"]:
            console.print(Text(f"       reaches none of these agreements: {draft['why_not']}", style="yellow"))
    for row in found["policies"]:
        now, then = row["now"], row["then"]
        said = "as it is" if now == then else f"{_said(now, then)}, then {_said(then, now)}"
        console.print(Text.assemble("policy ", (row["policy"], "bold"), f" of {row['agreement']}: {said}"))


def _said(value: Any, other: Any) -> str:
    """Write a value; of a table only what is not so in the other."""
    if isinstance(value, dict):
        unlike = {name: inner for name, inner in value.items() if inner != other[name]}
        return ", ".join(f"{name} {_said(inner, None)}" for name, inner in unlike.items())
    if isinstance(value, list):
        return "+".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _difference(amount: str) -> Text:
    words = change(amount)
    return Text(words, style=_STYLE.get(words[0], "dim"))


def _totals(row: dict[str, Any], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column(Text(row["agreement"], style="bold"), no_wrap=True)
    table.add_column("who pays whom", overflow="fold")
    for column in ("now", "then", "difference"):
        table.add_column(column, justify="right", no_wrap=True)

    def add(label: str, who: str, both: dict[str, str], style: str = "") -> None:
        amounts = dollars(both["now"]), dollars(both["then"])
        table.add_row(label, Text(who), *amounts, _difference(both["difference"]), style=style)

    for month in row["months"]:
        label = month["month"]
        if not month["directions"]:
            table.add_row(label, Text("no usage" if not month["usage"] else "no lines", style="dim"), "", "", "")
        for way in month["directions"]:
            add(label, f"{way['payer']} pays {way['payee']}", way)
            label = ""
    if len(row["months"]) > 1:
        label = "in all"
        for way in row["directions"]:
            add(label, f"{way['payer']} pays {way['payee']}", way, "bold")
            label = ""
    add("", f"net to {row['net_to']}", row["net"], "bold")
    console.print(table)
    if any(row["unpriced_ms"].values()):
        now, then = (minutes(ms) for ms in row["unpriced_ms"].values())
        text = f"without a price in the terms (terms_missing, $0.00): {now} min" + (
            f", then {then}" if now != then else ""
        )
        console.print(Text(text, style="magenta"))


def _lines(month: dict[str, Any], console: Console) -> None:
    for way in month["directions"]:
        heading = Text(f"{month['month']}  {way['payer']} pays {way['payee']}", style="bold")
        changed = [line for line in way["lines"] if line["changed"]]
        same = [line for line in way["lines"] if not line["changed"]]
        count = f"{len(same)} line{'s' if len(same) != 1 else ''}"
        kept = dollars(str(sum((Decimal(line["now"]["amount"]) for line in same), Decimal(0))))
        console.print()
        if not changed:
            console.print(Text.assemble(heading, (f": {count} the same both ways, {kept}", "dim")))
            continue
        console.print(heading)
        for text in _position(way):
            console.print(Text(text, style="dim"))
        _table(changed, console)
        if same:
            console.print(Text(f"and {count} the same both ways, {kept} in all", style="dim"))


def _position(way: dict[str, Any]) -> Iterator[str]:
    """Say what moves of ISP-bound time and of the cap."""
    before, after = (side["isp_ms"] if side else 0 for side in way["presumption"].values())
    if before != after:
        yield f"ISP-bound: {minutes(before)} min, then {minutes(after)}"
    before, after = way["cap"]["now"], way["cap"]["then"]
    if before != after:
        sides = [_cap(side) for side in (before, after)]
        yield f"cap: {sides[0]}, then {sides[1]}"


def _cap(cap: dict[str, Any] | None) -> str:
    if cap is None:
        return "none"
    limit = "no limit known" if cap["limit_ms"] is None else f"{minutes(cap['limit_ms'])} min"
    return f"{limit}, used {minutes(cap['used_before_ms'] + cap['used_ms'])}"


def _table(lines: list[dict[str, Any]], console: Console) -> None:
    notes: dict[str, int] = {}

    def cite(clauses: list[str]) -> str:
        return ",".join(str(notes.setdefault(clause, len(notes) + 1)) for clause in dict.fromkeys(clauses))

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("class, LATA, days", overflow="fold", min_width=24)
    for column in ("minutes", "$/min", "amount"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("clause", overflow="fold")
    for (kind, lata, first, last), group in groupby(
        lines, key=lambda line: (line["class"], line["lata"], line["from"], line["through"])
    ):
        rows = list(group)
        moved = sum((Decimal(row["difference"]) for row in rows), Decimal(0))
        heading = Text.assemble((kind, "bold"), f" {lata or '-'} {days(first, last)}")
        table.add_row(heading, "", "", _difference(str(moved)), "")
        for when in ("now", "then"):
            for side in (row[when] for row in rows if row[when] is not None):
                price = rate(side["rate"]) if side["rate"] else "elements" if side.get("elements") else ""
                mark = " *" if side["illustrative"] else ""
                billed = f", billed {minutes(side['billed_ms'])}" if "billed_ms" in side else ""
                words = f"  {when:<4} {side['outcome'].replace('_', ' ')}, {side['reason']}{mark}{billed}"
                amount = dollars(side["amount"])
                table.add_row(Text(words), minutes(side["ms"]), price, amount, cite(side["clauses"]))
    console.print(table)
    if any(side and side["illustrative"] for line in lines for side in (line["now"], line["then"])):
        console.print(Text("* illustrative: an invented price", style="dim"))
    if notes:
        cited = ", ".join(f"{number} {clause}" for clause, number in notes.items())
        console.print(Text(f"clauses: {cited}", style="dim"))
