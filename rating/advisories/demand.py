"""End offices that have needed so many trunks for so many months that direct ones are due (SA 4.3.2).

The load of a month is that of its time-consistent busy hour: each hour of the day is averaged over all of
the month's days, and the largest of the averages is offered to Erlang B. Hours are counted from local
midnight in elapsed time (`rating.kernel.hours`), so the 25th hour of one day in the year is a small one.
A month that is not over is averaged over all of its days too: what it needs can only grow.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np

from rating.advisories.network import watches_of
from rating.facts import Facts, month_before, month_days
from rating.hours import HOURS_OF_A_DAY
from rating.settle import Settled
from rating.terms.interval import Ruled
from rating.terms.model import Watch
from rating.trunks import erlangs, needs_at_least, trunks_needed

__all__ = ["Demand", "demands", "direct_trunks_due"]

_HUNDREDTH: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Demand:
    """A month's busy hour at an end office: which hour from midnight, milliseconds in it on all days, the load."""

    hour: int
    ms: int
    load: Fraction


def demands(facts: Facts, agreement: str, month: str) -> dict[int, Demand]:
    """Return each end office's busy hour in a month, by code, of local and intraLATA toll calls; computed once."""
    memo: dict[tuple[str, str], dict[int, Demand]] = facts.memo.setdefault("demands", {})
    if (agreement, month) not in memo:
        first, last = month_days(month)
        hours = facts.hours_of(agreement, month)
        offices, office = np.unique(hours.field("end_office"), return_inverse=True)
        sums = np.zeros((len(offices), HOURS_OF_A_DAY), np.int64)
        np.add.at(sums, (office, hours.field("hour")), hours.ms)
        busiest = sums.argmax(axis=1) if len(offices) else np.zeros(0, np.int64)
        memo[agreement, month] = {
            code: Demand(hour, int(sums[i, hour]), erlangs(int(sums[i, hour]), (last - first).days + 1))
            for i, (code, hour) in enumerate(zip(offices.tolist(), busiest.tolist(), strict=True))
        }
    return memo[agreement, month]


def direct_trunks_due(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each end office that has needed the clause's trunks in this month and the months before it.

    `since` is the last day of the month that made them enough, or the first day of the clause if that
    is later. `direct_trunks` are there already on the month's last day, as the tables know them; None
    without `trunk_groups.csv`.
    """
    for ruled, _ in watches_of(facts, settled, "trunks_24", "end_office_demand").values():
        wanted, months = ruled.effect.trunks or 1, ruled.effect.months or 1
        found = []
        for code in demands(facts, settled.agreement, settled.month):
            run = _months_on_end(facts, settled, code, wanted)
            if run >= months:
                begins = min(i.first for i in facts.timeline(settled.agreement).intervals if ruled in i.watches)
                enough = month_days(month_before(settled.month, run - months))[1]
                found.append(_due(facts, settled, ruled, code, max(enough, begins)))
        yield from sorted(found, key=lambda row: str(row["end_office"]))


def _months_on_end(facts: Facts, settled: Settled, code: int, wanted: int) -> int:
    """Return how many months on end, up to this one, an end office has needed so many trunks."""
    run = 0
    while True:
        demand = demands(facts, settled.agreement, month_before(settled.month, run)).get(code)
        if demand is None or not needs_at_least(wanted, demand.load):
            return run
        run += 1


def _due(facts: Facts, settled: Settled, ruled: Ruled[Watch], code: int, since: date) -> dict[str, Any]:
    office = facts.names.name("end_office", code)
    _, last = month_days(settled.month)
    months = [month_before(settled.month, back) for back in range((ruled.effect.months or 1) - 1, -1, -1)]
    of_month = {month: demands(facts, settled.agreement, month)[code] for month in months}
    now = of_month[settled.month]
    groups = facts.tables.trunk_groups
    there = [
        row
        for row in groups or ()
        if (row.agreement, row.kind, row.end_office) == (settled.agreement, "direct", office)
        and (row.from_ is None or row.from_ <= last)
        and (row.through is None or last <= row.through)
    ]
    return {
        "code": ruled.effect.code,
        "end_office": office,
        "since": since.isoformat(),
        "trunks": {month: trunks_needed(demand.load) for month, demand in of_month.items()},
        "busy_hour": now.hour,
        "busy_hour_ms": now.ms,
        "erlangs": _text(now.load),
        "direct_trunks": None if groups is None else sum(row.trunks or 0 for row in there),
        "clause": ruled.source,
    }


def _text(load: Fraction) -> str:
    """Write a load to two places, half even: for people; what decides is exact."""
    scaled = Decimal(load.numerator) / Decimal(load.denominator)
    return str(scaled.quantize(_HUNDREDTH, ROUND_HALF_EVEN))
