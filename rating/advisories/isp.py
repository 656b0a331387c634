"""Ratio and cap: when the presumption begins to bite, and how much of a limit is used (XA 2.3, 2.6)."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from rating.advisories.days import last_used_day, rows_up_to_each_day
from rating.facts import Facts, month_before, month_days, months_before, period_name
from rating.isp import base_classes, counted_ms, isp_month
from rating.money import MS_PER_MINUTE
from rating.month import Row
from rating.settle import Direction, Settled
from rating.terms.interval import Ruled
from rating.terms.model import GrowthCap, Presumption

__all__ = ["CAP_PERCENTS", "RATIO_WARNING", "caps", "ratios"]

RATIO_WARNING: Final = Decimal("2.5")
"""The ratio that is told before a clause's own is reached: the engine's own choice (DOMAIN section 11)."""

CAP_PERCENTS: Final = (80, 90, 100)
"""The parts of a limit whose use is told: the engine's own choice (DOMAIN section 11)."""


def _over(t_ms: int, o_ms: int, ratio: Decimal, rule: Presumption) -> bool:
    """Whether more is terminated than so many times what is originated, and than the clause's floor.

    Exactly that is not over; below the floor nothing is presumed, whatever the ratio.
    """
    numerator, denominator = ratio.as_integer_ratio()
    return t_ms * denominator > o_ms * numerator and t_ms > rule.floor_minutes * MS_PER_MINUTE


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
            if threshold <= ruled.effect.ratio and _over(isp.t_ms, isp.o_ms, threshold, ruled.effect):
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
            ruled.effect,
            sorted(base),
            subs,
            facts.names.all("lata"),
            1 if direction.payee == parties.party_a else 2,
            "presumed",
        )
        if _over(so_far.t_ms, so_far.o_ms, threshold, ruled.effect):
            return day
    raise AssertionError(f"{agreement} {settled.month}: over {threshold}:1 as a whole, but up to none of its days")


def caps(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each part of a payee's limit that is used up, with the first day of the period on which it was.

    Of a cap by LATA each has a limit of its own. `eligible_ms` is what counts towards the limit from the
    period's first day to the month's end, over the limit too. Below the limit there is a forecast: the day
    on which it runs out at the pace of the month so far, if that is in the period.
    """
    ruled = next((interval.cap for interval in settled.intervals if interval.cap is not None), None)
    for direction in settled.directions:
        capped = direction.capped
        if ruled is None or capped is None or capped.limit.ms is None:
            continue
        months = [*months_before(settled.month, ruled.effect.period), settled.month]
        for lata in capped.latas or ("",):
            use = _Use(facts, settled, direction.payee, ruled, lata, capped.limit.ms, months)
            shown: dict[str, Any] = {"payer": direction.payer, "payee": direction.payee, "year": capped.year}
            if capped.period != str(capped.year):
                shown["period"] = capped.period
            if lata:
                shown["lata"] = lata
            shown |= {"limit_ms": capped.limit.ms, "eligible_ms": use.total, "assumed": capped.limit.assumed}
            shown["clause"] = ruled.source
            if (out := use.runs_out()) is not None:
                shown["forecast"] = out.isoformat()
            for percent in CAP_PERCENTS:
                if use.reached(use.total, percent):
                    yield {"code": "cap", "percent": percent, "since": use.since(percent).isoformat(), **shown}


class _Use:
    """What of one limit is used by the end of each month of its period; `lata` is empty for the whole state."""

    def __init__(
        self,
        facts: Facts,
        settled: Settled,
        payee: str,
        cap: Ruled[GrowthCap],
        lata: str,
        limit: int,
        months: list[str],
    ) -> None:
        self._facts = facts
        self._settled = settled
        self._payee = payee
        self._cap = cap
        self._lata = lata
        self._limit = limit
        self._months = {month: self._counted(month) for month in months}
        self.total = sum(self._months.values())

    def _counted(self, month: str, rows: list[Row] | None = None) -> int:
        by_lata = counted_ms(self._facts, self._settled.agreement, month, self._payee, self._cap, rows)
        return sum(ms for lata, ms in by_lata.items() if self._lata in ("", lata))

    def reached(self, used: int, percent: int) -> bool:
        """Whether so much is so many per cent of the limit; nothing is none of it."""
        return used > 0 and used * 100 >= self._limit * percent

    def since(self, percent: int) -> date:
        """Return the first day of the period on which so many per cent were used.

        It lies in the first month that ends with them used: a month's presumption is of all its days, so
        that the part used can also shrink inside of one.
        """
        before = 0
        for month, ms in self._months.items():
            if self.reached(before + ms, percent):
                for day, rows in rows_up_to_each_day(self._facts, self._settled.agreement, month):
                    if self.reached(before + self._counted(month, rows), percent):
                        return day
            before += ms
        raise AssertionError(f"{percent} % of {self._limit} ms are used, but up to none of the period's days")

    def runs_out(self) -> date | None:
        """Return the day on which what is left runs out at the pace of the month so far.

        So far is up to the month's end; of a month that is not over, on the day of the facts, up to the
        last day that has usage. None beyond the period, and where nothing runs out.
        """
        month = self._settled.month
        first, last = month_days(month)
        if self._facts.as_known_at <= last:
            last = last_used_day(self._facts, self._settled.agreement, month) or last
        left, pace = self._limit - self.total, self._months[month]
        if left <= 0 or pace <= 0:
            return None
        ahead = -(-left * ((last - first).days + 1) // pace)
        return last + timedelta(days=ahead) if ahead <= (self._end() - last).days else None

    def _end(self) -> date:
        """Return the last day of the limit's period."""
        month, period = self._settled.month, self._cap.effect.period
        while period_name(month_before(month, -1), period) == period_name(month, period):
            month = month_before(month, -1)
        return month_days(month)[1]
