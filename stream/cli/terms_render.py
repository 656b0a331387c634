"""Instruments and what lint found in them, for people (tables) and for programs (plain dicts)."""

from collections.abc import Iterable, Sequence
from functools import singledispatch
from typing import Any, Final

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rating.policy import SWITCHES, shown
from rating.terms import model
from rating.terms.lint import LintFinding
from rating.terms.model import Clause, Effect, Instrument

__all__ = ["effect_words", "findings_to_json", "render_findings", "render_instrument", "render_instruments", "to_json"]

_SEVERITY_STYLE: Final = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_KIND_STYLE: Final = {"effect": "green", "watch": "yellow", "none": "dim"}


def render_instruments(instruments: Sequence[Instrument], console: Console) -> None:
    """Print one row an instrument: whose, where, when, how many clauses compute, what is open.

    Parameters
    ----------
    instruments : sequence of Instrument
        In the order in which they are shown.
    console : Console
        Its width is kept to, its colours are used or not as it was made.
    """
    table = _table()
    table.add_column("instrument", overflow="fold")
    table.add_column("states", overflow="fold", max_width=14)
    table.add_column("in force", overflow="fold", min_width=13, max_width=13)
    table.add_column("clauses", justify="right")
    table.add_column("open", justify="right")
    for instrument in instruments:
        computing = sum(clause.kind == "effect" for clause in instrument.clause)
        table.add_row(
            Text(instrument.id, style="bold").append(f"\n{instrument.title}", style="not bold"),
            Text(" ".join(instrument.states) or "-"),
            Text(_span(instrument)),
            f"{computing}/{len(instrument.clause)}",
            str(len(instrument.switches)),
        )
    console.print(table)
    console.print("clauses: computing / all; open: readings that the text leaves open", style="dim")


def render_instrument(instrument: Instrument, console: Console) -> None:
    """Print one instrument clause by clause, then the switches that it leaves open.

    Parameters
    ----------
    instrument : Instrument
        As it was loaded.
    console : Console
        As `render_instruments`.
    """
    console.print(Text(instrument.title, style="bold"))
    if instrument.illustrative:
        console.print(Text("Illustrative: its prices are invented.", style="bold yellow"))
    console.print(_facts(instrument))
    table = _table()
    table.add_column("clause", overflow="fold", style="bold", max_width=16, min_width=9)
    table.add_column("kind", no_wrap=True)
    table.add_column("what it says, and what it does", overflow="fold")
    for clause in instrument.clause:
        table.add_row(Text(clause.ref), Text(clause.kind, style=_KIND_STYLE[clause.kind]), _clause_text(clause))
    console.print(table)
    if instrument.switches:
        console.print(_switches(instrument))


def render_findings(findings: Sequence[LintFinding], console: Console) -> None:
    """Print what lint found, the gravest first as it comes, and a last line with the counts.

    Parameters
    ----------
    findings : sequence of LintFinding
        As `rating.terms.lint.lint` returns them.
    console : Console
        As `render_instruments`.
    """
    table = _table()
    table.add_column("severity", no_wrap=True)
    table.add_column("finding", overflow="fold")
    for finding in findings:
        text = Text(" ".join(part for part in (finding.instrument, finding.clause) if part), style="bold")
        text.append(f": {finding.message}", style="not bold")
        table.add_row(Text(finding.severity, style=_SEVERITY_STYLE[finding.severity]), text)
    if findings:
        console.print(table)
    counts = [(name, sum(finding.severity == name for finding in findings)) for name in _SEVERITY_STYLE]
    console.print(", ".join(f"{count} {name}" for name, count in counts))


def to_json(instrument: Instrument) -> dict[str, Any]:
    """Return an instrument as plain dicts, lists and strings; days are ISO, decimals keep their digits.

    Every clause also says its `kind`, every effect its words (`in_words`), every switch its default.
    """
    plain: dict[str, Any] = msgspec.to_builtins(instrument)
    plain["known_from"] = instrument.known_from.isoformat() if instrument.known_from else None
    for row, clause in zip(plain["clause"], instrument.clause, strict=True):
        row["kind"] = clause.kind
        for shown_effect, effect in zip(row["effects"], clause.effects, strict=True):
            shown_effect["in_words"] = effect_words(effect)
    for row in plain["switches"]:
        row["default"] = shown(SWITCHES[row["policy"]].default)
    return plain


def findings_to_json(findings: Iterable[LintFinding]) -> list[dict[str, str]]:
    """Return lint's findings as plain dicts."""
    return [
        {"severity": f.severity, "instrument": f.instrument, "clause": f.clause, "message": f.message} for f in findings
    ]


def _span(instrument: Instrument) -> str:
    if instrument.effective is None:
        return "-"
    end = f" to {instrument.effective_through}" if instrument.effective_through else " on"
    return f"{instrument.effective}{end}"


def _facts(instrument: Instrument) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    signed = ", ".join(f"{party} {day}" for party, day in instrument.signed.items())
    facts = (
        ("instrument", f"{instrument.id} ({instrument.domain})"),
        ("source", instrument.source),
        ("parties", ", ".join(instrument.parties)),
        ("states", " ".join(instrument.states)),
        ("amends", instrument.amends),
        ("together with", ", ".join(instrument.simultaneous_with)),
        ("supersedes", ", ".join(instrument.supersedes)),
        ("in force", _span(instrument)),
        ("signed", signed),
        ("assumed", instrument.assumed),
    )
    for name, value in facts:
        if value:
            grid.add_row(name, Text(value))
    return grid


def _clause_text(clause: Clause) -> Text:
    text = Text(clause.says)
    for effect in clause.effects:
        text.append("\n> ", style="dim")
        text.append(effect_words(effect), style="green")
        for row in effect.rows if isinstance(effect, model.ReplaceSchedule) else ():
            text.append(f"\n  {row.purchaser}: {row.series}, {row.shares:,} shares, ", style="green")
            text.append(f"{row.warrants:,} warrants, ${row.price:,}", style="green")
    if clause.why:
        text.append(f"\n({clause.why})", style="dim")
    return text


def _switches(instrument: Instrument) -> Table:
    table = _table(title="Open readings")
    table.add_column("switch", overflow="fold", style="bold")
    table.add_column("clause", no_wrap=True)
    table.add_column("default", overflow="fold")
    table.add_column("what is open", overflow="fold")
    for switch in instrument.switches:
        table.add_row(Text(switch.policy), Text(switch.clause), Text(_default(switch.policy)), Text(switch.says))
    return table


def _default(policy: str) -> str:
    value = shown(SWITCHES[policy].default)
    if isinstance(value, dict):
        return ", ".join(f"{key} {str(item).lower()}" for key, item in value.items() if not isinstance(item, list))
    return value if isinstance(value, str) else str(value).lower()


def _table(title: str | None = None) -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_justify="left")


def _days(effect: Any) -> str:
    first, last = effect.from_, effect.through
    days = f", {first} to {last}" if first and last else f", from {first}" if first else f", to {last}" if last else ""
    return days + (f", in {' '.join(effect.states)}" if effect.states else "")


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _not_for(kinds: Sequence[str]) -> str:
    return f", not for {_list(kinds)}" if kinds else ""


@singledispatch
def effect_words(effect: Effect) -> str:
    """Return what an effect does, in words, with every figure that it carries.

    Raises
    ------
    TypeError
        For an effect type that has no words yet.
    """
    raise TypeError(f"no words for effects of type {type(effect).__name__}")


@effect_words.register
def _(effect: model.TrafficGroup) -> str:
    isp = ", with calls to Internet providers" if effect.with_isp else ""
    return f"group {effect.group}: {_list(effect.classes)}{isp}"


@effect_words.register
def _(effect: model.Rate) -> str:
    prices = [f"{effect.per_minute} a minute"] if effect.per_minute is not None else []
    prices += [f"{effect.per_call} a call"] if effect.per_call is not None else []
    limits = [f"element {effect.element}"] if effect.element else []
    limits += [f"{effect.route} route"] if effect.route != "any" else []
    limits += [effect.jurisdiction] if effect.jurisdiction != "any" else []
    limits += [f"paid to {effect.payee}"] if effect.payee else []
    limits += [f"once {effect.when}"] if effect.when else []
    limits += [f"over {effect.over_minutes:,} minutes a month"] if effect.over_minutes else []
    return f"{effect.traffic}: {_list([' and '.join(prices), *limits])}{_days(effect)}"


@effect_words.register
def _(effect: model.Exclude) -> str:
    return f"outside {_list(effect.outside)}: {_list(effect.classes)}; governed by {effect.governed_by}"


@effect_words.register
def _(effect: model.RateBy) -> str:
    return f"{_list(effect.classes)}: rated by {effect.place}"


@effect_words.register
def _(effect: model.Presumption) -> str:
    what = "only the excess" if effect.excess_only else "all of it"
    base = f"of {' + '.join(effect.base)}{_not_for(effect.not_for)}{_days(effect)}"
    floor = f" and {effect.floor_minutes:,} minutes" if effect.floor_minutes else ""
    over = f"over {effect.ratio} times what is originated{floor}"
    return f"presumed {effect.of}: {what} {over}, by {effect.period}, {base}"


@effect_words.register
def _(effect: model.Rebuttal) -> str:
    return f"rebuttal of {effect.of}: by {effect.method} time, trued up from the day it is {effect.true_up_from}"


@effect_words.register
def _(effect: model.GrowthCap) -> str:
    years = "; ".join(
        f"{row.year}{' on' if row.onward else ''} = {' x '.join([row.of, *map(str, row.times)])}"
        for row in effect.years
    )
    limits = f"excess {effect.excess}{_not_for(effect.not_for)}{_days(effect)}"
    limit = years if effect.minutes is None else f"{effect.minutes:,} minutes"
    return (
        f"cap on {effect.of} a {effect.period} by {effect.scope}: {limit}; counts from {effect.counts_from}; {limits}"
    )


@effect_words.register
def _(effect: model.NewMarket) -> str:
    where = f"in a {effect.by} without exchange before {effect.exchanged_before}"
    return f"{effect.of} {where}: {effect.becomes}{_days(effect)}"


@effect_words.register
def _(effect: model.Eligibility) -> str:
    how = [f"satisfied by {effect.satisfied_by}"] if effect.satisfied_by else []
    how += [f"within {effect.miles} miles"] if effect.miles is not None else []
    how += [f"share of {effect.share} at least"] if effect.share is not None else []
    how += [f"{effect.months} months running fail"] if effect.months is not None else []
    return f"{effect.payee} earns {effect.of} only by test {effect.test}: {_list(how)}{_days(effect)}"


@effect_words.register
def _(effect: model.Waiver) -> str:
    months = f", {effect.months} months" if effect.months is not None else ""
    return f"waives {_list(effect.of)}: {effect.cause}{months}{_days(effect)}"


@effect_words.register
def _(effect: model.SettlementDuty) -> str:
    whom = f"{_list(effect.third_party)}; else {effect.exception}"
    return f"{effect.who} needs an arrangement with a third {whom}{_days(effect)}"


@effect_words.register
def _(effect: model.Controls) -> str:
    unless = f" unless {effect.unless}" if effect.unless else ""
    switch = f" (switch {effect.switch})" if effect.switch else ""
    return f"wins over {effect.over}{unless}{switch}{_days(effect)}"


@effect_words.register
def _(effect: model.Retroactive) -> str:
    signature = f" nor {effect.not_before_signature_of}'s signature" if effect.not_before_signature_of else ""
    return f"once {effect.upon}, back to {effect.to}, not before {effect.not_before}{signature}"


@effect_words.register
def _(effect: model.Contingent) -> str:
    return f"provisional until {effect.upon}, then trued up from {effect.true_up_from}"


@effect_words.register
def _(effect: model.EndsWith) -> str:
    passes = ", but passes into its successor" if effect.survives_into_successor else ""
    return f"ends with {effect.instrument}{passes}"


@effect_words.register
def _(effect: model.LawChange) -> str:
    return f"change of law: by {effect.notice}, at {effect.takes_effect}, {effect.negotiation_days} days to negotiate"


@effect_words.register
def _(effect: model.LawWaiver) -> str:
    excepted = f"; except {effect.excepted_body} orders by {effect.excepted_notice}" if effect.excepted_body else ""
    excepted += f", not before {effect.not_before}" if effect.not_before else ""
    excepted += ", outcome retroactive" if effect.outcome_retroactive else ""
    kept = f"; not waived: {_list(effect.not_waived)}" if effect.not_waived else ""
    return f"waives change of law for {_list(effect.subjects)}{_days(effect)}{excepted}{kept}"


@effect_words.register
def _(effect: model.Segregate) -> str:
    return f"shows {effect.outcome} apart from {effect.apart_from}"


@effect_words.register
def _(effect: model.Disclose) -> str:
    return f"names the {effect.what} of {_list(effect.classes)}"


@effect_words.register
def _(effect: model.Watch) -> str:
    figures = (
        (effect.trunks, "trunks"),
        (effect.months, "months"),
        (effect.days, "days"),
        (effect.business_days, "business days"),
    )
    limits = [f"{number} {unit}" for number, unit in figures if number is not None]
    return f"watch {effect.code}: {_list([part for part in (effect.condition, *limits) if part])}"


@effect_words.register
def _(effect: model.Tag) -> str:
    return f"tags {effect.when} as {effect.tag}"


@effect_words.register
def _(effect: model.Rounding) -> str:
    return f"rounding: {effect.method}"


@effect_words.register
def _(effect: model.UnidentifiedTerm) -> str:
    share = f"{'more than' if effect.strict else 'at least'} {effect.threshold} of {effect.measure}"
    return f"unidentified: spread over {_list(effect.spread_over)} if {share} are identified"


@effect_words.register
def _(effect: model.ReplaceSection) -> str:
    return f"replaces {effect.section}: {effect.paraphrase}"


@effect_words.register
def _(effect: model.InsertDefinition) -> str:
    how = {"insert": "inserts", "amend": "amends", "depends_on_base": "inserts or amends"}[effect.amend]
    return f'{how} "{effect.term}" in {effect.section}: {effect.paraphrase}'


@effect_words.register
def _(effect: model.SubstituteWords) -> str:
    return f'in {effect.section}, once: "{effect.find}" becomes "{effect.replace}"'


@effect_words.register
def _(effect: model.ReplaceSentence) -> str:
    return f"replaces sentence {effect.sentence} of {effect.section}: {effect.paraphrase}"


@effect_words.register
def _(effect: model.ReplaceSchedule) -> str:
    totals = effect.totals
    stated = f"; in all {totals.shares:,} shares, {totals.warrants:,} warrants, ${totals.price:,}" if totals else ""
    return f"replaces {effect.schedule}: {len(effect.rows)} rows{stated}"


@effect_words.register
def _(effect: model.Survives) -> str:
    return f"what it does not touch of {effect.what} stays in force"
