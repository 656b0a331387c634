"""A reconciliation for a terminal, in 80 columns and in more."""

from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import change, counted, dollars, minutes, rate

__all__ = ["render_reconciliation"]

_WORDS: Final = {
    "minutes": "minutes",
    "rate": "rate",
    "minutes_and_rate": "minutes, rate",
    "amount": "dollars",
    "only_here": "only here",
    "only_there": "only there",
    "billed_twice": "billed twice",
    "other_period": "other period",
}
_KINDS: Final = {
    "same": "the same on both sides",
    "length": "of another length there",
    "other_class": "of another class there",
    "only_here": "only here",
    "only_there": "only there",
    "recorded_twice_here": "recorded once more here",
    "recorded_twice_there": "recorded once more there",
    "other_period": "of days outside the bill's period",
    "left_out_there": "not of this agreement and direction, or not placed",
}
_MOST: Final = 40


def render_reconciliation(found: dict[str, Any], console: Console) -> None:
    """Print what differs by direction, line and day, then each cause with its minutes, dollars and clause.

    Parameters
    ----------
    found : dict
        As `stream.desk.reconcile.run.reconcile` makes it.
    """
    console.print(Text(f"{found['agreement']}  {found['from']} to {found['through']}", style="bold"), soft_wrap=True)
    console.print(Text(f"{found['bill']['file']}: {counted(found['bill']['lines'], 'line')}"), soft_wrap=True)
    console.print(Text(f"terms as known at {found['as_known_at']}", style="dim"), soft_wrap=True)
    _directions(found["directions"], console)
    if not found["differences"]:
        console.print(Text("no difference: every line of the bill is as the books have it", style="green"))
        return
    _lines([row for row in found["lines"] if row["what"] not in ("same", "unbilled")], console)
    _days(found["days"], console)
    _calls(found["calls"], sum(row["ms_there"] for row in found["directions"]), console)
    _causes(found, console)


def _table(*columns: tuple[str, bool]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for heading, number in columns:
        table.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return table


def _signed(ms: int) -> str:
    return f"+{minutes(ms)}" if ms > 0 else minutes(ms)


def _directions(rows: list[dict[str, Any]], console: Console) -> None:
    table = _table(("who pays", False), ("books, $", True), ("billed, $", True), ("difference, $", True))
    for row in rows:
        table.add_row(
            Text(f"{row['payer']} pays {row['payee']}"), dollars(row["here"]), dollars(row["there"]),
            change(row["difference"]),
        )  # fmt: skip
    console.print()
    console.print(table)


def _lines(rows: list[dict[str, Any]], console: Console) -> None:
    table = _table(
        ("class / LATA", False), ("differs", False), ("books,\nmin", True), ("billed,\nmin", True),
        ("billed,\n$/min", True), ("difference,\n$", True),
    )  # fmt: skip
    previous = None
    for row in rows[:_MOST]:
        if (row["payer"], row["payee"]) != previous:
            previous = (row["payer"], row["payee"])
            table.add_row(Text(f"{row['payer']} pays {row['payee']}", style="bold"), *[""] * 5)
        table.add_row(
            Text(f"  {row['class']} {row['lata'] or ''}".rstrip()), _WORDS[row["what"]], minutes(row["ms_here"]),
            minutes(row["ms_there"]), _rate(row), change(row["difference"]),
        )  # fmt: skip
    console.print()
    console.print(table)
    _more(rows, console)


def _rate(row: dict[str, Any]) -> str:
    said = row["rate_there"] or row["rate_here"]
    return rate(said) if said and said[0].isdigit() else said or ""


def _more(rows: list[dict[str, Any]], console: Console) -> None:
    if len(rows) > _MOST:
        console.print(Text(f"... and {len(rows) - _MOST} more (--json lists all)", style="dim"))


def _days(rows: list[dict[str, Any]], console: Console) -> None:
    if not rows:
        return
    table = _table(
        ("day", False),
        ("who pays", False),
        ("LATA", False),
        ("books, min", True),
        ("billed, min", True),
        ("difference, min", True),
    )
    for row in rows[:_MOST]:
        table.add_row(
            row["day"], Text(f"{row['payer']}>{row['payee']}"), row["lata"] or "-", minutes(row["ms_here"]),
            minutes(row["ms_there"]), _signed(row["ms_difference"]),
        )  # fmt: skip
    console.print()
    console.print(table)
    _more(rows, console)


def _calls(found: dict[str, Any] | None, billed_ms: int, console: Console) -> None:
    if found is None:
        return
    console.print()
    console.print(Text(f"calls in {found['file']}: {found['there']:,} of the bill's directions", style="bold"))
    if minutes(found["ms_there"]) != minutes(billed_ms):
        text = f"  they come to {minutes(found['ms_there'])} min, the bill to {minutes(billed_ms)} min"
        console.print(Text(text, style="magenta"))
    offset = found["clock_offset_ms"]
    if offset:
        seconds = f"{abs(offset) / 1000:.1f} s {'ahead of' if offset > 0 else 'behind'}"
        console.print(Text(f"  their clock is {seconds} ours, and that is taken out"))
    table = _table(("", False), ("calls", True))
    for kind, words in _KINDS.items():
        if found[kind]:
            table.add_row(f"  {words}", f"{found[kind]:,}")
    console.print(table)


def _causes(found: dict[str, Any], console: Console) -> None:
    console.print()
    console.print(Text("likely causes", style="bold"))
    if not found["causes"]:
        how = "calls prove none either" if found["calls"] else "--calls FILE matches call by call"
        console.print(Text(f"  none that readings, rates, days or the cent would prove; {how}"))
    for cause in found["causes"]:
        calls = f", {counted(cause['calls'], 'call')}" if cause["calls"] else ""
        head = f"{cause['cause'].replace('_', ' ')}: {change(cause['amount'])}, {_signed(cause['ms'])} min{calls}"
        console.print(Text(f"{head}  ({cause['payer']} pays {cause['payee']})"))
        console.print(Padding(Text(cause["words"], overflow="fold"), (0, 0, 0, 2), expand=False))
        if cause["clauses"]:
            console.print(Padding(Text(", ".join(cause["clauses"]), style="dim"), (0, 0, 0, 2), expand=False))
    for row in found["directions"]:
        console.print(Text(f"{row['payer']} pays {row['payee']}, without a cause: {change(row['unexplained'])}"))
