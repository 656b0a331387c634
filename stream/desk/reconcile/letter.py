"""The dispute as a letter with its evidence, in Markdown or HTML; addresses and names are fields to fill in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from pathlib import Path
from typing import Any, Final

from rating.money import MS_PER_MINUTE, dollars_text
from stream.errors import StoreUnreachable, WrongUsage

__all__ = ["letter", "write_letter"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS: Final = ("[date]", "[name and address of the billing party]", "[account or invoice number]")
_WORDS: Final = {
    "reading": "Reading of the agreement",
    "missing_day": "Records not at hand",
    "only_there": "Calls not in our records",
    "only_here": "Calls not on the bill",
    "recorded_twice_there": "Calls billed twice",
    "recorded_twice_here": "Calls recorded twice by us",
    "billed_twice": "Lines billed twice",
    "other_period": "Usage of another period",
    "other_class": "Class of traffic",
    "length": "Length of calls",
    "clock": "Clocks",
    "rounding_by_call": "Rounding by the call",
    "rounding": "Rounding",
    "rate_of_other_days": "Rate of other days or traffic",
    "rate": "Rate",
    "arithmetic": "Minutes by rate",
}
_GROUNDS: Final = {
    "missing_day": "Our records lack a day of one of our offices, to which your records of that day belong",
    "only_there": "You bill calls that are not in our records",
    "only_here": "Our records have calls that you do not bill",
    "recorded_twice_there": "You bill more than one recording of the same call: its numbers, start and length agree",
    "recorded_twice_here": "Our records have more than one recording of the same call; we are looking into it",
    "other_period": "You bill usage of days outside the period of the bill",
    "length": "You bill these calls for longer or shorter than they lasted",
    "clock": "Lengths differ by no more than two clocks do",
}
"""What is said to the other carrier, where the words for the desk are not meant for it."""
_ASKED: Final = {
    "missing_day": "We do not dispute these yet: please send the records of the day.",
    "only_there": "Please send the call records.",
    "only_here": "",
    "recorded_twice_here": "",
}


@dataclass(frozen=True, slots=True)
class _Table:
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int]


_Part = str | _Table | tuple[int, str]
"""A paragraph, a table, or a heading with its level."""


def letter(found: Mapping[str, Any], form: str) -> str:
    """Return the letter.

    Parameters
    ----------
    found : dict
        As `stream.desk.reconcile.run.reconcile` makes it.
    form : {"md", "html"}
    """
    parts = list(_parts(found))
    return _html(parts) if form == "html" else _markdown(parts)


def write_letter(found: Mapping[str, Any], path: Path) -> None:
    """Write the letter; its suffix says the form.

    Raises
    ------
    WrongUsage
        If the suffix is neither ``.md`` nor ``.html``.
    StoreUnreachable
        If the file cannot be written.
    """
    form = path.suffix.removeprefix(".")
    if form not in ("md", "html"):
        raise WrongUsage(f"--letter: found {path.name!r}, expected a name that ends in .md or .html")
    try:
        path.write_text(letter(found, form), encoding="utf-8")
    except OSError as error:
        raise StoreUnreachable(f"{path}: cannot be written: {error.strerror or error}") from error


def _money(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    return f"{sign}${Decimal(text.removeprefix('-')):,.2f}"


def _minutes(ms: int) -> str:
    return f"{(Decimal(ms) / MS_PER_MINUTE).quantize(Decimal('0.1'), ROUND_HALF_UP):,}"


def _parts(found: Mapping[str, Any]) -> Iterator[_Part]:
    disputed = sum(int(c["amount"].replace(".", "")) for c in found["causes"] if _ASKED.get(c["cause"]) is None)
    yield from _FIELDS
    yield (1, f"Notice of dispute: {found['agreement']}, {found['from']} to {found['through']}")
    yield (
        f"We have compared your bill ({found['bill']['file']}, {found['bill']['lines']} lines) with our records for "
        f"the days from {found['from']} through {found['through']}. They differ as follows. Of the amount billed we "
        f"dispute {_money(dollars_text(disputed))}; each item below names its ground and its evidence."
    )
    yield _Table(
        ("Direction", "Our records, $", "Billed, $", "Difference, $"),
        tuple(
            (f"{w['payer']} pays {w['payee']}", _money(w["here"]), _money(w["there"]), _money(w["difference"]))
            for w in found["directions"]
        ),
        frozenset({1, 2, 3}),
    )
    if found["causes"]:
        yield (2, "Items")
    for number, cause in enumerate(found["causes"], start=1):
        yield from _item(number, cause)
    left = [w for w in found["directions"] if w["unexplained"] != "0.00"]
    if left:
        yield (2, "Not yet accounted for")
        for way in left:
            amount = _money(way["unexplained"])
            yield f"{way['payer']} pays {way['payee']}: {amount}. Please send the detail of your lines."
    yield (2, "What we ask")
    yield (
        "Please credit the amounts disputed, or tell us for each item on what clause and on what records you rely. "
        "We are glad to exchange call detail for any day named above. Nothing in this letter waives a right."
    )
    yield "[name, title and signature]"


def _item(number: int, cause: Mapping[str, Any]) -> Iterator[_Part]:
    title = _WORDS.get(cause["cause"], cause["cause"])
    yield (3, f"{number}. {title}: {_money(cause['amount'])}, {_minutes(cause['ms'])} minutes")
    words = _GROUNDS.get(cause["cause"], cause["words"]).rstrip(".")
    yield f"{words[:1].upper()}{words[1:]}."
    if cause["calls"]:
        yield f"Calls: {cause['calls']:,}."
    if cause["clauses"]:
        yield f"Clauses: {', '.join(cause['clauses'])}."
    if _ASKED.get(cause["cause"]):
        yield _ASKED[cause["cause"]]
    shown = [row for row in cause["evidence"] if "record_id" in row]
    both = any("duration_ms_there" in row for row in shown)
    if shown:
        yield _Table(
            ("Record", "Start, UTC", "Calling", "Called", "Our length, min" if both else "Length, min")
            + (("Your length, min",) if both else ()),
            tuple(_call(row, both=both) for row in shown),
            frozenset({4, 5}),
        )
        if cause["calls"] > len(shown):
            yield f"The first {len(shown)} of {cause['calls']:,} calls; we send the others on request."


def _call(row: Mapping[str, Any], *, both: bool) -> tuple[str, ...]:
    start = _EPOCH + timedelta(milliseconds=row["connect_ms"])
    cells = (
        f"{row['source']} {row['record_id']}",
        start.strftime("%Y-%m-%d %H:%M:%S"),
        row["calling"],
        row["called"],
        _minutes(row["duration_ms"]),
    )
    return (*cells, _minutes(row["duration_ms_there"])) if both else cells


def _markdown(parts: Sequence[_Part]) -> str:
    out = []
    for part in parts:
        if isinstance(part, _Table):
            rule = ["---:" if at in part.numbers else "---" for at in range(len(part.headings))]
            rows = [part.headings, rule, *part.rows]
            out.append(
                "\n".join(
                    "| " + " | ".join(_plain(cell) if row is not rule else cell for cell in row) + " |" for row in rows
                )
            )
        elif isinstance(part, tuple):
            out.append(f"{'#' * part[0]} {_plain(part[1])}")
        else:
            out.append(part if part.startswith("[") else _plain(part))
    return "\n\n".join(out) + "\n"


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is: no markup of whoever wrote a cell of the bill."""
    text = " ".join(text.split())
    for mark in "\\`*_[]<>|":
        text = text.replace(mark, f"\\{mark}")
    return text


_STYLE: Final = (
    "body{font:16px/1.5 serif;max-width:50em;margin:2em auto;padding:0 1em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{padding:.2em .7em;border-bottom:1px solid #bbb;text-align:left}.n{text-align:right}"
)


def _html(parts: Sequence[_Part]) -> str:
    body = []
    for part in parts:
        if isinstance(part, _Table):
            body.append(_html_table(part))
        elif isinstance(part, tuple):
            body.append(f"<h{part[0]}>{escape(part[1])}</h{part[0]}>")
        else:
            body.append(f"<p>{escape(part)}</p>")
    inside = "\n".join(body)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Notice of dispute</title>'
        f"<style>{_STYLE}</style></head><body>\n{inside}\n</body></html>\n"
    )


def _html_table(table: _Table) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if at in table.numbers else ''}>{escape(cell)}</{tag}>" for at, cell in enumerate(cells)
        )

    lines = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in table.rows)
    return f"<table><tr>{row(table.headings, 'th')}</tr>{lines}</table>"
