"""What has to be built to be paid: direct trunks and points of interconnection that are missing (SA 4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from rating.eligibility import measured, month_is_below, months_to_fail, waived
from rating.facts import Facts, month_before, month_days
from rating.poi import areas_without_poi, change_days
from rating.settle import Settled
from rating.terms.interval import Interval, Ruled
from rating.terms.model import Eligibility, Watch

__all__ = ["low_direct_trunking", "points_missing", "rules_of", "watches_of"]


def rules_of(facts: Facts, agreement: str, interval: Interval, test: str) -> list[Ruled[Eligibility]]:
    """Return the clauses with a test that hold in the agreement's state on an interval's days."""
    state = facts.agreements[agreement].state
    return [r for r in interval.gates if r.effect.test == test and (not r.effect.states or state in r.effect.states)]


def watches_of(facts: Facts, settled: Settled, code: str, *conditions: str) -> dict[str, tuple[Ruled[Watch], Interval]]:
    """Return the clauses in force in the month that watch something, by condition."""
    return {
        ruled.effect.condition: (ruled, interval)
        for _, _, interval in facts.timeline(settled.agreement).between(*month_days(settled.month))
        for ruled in interval.watches
        if ruled.effect.code == code and ruled.effect.condition in conditions
    }


def low_direct_trunking(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each tandem whose month is below the direct share (SA 4.4), where the test holds then or next month.

    `since` is the last day of the first of the low months in a row: a month is low as a whole. The
    forecast is the first day whose receipts are lost if the months up to it are low as well.
    """
    agreement, month = settled.agreement, settled.month
    first, _ = month_days(month)
    _, last = month_days(month_before(month, -1))
    found: dict[tuple[str, str], tuple[Ruled[Eligibility], Interval]] = {}
    for _, _, interval in facts.timeline(agreement).between(first, last):
        for ruled in rules_of(facts, agreement, interval, "deot"):
            found[ruled.source, ruled.effect.payee] = ruled, interval
    tandems = sorted({t.tandem for t in facts.tables.trunk_groups or () if t.agreement == agreement and t.tandem})
    for ruled, interval in found.values():
        for tandem in tandems:
            low = _low_months(facts, settled, ruled, interval, tandem)
            if low:
                yield _low(facts, settled, ruled, tandem, low)


def _low_months(facts: Facts, settled: Settled, ruled: Ruled[Eligibility], interval: Interval, tandem: str) -> int:
    """Return how many months on end up to this one are below; of those before the test, only such as can count."""
    agreement, month = settled.agreement, settled.month
    begins = min(i.first for i in facts.timeline(agreement).intervals if ruled in i.gates)
    counts_from = month_before(f"{begins:%Y-%m}", months_to_fail(facts, agreement, ruled.effect) - 1)
    low = 0
    while (earlier := month_before(month, low)) >= counts_from and month_is_below(
        facts, agreement, ruled.effect, interval.waivers, tandem, earlier
    ):
        low += 1
    return low


def _low(facts: Facts, settled: Settled, ruled: Ruled[Eligibility], tandem: str, low: int) -> dict[str, Any]:
    agreement, month = settled.agreement, settled.month
    direct, total = measured(facts, agreement, tandem, month)
    unit = "ms" if facts.policies[agreement].deot_measure == "minutes" else "trunk_days"
    needed = months_to_fail(facts, agreement, ruled.effect)
    advisory: dict[str, Any] = {
        "code": "deot",
        "payee": ruled.effect.payee,
        "tandem": tandem,
        "since": month_days(month_before(month, low - 1))[1].isoformat(),
        "low_months": low,
        "share": str(ruled.effect.share or Decimal(0)),
        f"direct_{unit}": direct,
        f"total_{unit}": total,
        "clause": ruled.source,
    }
    failing = month_days(month_before(month, low - needed))
    held = (start for start, _, i in facts.timeline(agreement).between(*failing) if ruled in i.gates)
    if low < needed and (lost := next(held, None)) is not None:
        advisory["forecast"] = lost.isoformat()
    return advisory


@dataclass(slots=True)
class _Run:
    """Days on end without a point in an area that requires one; `last` None while it goes on."""

    first: date
    rules: Sequence[Ruled[Eligibility]]
    interval: Interval
    last: date | None = None


def points_missing(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each calling area that required a point of interconnection on a day of the month and had none (SA 4.1).

    `since` is the first of those days on end, in an earlier month perhaps, and `through` the last where
    it ended in this one. `waived` says that the payee lost nothing by it on the last of them (SA 4.6); a
    point is wanted all the same. `pois.csv` missing: no test.
    """
    first, last = month_days(settled.month)
    for area, run in sorted(_runs(facts, settled.agreement, last).items()):
        if run.last is not None and run.last < first:
            continue
        at = run.last or last
        advisory = {
            "code": "poi_missing",
            "payee": run.rules[0].effect.payee,
            "area": area,
            "since": run.first.isoformat(),
            "waived": waived(facts, settled.agreement, run.interval.waivers, "poi", "", at),
            "clause": ", ".join(dict.fromkeys(ruled.source for ruled in run.rules)),
        }
        if run.last is not None:
            advisory["through"] = run.last.isoformat()
        yield advisory


def _runs(facts: Facts, agreement: str, last: date) -> dict[str, _Run]:
    """Return the latest days on end without a point up to a day, by area."""
    runs: dict[str, _Run] = {}
    if facts.tables.pois is None:
        return runs
    for start, end, interval in facts.timeline(agreement).between(date.min, last):
        rules = rules_of(facts, agreement, interval, "poi")
        days = [start]
        if rules:
            days = change_days(facts, agreement, rules[0].effect.payee, start, end)
        for day in days:
            missing = areas_without_poi(facts, agreement, [ruled.effect for ruled in rules], day)
            for area, run in runs.items():
                if run.last is None and area not in missing:
                    run.last = day - timedelta(days=1)
            for area in missing:
                if area not in runs or runs[area].last is not None:
                    runs[area] = _Run(day, rules, interval)
                else:
                    runs[area].rules, runs[area].interval = rules, interval
    return runs
