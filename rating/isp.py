"""ISP-bound time of a payee in a month: presumed, identified, and what of it a cap leaves payable."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rating.codes import TrafficClass
from rating.facts import Facts, month_days, months_before, period_name
from rating.growth_cap import Limit, Use, lay, limit_of, use
from rating.money import MS_PER_MINUTE
from rating.month import PRESUMPTION_DOWN, Row
from rating.new_markets import is_new_market
from rating.presumption import Part, presumed, spread
from rating.sums import month_rows
from rating.terms.interval import Interval, Ruled, Timeline
from rating.terms.model import GrowthCap, NewMarket, Presumption

__all__ = ["Capped", "IspMonth", "Shares", "capped_month", "counted_ms", "isp_month"]

Method = Literal["none", "presumed", "actual"]


@dataclass(frozen=True, slots=True)
class IspMonth:
    """T, O and ISP-bound time of a payee on the days in force, and the ISP-bound milliseconds of each part.

    The parts also hold what was identified on days on which an order of law has the presumption down.
    """

    method: Method
    t_ms: int
    o_ms: int
    isp_ms: int
    shares: Mapping[Part, int]


@dataclass(frozen=True, slots=True)
class Shares:
    """What becomes of each part's ISP-bound time; the three sum to it."""

    payable: Mapping[Part, int]
    over_cap: Mapping[Part, int] = field(default_factory=dict)
    new_market: Mapping[Part, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capped:
    """A payee's month under the growth cap.

    period : the calendar period that is limited, ``2003`` or ``2005-Q1``. limit, use : of the state; of a
    cap by LATA, the limit of each, and the sums of their use. latas : the use of each, empty otherwise.
    """

    year: int
    period: str
    limit: Limit
    use: Use
    latas: Mapping[str, Use] = field(default_factory=dict)


def base_classes(presumption: Presumption, facts: Facts, agreement: str) -> tuple[TrafficClass, ...]:
    """Return the classes that are weighed: the clause's, less and plus what the switches say (section 5)."""
    policy = facts.policies[agreement]
    base = {TrafficClass[name.upper()] for name in presumption.base}
    if not policy.virtual_fx_in_ratio:
        base.discard(TrafficClass.VIRTUAL_FX)
    if policy.optional_eas_in_ratio:
        base.add(TrafficClass.OPTIONAL_EAS)
    return tuple(sorted(base))


def isp_month(
    rows: Iterable[Row],
    payee: int,
    other: int,
    rule: Presumption,
    base: Sequence[TrafficClass],
    subs: frozenset[int],
    latas: Sequence[str],
    bit: int,
    method: Method,
) -> IspMonth:
    """Weigh what a payee terminates for the other party against what it originates to it.

    Parameters
    ----------
    rows : iterable of Row
        The month's sums.
    payee, other : int
        Codes of the parties.
    rule : Presumption
        Its ratio and floor.
    base : sequence of TrafficClass
        The classes that are weighed.
    subs : frozenset of int
        The rate sub-periods in which the presumption is in force (or counted).
    latas : sequence of str
        Names by code.
    bit : {1, 2}
        The payee's bit in `Row.actual`.
    method : {"none", "presumed", "actual"}
        What the month's statement says; ``none`` for an agreement with a party that the presumption is
        not for (XA 2.2.1): then only identified time is ISP-bound.
    """
    presumes = method != "none"
    weights: dict[Part, int] = defaultdict(int)
    identified: dict[Part, int] = defaultdict(int)
    t_ms = o_ms = open_t = open_o = named = 0
    for row in rows:
        if row.sub not in subs or row.traffic_class not in base:
            continue
        in_force = presumes and not row.actual & PRESUMPTION_DOWN
        weighed = in_force and not row.actual & bit
        if (row.originator, row.terminator) == (payee, other):
            o_ms += row.ms if in_force else 0
            open_o += row.ms if weighed else 0
        elif (row.originator, row.terminator) == (other, payee):
            part = (latas[row.lata], row.sub, row.traffic_class)
            t_ms += row.ms if in_force else 0
            if weighed:
                open_t += row.ms
                weights[part] += row.ms
            elif row.isp:
                identified[part] += row.ms
                named += row.ms if in_force else 0
    excess = presumed(open_t, open_o, rule.ratio, rule.floor_minutes * MS_PER_MINUTE)
    shares = defaultdict(int, spread(excess, weights))
    for part, ms in identified.items():
        shares[part] += ms
    return IspMonth(method, t_ms, o_ms, excess + named, {part: ms for part, ms in shares.items() if ms})


def _market_parts(
    facts: Facts, agreement: str, intervals: Sequence[Ruled[NewMarket] | None], shares: Mapping[Part, int]
) -> set[Part]:
    """Return the parts that lie in a new market while the clause is in force."""
    test = facts.policies[agreement].new_market_test
    history = facts.tables.market_history
    return {
        part
        for part in shares
        if (ruled := intervals[part[1]]) is not None
        and is_new_market(agreement, part[0], ruled.effect.exchanged_before, test, history)
    }


def _history(facts: Facts, agreement: str, payee: str) -> dict[str, int]:
    return {
        row.period: row.isp_ms
        for row in facts.tables.usage_history or ()
        if row.agreement == agreement and row.payee == payee
    }


def _opening(timeline: Timeline, cap: Ruled[GrowthCap]) -> Interval | None:
    """Return the first interval in which the plan that has the cap rules ISP-bound time, the cap down or not."""
    for interval in timeline.intervals:
        same = interval.cap is not None and interval.cap.source == cap.source
        if interval.presumption is not None and (same or interval.presumption.instrument == cap.instrument):
            return interval
    return None


def counted_ms(
    facts: Facts, agreement: str, month: str, payee: str, cap: Ruled[GrowthCap], rows: Sequence[Row] | None = None
) -> Mapping[str, int]:
    """Return a month's milliseconds by LATA that count towards the cap (XA 2.3.1: the whole of 2003 counts).

    The month is weighed on all days on which it is presumed; what of it lies on days on which an order
    of law has the cap down does not count.

    rows : sequence of Row, optional
        The month's sums up to some day of it; all of them by default, and then computed once.
    """
    if rows is not None:
        return _counted_ms(facts, agreement, month, payee, cap, rows)
    memo: dict[tuple[str, str, str, str], Mapping[str, int]] = facts.memo.setdefault("counted_ms", {})
    key = (agreement, month, payee, cap.source)
    if key not in memo:
        memo[key] = _counted_ms(facts, agreement, month, payee, cap, month_rows(facts, agreement, month))
    return memo[key]


def _counted_ms(
    facts: Facts, agreement: str, month: str, payee: str, cap: Ruled[GrowthCap], rows: Sequence[Row]
) -> Mapping[str, int]:
    timeline = facts.timeline(agreement)
    first, last = month_days(month)
    opening = _opening(timeline, cap)
    if opening is None or opening.presumption is None:
        return {}
    early = next((ruled for ruled in timeline.new_markets if ruled.instrument == cap.instrument), None)
    weighed: set[int] = set()
    counted: set[int] = set()
    markets: list[Ruled[NewMarket] | None] = []
    for position, (start, _) in enumerate(timeline.subperiods(first, last)):
        interval = timeline.on(start)
        before = cap.effect.counts_from <= start < opening.first
        if before or interval.presumption is not None:
            weighed.add(position)
        if cap.source not in interval.down if before else interval.cap is not None:
            counted.add(position)
        standing = early is not None and early.source not in interval.down
        markets.append((early if standing else None) if before else interval.new_market)
    if not counted:
        return {}
    parties = facts.agreements[agreement]
    other = parties.party_b if payee == parties.party_a else parties.party_a
    presumption = opening.presumption.effect
    month_isp = isp_month(
        rows,
        facts.names.find("party", payee),
        facts.names.find("party", other),
        presumption,
        base_classes(presumption, facts, agreement),
        frozenset(weighed),
        facts.names.all("lata"),
        1 if payee == parties.party_a else 2,
        "presumed",
    )
    shares = {
        part: ms for part, ms in month_isp.shares.items() if part[1] in counted and part[2] not in opening.uncapped
    }
    if not facts.policies[agreement].cap_counts_new_market:
        out = _market_parts(facts, agreement, markets, shares)
        shares = {part: ms for part, ms in shares.items() if part not in out}
    out_of: dict[str, int] = defaultdict(int)
    for part, ms in shares.items():
        out_of[part[0]] += ms
    return out_of


def capped_month(
    facts: Facts, agreement: str, month: str, payee: str, isp: IspMonth, intervals: Sequence[Interval]
) -> tuple[Shares, Capped | None]:
    """Divide a month's ISP-bound time into payable, over the cap and new markets.

    Parameters
    ----------
    intervals : sequence of Interval
        The terms of each rate sub-period.

    Returns
    -------
    shares : Shares
    capped : Capped or None
        None where no cap holds in the month, or the payee is the incumbent.
    """
    parties = facts.agreements[agreement]
    kinds = {facts.kinds[parties.party_a], facts.kinds[parties.party_b]}
    counts_all = facts.policies[agreement].cap_counts_new_market
    inside = {part: ms for part, ms in isp.shares.items() if part[2] not in intervals[part[1]].uncapped}
    markets = _market_parts(facts, agreement, [interval.new_market for interval in intervals], inside)
    new_market = {part: inside[part] for part in markets}
    caps = [interval.cap for interval in intervals]
    cap = next((ruled for ruled in caps if ruled is not None), None)
    free = {part: ms for part, ms in isp.shares.items() if part not in markets}
    if cap is None or payee == parties.incumbent or kinds & set(cap.effect.not_for):
        return Shares(free, {}, new_market), None
    laid = {
        part: ms for part, ms in inside.items() if caps[part[1]] is not None and (counts_all or part not in markets)
    }
    within, capped = _lay_cap(facts, agreement, month, payee, cap, laid)
    payable = {part: within.get(part, ms) for part, ms in free.items()}
    over = {part: free[part] - ms for part, ms in payable.items() if free[part] > ms}
    return Shares(payable, over, new_market), capped


def _lay_cap(
    facts: Facts, agreement: str, month: str, payee: str, cap: Ruled[GrowthCap], laid: Mapping[Part, int]
) -> tuple[dict[Part, int], Capped]:
    """Lay a month's time under the limit that the earlier months of the period have left, each LATA's if it has one."""
    effect = cap.effect
    year = int(month[:4])
    limit = limit_of(effect, year, _history(facts, agreement, payee), facts.policies[agreement].cap_2003)
    by_lata = effect.scope == "lata"
    before: dict[str, int] = defaultdict(int)
    for earlier in months_before(month, effect.period):
        for lata, ms in counted_ms(facts, agreement, earlier, payee, cap).items():
            before[lata if by_lata else ""] += ms
    within: dict[Part, int] = {}
    uses: dict[str, Use] = {}
    for place in sorted({*before, *(part[0] for part in laid)}) if by_lata else [""]:
        mine = {part: ms for part, ms in laid.items() if not by_lata or part[0] == place}
        uses[place] = use(limit.ms, before[place], sum(mine.values()))
        within |= lay(uses[place].left_ms, mine)
    if not by_lata:
        return within, Capped(year, period_name(month, effect.period), limit, uses[""])
    left = [used.left_ms for used in uses.values()]
    whole = Use(
        sum(used.before_ms for used in uses.values()),
        sum(used.ms for used in uses.values()),
        None if limit.ms is None else sum(ms for ms in left if ms is not None),
    )
    return within, Capped(year, period_name(month, effect.period), limit, whole, uses)
