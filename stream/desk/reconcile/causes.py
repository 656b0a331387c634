"""Why a bill differs: each cause is proved by figures that come out, and what none accounts for is left so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rating.facts import Facts
from rating.faults import RoundingNotKept
from rating.money import cents, nano
from rating.policy import SWITCHES, Rounding, parse_value
from stream.desk.reconcile.matching import Matched
from stream.desk.reconcile.ours import OurLine
from stream.desk.reconcile.values import decimal_of
from stream.desk.variants import Choice, facts_of, otherwise, reading_in
from stream.workspace.load import Workspace

if TYPE_CHECKING:
    from rating.terms.tariff import Tariff

__all__ = ["Cause", "Way", "amounts", "one_reading", "other_rates", "readings_that_fit", "sums"]

Way = tuple[str, str]
"""Payer and payee."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What accounts for a part of the difference of one direction.

    cents, ms : what was billed above what the books say for it, negative where below. calls : how many, 0 where it
    is no matter of calls. evidence : rows for the dispute pack.
    """

    cause: str
    way: Way
    words: str
    ms: int
    cents: int
    clauses: tuple[str, ...] = ()
    calls: int = 0
    evidence: tuple[Mapping[str, Any], ...] = field(default=())


def sums(lines: Sequence[OurLine]) -> dict[Way, int]:
    """Return cents by direction."""
    out: dict[Way, int] = {}
    for line in lines:
        out[line.payer, line.payee] = out.get((line.payer, line.payee), 0) + line.cents
    return out


def readings_that_fit(
    workspace: Workspace,
    facts: Facts,
    agreement: str,
    value: Callable[[Facts], list[OurLine]],
    before: Sequence[OurLine],
    rest: Mapping[Way, int],
    lines: int,
    last: date,
) -> list[Cause]:
    """Return the readings under which nothing of the rest is left, in every direction that they move.

    Parameters
    ----------
    value : callable (Facts) -> list of OurLine
        The books' lines of the bill's days, under other facts.
    before : sequence of OurLine
        The same under the readings in force.
    rest : mapping of direction to cents
        What is billed above `before`.
    lines : int
        How many lines the bill has: each may be off by a cent.
    """
    held = sums(before)
    out = []
    for name, raw in _alternatives(workspace):
        other = parse_value(name, raw)
        chosen = reading_in(facts, agreement, name, f"{last:%Y-%m}")[0]
        if other == chosen:
            continue
        variant = facts_of(otherwise(workspace, choices=[Choice(name, other, agreement)]), facts)
        try:
            then = value(variant)
        except RoundingNotKept:
            continue
        moved = {way: amount - held.get(way, 0) for way, amount in sums(then).items()}
        moving = {way: change for way, change in moved.items() if abs(change) > lines}
        if not moving or any(abs(rest.get(way, 0) - change) > lines for way, change in moving.items()):
            continue
        switch = SWITCHES[name]
        clauses = tuple(
            f"{instrument.id} {open_.clause}"
            for instrument in facts.instruments
            if instrument.id in facts.timeline(agreement).instruments
            for open_ in instrument.switches
            if open_.policy == name
        ) or (switch.source,)
        for way, change in moving.items():
            ms = _priced(then, way) - _priced(before, way)
            says = switch.readings.get(_key(raw), "")
            words = f"{switch.source}: read as {name} = {_word(raw)}, not {_word(chosen)}. {says}"
            out.append(
                Cause("reading", way, words.strip(), ms, change, clauses, evidence=({"switch": name, "value": raw},))
            )
    return out


def one_reading(fitting: Sequence[Cause]) -> list[Cause]:
    """Return the causes of the first reading that fits, in every direction that it moves; its evidence names the rest.

    Two readings can come to the same dollars, and the bill does not say which it was made by.
    """
    if not fitting:
        return []
    first = fitting[0].evidence
    others = dict.fromkeys((row["switch"], row["value"]) for cause in fitting for row in cause.evidence)
    rows = tuple({"switch": switch, "value": value} for switch, value in others)
    return [replace(cause, evidence=rows) for cause in fitting if cause.evidence == first]


def _alternatives(workspace: Workspace) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for switch in SWITCHES.values():
        if switch.by_event:
            found += [
                (switch.name, {"true": True, "false": False}.get(raw, raw))
                for raw in switch.readings
                if raw != "per_call_up(N)" and switch.name != "unidentified"
            ]
    return found + [("rounding", str(Rounding("per_call_up", unit))) for unit in workspace.rounding_units]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key(raw: object) -> str:
    return "per_call_up(N)" if str(raw).startswith("per_call_up") else _word(raw)


def _priced(lines: Sequence[OurLine], way: Way) -> int:
    return sum(line.ms for line in lines if (line.payer, line.payee) == way and line.rate)


def other_rates(facts: Facts, agreement: str, rows: Sequence[Matched], first: date, last: date) -> list[Cause]:
    """Return a cause for each rate that was billed in the place of ours, and where the terms have that rate.

    A group's time at one rate of the bill that the books have at several is taken apart by `rows` already; what a
    row was billed above its time at our rate is the cause's money.
    """
    out = []
    for row in rows:
        if row.what not in ("rate", "minutes_and_rate") or not row.rate_here or row.rate_here == "elements":
            continue
        if not row.rate_there:
            continue
        held = _held(facts, agreement, row, nano(decimal_of(row.rate_there)))
        difference = nano(decimal_of(row.rate_there)) - nano(decimal_of(row.rate_here))
        where = f"; {held[0]}" if held else "; no clause of the agreement has it for this class on any day"
        words = f"billed ${row.rate_there} a minute where ${row.rate_here} holds from {first} through {last}{where}"
        amount = row.cents_there - row.cents_here if row.what == "rate" else cents(row.ms_there * difference)
        out.append(
            Cause("rate_of_other_days" if held else "rate", (row.payer, row.payee), words, 0, amount, row.clauses)
        )
    return out


def _held(facts: Facts, agreement: str, row: Matched, rate: int) -> list[str]:
    """Return where the terms have a rate for a class, or for ISP-bound time of it, in words."""
    found = []
    for interval in facts.timeline(agreement).intervals:
        tariffs: list[Tariff | None] = [interval.isp.get(row.payee), interval.with_isp.get(row.payee)]
        tariffs += [
            tariff
            for (kind, payee), tariff in interval.own.items()
            if kind.name.lower() == row.kind and payee == row.payee
        ]
        for tariff in tariffs:
            if tariff is not None and tariff.plain == rate:
                until = "on" if interval.last is None else f"through {interval.last}"
                found.append(f"{', '.join(tariff.clauses)} has it from {interval.first} {until}")
    return list(dict.fromkeys(found))


def amounts(rows: Sequence[Matched]) -> list[Cause]:
    """Return a cause for each row whose time and rate agree and whose dollars do not: the cent, or a wrong product."""
    out = []
    for row in rows:
        if row.what != "amount":
            continue
        difference, lines = row.cents_there - row.cents_here, len(row.numbers)
        by_cent = abs(difference) <= lines
        words = (
            f"the cent: the bill rounds {lines} lines where the statement rounds one sum"
            if by_cent
            else f"the bill's lines {', '.join(map(str, row.numbers))} are not their minutes by their rate"
        )
        out.append(
            Cause("rounding" if by_cent else "arithmetic", (row.payer, row.payee), words, 0, difference, row.clauses)
        )
    return out
