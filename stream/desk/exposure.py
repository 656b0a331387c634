"""What each open reading is worth: the one chosen, each other one, and the dollars between them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from rating.codes import Settlement
from rating.facts import Facts
from rating.faults import RoundingNotKept
from rating.money import cents, dollars_text
from rating.policy import SWITCHES, PolicyValue, Reading, Rounding, Switch, Unidentified, parse_value, shown
from rating.settle import settle
from rating.terms.events import PolicySet
from stream.books.store import Store
from stream.desk.variants import NEEDS_RERATE, Choice, facts_of, net_of, net_to, otherwise, reading_in
from stream.desk.whatif import COMPARED
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["exposure"]

_NUMBERED: Final = re.compile(r"\bN\b")
_ANY_UNIT: Final = "per_call_up(N)"

_NO_UNIT: Final = (
    "no N is chosen, and usage is kept in no such unit: where settings, an event or terms name one as calls are "
    "rated, it is valued"
)

_Sums = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class _Alternative:
    value: PolicyValue
    words: str


def exposure(
    workspace: Workspace, store: Store, agreement: str, first: str, last: str, as_known_at: date
) -> dict[str, Any]:
    """Value every other reading of every switch, one at a time, over an agreement's months.

    Parameters
    ----------
    first, last : str
        Months, ``2003-05``; valued are those from one through the other that have usage.
    as_known_at : date
        The day of what is known, for all readings.

    Returns
    -------
    dict
        As `schemas/analysis.md` lays it down: `switches` with the largest difference first, amounts as
        decimal strings. A difference is the other reading less the one chosen; `net` is what the party
        `net_to` gains by it. `not_valued` names the readings that have no figure, each with the reason.
    """
    now = make_facts(workspace, store.names(), store, as_known_at)
    code = now.names.find("agreement", agreement)
    months = [month for having, month in store.months() if having == code and first <= month <= last]
    side = _Side(now, agreement, months, net_to(now.agreements[agreement], workspace.settings.company.self_))
    rows = [_switch(workspace, side, switch, last) for switch in SWITCHES.values()]
    return {
        "agreement": agreement,
        "from": first,
        "through": last,
        "as_known_at": as_known_at.isoformat(),
        "compared": COMPARED,
        "net_to": side.receiver,
        "months": months,
        "now": side.money(side.baseline) | {"unpriced_ms": side.unpriced_ms},
        "switches": [row for _, row in sorted(rows, key=lambda both: both[0])],
    }


class _Side:
    """An agreement's months as they stand, for other readings to be held against."""

    def __init__(self, now: Facts, agreement: str, months: Sequence[str], receiver: str) -> None:
        self.now, self.agreement, self.months, self.receiver = now, agreement, months, receiver
        self.baseline, self.unpriced_ms = self.values(now)

    def values(self, facts: Facts) -> tuple[dict[str, _Sums], int]:
        """Return cents by month and direction, and the milliseconds that no loaded instrument prices."""
        sums: dict[str, _Sums] = {}
        unpriced_ms = 0
        for month in self.months:
            sums[month] = {}
            for way in settle(facts, self.agreement, month).directions:
                sums[month][way.payer, way.payee] = sum(cents(line.units) for line in way.lines)
                unpriced_ms += sum(line.ms for line in way.lines if line.outcome is Settlement.TERMS_MISSING)
        return sums, unpriced_ms

    def less(self, values: Mapping[str, _Sums]) -> dict[str, _Sums]:
        """Return what other values are above those as they stand, by month and direction."""
        out: dict[str, _Sums] = {}
        for month, sums in values.items():
            before = self.baseline[month]
            out[month] = {who: sums.get(who, 0) - before.get(who, 0) for who in sorted({*sums, *before})}
        return out

    def money(self, values: Mapping[str, _Sums]) -> dict[str, Any]:
        """Return values as decimal strings: by month and in all, net and by direction."""
        whole = _added(values.values())
        return {
            "months": [{"month": month, **self._money(sums)} for month, sums in values.items()],
            **self._money(whole),
        }

    def net(self, sums: _Sums) -> int:
        return net_of(sums, self.now.agreements[self.agreement], self.receiver)

    def _money(self, sums: _Sums) -> dict[str, Any]:
        return {
            "directions": [
                {"payer": payer, "payee": payee, "amount": dollars_text(value)}
                for (payer, payee), value in sorted(sums.items())
            ],
            "net": dollars_text(self.net(sums)),
        }


def _added(parts: Iterable[_Sums]) -> _Sums:
    out: _Sums = {}
    for sums in parts:
        for who, value in sums.items():
            out[who] = out.get(who, 0) + value
    return out


_Rank = tuple[int, int]


def _switch(workspace: Workspace, side: _Side, switch: Switch, last: str) -> tuple[_Rank, dict[str, Any]]:
    """Return a switch with all its readings, and where it stands among others: the largest first.

    The reading chosen is that of the last month: terms can say of rounding and of unidentified calls
    otherwise from one day on.
    """
    reading, by = _chosen(workspace, side, switch.name, last)
    valued: list[tuple[_Rank, dict[str, Any]]] = []
    silent: list[dict[str, Any]] = []
    alternatives, unvalued = _readings(switch, reading.value, workspace.rounding_units)
    silent += [{"value": value, "reading": words, "reason": reason} for value, words, reason in unvalued]
    for other in alternatives:
        variant = otherwise(workspace, choices=[Choice(switch.name, other.value, side.agreement)])
        row: dict[str, Any] = {"value": shown(other.value), "reading": other.words}
        try:
            sums, unpriced_ms = side.values(facts_of(variant, side.now))
        except RoundingNotKept as error:
            silent.append(row | {"reason": str(error)})
            continue
        values = side.less(sums)
        gross = sum(abs(value) for sums in values.values() for value in sums.values())
        rank = (-abs(side.net(_added(values.values()))), -gross)
        unpriced = {"now": side.unpriced_ms, "then": unpriced_ms}
        valued.append((rank, row | {"moves": gross > 0, **side.money(values), "unpriced_ms": unpriced}))
    valued.sort(key=lambda both: both[0])
    row = {
        "switch": switch.name,
        "source": switch.source,
        "clauses": _clauses(side.now, side.agreement, switch.name),
        "chosen": {
            "value": shown(reading.value),
            "reading": _words(switch, reading.value),
            "origin": reading.origin,
            "by": by,
        },
        "alternatives": [found for _, found in valued],
        "not_valued": silent,
    }
    return (valued[0][0] if valued else (1, 0)), row


def _clauses(facts: Facts, agreement: str, name: str) -> list[str]:
    """Return the clauses of the agreement's own instruments that leave a switch open."""
    known = facts.timeline(agreement).instruments
    return [
        f"{instrument.id} {switch.clause}"
        for instrument in facts.instruments
        if instrument.id in known
        for switch in instrument.switches
        if switch.policy == name
    ]


def _chosen(workspace: Workspace, side: _Side, name: str, month: str) -> tuple[Reading, str]:
    """Return how a switch is read and who chose it: in a word, and for people."""
    stated = workspace.readings(side.agreement, side.now.as_known_at)[name]
    value, clause = reading_in(side.now, side.agreement, name, month)
    if clause:
        return Reading(value, "terms"), f"the terms, {clause}"
    for event in workspace.events:
        if isinstance(event, PolicySet) and stated.origin == f"policy_set {event.id}":
            return stated, f"{event.by}, {event.on}: {event.reason}"
    return stated, "nobody: the default" if stated.origin == "default" else f"the settings, {stated.origin}"


_Unvalued = tuple[str, str, str]


def _readings(switch: Switch, chosen: PolicyValue, units: Sequence[int]) -> tuple[list[_Alternative], list[_Unvalued]]:
    """Return a switch's other readings that stored usage can tell about, and those that it cannot, with reasons.

    units : milliseconds that somebody rounds calls to in this workspace, so that usage may be kept in them.
    """
    if isinstance(chosen, Unidentified):
        return _ways_to_spread(chosen)
    values = [(raw, words) for raw, words in switch.readings.items() if raw not in (_ANY_UNIT, _text(chosen))]
    if not switch.by_event:
        return [], [(raw, words, NEEDS_RERATE) for raw, words in values]
    alternatives = [_Alternative(_value(switch, raw), words) for raw, words in values]
    if not isinstance(chosen, Rounding):
        return alternatives, []
    named = [Rounding("per_call_up", unit) for unit in units if unit != chosen.unit_ms]
    alternatives += [_Alternative(value, _words(switch, value)) for value in named]
    unnamed = [] if units else [(_ANY_UNIT, switch.readings[_ANY_UNIT], _NO_UNIT)]
    return alternatives, unnamed


def _value(switch: Switch, raw: str) -> PolicyValue:
    return parse_value(switch.name, {"true": True, "false": False}.get(raw, raw))


def _text(value: PolicyValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(switch: Switch, value: PolicyValue) -> str:
    """Return a reading in words."""
    if isinstance(value, Unidentified):
        if not value.threshold and not value.strict:
            when = "Always spread"
        else:
            more = "more than" if value.strict else "at least"
            when = f"Where {more} {value.threshold} of {value.measure} are identified, the rest is spread"
        return f"{when} over {', '.join(value.spread_over) or 'nothing'}; otherwise all of it is toll."
    if isinstance(value, Rounding) and value.unit_ms is not None:
        return _NUMBERED.sub(str(value.unit_ms), switch.readings[_ANY_UNIT])
    return switch.readings[_text(value)]


def _ways_to_spread(chosen: Unidentified) -> tuple[list[_Alternative], list[_Unvalued]]:
    """Return one change at a time of how unidentified time is treated; which classes take it is left to what-if."""
    measure: Any = "minutes" if chosen.measure == "calls" else "calls"
    changes = [
        (
            replace(chosen, measure=measure),
            f"As chosen, but {measure} are counted as identified, not {chosen.measure}.",
        ),
        (
            replace(chosen, strict=not chosen.strict),
            f"As chosen, but the share has to be {'at least' if chosen.strict else 'over'} {chosen.threshold}.",
        ),
        (replace(chosen, threshold=Decimal(0), strict=False), "No threshold: the rest is always spread."),
        (replace(chosen, threshold=Decimal(1), strict=True), "Never spread: all of it is priced as intraLATA toll."),
    ]
    words = "Other classes, or fewer of them, take what is spread."
    reason = (
        "any subset may be chosen; `ratestream what-if` takes one, as --policy 'unidentified={\"spread_over\":[...]}'"
    )
    return [_Alternative(value, said) for value, said in changes if value != chosen], [("spread_over", words, reason)]
