"""Which terms were in force when and why, for a terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rating.codes import name_of
from rating.money import MS_PER_MINUTE
from rating.terms.interval import Interval, Timeline
from rating.terms.tariff import Tariff, rate_text
from stream.cli.numbers import rate

__all__ = ["knowledge", "render_knowledge", "render_timeline", "timeline_json"]


def _price(tariff: Tariff) -> str:
    if tariff.plain is not None:
        return rate(rate_text(tariff.plain))
    parts = []
    for element in tariff.elements:
        money = [f"{rate(rate_text(element.per_minute))}/min"] if element.per_minute else []
        money += [f"{rate(rate_text(element.per_call))}/call"] if element.per_call else []
        narrowed = [word for word in (element.route, element.jurisdiction) if word != "any"]
        name = " ".join([element.name or "minute", *narrowed])
        parts.append(f"{name} {' '.join(money)}")
    return " + ".join(parts)


def _prices(what: str, tariff: Tariff) -> list[tuple[str, str, str]]:
    """Return a row a tier of a price."""
    marked = " (illustrative)" if tariff.illustrative else ""
    out: list[tuple[str, str, str]] = []
    for tier in tariff.by_tier:
        over = f" over {tier.over_ms // MS_PER_MINUTE:,} min a month" if tier.over_ms else ""
        out.append((what if not out else "", f"{_price(tier)}{over}{marked}", ", ".join(tier.clauses)))
    return out


def _rules(interval: Interval) -> list[tuple[str, str, str]]:
    """Return (what, how, clause) of everything that prices, limits or gates on the interval's days."""
    out: list[tuple[str, str, str]] = []
    by_tariff: dict[tuple[Tariff, str], list[str]] = {}
    for (kind, payee), tariff in sorted(interval.own.items(), key=lambda own: own[0]):
        both = all(price == tariff for (other, _), price in interval.own.items() if other is kind)
        words = by_tariff.setdefault((tariff, "" if both else payee), [])
        if name_of(kind) not in words:
            words.append(name_of(kind))
    for (tariff, payee), kinds in by_tariff.items():
        out += _prices(", ".join(kinds) + (f" to {payee}" if payee else ""), tariff)
    alike = len(set(interval.isp.values())) == 1
    for payee, tariff in sorted(interval.isp.items(), key=lambda own: own[0])[: 1 if alike else None]:
        out += _prices("ISP-bound" if alike else f"ISP-bound to {payee}", tariff)
    if interval.presumption is not None:
        ratio = interval.presumption.effect.ratio
        floor = interval.presumption.effect.floor_minutes
        least = f", never the first {floor:,} min" if floor else ""
        out.append(("presumption", f"over {ratio}:1, only the excess{least}", interval.presumption.source))
    if interval.cap is not None:
        cap = interval.cap.effect
        what = f"{cap.minutes:,} min a {cap.period} by {cap.scope}: " if cap.minutes is not None else ""
        out.append(("growth cap", f"{what}the excess is bill and keep", interval.cap.source))
    if interval.new_market is not None:
        before = interval.new_market.effect.exchanged_before
        out.append(("new market", f"LATAs without exchange before {before}", interval.new_market.source))
    for gate in interval.gates:
        how = f"{gate.effect.test}{' by ' + gate.effect.satisfied_by if gate.effect.satisfied_by else ''}"
        out.append((f"{gate.effect.payee} is entitled by", how, gate.source))
    out.extend(("duty", f"{d.effect.who} arranges with each third party", d.source) for d in interval.duties)
    return out


def _span(interval: Interval) -> str:
    first = "always" if interval.first == date.min else interval.first.isoformat()
    last = "open" if interval.last is None else interval.last.isoformat()
    return f"{first} .. {last}"


def _shown(timeline: Timeline, day: date | None) -> list[Interval]:
    """Return the intervals to show, neighbours with the same rules taken together."""
    if day is not None:
        return [timeline.on(day)]
    out: list[Interval] = []
    for interval in timeline.intervals:
        if out and _same(out[-1], interval):
            out[-1] = replace(out[-1], last=interval.last)
        else:
            out.append(interval)
    return out


def _same(a: Interval, b: Interval) -> bool:
    return (_rules(a), a.in_force, a.provisional) == (_rules(b), b.in_force, b.provisional)


def render_timeline(timeline: Timeline, console: Console, day: date | None) -> None:
    """Print an agreement's intervals with what holds in each, and why each instrument is in force."""
    row = timeline.agreement
    console.print(
        Text(
            f"{row.agreement}: {row.party_a} and {row.party_b} in {row.state}, as known at {timeline.as_known_at}",
            style="bold",
        )
    )
    for interval in _shown(timeline, day):
        in_force = ", ".join(interval.in_force) or "no instrument: whatever is not excluded is terms_missing"
        console.print()
        console.print(Text.assemble((_span(interval), "bold green"), f"  {in_force}"))
        table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
        table.add_column(overflow="fold", ratio=4)
        table.add_column(overflow="fold", ratio=5)
        table.add_column(overflow="fold", ratio=4, style="cyan")
        for what, how, clause in _rules(interval):
            table.add_row(what, how, clause)
        if table.row_count:
            console.print(table)
        for why in interval.provisional:
            console.print(Text(f"  provisional: {why}", style="yellow"))
    console.print()
    console.print(Text("why", style="bold"))
    for chain in timeline.chains.values():
        for sentence in chain:
            console.print(Text(f"- {sentence}"))


def render_knowledge(timelines: Sequence[Timeline], day: date, console: Console) -> None:
    """Print how the terms of a day came to be known as they are: on which day what was new, and what was gone.

    Parameters
    ----------
    timelines : sequence of Timeline
        The agreement's terms as known on each day on which something became known, in order.
    """
    console.print()
    console.print(Text(f"how the terms of {day} became known", style="bold"))
    for change in knowledge(timelines, day):
        in_force = ", ".join(change["in_force"]) or "no instrument"
        console.print(Text.assemble((change["known_from"], "bold green"), f"  {in_force}"))
        for sign, rules in (("+", change["new"]), ("-", change["gone"])):
            for rule in rules:
                what = f"{rule['what']}: " if rule["what"] else ""
                console.print(Padding(Text(f"{sign} {what}{rule['how']}  [{rule['clause']}]"), (0, 0, 0, 2)))
        for word, reasons in (("provisional", change["provisional"]), ("no longer provisional", change["final"])):
            for why in reasons:
                console.print(Padding(Text(f"{word}: {why}", style="yellow"), (0, 0, 0, 2)))


def knowledge(timelines: Sequence[Timeline], day: date) -> list[dict[str, Any]]:
    """Return each change of a day's terms with the day from which it was known."""
    out: list[dict[str, Any]] = []
    before: tuple[list[tuple[str, str, str]], tuple[str, ...], tuple[str, ...]] = ([], (), ())
    for timeline in timelines:
        interval = timeline.on(day)
        now = (_rules(interval), interval.in_force, interval.provisional)
        if now != before:
            out.append(
                {
                    "known_from": timeline.as_known_at.isoformat(),
                    "in_force": list(interval.in_force),
                    "provisional": list(interval.provisional),
                    "new": _named([rule for rule in now[0] if rule not in before[0]]),
                    "gone": _named([rule for rule in before[0] if rule not in now[0]]),
                    "final": [why for why in before[2] if why not in now[2]],
                }
            )
        before = now
    return out


def _named(rules: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"what": what, "how": how, "clause": clause} for what, how, clause in rules]


def timeline_json(timeline: Timeline, day: date | None) -> dict[str, Any]:
    """Return the same as a document."""
    return {
        "agreement": timeline.agreement.agreement,
        "as_known_at": timeline.as_known_at.isoformat(),
        "intervals": [
            {
                "from": None if interval.first == date.min else interval.first.isoformat(),
                "through": None if interval.last is None else interval.last.isoformat(),
                "in_force": list(interval.in_force),
                "provisional": list(interval.provisional),
                "rules": _named(_rules(interval)),
            }
            for interval in _shown(timeline, day)
        ],
        "why": {name: list(chain) for name, chain in timeline.chains.items()},
    }
