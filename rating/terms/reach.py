"""Effects that can never act: outside their instrument's days or states, or outranked on all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from rating.terms import model
from rating.terms.findings import LintFinding, Severity
from rating.terms.model import Effect, Instrument, Rate
from rating.terms.overlap import classes_of, same_ground
from rating.terms.rank import effects_of, holds, rank
from rating.terms.standing import Standing

__all__ = ["outranked", "unreachable"]

_ISP_BOUND: Final = "isp_bound"
_LIMITS: Final = (model.Presumption, model.GrowthCap, model.NewMarket)


def unreachable(instrument: Instrument) -> Iterator[LintFinding]:
    """Find effects narrowed to days or states that the instrument does not have, and tests of what it never pays."""
    named = {group.group for _, group in effects_of(instrument, model.TrafficGroup)}
    paid = {name for _, rate in effects_of(instrument, Rate) for name in classes_of(instrument, rate.traffic)}
    for clause in instrument.clause:
        for effect in clause.effects:
            name = str(effect.__struct_config__.tag)
            foreign = sorted(set(getattr(effect, "states", ())) - set(instrument.states))
            if foreign and instrument.states:
                message = f"{name}: states {', '.join(foreign)} are none of the instrument's"
                yield LintFinding("warning", instrument.id, clause.ref, message)
            if message := _outside_span(name, effect, instrument):
                # A waived right is no price: it may well be given up for days before the instrument's first.
                severity: Severity = "info" if isinstance(effect, model.LawWaiver) else "warning"
                yield LintFinding(severity, instrument.id, clause.ref, message)
            tested = effect.of if isinstance(effect, model.Eligibility) and effect.of in named else ""
            if tested and not paid & classes_of(instrument, tested):
                message = f"{name}: this instrument prices nothing of {tested}, so nothing depends on the test"
                yield LintFinding("warning", instrument.id, clause.ref, message)


def _outside_span(name: str, effect: Effect, instrument: Instrument) -> str:
    begins, ends = getattr(effect, "from_", None), getattr(effect, "through", None)
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


def outranked(instrument: Instrument, every: Sequence[Instrument]) -> Iterator[LintFinding]:
    """Find prices and limits that an instrument which controls over this one displaces on all their days.

    Notes
    -----
    As the timeline resolves it: an instrument that prices a class prices all of it; Internet-bound time
    falls to one of a higher level that prices every class under the presumption, or to a higher one that
    has such time itself. A price that waits for an event displaces nothing.
    """
    field = _Field(instrument, tuple(o for o in every if o is not instrument and same_ground(instrument, o)))
    for clause in instrument.clause:
        for effect in clause.effects:
            isp = getattr(effect, "traffic", getattr(effect, "of", "")) == _ISP_BOUND
            if isinstance(effect, Rate) or (isp and isinstance(effect, _LIMITS)):
                rivals = field.over(effect, isp=isp)
                if rivals:
                    name = effect.__struct_config__.tag
                    message = f"{name}: outranked on all its days and in all its states by {', '.join(rivals)}"
                    yield LintFinding("warning", instrument.id, clause.ref, message)


@dataclass(frozen=True, slots=True)
class _Field:
    """An instrument among those that it shares parties, states and days with."""

    instrument: Instrument
    others: tuple[Instrument, ...]

    def over(self, effect: Rate | model.Presumption | model.GrowthCap | model.NewMarket, *, isp: bool) -> list[str]:
        """Return who outranks an effect on each of its days, states and classes; nobody where one is left to it."""
        found: set[str] = set()
        days = list(self._days(effect))
        wanted = {_ISP_BOUND} if isp or not isinstance(effect, Rate) else classes_of(self.instrument, effect.traffic)
        for state in effect.states or self.instrument.states or ("",):
            for day in days:
                for name in sorted(wanted):
                    rivals = self._over_isp(state, day) if isp else self._over_class(name, state, day)
                    if not rivals:
                        return []
                    found |= rivals
        return sorted(found)

    def _days(self, effect: Effect) -> Iterator[date]:
        """Yield the first day of each stretch of the effect's days on which nothing begins or ends."""
        begins, ends = getattr(effect, "from_", None), getattr(effect, "through", None)
        first = max(day for day in (begins, self.instrument.effective, date.min) if day is not None)
        last = min(day for day in (ends, self.instrument.effective_through, date.max) if day is not None)
        starts = {first}
        for one in (self.instrument, *self.others):
            dated = [(one.effective, one.effective_through)]
            dated += [
                (getattr(e, "from_", None), getattr(e, "through", None))
                for clause in one.clause
                for e in clause.effects
            ]
            starts |= {start for start, _ in dated if start is not None}
            starts |= {end + timedelta(days=1) for _, end in dated if end is not None and end < date.max}
        return iter(sorted(day for day in starts if first <= day <= last))

    def _ranked(self, one: Instrument, day: date) -> tuple[int, date, date]:
        stands = Standing(one.effective or date.min, one.effective_through, "", ())
        return rank(one, stands, day)

    def _higher(self, state: str, day: date, *, level: bool = False) -> Iterator[Instrument]:
        """Yield those in force on a day that control over the instrument, by level alone where asked for."""
        own = self._ranked(self.instrument, day)
        for other in self.others:
            theirs = self._ranked(other, day)
            above = theirs[0] > own[0] if level else theirs > own
            in_force = holds(other.effective, other.effective_through, day)
            if above and in_force and (not state or not other.states or state in other.states):
                yield other

    def _over_class(self, name: str, state: str, day: date, *, level: bool = False) -> set[str]:
        return {
            other.id
            for other in self._higher(state, day, level=level)
            for _, rate in effects_of(other, Rate)
            if name in classes_of(other, rate.traffic) and not rate.when and _acts(rate, state, day)
        }

    def _over_isp(self, state: str, day: date) -> set[str]:
        own: set[str] = set()
        for other in self._higher(state, day):
            prices = [rate for _, rate in effects_of(other, Rate) if rate.traffic == _ISP_BOUND]
            presumptions = [found for _, found in effects_of(other, model.Presumption) if found.of == _ISP_BOUND]
            effects: list[Rate | model.Presumption] = [*prices, *presumptions]
            if any(_acts(effect, state, day) for effect in effects):
                own.add(other.id)
        bases = [p.base for _, p in effects_of(self.instrument, model.Presumption) if _acts(p, state, day)]
        priced = [self._over_class(name, state, day, level=True) for name in bases[0]] if bases else []
        return own | (set().union(*priced) if priced and all(priced) else set())


def _acts(effect: Rate | model.Presumption, state: str, day: date) -> bool:
    return holds(effect.from_, effect.through, day) and (not state or not effect.states or state in effect.states)
