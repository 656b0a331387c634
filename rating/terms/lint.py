"""What can be checked of instruments without pricing anything: references, days, order, sums."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Final, Literal, TypeVar

from rating.codes import TrafficClass, name_of
from rating.terms.model import (
    Clause,
    Effect,
    Exclude,
    InsertDefinition,
    Instrument,
    LawWaiver,
    Rate,
    ReplaceSchedule,
    ReplaceSection,
    ReplaceSentence,
    SubstituteWords,
    TrafficGroup,
)

__all__ = ["LintFinding", "Severity", "lint"]

Severity = Literal["error", "warning", "info"]

_T = TypeVar("_T")
_ISP_BOUND: Final = "isp_bound"
_LIMITS: Final = ("growth_cap", "new_market")
_CLASSES: Final = frozenset(name_of(code) for code in TrafficClass)
_SEVERITIES: Final = {"error": 0, "warning": 1, "info": 2}
_NUMBERS: Final = re.compile(r"[0-9]+|\([a-z]+\)")
_NUMBERED: Final = re.compile(r"^[0-9]+(\.[0-9]+)*(\([a-z]+\))*")
_ROMAN: Final = {"i": 1, "v": 5, "x": 10}
_OTHERS: Final = 5


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing to look at.

    severity : ``error`` is a fault of the files, ``warning`` something that the text itself has
    wrong or that cannot act, ``info`` what a reader should know. clause : its reference, empty where
    the instrument as a whole is meant.
    """

    severity: Severity
    instrument: str
    clause: str
    message: str


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
        findings += _references(instrument, every)
        findings += _groups(instrument, every)
        findings += _dates(instrument)
        findings += _order(instrument)
        findings += _unreachable(instrument)
        findings += _overlaps(instrument)
        findings += _schedules(instrument)
        findings += _pending(instrument, every)
    return sorted(findings, key=lambda finding: _SEVERITIES[finding.severity])


def _each(instrument: Instrument, kind: type[_T]) -> Iterator[tuple[Clause, _T]]:
    for clause in instrument.clause:
        for effect in clause.effects:
            if isinstance(effect, kind):
                yield clause, effect


def _repeated(every: Sequence[Instrument]) -> Iterator[LintFinding]:
    for name, times in Counter(instrument.id for instrument in every).items():
        if times > 1:
            yield LintFinding("error", name, "", f"found {times} instruments with this id, expected one")


def _references(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Look up the instruments that one names; ``base`` is whatever agreement the pair has."""
    known = {other.id for other in every}
    named = [("supersedes", name) for name in instrument.supersedes]
    named += [("simultaneous_with", name) for name in instrument.simultaneous_with]
    if instrument.amends not in ("", "base"):
        named.append(("amends", instrument.amends))
    for field, name in named:
        if name == instrument.id:
            yield LintFinding("error", instrument.id, "", f"{field}: found the instrument itself, expected another")
        elif name not in known:
            # What came together can be read apart; what is amended or replaced cannot be left out.
            severity: Severity = "warning" if field == "simultaneous_with" else "error"
            yield LintFinding(
                severity, instrument.id, "", f"{field}: found {name!r}, which is not among the instruments"
            )


def _groups(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Look up the groups that effects speak of; ISP-bound time also needs a price somewhere."""
    groups = {group.group for _, group in _each(instrument, TrafficGroup)}
    priced = any(rate.traffic == _ISP_BOUND for other in every for _, rate in _each(other, Rate))
    for clause in instrument.clause:
        for effect in clause.effects:
            for field, name in _named_groups(effect):
                if name == _ISP_BOUND:
                    if not priced:
                        message = f"{field}: found {_ISP_BOUND}, which no instrument prices"
                        yield LintFinding("warning", instrument.id, clause.ref, message)
                elif name not in groups and not (isinstance(effect, Exclude) and name in _LIMITS):
                    message = f"{field}: found {name!r}, expected a class or a group that this instrument names"
                    yield LintFinding("error", instrument.id, clause.ref, message)


def _named_groups(effect: Effect) -> Iterator[tuple[str, str]]:
    if isinstance(effect, Rate):
        names: tuple[tuple[str, str], ...] = (("traffic", effect.traffic),)
    elif isinstance(effect, Exclude):
        names = tuple(("outside", name) for name in effect.outside)
    else:
        found = getattr(effect, "of", "")
        names = (("of", found),) if isinstance(found, str) and found else ()
    return ((field, name) for field, name in names if name not in _CLASSES)


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
            begins, ends = _span(effect)
            if begins is not None and ends is not None and begins > ends:
                yield LintFinding("error", instrument.id, clause.ref, f"from {begins} is after through {ends}")


def _span(effect: Effect) -> tuple[date | None, date | None]:
    return getattr(effect, "from_", None), getattr(effect, "through", None)


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


def _unreachable(instrument: Instrument) -> Iterator[LintFinding]:
    """Find effects narrowed to days or states that the instrument does not have."""
    for clause in instrument.clause:
        for effect in clause.effects:
            name = str(effect.__struct_config__.tag)
            foreign = sorted(set(getattr(effect, "states", ())) - set(instrument.states))
            if foreign and instrument.states:
                message = f"{name}: states {', '.join(foreign)} are none of the instrument's"
                yield LintFinding("warning", instrument.id, clause.ref, message)
            if message := _outside_span(name, effect, instrument):
                # A waived right is no price: it may well be given up for days before the instrument's first.
                severity: Severity = "info" if isinstance(effect, LawWaiver) else "warning"
                yield LintFinding(severity, instrument.id, clause.ref, message)


def _outside_span(name: str, effect: Effect, instrument: Instrument) -> str:
    begins, ends = _span(effect)
    first, last = instrument.effective, instrument.effective_through
    if ends is not None and first is not None and ends < first:
        return f"{name}: ends {ends}, before the instrument takes effect on {first}"
    if begins is not None and last is not None and begins > last:
        return f"{name}: begins {begins}, after the instrument's last day {last}"
    if begins is not None and first is not None and begins < first:
        return f"{name}: begins {begins}, before the instrument takes effect on {first}"
    if ends is not None and last is not None and ends > last:
        return f"{name}: ends {ends}, after the instrument's last day {last}"
    return ""


def _overlaps(instrument: Instrument) -> Iterator[LintFinding]:
    """Find two prices of one thing: same traffic, element, payee, route, jurisdiction, state and day."""
    rates = [(clause.ref, rate, _traffic(instrument, rate)) for clause, rate in _each(instrument, Rate)]
    for (first_ref, first, first_of), (second_ref, second, second_of) in combinations(rates, 2):
        shared = sorted(first_of & second_of)
        if shared and _collide(first, second):
            message = f"prices {', '.join(shared)} on days, places and an element that {first_ref} prices too"
            yield LintFinding("error", instrument.id, second_ref, message)


def _traffic(instrument: Instrument, rate: Rate) -> frozenset[str]:
    for _, group in _each(instrument, TrafficGroup):
        if group.group == rate.traffic:
            return frozenset(group.classes)
    return frozenset((rate.traffic,))


def _collide(first: Rate, second: Rate) -> bool:
    if first.element != second.element:
        return False
    minutes = first.per_minute is not None and second.per_minute is not None
    calls = first.per_call is not None and second.per_call is not None
    if not minutes and not calls:
        return False  # one a call, the other a minute: two parts of one element
    days = _begins_by(first.from_, second.through) and _begins_by(second.from_, first.through)
    states = not first.states or not second.states or bool(set(first.states) & set(second.states))
    payees = "" in (first.payee, second.payee) or first.payee == second.payee
    routes = "any" in (first.route, second.route) or first.route == second.route
    jurisdictions = "any" in (first.jurisdiction, second.jurisdiction) or first.jurisdiction == second.jurisdiction
    return days and states and payees and routes and jurisdictions


def _begins_by(first: date | None, last: date | None) -> bool:
    return first is None or last is None or first <= last


def _schedules(instrument: Instrument) -> Iterator[LintFinding]:
    """Add a schedule up and compare it with what its own text says (PA Schedule I)."""
    for clause, schedule in _each(instrument, ReplaceSchedule):
        for message in _sums(schedule):
            yield LintFinding("error", instrument.id, clause.ref, f"{schedule.schedule}: {message}")
        for severity, message in _row_differences(schedule):
            yield LintFinding(severity, instrument.id, clause.ref, f"{schedule.schedule}: {message}")


def _sums(schedule: ReplaceSchedule) -> Iterator[str]:
    totals = schedule.totals
    if totals is None:
        return
    for field in ("shares", "warrants", "price"):
        found, expected = sum(getattr(row, field) for row in schedule.rows), getattr(totals, field)
        if found != expected:
            yield f"{field} add up to {found:,}, expected {expected:,}"
    by_series: Counter[str] = Counter()
    for row in schedule.rows:
        by_series[row.series] += row.shares
    for series in sorted(set(by_series) | set(totals.by_series)) if totals.by_series else ():
        found, expected = by_series[series], totals.by_series.get(series, 0)
        if found != expected:
            yield f"shares of series {series} add up to {found:,}, expected {expected:,}"


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


def _pending(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Name the operations on text that wait for the text (``pending_base``)."""
    bases = [other for other in every if _is_base(other, instrument)]
    present = {clause.ref for base in bases for clause in base.clause}
    for clause in instrument.clause:
        for effect in clause.effects:
            section = _section(effect)
            if section and section not in present:
                name = effect.__struct_config__.tag
                message = f"pending_base: {name} of {section}, the text it changes is not at hand"
                yield LintFinding("info", instrument.id, clause.ref, message)


def _is_base(other: Instrument, instrument: Instrument) -> bool:
    if instrument.amends != "base":
        return other.id == instrument.amends
    same_place = not other.states or not instrument.states or bool(set(other.states) & set(instrument.states))
    return other.domain == "base" and set(instrument.parties) <= set(other.parties) and same_place


def _section(effect: Effect) -> str:
    if isinstance(effect, ReplaceSection | InsertDefinition | SubstituteWords | ReplaceSentence):
        return effect.section
    return effect.schedule if isinstance(effect, ReplaceSchedule) else ""
