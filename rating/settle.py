"""A month's usage settled: what each stretch of time earns, at which rate and by which clause."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from rating.apportion import largest_remainder
from rating.codes import CLASS_REASON, EXCLUDED_CLASSES, PriceReason, Settlement, TrafficClass
from rating.eligibility import GATES
from rating.facts import Facts, month_days
from rating.isp import Capped, IspMonth, Method, Shares, base_classes, capped_month, isp_month
from rating.lines import Line, Lines, Sums, merged, split_sums
from rating.month import Row
from rating.policy import Rounding
from rating.presumption import Part
from rating.rounding import rounding_of
from rating.sums import actual_from, month_rows
from rating.terms.interval import Interval
from rating.terms.tariff import Tariff
from rating.unidentified import spread_unidentified

__all__ = ["Direction", "Settled", "settle"]


@dataclass(frozen=True, slots=True)
class Direction:
    """What one payer owes one payee; `isp` and `capped` are None for a stranger to the agreement."""

    payer: str
    payee: str
    lines: tuple[Line, ...]
    isp: IspMonth | None
    capped: Capped | None


@dataclass(frozen=True, slots=True)
class Settled:
    """An agreement's month."""

    agreement: str
    month: str
    directions: tuple[Direction, ...]
    intervals: tuple[Interval, ...]
    rows: tuple[Row, ...]


_Spread = dict[tuple[TrafficClass | None, str, int], tuple[int, int, int, int]]
"""Parts of one direction's unidentified traffic by the class whose price each takes, LATA and sub-period."""


def _own_line(
    ledger: Lines, interval: Interval, kind: TrafficClass, lata: str, sub: int, gate: int, sums: Sums
) -> None:
    """Add time that is priced as its class: access, transit, below the ratio, or a flat rate."""
    governed = interval.governed.get(kind, ())
    if kind in EXCLUDED_CLASSES:
        ledger.add(kind, Settlement.EXCLUDED, CLASS_REASON[kind], lata, sub, sums, None, governed)
        return
    tariff = interval.price_of(kind, ledger.payee)
    if tariff is None:
        ledger.add(kind, Settlement.TERMS_MISSING, CLASS_REASON[kind], lata, sub, sums, None, governed)
        return
    _priced(ledger, tariff, kind, lata, sub, gate, sums)


def _priced(
    ledger: Lines,
    tariff: Tariff,
    kind: TrafficClass,
    lata: str,
    sub: int,
    gate: int,
    sums: Sums,
) -> None:
    clauses = ledger.gating.get((tariff.instrument, GATES[gate])) if gate else None
    if clauses is not None:
        ledger.add(kind, Settlement.NOT_ENTITLED, GATES[gate], lata, sub, sums, None, clauses)
        return
    if not tariff.elements:
        ledger.add(kind, Settlement.TERMS_MISSING, tariff.reason or CLASS_REASON[kind], lata, sub, sums, None, ())
        return
    reason: PriceReason | str = tariff.reason or CLASS_REASON[kind]
    ledger.add(kind, Settlement.COMPENSABLE, reason, lata, sub, sums, tariff, tariff.clauses)


_TESTS: Final = {"poi": PriceReason.NO_POI, "deot": PriceReason.DEOT}


def _gating(facts: Facts, agreement: str, month: str) -> dict[tuple[str, PriceReason], tuple[str, ...]]:
    """Return the clauses of the tests in force at some time in a month, by instrument and reason."""
    first, last = month_days(month)
    out: dict[tuple[str, PriceReason], tuple[str, ...]] = {}
    for _, _, interval in facts.timeline(agreement).between(first, last):
        for ruled in interval.gates:
            key = (ruled.instrument, _TESTS[ruled.effect.test])
            out[key] = tuple(dict.fromkeys((*out.get(key, ()), ruled.source)))
    return out


def _isp_lines(ledger: Lines, interval: Interval, part: Part, by_gate: Mapping[int, Sums], shares: Shares) -> None:
    """Add one part's time: payable, over the cap, in a new market, and what is left below the ratio.

    What is left is split over what is entitled and what gates close, in proportion to their time
    (DOMAIN section 4, switch ``sa_over_xa``); ISP-bound time has no gates.
    """
    lata, sub, kind = part
    sums = merged(by_gate.values())
    whole = sum(values[2] for values in sums.values())
    ms = [shares.payable.get(part, 0), shares.over_cap.get(part, 0), shares.new_market.get(part, 0)]
    payable, over, new, below = split_sums(sums, [*ms, whole - sum(ms)])
    presumption = (interval.presumption.source,) if interval.presumption is not None else ()
    isp = interval.isp.get(ledger.payee)
    if isp is not None and ms[0]:
        reason, clauses = isp.reason or PriceReason.ISP, tuple(dict.fromkeys((*isp.clauses, *presumption)))
        ledger.add(kind, Settlement.COMPENSABLE, reason, lata, sub, payable, isp, clauses)
    elif ms[0]:
        ledger.add(kind, Settlement.TERMS_MISSING, PriceReason.ISP, lata, sub, payable, None, presumption)
    if interval.cap is not None and ms[1]:
        ledger.add(
            kind,
            Settlement.BILL_AND_KEEP,
            PriceReason.OVER_CAP,
            lata,
            sub,
            over,
            None,
            (interval.cap.source, *presumption),
        )
    if interval.new_market is not None and ms[2]:
        clauses = (interval.new_market.source, *presumption)
        ledger.add(kind, Settlement.BILL_AND_KEEP, PriceReason.NEW_MARKET, lata, sub, new, None, clauses)
    left = sum(values[2] for values in below.values())
    if not left:
        _own_line(ledger, interval, kind, lata, sub, 0, below)
        return
    weights = [sum(values[2] for values in by_gate.get(gate, {}).values()) for gate in range(len(GATES))]
    for gate, rest in enumerate(split_sums(below, largest_remainder(left, weights))):
        _own_line(ledger, interval, kind, lata, sub, gate, rest)


def _parties_of(row: Row, incumbent: int) -> tuple[int, int]:
    """Return payer and payee: of transit the incumbent is paid, of 8YY the originating LEC (section 3)."""
    if row.traffic_class is TrafficClass.TRANSIT:
        return row.originator, incumbent
    if row.traffic_class is TrafficClass.ORIGINATING_8YY:
        return row.terminator, row.originator
    return row.originator, row.terminator


def _by_line(rows: Iterable[Row]) -> dict[tuple[TrafficClass, int, int, int, bool], Sums]:
    """Sum rows by class, LATA code, sub-period, gate and evidence."""
    out: dict[tuple[TrafficClass, int, int, int, bool], Sums] = defaultdict(dict)
    for row in rows:
        key = (row.traffic_class, row.lata, row.sub, row.gate, row.isp)
        sums = out[key].setdefault(row.bucket, [0, 0, 0, 0])
        for position, value in enumerate((row.calls, row.answered, row.ms, row.billed_ms)):
            sums[position] += value
    return out


def _lines(
    facts: Facts,
    agreement: str,
    month: str,
    payee: str,
    subs: Sequence[tuple[date, date]],
    intervals: Sequence[Interval],
    rows: Sequence[Row],
    shares: Shares | None,
    bases: Sequence[frozenset[TrafficClass]],
) -> Lines:
    ledger = Lines(payee, subs, _gating(facts, agreement, month), rounding_of(facts, agreement, month))
    latas = facts.names.all("lata")
    split: dict[Part, dict[int, list[Sums]]] = defaultdict(lambda: defaultdict(list))
    wide = facts.policies[agreement].isp_outside_local
    for (kind, lata, sub, gate, isp), sums in _by_line(rows).items():
        interval = intervals[sub]
        if kind is TrafficClass.UNIDENTIFIED:
            continue
        if shares is not None and kind in bases[sub]:
            split[latas[lata], sub, kind][gate].append(sums)
        elif wide and isp and kind is TrafficClass.INTRALATA_TOLL and payee in interval.with_isp:
            _priced(ledger, interval.with_isp[payee], kind, latas[lata], sub, gate, sums)
        else:
            _own_line(ledger, interval, kind, latas[lata], sub, gate, sums)
    for part, by_gate in split.items():
        assert shares is not None
        _isp_lines(ledger, intervals[part[1]], part, {g: merged(parts) for g, parts in by_gate.items()}, shares)
    return ledger


def _unidentified_lines(
    ledger: Lines,
    intervals: Sequence[Interval],
    parts: _Spread,
) -> None:
    """Add the unidentified: each part has the outcome and rate of its class below the ratio."""
    for (kind, lata, sub), values in parts.items():
        interval = intervals[sub]
        tariff = interval.price_of(kind or TrafficClass.INTRALATA_TOLL, ledger.payee)
        if tariff is not None and not tariff.elements:
            tariff = None
        outcome = Settlement.TERMS_MISSING if tariff is None else Settlement.COMPENSABLE
        clauses = tariff.clauses if tariff is not None else ()
        sums: Sums = {(0, 0): list(values)}
        ledger.add(TrafficClass.UNIDENTIFIED, outcome, PriceReason.UNIDENTIFIED, lata, sub, sums, tariff, clauses)


def settle(facts: Facts, agreement: str, month: str) -> Settled:
    """Settle an agreement's month: every direction, every line, from cells and terms alone.

    Raises
    ------
    AssertionError
        If the lines of a direction and class do not sum to that class's usage, to the millisecond.
    """
    first, last = month_days(month)
    timeline = facts.timeline(agreement)
    subs = timeline.subperiods(first, last)
    intervals = tuple(timeline.on(start) for start, _ in subs)
    rows = [row for row in month_rows(facts, agreement, month) if row.traffic_class is not TrafficClass.ON_NET]
    parties = facts.agreements[agreement]
    code = {name: facts.names.find("party", name) for name in (parties.party_a, parties.party_b)}
    incumbent = facts.names.find("party", parties.incumbent)
    by_direction: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in rows:
        by_direction[_parties_of(row, incumbent)].append(row)
    unidentified: dict[tuple[int, int], dict[tuple[TrafficClass | None, str, int], tuple[int, int, int, int]]] = (
        defaultdict(dict)
    )
    for (originator, terminator, kind, lata, sub), values in spread_unidentified(facts, agreement, month).items():
        unidentified[originator, terminator][kind, lata, sub] = values
    pair = (parties.party_a, parties.party_b)
    own = {(code[a], code[b]) for a, b in (pair, pair[::-1])}
    kinds = {facts.kinds[name] for name in pair}
    bases = [
        frozenset(base_classes(i.presumption.effect, facts, agreement)) if i.presumption is not None else frozenset()
        for i in intervals
    ]
    directions: list[Direction] = []
    for payer, payee in sorted(
        own | set(by_direction), key=lambda d: (facts.names.name("party", d[0]), facts.names.name("party", d[1]))
    ):
        isp, shares, capped = None, None, None
        if (payer, payee) in own:
            isp, shares, capped = _isp(facts, agreement, month, payer, payee, intervals, bases, kinds)
        name = facts.names.name("party", payee)
        ledger = _lines(facts, agreement, month, name, subs, intervals, by_direction[payer, payee], shares, bases)
        _unidentified_lines(ledger, intervals, unidentified[payer, payee])
        ledger.lay_tiers()
        lines = sorted(
            ledger.lines.values(),
            key=_place,
        )
        _conserved(by_direction[payer, payee], lines, ledger.rounding)
        directions.append(
            Direction(
                facts.names.name("party", payer) if payer > 0 else next(n for n, c in code.items() if c == payer),
                facts.names.name("party", payee),
                tuple(lines),
                isp,
                capped,
            )
        )
    return Settled(agreement, month, tuple(directions), intervals, tuple(rows))


def _place(line: Line) -> tuple[object, ...]:
    """Where a line stands on its statement: what a trunk group goes up by follows the measured lines of its class."""
    rounding = line.reason is PriceReason.ROUNDING
    over = line.tariff.over_ms if line.tariff is not None else 0
    return line.traffic_class, line.outcome, rounding, str(line.reason), line.lata, line.first, over, line.clauses


def _isp(
    facts: Facts,
    agreement: str,
    month: str,
    payer: int,
    payee: int,
    intervals: Sequence[Interval],
    bases: Sequence[frozenset[TrafficClass]],
    kinds: set[str],
) -> tuple[IspMonth, Shares | None, Capped | None]:
    """Weigh one direction's presumption, new markets and cap."""
    subs = frozenset(i for i, interval in enumerate(intervals) if interval.presumption is not None)
    if not subs:
        return IspMonth("none", 0, 0, 0, {}), None, None
    ruled = next(interval.presumption for interval in intervals if interval.presumption is not None)
    parties = facts.agreements[agreement]
    name = facts.names.name("party", payee)
    isp = isp_month(
        month_rows(facts, agreement, month),
        payee,
        payer,
        ruled.effect,
        sorted(frozenset().union(*bases)),
        subs,
        facts.names.all("lata"),
        1 if name == parties.party_a else 2,
        "none" if kinds & set(ruled.effect.not_for) else _method(facts, agreement, month, name),
    )
    shares, capped = capped_month(facts, agreement, month, name, isp, intervals)
    return isp, shares, capped


def _method(facts: Facts, agreement: str, month: str, payee: str) -> Method:
    """Return how a payee's month is weighed: by the presumption, or by what a rebuttal has put in its place."""
    first, last = month_days(month)
    in_force = [
        end
        for _, end, interval in facts.timeline(agreement).between(first, last)
        if interval.presumption is not None and interval.presumes
    ]
    if not in_force:
        return "none"
    start = actual_from(facts, agreement, payee)
    return "actual" if start is not None and start <= in_force[-1] else "presumed"


def _conserved(rows: Iterable[Row], lines: Iterable[Line], rounding: Rounding) -> None:
    """Assert that no millisecond, billed or measured, and no call was lost between usage and lines.

    What a trunk group's month goes up by shows on lines that have a price alone, so it is not compared.
    """
    balance: dict[TrafficClass, list[int]] = defaultdict(lambda: [0, 0, 0])
    by_group = rounding.kind == "trunk_group_month_up"
    for row in rows:
        of_row = (row.ms, row.calls, 0 if by_group else row.billed_ms)
        balance[row.traffic_class] = [a + b for a, b in zip(balance[row.traffic_class], of_row, strict=True)]
    for line in lines:
        of_line = (line.ms, line.calls, 0 if by_group else line.billed_ms)
        balance[line.traffic_class] = [a - b for a, b in zip(balance[line.traffic_class], of_line, strict=True)]
    wrong = {kind.name.lower(): off for kind, off in balance.items() if any(off)}
    assert not wrong, f"lines do not sum to usage, off by (ms, calls, billed ms): {wrong}"
