"""The month behind a direction in words: presumption, cap, and the days on which they hold."""

from rating.codes import name_of
from rating.facts import Facts
from rating.growth_cap import Limit
from rating.isp import IspMonth, base_classes
from rating.settle import Direction
from rating.statement import mou
from stream.explain.model import Known, Step
from stream.explain.terms import Month
from stream.explain.words import Clauses, ratio_text, thousands

__all__ = ["minutes_text", "month_step", "share_text"]


def minutes_text(ms: int) -> str:
    """Write milliseconds, and the minutes that they are: ``90,000 ms (1.500000 min)``."""
    whole, _, part = mou(ms).partition(".")
    return f"{thousands(ms)} ms ({int(whole):,}.{part} min)"


def share_text(part: int, whole: int) -> str:
    """Write a share as a percentage with two places, cut off; a dash where there is no whole."""
    return "-" if not whole else f"{part * 10_000 // whole // 100}.{part * 10_000 // whole % 100:02d}%"


def month_step(month: Month, direction: Direction, clauses: Clauses) -> Step:
    """Return the presumption and the cap of a direction's month, with the clauses behind them."""
    title = f"{month.month}, {direction.payer} pays {direction.payee}"
    isp, capped = direction.isp, direction.capped
    rules = [month.facts.timeline(month.agreement).on(first) for first, _ in month.subs]
    ruled = next((interval.presumption for interval in rules if interval.presumption is not None), None)
    if isp is None or ruled is None:
        return Step(title, "no presumption weighs this direction: each class is priced by itself")
    cited = [ruled.source]
    facts = _presumption(month.facts, month.agreement, direction, isp, str(ruled.effect.ratio), ruled.effect.of)
    said = f"{isp.method}: {minutes_text(isp.isp_ms)} of what {direction.payee} terminated is ISP-bound"
    if isp.method == "none":
        said = f"no presumption holds: {minutes_text(sum(isp.shares.values()))} is identified as ISP-bound"
    classes = base_classes(ruled.effect, month.facts, month.agreement)
    facts.insert(0, Known("weighed", ", ".join(name_of(kind) for kind in classes), ruled.source))
    if capped is not None:
        cap = next(interval.cap for interval in rules if interval.cap is not None)
        cited.append(cap.source)
        facts += _cap(capped.limit, capped.year, capped.use.before_ms, capped.use.ms, cap.source)
    market = next((interval.new_market for interval in rules if interval.new_market is not None), None)
    if market is not None:
        cited.append(market.source)
        opened = (
            "any traffic" if month.facts.policies[month.agreement].new_market_test == "any" else "ISP-bound traffic"
        )
        test = f"LATAs without {opened} before {market.effect.exchanged_before} are bill and keep"
        off = "off: there is no market_history.csv"
        facts.append(Known("new markets", off if month.facts.tables.market_history is None else test, market.source))
    return Step(title, said, tuple(facts), clauses.cite(*cited))


def _presumption(facts: Facts, agreement: str, direction: Direction, isp: IspMonth, ratio: str, of: str) -> list[Known]:
    optional = "" if not facts.policies[agreement].optional_eas_in_ratio else " (optional EAS weighs too)"
    reached = ratio_text(isp.t_ms, isp.o_ms)
    return [
        Known("T", f"{minutes_text(isp.t_ms)} terminated by {direction.payee} for {direction.payer}{optional}"),
        Known("O", f"{minutes_text(isp.o_ms)} originated by {direction.payee} to {direction.payer}"),
        Known(
            "T:O",
            f"{reached}:1, the presumption begins above {ratio}:1"
            if reached
            else f"nothing originated; above {ratio}:1",
        ),
        Known(
            "ISP-bound" if of == "isp_bound" else of,
            f"{minutes_text(isp.isp_ms)}, {share_text(isp.isp_ms, isp.t_ms)} of T",
        ),
    ]


def _cap(limit: Limit, year: int, before_ms: int, used_ms: int, source: str) -> list[Known]:
    if limit.ms is None:
        return [Known(f"cap {year}", "no limit: the base period is not known (assumed)", source)]
    assumed = ", assumed: a link of the chain is not known" if limit.assumed else ""
    left = limit.ms - before_ms - used_ms
    return [
        Known(f"cap {year}", f"{minutes_text(limit.ms)}{assumed}", source),
        Known("used before", minutes_text(before_ms)),
        Known("used this month", f"{minutes_text(used_ms)}, {minutes_text(left)} left"),
    ]
