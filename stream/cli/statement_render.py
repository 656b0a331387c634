"""A statement for a terminal: every line with the clause behind it, in 80 columns and in more."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stream.cli.advisory_render import render_advisories
from stream.cli.numbers import days, dollars, minutes, rate, ratio

__all__ = ["render_statement"]

_OUTCOME_STYLE = {
    "compensable": "green",
    "bill_and_keep": "cyan",
    "not_entitled": "yellow",
    "terms_missing": "magenta",
    "excluded": "dim",
}


def render_statement(document: dict[str, Any], paraphrases: dict[str, str], console: Console) -> None:
    """Print a statement.

    Parameters
    ----------
    document : dict
        As `rating.statement.statement` makes it.
    paraphrases : dict
        What each clause says, by ``instrument ref``; the clauses cited are listed under the lines.
    """
    provisional = "closed" if document["status"] == "closed" else "provisional: the month is open, or made again"
    console.print(Text(f"{document['agreement']}  {document['month']}", style="bold"), soft_wrap=True)
    console.print(f"as known at {document['as_known_at']} ({provisional})", style="dim", soft_wrap=True)
    if not document["usage"]:
        console.print("no usage in this month")
        render_advisories(document["advisories"], console)
        return
    notes = _Notes()
    for direction in document["directions"]:
        if direction["lines"]:
            _direction(direction, notes, console)
    net = document["net"]
    console.print(Text(f"net, a memo: {net['payer']} owes {net['payee']} {dollars(net['amount'])}"), soft_wrap=True)
    _exceptions(document["exceptions"], console)
    _originators(document["originators"], console)
    render_advisories(document["advisories"], console)
    if notes.numbers:
        console.print(Text("\nclauses", style="bold"))
        for source, number in notes.numbers.items():
            says = paraphrases.get(source, "")
            table = Table.grid(padding=(0, 1))
            table.add_column(justify="right", width=3)
            table.add_column(overflow="fold")
            table.add_row(str(number), Text.assemble((source, "bold"), f": {says}" if says else ""))
            console.print(table)
    for line in document["notes"]:
        table = Table.grid(padding=(0, 1))
        table.add_row(Text("note:", style="dim"), Text(line, style="dim"))
        console.print(table)


def _originators(rows: list[dict[str, Any]], console: Console) -> None:
    """Print who originated toll and carried calls, where a clause has it disclosed."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("originators", overflow="fold")
    table.add_column("OCN")
    table.add_column("class", overflow="fold")
    table.add_column("calls", justify="right")
    table.add_column("minutes", justify="right")
    for row in rows:
        table.add_row(row["originator"], row["ocn"] or "-", row["class"], f"{row['calls']:,}", minutes(row["ms"]))
    console.print(table)


class _Notes:
    """Clauses by the number under which the lines cite them."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def cite(self, clauses: list[str]) -> str:
        return ",".join(str(self.numbers.setdefault(clause, len(self.numbers) + 1)) for clause in clauses)


def _presumption(direction: dict[str, Any]) -> list[str]:
    out = []
    p, cap = direction["presumption"], direction["cap"]
    if p and p["method"] != "none":
        out.append(
            f"T {minutes(p['t_ms'])} min, O {minutes(p['o_ms'])} min, T:O {ratio(p['t_ms'], p['o_ms'])}, "
            f"ISP-bound ({p['method']}) {minutes(p['isp_ms'])} min"
        )
    if cap:
        limit = "no limit known" if cap["limit_ms"] is None else f"limit {minutes(cap['limit_ms'])} min"
        assumed = ", assumed" if cap["assumed"] else ""
        out.append(
            f"cap {cap['year']}: {limit}{assumed}; used before {minutes(cap['used_before_ms'])}, "
            f"this month {minutes(cap['used_ms'])}"
        )
    return out


def _direction(direction: dict[str, Any], notes: _Notes, console: Console) -> None:
    console.print()
    console.print(Text(f"{direction['payer']} pays {direction['payee']}", style="bold"))
    for text in _presumption(direction):
        console.print(Text(text), style="dim")
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("class / reason", overflow="fold", min_width=18)
    table.add_column("LATA", no_wrap=True)
    table.add_column("days", no_wrap=True)
    table.add_column("minutes", justify="right", no_wrap=True)
    table.add_column("$/min", justify="right", no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("clause", no_wrap=False, overflow="fold")
    previous = None
    for line in direction["lines"]:
        heading = (line["class"], line["outcome"], line["reason"])
        if heading != previous:
            style = _OUTCOME_STYLE.get(line["outcome"], "")
            words = line["outcome"].replace("_", " ")
            table.add_row(Text.assemble((line["class"], "bold"), " ", (words, style)), *[""] * 6)
            previous = heading
        mark = " *" if line["illustrative"] else ""
        price = rate(line["rate"]) if line["rate"] else "elements" if line.get("elements") else ""
        table.add_row(
            Text(f"  {line['reason']}{mark}"),
            line["lata"] or "-",
            days(line["from"], line["through"]),
            minutes(line["ms"]),
            price,
            dollars(line["amount"]),
            notes.cite(line["clauses"]),
        )
    console.print(table)
    if any(line["illustrative"] for line in direction["lines"]):
        console.print("* illustrative: an invented price", style="dim")
    console.print(
        Text(f"total {direction['payer']} pays {direction['payee']}: {dollars(direction['total'])}", style="bold")
    )


def _exceptions(exceptions: list[dict[str, Any]], console: Console) -> None:
    for found in exceptions:
        clause = f" ({found['clause']})" if found.get("clause") else ""
        third = f" to {found['third_party']}" if found["third_party"] != found["originator"] else ""
        console.print(
            Text(
                f"exception {found['code']}: {found['originator']}{third}, {found['calls']:,} calls, "
                f"{minutes(found['ms'])} min{clause}",
                style="yellow",
            )
        )
