"""What a payee has to have built to be paid: points of interconnection and direct trunks (SA 4).

Both tests gate the payee that the clause names, on the days on which the instrument prices; DOMAIN
section 8. A gate closes time, it does not change class, ratio or cap.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import TCLT_CLASSES, PriceReason, TrafficClass
from rating.facts import Facts, month_before, month_days
from rating.month import by_pairs
from rating.poi import has_poi
from rating.terms.events import IncumbentFailure, InterconnectionStarted
from rating.terms.interval import Interval, Ruled
from rating.terms.model import Eligibility, Waiver
from rating.trunk_groups import trunk_group_on
from rating.usage import Cells

__all__ = [
    "GATES",
    "deot_fails",
    "gates",
    "is_below",
    "measured",
    "month_before",
    "month_gates",
    "month_is_below",
    "months_later",
    "months_to_fail",
    "waived",
]

GATES: Final = (PriceReason.NONE, PriceReason.NO_POI, PriceReason.DEOT)
"""The reasons by gate code, as cells' rows carry it; where both close, the point of interconnection names it."""


def months_later(day: date, months: int) -> date:
    """The same day so many months later; where that day does not exist, the month's last day."""
    year, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + year, month + 1, 1)
    _, last = month_days(f"{first:%Y-%m}")
    return min(last, first + timedelta(days=day.day - 1))


def waived(facts: Facts, agreement: str, waivers: Iterable[Ruled[Waiver]], test: str, tandem: str, day: date) -> bool:
    """Return whether a test is off on a day, for calls of a tandem's trunk groups ("" for none known).

    From the day of first exchange of a new interconnection for the clause's months (SA 4.5), and in
    registered intervals of the incumbent's own failure (SA 4.6).
    """
    for ruled in waivers:
        if test not in ruled.effect.of:
            continue
        for event in facts.known_events:
            if not isinstance(event, InterconnectionStarted | IncumbentFailure) or event.agreement != agreement:
                continue
            if event.tandem and event.tandem != tandem:
                continue
            if isinstance(event, InterconnectionStarted) and ruled.effect.cause == "new_interconnection":
                if event.on <= day < months_later(event.on, ruled.effect.months or 0):
                    return True
            elif (
                isinstance(event, IncumbentFailure)
                and ruled.effect.cause == "incumbent_failure"
                and event.on <= day <= event.through
            ):
                return True
    return False


def is_below(direct: int, total: int, share: Decimal) -> bool:
    """Whether the direct part of a tandem area's traffic is under the share; no traffic is not below."""
    numerator, denominator = share.as_integer_ratio()
    return total > 0 and direct * denominator < total * numerator


def measured(facts: Facts, agreement: str, tandem: str, month: str) -> tuple[int, int]:
    """Return (direct, total) of a tandem in a month: milliseconds, or trunk-days by switch ``deot_measure``."""
    policy = facts.policies[agreement]
    if policy.deot_measure == "trunks":
        return _trunk_days(facts, agreement, tandem, month)
    by_month: dict[str, dict[str, tuple[int, int]]] = facts.memo.setdefault(("deot", agreement), {})
    if month not in by_month:
        cells = facts.cells_of(agreement, month)
        if policy.deot_base == "local_and_intralata_toll":
            wanted = [int(c) for c in (*TCLT_CLASSES, TrafficClass.INTRALATA_TOLL)]
            cells = cells.where(np.isin(cells.field("traffic_class"), wanted))
        else:  # an on-net call is of no agreement: it is here for its exception alone
            cells = cells.where(cells.field("traffic_class") != TrafficClass.ON_NET)
        sums: dict[str, tuple[int, int]] = {}
        keys = (cells.field("trunk_group") << 20) | cells.field("day")
        unique, inverse = np.unique(keys, return_inverse=True)
        ms = np.zeros(len(unique), np.int64)
        np.add.at(ms, inverse, cells.ms)
        for key, used in zip(unique.tolist(), ms.tolist(), strict=True):
            name = facts.names.name("trunk_group", key >> 20)
            row = trunk_group_on(facts, name, facts.date(key & 0xFFFFF)) if name else None
            if row is not None and row.tandem:
                direct, total = sums.get(row.tandem, (0, 0))
                sums[row.tandem] = (direct + (used if row.kind == "direct" else 0), total + used)
        by_month[month] = sums
    return by_month[month].get(tandem, (0, 0))


def _trunk_days(facts: Facts, agreement: str, tandem: str, month: str) -> tuple[int, int]:
    first, last = month_days(month)
    direct = total = 0
    for row in facts.tables.trunk_groups or ():
        if row.agreement != agreement or row.tandem != tandem:
            continue
        start, end = max(first, row.from_ or first), min(last, row.through or last)
        days = max(0, (end - start).days + 1) * (row.trunks or 0)
        total += days
        direct += days if row.kind == "direct" else 0
    return direct, total


def months_to_fail(facts: Facts, agreement: str, rule: Eligibility) -> int:
    """Return how many months in a row have to be below for the last of them to fail."""
    return (rule.months or 1) + (1 if facts.policies[agreement].deot_onset == "next_month" else 0)


def month_is_below(
    facts: Facts, agreement: str, rule: Eligibility, waivers: Iterable[Ruled[Waiver]], tandem: str, month: str
) -> bool:
    """Return whether a tandem area's month is below the share; one with a waived day is not."""
    rulings = tuple(waivers)
    direct, total = measured(facts, agreement, tandem, month)
    if not is_below(direct, total, rule.share or Decimal(0)):
        return False
    first, last = month_days(month)
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return not any(waived(facts, agreement, rulings, "deot", tandem, day) for day in days)


def deot_fails(
    facts: Facts, agreement: str, rule: Eligibility, waivers: Iterable[Ruled[Waiver]], tandem: str, month: str
) -> bool:
    """Return whether direct end-office trunking of a tandem area fails in a month (SA 4.4).

    It and the months before it (one by the clause, one more where switch ``deot_onset`` is
    ``next_month``) have to be below the share; a month with a waived day is not below.
    """
    rulings = tuple(waivers)
    for back in range(months_to_fail(facts, agreement, rule)):
        if not month_is_below(facts, agreement, rule, rulings, tandem, month_before(month, back)):
            return False
    return True


def _gate(facts: Facts, agreement: str, interval: Interval, caller: str, tandem: str, day: date) -> int:
    state = facts.agreements[agreement].state
    poi = [r for r in interval.gates if r.effect.test == "poi" and (not r.effect.states or state in r.effect.states)]
    tested = poi and not waived(facts, agreement, interval.waivers, "poi", tandem, day)
    if tested and not has_poi(facts, agreement, [ruled.effect for ruled in poi], caller, day):
        return GATES.index(PriceReason.NO_POI)
    memo: dict[tuple[str, str, str], bool] = facts.memo.setdefault("deot_fails", {})
    for ruled in interval.gates:
        if ruled.effect.test != "deot" or not tandem:
            continue
        if waived(facts, agreement, interval.waivers, "deot", tandem, day):
            continue
        key = (agreement, tandem, f"{day:%Y-%m}")
        if key not in memo:
            memo[key] = deot_fails(facts, agreement, ruled.effect, interval.waivers, tandem, key[2])
        if memo[key]:
            return GATES.index(PriceReason.DEOT)
    return 0


def month_gates(facts: Facts, agreement: str, month: str) -> NDArray[np.int64]:
    """Return the code of what closes each cell of an agreement's month, computed once; see `gates`."""
    memo: dict[tuple[str, str], NDArray[np.int64]] = facts.memo.setdefault("month_gates", {})
    if (agreement, month) not in memo:
        memo[agreement, month] = gates(facts, agreement, month, facts.cells_of(agreement, month))
    return memo[agreement, month]


def gates(facts: Facts, agreement: str, month: str, cells: Cells) -> NDArray[np.int64]:
    """Return the code (`GATES`) of what closes each cell to its payee; 0 where nothing does.

    Parameters
    ----------
    cells : Cells
        Of the agreement, on days of the month.
    """
    out = np.zeros(len(cells), np.int64)
    timeline = facts.timeline(agreement)
    first, last = month_days(month)
    days = cells.field("day")
    for start, end, interval in timeline.between(first, last):
        payees = {ruled.effect.payee for ruled in interval.gates}
        codes = [facts.names.find("party", payee) for payee in payees]
        chosen = np.flatnonzero(
            (days >= facts.day(start)) & (days <= facts.day(end)) & np.isin(cells.field("terminator"), codes)
        )
        if not codes or not len(chosen):
            continue
        some = cells.where(chosen)

        def close(place: int, trunk_day: int, interval: Interval = interval) -> int:
            day = facts.date(trunk_day & 0xFFFFF)
            trunk = facts.names.name("trunk_group", trunk_day >> 20)
            row = trunk_group_on(facts, trunk, day) if trunk else None
            tandem = row.tandem if row is not None else ""
            return _gate(facts, agreement, interval, facts.names.name("rate_center", place), tandem, day)

        trunks, inverse = np.unique((some.field("trunk_group") << 20) | some.field("day"), return_inverse=True)
        out[chosen] = by_pairs(
            some.field("rate_center"),
            inverse.astype(np.int64),
            lambda place, at, t=trunks, c=close: c(place, int(t[at])),  # type: ignore[misc]
        )
    return out
