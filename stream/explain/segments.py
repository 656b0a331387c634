"""A call cut at local midnight: the terms, the cases and the exact charges of each of its days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from rating.codes import Settlement, TrafficClass, name_of
from rating.facts import Facts
from rating.lines import Line
from rating.policy import Rounding
from rating.reference.rows import Arrangement, span
from rating.rounding import rounding_of
from rating.statement import mou
from rating.terms.tariff import rate_text
from stream.explain.call import Call, FoundCall, LiveSegment
from stream.explain.find import call_of
from stream.explain.lookups import where
from stream.explain.model import Known, Live, Price, Segment, Step, Total
from stream.explain.months import month_step
from stream.explain.terms import (
    CASES,
    Month,
    Piece,
    by_tier,
    cases_of,
    labelled,
    month_of,
    price,
    share_of,
    unidentified_rule,
)
from stream.explain.words import Clauses, charge_text, clock, clock_end, local, needed, ratio_text

__all__ = ["Priced", "price_segments"]


@dataclass(slots=True)
class Priced:
    """The segments of a call, the months behind them, and the call's charge in each case."""

    segments: list[Segment] = field(default_factory=list)
    months: list[Step] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def price_segments(facts: Facts, clauses: Clauses, found: FoundCall) -> Priced:
    """Price each segment of a rated call as it was archived, under the terms as known on the facts' day.

    Parameters
    ----------
    facts : Facts
    found : FoundCall
        Archived, with an agreement that the tables have.
    """
    decision, call = needed(found.decision, f"{found.place}: archived without a decision"), call_of(found)
    zone = facts.agreements[decision.agreement].time_zone
    out, months, at = Priced(), dict[str, Month](), call.connect_ms
    whole, rounds = sum(segment.ms for segment in found.segments), dict[str, str]()
    for position, segment in enumerate(found.segments):
        month = months.setdefault(f"{segment.day:%Y-%m}", month_of(facts, decision.agreement, segment.day))
        rounding = rounding_of(facts, decision.agreement, month.month)
        rounds[month.month] = _rounds(rounding)
        last = position + 1 == len(found.segments)
        piece = Piece(
            facts, decision.agreement, decision, segment.day, segment.ms, position == 0 and segment.ms > 0, call.isp,
            call.trunk_group, -whole % rounding.unit_ms if last and rounding.unit_ms else 0,
        )  # fmt: skip
        out.segments.append(_segment(piece, month, segment, clauses, call, (at, zone)))
        at += segment.ms
    if facts.policies[decision.agreement].rate_date == "connect":
        out.notes.append("all of a call has the rate of its day of connect (switch rate_date)")
    out.notes += [said for said in dict.fromkeys(rounds.values()) if said]
    for month in months.values():
        ends = (out.segments[0].payer, out.segments[0].payee)
        direction = month.directions.get(ends)
        if direction is None:
            out.notes.append(f"{month.month}: the books hold no usage from {ends[0]} to {ends[1]}")
        elif any(facts.timeline(decision.agreement).on(first).presumption is not None for first, _ in month.subs):
            out.months.append(month_step(month, direction, clauses))
    out.totals = _totals(out.segments)
    return out


def _rounds(rounding: Rounding) -> str:
    """Say how the agreement rounds before the line, if it does."""
    if rounding.unit_ms is not None:
        return f"the whole call is billed up to a multiple of {rounding.unit_ms:,} ms, the excess on its last segment"
    if rounding.kind == "trunk_group_month_up":
        return "the month's total of the trunk group goes up to a whole minute: a line of its own, of no single call"
    return ""


def _segment(
    piece: Piece, month: Month, live: LiveSegment, clauses: Clauses, call: Call, start: tuple[int, str]
) -> Segment:
    at, zone = start
    payer, payee = piece.ends
    first, last = month.sub(piece.day)
    lines = month.lines(payer, payee, piece.kind, piece.decision.lata, first)
    prices = tuple(price(piece, case, clauses) for case in by_tier(cases_of(piece, lines)))
    alone = labelled(piece) and len(prices) == 1
    if alone:
        lines = [line for line in lines if _is_that(line, prices[0])]
    shares = tuple(share_of(month, payer, payee, line) for line in lines)
    interval = piece.interval
    return Segment(
        day=piece.day.isoformat(),
        start=clock(local(at, zone)),
        end=clock_end(at + piece.ms, zone, piece.day),
        ms=piece.ms,
        mou=mou(piece.ms),
        sub_from=first.isoformat(),
        sub_through=last.isoformat(),
        payer=payer,
        payee=payee,
        in_force=interval.in_force,
        provisional=interval.provisional,
        labelled=alone,
        verdict=_verdict(piece, prices, month, (payer, payee)),
        prices=tuple(dict.fromkeys(prices)),
        part_ms=sum(share.ms for share in shares),
        shares=shares,
        live=_live(live),
        steps=tuple(_beside(piece, prices, clauses, call)),
    )


def _is_that(line: Line, of: Price) -> bool:
    """Whether a line is the one that a segment with this price went to."""
    reason = line.reason if isinstance(line.reason, str) else name_of(line.reason)
    plain = line.tariff.plain if line.tariff is not None else None
    rate = rate_text(plain) if plain is not None else None
    return (name_of(line.outcome), reason, rate) == (of.outcome, of.reason, of.rate)


def _verdict(piece: Piece, prices: Sequence[Price], month: Month, ends: tuple[str, str]) -> str:
    kind = name_of(piece.kind)
    if piece.kind is TrafficClass.UNIDENTIFIED:
        return f"{unidentified_rule(piece.facts, piece.agreement, month.month)}; {piece.group.says}"
    if piece.weighed and not labelled(piece):
        if piece.by_evidence:
            return "the record identifies it as ISP-bound, which decides; cap and new markets act in aggregate"
        direction = month.directions.get(ends)
        reached = direction is not None and direction.isp is not None and direction.isp.isp_ms > 0
        said = "part of the class is ISP-bound" if reached else "the ratio is not exceeded, so none of it is ISP-bound"
        return f"presumed in aggregate, no single call is labelled: {said}"
    if len(prices) > 1 or piece.weighed:
        tiers = f"{kind}: priced by tiers of the month's total, no single call is in one"
        by_evidence = (
            f"the record does not identify it as ISP-bound, and identified time decides: {kind}, below the ratio"
        )
        return tiers if len(prices) > 1 else by_evidence
    only = prices[0]
    if only.outcome == name_of(Settlement.TERMS_MISSING):
        return f"{kind}: counted and not priced, no loaded instrument has its price on this day"
    words = {
        "compensable": "priced",
        "excluded": "outside the agreement's prices",
        "not_entitled": "measured, not paid for",
    }
    return f"{kind}: {words.get(only.outcome, only.outcome)} ({only.reason})"


def _live(live: LiveSegment) -> Live:
    charge, _ = charge_text(live.charge_units)
    weighed = live.t_ms > 0 or live.o_ms > 0
    return Live(
        outcome=live.outcome,
        reason=live.reason,
        rate=rate_text(live.rate_nano),
        charge=charge,
        t_ms=live.t_ms,
        o_ms=live.o_ms,
        ratio=ratio_text(live.t_ms, live.o_ms) if weighed else None,
        cap_left_ms=live.cap_left_ms,
    )


def _beside(piece: Piece, prices: Sequence[Price], clauses: Clauses, call: Call) -> list[Step]:
    """Return what the day's terms look at besides the price: conditions, duties, marks."""
    out: list[Step] = []
    interval = piece.interval
    gated = [ruled for ruled in interval.gates if ruled.effect.payee == piece.decision.terminator]
    tests = {ruled.effect.test for ruled in gated if ruled.instrument == _pricing(piece)}
    if tests and not piece.weighed:
        closed = prices[0].outcome == name_of(Settlement.NOT_ENTITLED)
        said = (
            f"{piece.decision.terminator} is not entitled: {name_of(piece.gate)}"
            if closed
            else f"{piece.decision.terminator} is entitled"
        )
        cited = [ruled.source for ruled in gated if ruled.effect.test in tests]
        out.append(Step("conditions", f"{said} ({' and '.join(sorted(tests))} looked at)", (), clauses.cite(*cited)))
    if piece.kind is TrafficClass.TRANSIT:
        out += _duties(piece, clauses)
    if call.voip:
        marks = interval.tags
        if marks:
            names = ", ".join(ruled.effect.tag for ruled in marks)
            out.append(
                Step("mark", f"{names}: rated as equivalent traffic", (), clauses.cite(*(r.source for r in marks)))
            )
    return out


def _pricing(piece: Piece) -> str:
    tariff = piece.interval.price_of(piece.kind, piece.ends[1])
    return tariff.instrument if tariff is not None else ""


def _duties(piece: Piece, clauses: Clauses) -> list[Step]:
    """Look for the arrangement that an originator must have with the third party (A1 66.2.1)."""
    row = piece.facts.agreements[piece.agreement]
    originator, third = piece.decision.originator, piece.decision.terminator
    if originator not in (row.party_a, row.party_b):
        return []
    out = []
    for duty in piece.interval.duties:
        cited = clauses.cite(duty.source)
        kind = piece.facts.kinds[third]
        if kind not in duty.effect.third_party:
            out.append(Step("arrangement", f"none is asked for: {third} is an {kind}", (), cited))
            continue
        if piece.facts.tables.arrangements is None:
            out.append(Step("arrangement", "not looked for: there is no arrangements.csv", (), cited))
            continue
        held = _arrangement(piece.facts, originator, third, row.state, piece.day)
        if held is None:
            said = f"{duty.effect.exception}: {originator} has none with {third}; {third} may turn to {originator}"
            out.append(Step("arrangement", said, (Known("looked in", "no row", "arrangements.csv"),), cited))
        else:
            said = f"{originator} has one with {third}"
            out.append(
                Step(
                    "arrangement", said, (Known("row", f"{originator} - {third}", where("arrangements", held)),), cited
                )
            )
    return out


def _arrangement(facts: Facts, originator: str, third: str, state: str, day: date) -> Arrangement | None:
    for row in facts.tables.arrangements or ():
        first, last = span(row)
        if (row.originator, row.third_party, row.state) == (originator, third, state) and first <= day <= last:
            return row
    return None


def _totals(segments: Sequence[Segment]) -> list[Total]:
    """Add the segments' charges up in each case that every one of them has."""
    out = []
    for case in CASES:
        units = [[int(p.units) for p in segment.prices if p.case == case] for segment in segments]
        if segments and all(len(found) == 1 for found in units):
            whole = sum(found[0] for found in units)
            charge, exact = charge_text(whole)
            outcomes = tuple(dict.fromkeys(p.outcome for segment in segments for p in segment.prices if p.case == case))
            out.append(Total(case, CASES[case], outcomes, charge, exact, str(whole)))
    return out
