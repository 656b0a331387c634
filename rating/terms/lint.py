"""What can be checked of instruments without pricing anything: references, days, order, sums."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from rating.terms.conform import View, conform
from rating.terms.findings import LintFinding, Severity
from rating.terms.model import (
    Contingent,
    Effect,
    GrowthCap,
    Instrument,
    LawWaiver,
    NewMarket,
    ReplaceSchedule,
    ReplaceSection,
    Retroactive,
)
from rating.terms.operations import place_of
from rating.terms.overlap import overlaps, rivalries
from rating.terms.rank import amends, effects_of
from rating.terms.reach import outranked, unreachable
from rating.terms.references import groups, instruments_named, names
from rating.terms.text import sum_faults

__all__ = ["LintFinding", "Severity", "lint"]

_SEVERITIES: Final = {"error": 0, "warning": 1, "info": 2}
_NUMBERS: Final = re.compile(r"[0-9]+|\([a-z]+\)")
_NUMBERED: Final = re.compile(r"^[0-9]+(\.[0-9]+)*(\([a-z]+\))*")
_ROMAN: Final = {"i": 1, "v": 5, "x": 10}
_OTHERS: Final = 5


def lint(instruments: Iterable[Instrument]) -> list[LintFinding]:
    """Check instruments, each alone and all together.

    Parameters
    ----------
    instruments : iterable of Instrument
        All that a workspace has; references are looked up among them.

    Returns
    -------
    list of LintFinding
        Errors first, then warnings, then information; in each in the order of the instruments.

    Notes
    -----
    A figure that does not add up is reported as it stands and never corrected (DOMAIN section 4).
    """
    every = tuple(instruments)
    findings = list(_repeated(every))
    for instrument in every:
        findings += instruments_named(instrument, every)
        findings += names(instrument, every)
        findings += groups(instrument, every)
        findings += _dates(instrument)
        findings += _before_its_time(instrument, every)
        findings += _order(instrument)
        findings += unreachable(instrument)
        findings += outranked(instrument, every)
        findings += overlaps(instrument)
        findings += _schedules(instrument)
        findings += _operations(instrument, every)
    findings += rivalries(every)
    return sorted(findings, key=lambda finding: _SEVERITIES[finding.severity])


def _repeated(every: Sequence[Instrument]) -> Iterator[LintFinding]:
    for name, times in Counter(instrument.id for instrument in every).items():
        if times > 1:
            yield LintFinding("error", name, "", f"found {times} instruments with this id, expected one")


def _dates(instrument: Instrument) -> Iterator[LintFinding]:
    first, last, signed = instrument.effective, instrument.effective_through, instrument.known_from
    if instrument.assumed:
        yield LintFinding("info", instrument.id, "", f"assumed: {instrument.assumed}")
    if first is not None and last is not None and first > last:
        yield LintFinding("error", instrument.id, "", f"effective {first} is after effective_through {last}")
    if first is not None and signed is not None and signed > first:
        late = (signed - first).days
        days = f"{late} day{'s' if late > 1 else ''}"
        message = f"signed {signed}, {days} after it takes effect on {first}: what was billed between is trued up"
        yield LintFinding("info", instrument.id, "", message)
    for clause in instrument.clause:
        for effect in clause.effects:
            for severity, message in _days_of(effect, instrument):
                yield LintFinding(severity, instrument.id, clause.ref, message)


def _days_of(effect: Effect, instrument: Instrument) -> Iterator[tuple[Severity, str]]:
    """Compare an effect's days with each other and with those of its instrument."""
    begins, ends = getattr(effect, "from_", None), getattr(effect, "through", None)
    first, last = instrument.effective, instrument.effective_through
    if begins is not None and ends is not None and begins > ends:
        yield "error", f"from {begins} is after through {ends}"
    match effect:
        case Contingent() if first is not None and effect.true_up_from < first:
            yield "warning", f"true_up_from {effect.true_up_from} is before the instrument takes effect on {first}"
        case Retroactive() if last is not None and effect.not_before > last:
            yield "warning", f"not_before {effect.not_before} is after the instrument's last day {last}"
        case NewMarket() if first is not None and effect.exchanged_before > first:
            yield "warning", f"exchanged_before {effect.exchanged_before} is after the instrument's first day {first}"
        case GrowthCap() if last is not None and effect.counts_from > last:
            yield "warning", f"counts_from {effect.counts_from} is after the instrument's last day {last}"
        case LawWaiver() if effect.not_before is not None and ends is not None and effect.not_before > ends:
            yield "warning", f"not_before {effect.not_before} is after through {ends}"


def _before_its_time(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Find what changes or replaces something that was signed only later."""
    known = instrument.known_from
    for other in every:
        if known is None or other.known_from is None or other.known_from <= known:
            continue
        for field, named in (("supersedes", instrument.supersedes), ("amends", (instrument.amends,))):
            if other.id in named:
                message = f"{field} {other.id}, which is signed later, on {other.known_from}"
                yield LintFinding("error", instrument.id, "", message)


def _order(instrument: Instrument) -> Iterator[LintFinding]:
    """Find repeated references and those that stand before a smaller one.

    A section that an earlier clause puts into the base keeps the base's number (A1 66.2.1 stands
    between A1's own 2 and 3.1), so it has no place in the order.
    """
    quoted: set[str] = set()
    seen: set[str] = set()
    before: tuple[tuple[int, ...], str] | None = None
    for clause in instrument.clause:
        if clause.ref in seen:
            yield LintFinding("error", instrument.id, clause.ref, "found a second time, expected each reference once")
        seen.add(clause.ref)
        if clause.ref not in quoted:
            place = _place(clause.ref)
            if before is not None and place < before[0]:
                message = f"stands after {before[1]}, expected the clauses in their order"
                yield LintFinding("warning", instrument.id, clause.ref, message)
            before = place, clause.ref
        quoted |= {effect.section for effect in clause.effects if isinstance(effect, ReplaceSection)}


def _place(ref: str) -> tuple[int, ...]:
    """Return where a reference belongs: preamble, recitals, numbers, signatures, schedules and the rest."""
    word, _, rest = ref.partition(" ")
    if word == "preamble":
        return (0,)
    if word == "recital":
        return (1, int(rest)) if rest.isdigit() else (1,)
    if word == "signatures":
        return (_OTHERS - 1,)
    match = _NUMBERED.match(ref)
    if match is None:
        return (_OTHERS,)
    parts = _NUMBERS.findall(match[0])
    letters = [part[1:-1] for part in parts if part.startswith("(")]
    numbers = [int(part) for part in parts if not part.startswith("(")]
    return (2, *numbers, *(_roman(text) if depth % 2 else _letter(text) for depth, text in enumerate(letters)))


def _letter(text: str) -> int:
    value = 0
    for character in text:
        value = value * 26 + ord(character) - ord("a") + 1
    return value


def _roman(text: str) -> int:
    """Return a small Roman numeral's value; other letters stand in alphabetical order."""
    if not set(text) <= set(_ROMAN):
        return _letter(text)
    values = [_ROMAN[character] for character in text]
    return sum(-value if value < max(values[position:]) else value for position, value in enumerate(values))


def _schedules(instrument: Instrument) -> Iterator[LintFinding]:
    """Add a schedule up and compare it with what its own text says (PA Schedule I)."""
    for clause, schedule in effects_of(instrument, ReplaceSchedule):
        for message in sum_faults(schedule.rows, schedule.totals):
            yield LintFinding("error", instrument.id, clause.ref, f"{schedule.schedule}: {message}")
        for severity, message in _row_differences(schedule):
            yield LintFinding(severity, instrument.id, clause.ref, f"{schedule.schedule}: {message}")


def _row_differences(schedule: ReplaceSchedule) -> Iterator[tuple[Severity, str]]:
    if schedule.totals is None:
        return
    unit = schedule.totals.unit_price
    differences = [(row, row.shares * unit - row.price) for row in schedule.rows]
    off = [(row, difference) for row, difference in differences if difference]
    for row, difference in off:
        price = f"{row.shares:,} shares x ${unit:,} minus the stated ${row.price:,}"
        yield "warning", f"{row.purchaser}: {price} is {difference:+,} dollars"
    if off:
        net = sum(difference for _, difference in off)
        yield "info", f"{len(off)} of {len(schedule.rows)} rows differ, by {net:,} dollars net; nothing is corrected"


def _operations(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Try operations on the text that they change; name those whose text is not at hand (``pending_base``)."""
    bases = [base for base in every if base.has_text and amends(instrument, base)]
    for clause in instrument.clause:
        for effect in clause.effects:
            place = place_of(effect)
            if place and not bases:
                message = f"pending_base: {effect.__struct_config__.tag} of {place}, the text it changes is not at hand"
                yield LintFinding("info", instrument.id, clause.ref, message)
    for base in bases:
        amendments = [other for other in every if other.id != base.id and amends(other, base)]
        conformed = conform(base, amendments, View(instrument.effective or date.min, date.max))
        for passage in conformed.passages:
            if passage.finding and passage.origin.instrument == instrument.id:
                severity: Severity = "info" if passage.state == "pending_base" else "error"
                message = f"{base.id}: {passage.finding}"
                yield LintFinding(severity, instrument.id, passage.origin.clause, message)
