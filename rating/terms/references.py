"""What instruments name: other instruments, clauses, groups, classes, parties, periods."""

from collections.abc import Iterator, Sequence
from typing import Final

from rating.codes import TrafficClass, name_of
from rating.terms.findings import LintFinding, Severity
from rating.terms.model import Effect, Exclude, GrowthCap, Instrument, Rate, TrafficGroup
from rating.terms.rank import effects_of

__all__ = ["groups", "instruments_named", "names"]

_ISP_BOUND: Final = "isp_bound"
_LIMITS: Final = ("growth_cap", "new_market")
_CLASSES: Final = frozenset(name_of(code) for code in TrafficClass)


def instruments_named(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
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


def names(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Look up the clauses, classes, parties and years that an instrument names, and the limits it is outside of."""
    refs = {clause.ref for clause in instrument.clause}
    for switch in instrument.switches:
        if switch.clause not in refs:
            message = f"switch {switch.policy}: found no clause {switch.clause!r} in this instrument"
            yield LintFinding("error", instrument.id, "", message)
    for party in sorted(set(instrument.signed) - set(instrument.parties)):
        yield LintFinding("error", instrument.id, "", f"signed: found {party!r}, which is none of the parties")
    known = {str(effect.__struct_config__.tag) for other in every for c in other.clause for effect in c.effects}
    for clause in instrument.clause:
        for effect in clause.effects:
            for message in _unknown(effect, instrument):
                yield LintFinding("error", instrument.id, clause.ref, message)
            for name in effect.outside if isinstance(effect, Exclude) else ():
                if name in _LIMITS and name not in known:
                    message = f"outside: found {name}, which no instrument has"
                    yield LintFinding("warning", instrument.id, clause.ref, message)


def _unknown(effect: Effect, instrument: Instrument) -> Iterator[str]:
    for field in ("classes", "base", "spread_over"):
        for name in getattr(effect, field, ()):
            if name not in _CLASSES:
                yield f"{field}: found no class {name!r}"
    for field in ("payee", "not_before_signature_of"):
        party = getattr(effect, field, "")
        if party and party not in instrument.parties:
            yield f"{field}: found {party!r}, which is none of the parties"
    if isinstance(effect, GrowthCap):
        for number, row in enumerate(effect.years):
            if row.of.isdigit() and int(row.of) not in {earlier.year for earlier in effect.years[:number]}:
                yield f"years: {row.year} is reckoned of {row.of}, for which no earlier row is there"


def groups(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Look up the groups that effects speak of; ISP-bound time also needs a price somewhere."""
    named = {group.group for _, group in effects_of(instrument, TrafficGroup)}
    priced = any(rate.traffic == _ISP_BOUND for other in every for _, rate in effects_of(other, Rate))
    for clause in instrument.clause:
        for effect in clause.effects:
            for field, name in _named_groups(effect):
                if name == _ISP_BOUND:
                    if not priced:
                        message = f"{field}: found {_ISP_BOUND}, which no instrument prices"
                        yield LintFinding("warning", instrument.id, clause.ref, message)
                elif name not in named and not (isinstance(effect, Exclude) and name in _LIMITS):
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
