"""A month's rows of an agreement, with what the tables of the day add to each cell."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from rating.eligibility import month_gates
from rating.facts import Facts, month_days
from rating.month import PRESUMPTION_DOWN, Row, by_pairs, summed
from rating.reference.plan import ROUTES
from rating.rounding import billed_ms
from rating.terms.events import RebuttalDecided, RebuttalFiled
from rating.trunk_groups import trunk_group_on

__all__ = ["actual_days", "actual_from", "month_rows"]


def actual_from(facts: Facts, agreement: str, payee: str) -> date | None:
    """Return the day from which a rebuttal's approved method holds for a payee: that of its filing (XA 2.6)."""
    filed = {e.id: e for e in facts.known_events if isinstance(e, RebuttalFiled)}
    day: date | None = None
    for event in facts.known_events:
        if (
            isinstance(event, RebuttalDecided)
            and event.approved
            and event.method == "actual"
            and event.rebuttal in filed
        ):
            rebuttal = filed[event.rebuttal]
            if (rebuttal.agreement, rebuttal.payee) == (agreement, payee):
                day = rebuttal.on if day is None else min(day, rebuttal.on)
    return day


def actual_days(facts: Facts, agreement: str, month: str, days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bits of `Row.actual` for calendar days of a month."""
    actual = np.zeros(len(days), np.int64)
    parties = facts.agreements[agreement]
    for bit, payee in ((1, parties.party_a), (2, parties.party_b)):
        start = actual_from(facts, agreement, payee)
        if start is not None:
            actual |= np.where(days >= facts.day(start), bit, 0)
    for start_day, end_day, interval in facts.timeline(agreement).between(*month_days(month)):
        if not interval.presumes:
            actual |= np.where((days >= facts.day(start_day)) & (days <= facts.day(end_day)), PRESUMPTION_DOWN, 0)
    return actual


def month_rows(facts: Facts, agreement: str, month: str) -> list[Row]:
    """Return the sums of an agreement's month by rate sub-period, computed once."""
    cache: dict[tuple[str, str], list[Row]] = facts.memo.setdefault("month_rows", {})
    if (agreement, month) in cache:
        return cache[agreement, month]
    cells = facts.cells_of(agreement, month)
    first, last = month_days(month)
    subs = facts.timeline(agreement).subperiods(first, last)
    days = cells.field("day")

    def route(trunk: int, day: int) -> int:
        row = trunk_group_on(facts, facts.names.name("trunk_group", trunk), facts.date(day)) if trunk else None
        return ROUTES[row.kind] if row is not None else 0

    cache[agreement, month] = summed(
        cells,
        [facts.day(start) for start, _ in subs],
        by_pairs(cells.field("trunk_group"), days, route),
        month_gates(facts, agreement, month),
        actual_days(facts, agreement, month, days),
        billed_ms(facts, agreement, month),
    )
    return cache[agreement, month]
