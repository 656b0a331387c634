"""Explanations for a terminal, in 80 columns and in more, and for programs."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stream.cli.numbers import days, minutes, percent, rate
from stream.explain.model import (
    CallRow,
    Cited,
    Explanation,
    InForce,
    Known,
    LineExplanation,
    Live,
    Price,
    Segment,
    Share,
    Step,
)

__all__ = ["render_explanation", "render_line", "to_json"]

_LABEL: Final = 15
_STATE_STYLE: Final = {"rated": "green", "verification": "cyan", "suspended": "yellow", "rejected": "red"}
_OUTCOME_STYLE: Final = {
    "compensable": "green",
    "bill_and_keep": "cyan",
    "not_entitled": "yellow",
    "terms_missing": "magenta",
    "excluded": "dim",
}


def to_json(explanation: Explanation | LineExplanation) -> dict[str, Any]:
    """Return an explanation as plain dicts, lists and strings; money is in decimal strings, time in milliseconds."""
    return asdict(explanation)


def render_explanation(explanation: Explanation, console: Console) -> None:
    """Print a record's explanation: the answer, the steps, the terms, each day's part with its prices.

    Parameters
    ----------
    explanation : Explanation
    console : Console
        Its width is kept to, its colours are used or not as it was made.
    """
    page = _Page(console)
    day = f"  UTC day {explanation.day}" if explanation.day else ""
    page.title(f"{explanation.record_id}  {explanation.source}{day}")
    page.say(explanation.verdict, _STATE_STYLE.get(explanation.state, "yellow"))
    for total in explanation.totals:
        page.say(f"{_amount(total.charge, total.exact, total.outcomes)} {total.when}", "bold")
    page.say(f"terms as known at {explanation.as_known_at}", "dim")
    if explanation.differs:
        page.warn("decided differently today; `ratestream rerate` decides it again:", explanation.differs)
    page.section("how it was placed")
    page.steps(explanation.steps)
    if explanation.months:
        page.section("the month behind it")
        page.steps(explanation.months)
    for number, segment in enumerate(explanation.segments, start=1):
        _segment(page, number, len(explanation.segments), segment)
    _instruments(page, explanation.instruments)
    page.notes(explanation.notes)


def render_line(explanation: LineExplanation, console: Console) -> None:
    """Print a statement line's explanation: the line, where its time and its money came from, its calls."""
    line, page = explanation, _Page(console)
    page.title(line.line)
    span = f"{line.first[:7]}, days {days(line.first, line.last)}"
    lata = f", LATA {line.lata}" if line.lata else ""
    page.say(f"{line.payer} pays {line.payee} ${line.amount}", "bold")
    page.say(
        f"{line.traffic_class}, {line.outcome.replace('_', ' ')} ({line.reason}){lata}, {span}",
        _OUTCOME_STYLE.get(line.outcome, ""),
    )
    price = f" at {rate(line.rate)} a minute" if line.rate else ""
    page.say(
        f"{line.ms:,} ms, {line.mou} minutes{price}{'; an illustrative, invented price' if line.illustrative else ''}"
    )
    page.say(f"terms as known at {line.as_known_at}", "dim")
    page.section("clauses")
    for clause in line.clauses:
        page.inset(page.cited(clause))
    if not line.clauses:
        page.inset(Text("none: no loaded clause prices or excludes it"))
    page.section("how it came about")
    page.steps(line.steps)
    _instruments(page, line.instruments)
    page.section("calls")
    page.say(line.takes)
    spent = f"{line.calls_ms:,} ms ({minutes(line.calls_ms)} min)"
    page.say(f"{line.calls_found:,} calls in the archive, {spent} of them on these days")
    _calls(page, line.calls, line.calls_found)
    page.notes(line.notes)


class _Page:
    """A console, and the clauses whose paraphrase has been printed already."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()

    def print(self, what: Table) -> None:
        self._console.print(what)

    def inset(self, text: Text) -> None:
        self._console.print(_inset(text))

    def title(self, text: str) -> None:
        self._console.print(Text(text, style="bold", overflow="fold"))

    def say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style, overflow="fold"))

    def warn(self, text: str, items: Iterable[str]) -> None:
        self.say(text, "bold yellow")
        for item in items:
            self.inset(Text(item, style="yellow", overflow="fold"))

    def section(self, text: str) -> None:
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def notes(self, notes: Iterable[str]) -> None:
        for note in notes:
            self.say(f"note: {note}", "dim")

    def grid(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=_LABEL, overflow="fold")
        grid.add_column(overflow="fold", ratio=1)
        grid.expand = True
        return grid

    def steps(self, steps: Iterable[Step]) -> None:
        grid = self.grid()
        for step in steps:
            self.step(grid, step)
        self.print(grid)

    def step(self, grid: Table, step: Step) -> None:
        grid.add_row(Text(step.step, style="cyan", overflow="fold"), Text(step.says, overflow="fold"))
        if step.step == "decoded" and step.facts:
            fields = Text(", ", overflow="fold").join(
                Text(f.name, style="dim").append(f" {f.value}", "not dim") for f in step.facts
            )
            grid.add_row("", _inset(fields))
        else:
            for fact in step.facts:
                grid.add_row("", _inset(_fact(fact)))
        for clause in step.clauses:
            self.clause(grid, clause)

    def clause(self, grid: Table, clause: Cited) -> None:
        """Add a clause to a grid."""
        grid.add_row("", _inset(self.cited(clause)))

    def cited(self, clause: Cited) -> Text:
        """Return a clause, with what it says the first time that it is cited."""
        text = Text(clause.source, style="bold", overflow="fold")
        if clause.illustrative:
            text.append(" *", "not bold")
        if clause.says and clause.source not in self._said:
            text.append(f": {clause.says}", style="not bold italic")
            self._said.add(clause.source)
        return text


def _inset(text: Text) -> Padding:
    """Indent a text, the lines that it wraps to as well."""
    return Padding(text, (0, 0, 0, 2))


def _fact(fact: Known) -> Text:
    text = Text(f"{fact.name}: ", style="dim", overflow="fold").append(fact.value, "not dim")
    return text.append(f"  [{fact.where}]") if fact.where else text


def _about(charge: str, exact: bool) -> str:
    return charge if exact else f"{charge} (to twelve places)"


def _amount(charge: str, exact: bool, outcomes: Sequence[str]) -> str:
    """Write what is owed: an amount, or that nothing is, or that nobody knows."""
    if "compensable" in outcomes:
        return f"${_about(charge, exact)}"
    return "no known price" if "terms_missing" in outcomes else "nothing is owed"


def _segment(page: _Page, number: int, of: int, segment: Segment) -> None:
    part = f"part {number} of {of}: " if of > 1 else ""
    page.section(f"{part}{segment.day}, {segment.start} to {segment.end}, {segment.ms:,} ms ({segment.mou} min)")
    grid = page.grid()
    grid.add_row(
        Text("in force", style="cyan"), Text(", ".join(segment.in_force) or "no loaded instrument", overflow="fold")
    )
    for said in segment.provisional:
        grid.add_row("", _inset(Text(f"provisional: {said}", style="yellow", overflow="fold")))
    grid.add_row(Text("payment", style="cyan"), f"{segment.payer} pays {segment.payee}")
    grid.add_row(Text("how decided", style="cyan"), Text(segment.verdict, overflow="fold"))
    for price in segment.prices:
        _price(page, grid, segment.ms, price)
    for step in segment.steps:
        page.step(grid, step)
    _shares(
        grid, segment.shares, segment.part_ms, days(segment.sub_from, segment.sub_through), labelled=segment.labelled
    )
    if segment.live is not None:
        grid.add_row(Text("when it came", style="cyan"), _live(segment.live))
    page.print(grid)


def _price(page: _Page, grid: Table, ms: int, price: Price) -> None:
    style = _OUTCOME_STYLE.get(price.outcome, "")
    text = Text(f"{_amount(price.charge, price.exact, (price.outcome,))} {price.when}", style="bold", overflow="fold")
    text.append(f": {price.outcome.replace('_', ' ')} ({price.reason})", style=f"not bold {style}".strip())
    if price.illustrative:
        text.append(" * an invented price", style="not bold")
    grid.add_row(Text("price", style="cyan"), text)
    if price.rate is not None:
        product = f"{ms:,} ms x ${price.rate} / 60,000 = ${_about(price.charge, price.exact)}"
        grid.add_row("", _inset(Text(product, overflow="fold")))
    for element in price.elements:
        grid.add_row("", _inset(_fact(element)))
    for clause in price.clauses:
        page.clause(grid, clause)


def _shares(grid: Table, shares: Sequence[Share], whole: int, span: str, *, labelled: bool) -> None:
    if not shares:
        return
    said = "on the statement's line" if labelled else f"{whole:,} ms of its class and LATA on days {span}, divided:"
    grid.add_row(Text("with others", style="cyan"), Text(said, overflow="fold"))
    for share in shares:
        text = Text(
            f"{share.outcome.replace('_', ' ')} ({share.reason})",
            _OUTCOME_STYLE.get(share.outcome, ""),
            overflow="fold",
        )
        text = Text(overflow="fold").append_text(text).append(f": {share.ms:,} ms, {percent(share.ms, whole)}")
        grid.add_row("", _inset(text.append(f"  [{share.line}]", style="dim")))


def _live(live: Live) -> Text:
    """Write the provisional price of the moment of receipt, with the position that it was made from."""
    price = f" at {rate(live.rate)}, ${live.charge}" if live.outcome == "compensable" else ""
    text = Text(f"provisional: {live.outcome.replace('_', ' ')} ({live.reason}){price}", overflow="fold")
    if live.t_ms or live.o_ms:
        ratio = f"{live.ratio}:1" if live.ratio is not None else "nothing originated"
        text.append(f"; T {live.t_ms:,} ms, O {live.o_ms:,} ms, T:O {ratio}")
    if live.cap_left_ms is not None:
        text.append(f"; {live.cap_left_ms:,} ms left under the cap")
    return text.append(" (no statement reads this)", style="dim")


def _instruments(page: _Page, instruments: Sequence[InForce]) -> None:
    if not instruments:
        return
    page.section("why these instruments")
    for instrument in instruments:
        mark = " *" if instrument.illustrative else ""
        page.say(f"{instrument.instrument}{mark}: {instrument.title}")
        for reason in instrument.chain:
            page.inset(Text(reason, style="dim", overflow="fold"))


def _calls(page: _Page, calls: Sequence[CallRow], count: int) -> None:
    if not calls:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("connected", overflow="fold", min_width=10)
    table.add_column("record", overflow="fold", ratio=1)
    table.add_column("calling", no_wrap=True)
    table.add_column("called", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("isp", no_wrap=True)
    for call in calls:
        evidence = {"isp": "yes", "not isp": "no"}.get(call.evidence, "")
        table.add_row(
            call.connected[:19],
            Text(f"{call.record_id} {call.source}"),
            call.calling or "-",
            call.called,
            f"{call.ms:,}",
            evidence,
        )
    page.print(table)
    if len({(call.source, call.record_id, call.connected) for call in calls}) < count:
        page.say(f"the first {len(calls):,} by time; --all lists every one", "dim")
