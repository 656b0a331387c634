"""Ratio and cap: when the presumption begins to bite, and how much of the year's limit is used (XA 2.3, 2.6)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from rating.advisories.days import last_used_day, rows_up_to_each_day
from rating.facts import Facts, month_days, months_of_year_before
from rating.isp import base_classes, counted_ms, isp_month
from rating.settle import Direction, Settled
from rating.terms.model import GrowthCap, Presumption
from rating.terms.timeline import Ruled

__all__ = ["CAP_PERCENTS", "RATIO_WARNING", "caps", "ratios"]

RATIO_WARNING: Final = Decimal("2.5")
"""The ratio that is told before a clause's own is reached: the engine's own choice (DOMAIN section 11)."""

CAP_PERCENTS: Final = (80, 90, 100)
"""The parts of a yearly limit whose use is told: the engine's own choice (DOMAIN section 11)."""


def _over(t_ms: int, o_ms: int, ratio: Decimal) -> bool:
    """Whether more is terminated than so many times what is originated; exactly that is not over."""
    numerator, denominator = ratio.as_integer_ratio()
    return t_ms * denominator > o_ms * numerator


def ratios(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each ratio that a payee's month is over, with the first day on which the month so far was.

    Only where the presumption weighs the payee: not where a rebuttal's method or a wireless party
    takes it out (XA 2.2.1, 2.6). `t_ms` and `o_ms` are the month's.
    """
    ruled = next((i.presumption for i in settled.intervals if i.presumption is not None), None)
    if ruled is None:
        return
    for direction in settled.directions:
        isp = direction.isp
        if isp is None or isp.method != "presumed":
            continue
        for threshold in sorted({RATIO_WARNING, ruled.effect.ratio}):
            if threshold <= ruled.effect.ratio and _over(isp.t_ms, isp.o_ms, threshold):
                yield {
                    "code": "ratio",
                    "payer": direction.payer,
                    "payee": direction.payee,
                    "threshold": str(threshold),
                    "since": _first_over(facts, settled, direction, ruled, threshold).isoformat(),
                    "t_ms": isp.t_ms,
                    "o_ms": isp.o_ms,
                    "clause": ruled.source,
                }


def _first_over(
    facts: Facts, settled: Settled, direction: Direction, ruled: Ruled[Presumption], threshold: Decimal
) -> date:
    agreement = settled.agreement
    parties = facts.agreements[agreement]
    subs = frozenset(i for i, interval in enumerate(settled.intervals) if interval.presumption is not None)
    base = {
        kind
        for interval in settled.intervals
        if interval.presumption is not None
        for kind in base_classes(interval.presumption.effect, facts, agreement)
    }
    for day, rows in rows_up_to_each_day(facts, agreement, settled.month):
        so_far = isp_month(
            rows,
            facts.names.find("party", direction.payee),
            facts.names.find("party", direction.payer),
            ruled.effect.ratio,
            sorted(base),
            subs,
            facts.names.all("lata"),
            1 if direction.payee == parties.party_a else 2,
            "presumed",
        )
        if _over(so_far.t_ms, so_far.o_ms, threshold):
            return day
    raise AssertionError(f"{agreement} {settled.month}: over {threshold}:1 as a whole, but up to none of its days")


def caps(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each part of a payee's yearly limit that is used up, with the first day of the year on which it was.

    `eligible_ms` is what counts towards the limit from the year's first day to the month's end, over
    the limit too. Below the limit there is a forecast: the day on which it runs out at the pace of the
    month so far, if that is in the year.
    """
    ruled = next((interval.cap for interval in settled.intervals if interval.cap is not None), None)
    for direction in settled.directions:
        if ruled is None or direction.capped is None or direction.capped.limit.ms is None:
            continue
        limit, payee = direction.capped.limit.ms, direction.payee
        months = [*months_of_year_before(settled.month), settled.month]
        used = [counted_ms(facts, settled.agreement, month, payee, ruled) for month in months]
        found = {
            "payer": direction.payer,
            "payee": payee,
            "year": direction.capped.year,
            "limit_ms": limit,
            "eligible_ms": sum(used),
            "assumed": direction.capped.limit.assumed,
            "clause": ruled.source,
        }
        out = _run_out(facts, settled, used[-1], limit - sum(used))
        if out is not None:
            found["forecast"] = out.isoformat()
        for percent in CAP_PERCENTS:
            if sum(used) and sum(used) * 100 >= limit * percent:
                since = _first_used(facts, settled.agreement, payee, ruled, dict(zip(months, used, strict=True)),
                                    limit, percent)  # fmt: skip
                yield {"code": "cap", "percent": percent, "since": since.isoformat(), **found}


def _first_used(
    facts: Facts, agreement: str, payee: str, cap: Ruled[GrowthCap], used: dict[str, int], limit: int, percent: int
) -> date:
    """Return the first day of the year on which so many per cent of the limit were used.

    It lies in the first month that ends with them used: a month's presumption is of all its days, so
    that the part used can also shrink inside of one.
    """
    before = 0
    for month, ms in used.items():
        if before + ms and (before + ms) * 100 >= limit * percent:
            for day, rows in rows_up_to_each_day(facts, agreement, month):
                so_far = before + counted_ms(facts, agreement, month, payee, cap, rows)
                if so_far and so_far * 100 >= limit * percent:
                    return day
        before += ms
    raise AssertionError(f"{agreement}: {percent} % of the cap are used, but up to none of the year's days")


def _run_out(facts: Facts, settled: Settled, month_ms: int, left_ms: int) -> date | None:
    """Return the day on which what is left of a limit runs out at the pace of the month so far.

    So far is up to the month's end; of a month that is not over, on the day of the facts, up to the
    last day that has usage. None beyond the year, and where nothing runs out.
    """
    first, last = month_days(settled.month)
    if facts.as_known_at <= last:
        last = last_used_day(facts, settled.agreement, settled.month) or last
    days = (last - first).days + 1
    if left_ms <= 0 or month_ms <= 0:
        return None
    ahead = -(-left_ms * days // month_ms)
    end = date(first.year, 12, 31)
    return last + timedelta(days=ahead) if ahead <= (end - last).days else None
