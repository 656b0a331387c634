"""What a part of a call costs under the terms of its day: the rules of `rating.settle`, for one segment.

Which case a segment falls into is decided here as a statement decides it; where only the month's
aggregate decides, every case that the aggregate holds is priced.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from rating.codes import CLASS_REASON, EXCLUDED_CLASSES, Jurisdiction, PriceReason, Settlement, TrafficClass, name_of
from rating.eligibility import GATES, gates
from rating.facts import Facts, month_days
from rating.isp import base_classes
from rating.lines import Line
from rating.money import MS_PER_MINUTE
from rating.new_markets import is_new_market
from rating.reference.plan import ROUTES
from rating.settle import Direction, settle
from rating.statement import line_id
from rating.sums import actual_from
from rating.terms.interval import Interval
from rating.terms.tariff import Bucket, Tariff, rate_text
from rating.trunk_groups import trunk_group_on
from rating.unidentified import unidentified_of
from stream.explain.call import Decision
from stream.explain.model import Known, Price, Share
from stream.explain.unidentified import Group, group_of
from stream.explain.words import Clauses, charge_text, needed

__all__ = [
    "CASES",
    "Month",
    "Piece",
    "by_tier",
    "cases_of",
    "labelled",
    "month_of",
    "parties_of",
    "price",
    "share_of",
    "unidentified_rule",
]

CASES: Final = {
    "class": "by its class",
    "isp_bound": "if it is ISP-bound",
    "over_cap": "if it is ISP-bound and over the cap",
    "new_market": "if it is ISP-bound: a new market",
    "below_ratio": "if it is below the ratio",
    "spread": "by the class that it is spread to",
}


class Case(NamedTuple):
    """One way in which a segment may be settled; `when` says it where the case's own words do not."""

    case: str
    outcome: Settlement
    reason: PriceReason | str
    tariff: Tariff | None
    clauses: tuple[str, ...]
    when: str = ""


def parties_of(kind: TrafficClass, originator: str, terminator: str, incumbent: str) -> tuple[str, str]:
    """Return payer and payee: of transit the incumbent is paid, of 8YY the originating LEC (DOMAIN section 3)."""
    if kind is TrafficClass.TRANSIT:
        return originator, incumbent
    if kind is TrafficClass.ORIGINATING_8YY:
        return terminator, originator
    return originator, terminator


@dataclass(frozen=True)
class Month:
    """An agreement's month, settled, with its sub-periods."""

    facts: Facts
    agreement: str
    month: str

    @cached_property
    def directions(self) -> Mapping[tuple[str, str], Direction]:
        """The month's directions by payer and payee."""
        return {(d.payer, d.payee): d for d in settle(self.facts, self.agreement, self.month).directions}

    @cached_property
    def subs(self) -> list[tuple[date, date]]:
        """The rate sub-periods."""
        return self.facts.timeline(self.agreement).subperiods(*month_days(self.month))

    def sub(self, day: date) -> tuple[date, date]:
        """Return the sub-period of a day."""
        return next((first, last) for first, last in self.subs if first <= day <= last)

    def lines(self, payer: str, payee: str, kind: TrafficClass, lata: str, first: date) -> list[Line]:
        """Return the lines that the time of a class, LATA and sub-period went to."""
        direction = self.directions.get((payer, payee))
        if direction is None:
            return []
        return [line for line in direction.lines if (line.traffic_class, line.lata, line.first) == (kind, lata, first)]


def month_of(facts: Facts, agreement: str, day: date) -> Month:
    """Return the month of a day, settled once however many calls ask."""
    known: dict[tuple[str, str], Month] = facts.memo.setdefault("explained_months", {})
    key = (agreement, f"{day:%Y-%m}")
    if key not in known:
        known[key] = Month(facts, *key)
    return known[key]


@dataclass(frozen=True)
class Piece:
    """A segment under the terms of its day.

    ms : of the segment. answered : whether it is the one on the day of connect, of an answered call: what a
    price by the call is charged on. excess_ms : what the whole call goes up by, on its last segment.
    """

    facts: Facts
    agreement: str
    decision: Decision
    day: date
    ms: int
    answered: bool
    isp: bool | None
    trunk: str | None
    excess_ms: int = 0

    @property
    def billed_ms(self) -> int:
        """What a price by the minute is for."""
        return self.ms + self.excess_ms

    @property
    def kind(self) -> TrafficClass:
        """The call's class."""
        return TrafficClass[self.decision.traffic_class.upper()]

    @cached_property
    def interval(self) -> Interval:
        """The terms of the day."""
        return self.facts.timeline(self.agreement).on(self.day)

    @cached_property
    def ends(self) -> tuple[str, str]:
        """Payer and payee."""
        incumbent = self.facts.agreements[self.agreement].incumbent
        return parties_of(self.kind, self.decision.originator, self.decision.terminator, incumbent)

    @property
    def bucket(self) -> Bucket:
        """Route and jurisdiction, by which elements of a price are chosen; unidentified time has neither."""
        if self.kind is TrafficClass.UNIDENTIFIED:
            return 0, 0
        row = trunk_group_on(self.facts, self.trunk, self.day) if self.trunk else None
        return (ROUTES[row.kind] if row is not None else 0), Jurisdiction[self.decision.jurisdiction.upper()]

    @cached_property
    def weighed(self) -> bool:
        """Whether the class is one that the presumption of the day weighs, between the agreement's parties."""
        row = self.facts.agreements[self.agreement]
        if self.interval.presumption is None or set(self.ends) != {row.party_a, row.party_b}:
            return False
        return self.kind in base_classes(self.interval.presumption.effect, self.facts, self.agreement)

    @cached_property
    def by_evidence(self) -> bool:
        """Whether identified time decides, not the presumption.

        After a rebuttal, for a party that the presumption is not for, and where an order has it down.
        """
        if self.interval.presumption is None:
            return False
        if not self.interval.presumes:
            return True
        row = self.facts.agreements[self.agreement]
        kinds = {self.facts.kinds[row.party_a], self.facts.kinds[row.party_b]}
        start = actual_from(self.facts, self.agreement, self.ends[1])
        return bool(kinds & set(self.interval.presumption.effect.not_for)) or (start is not None and start <= self.day)

    @cached_property
    def new_market(self) -> bool:
        """Whether ISP-bound time of the call's LATA is in a new market (XA 2.4)."""
        ruled = self.interval.new_market
        if ruled is None or self.kind in self.interval.uncapped:
            return False
        test = self.facts.policies[self.agreement].new_market_test
        history = self.facts.tables.market_history
        return is_new_market(self.agreement, self.decision.lata, ruled.effect.exchanged_before, test, history)

    @cached_property
    def group(self) -> Group:
        """The direction and trunk group whose identified share decides on unidentified time."""
        sub = month_of(self.facts, self.agreement, self.day).sub(self.day)
        return group_of(self.facts, self.agreement, self.decision, self.trunk, sub)

    @cached_property
    def gate(self) -> PriceReason:
        """What closes the time to its payee, `PriceReason.NONE` if nothing does (SA 4)."""
        names, month = self.facts.names, f"{self.day:%Y-%m}"
        cells = self.facts.cells_of(self.agreement, month)
        wanted = (
            ("terminator", names.find("party", self.decision.terminator)),
            ("rate_center", names.find("rate_center", self.decision.originating_rate_center)),
            ("trunk_group", names.find("trunk_group", self.trunk or "")),
            ("day", self.facts.day(self.day)),
        )
        mine = np.ones(len(cells), np.bool_)
        for name, code in wanted:
            mine &= cells.field(name) == code
        cell = cells.where(np.flatnonzero(mine)[:1])
        return GATES[int(gates(self.facts, self.agreement, month, cell)[0])] if len(cell) else PriceReason.NONE


def unidentified_rule(facts: Facts, agreement: str, month: str) -> str:
    """Say how the agreement's unidentified time is priced (DOMAIN section 9)."""
    policy = unidentified_of(facts, agreement, month)
    above = f"{'over' if policy.strict else 'at least'} {policy.threshold} of the {policy.measure}"
    return (
        f"unidentified in aggregate: where {above} "
        "of a direction and trunk group are identified, the rest is spread over the identified classes in each LATA; "
        "else it is priced as switched access"
    )


def labelled(piece: Piece) -> bool:
    """Whether the call alone decides what it costs, or the month's aggregate of its class does."""
    return piece.kind is not TrafficClass.UNIDENTIFIED and (not piece.weighed or (piece.by_evidence and not piece.isp))


def cases_of(piece: Piece, lines: Sequence[Line]) -> list[Case]:
    """Return the cases in which a segment may be settled: one, or those that the month's aggregate holds.

    Parameters
    ----------
    lines : sequence of Line
        What became of the class, LATA and sub-period in the month (`Month.lines`).
    """
    interval = piece.interval
    if piece.kind is TrafficClass.UNIDENTIFIED:
        return _spread(piece)
    if not piece.weighed:
        return [_of_class(piece)]
    below = _of_class(piece)._replace(case="below_ratio")
    if piece.by_evidence and not piece.isp:
        return [below._replace(case="class")]
    presumption = (needed(interval.presumption, f"{piece.day}: a weighed class without a presumption").source,)
    cases = []
    isp = interval.isp.get(piece.ends[1])
    over = interval.cap is not None and any(line.reason is PriceReason.OVER_CAP for line in lines)
    under = "if it is ISP-bound and under the cap" if over else ""
    if piece.new_market:
        clauses = (needed(interval.new_market, f"{piece.day}: a new market without its clause").source, *presumption)
        cases.append(Case("new_market", Settlement.BILL_AND_KEEP, PriceReason.NEW_MARKET, None, clauses))
    # Over the cap, with nothing left under it for this class, LATA and sub-period: no payable case.
    elif not over or any(_payable(line, isp) for line in lines):
        cases.append(_isp_bound(isp, presumption, under))
    if over and interval.cap is not None:
        clauses = (interval.cap.source, *presumption)
        cases.append(Case("over_cap", Settlement.BILL_AND_KEEP, PriceReason.OVER_CAP, None, clauses))
    return cases if piece.by_evidence else [*cases, below]


def by_tier(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each case, one with a price by tiers once for every tier: the month's total decides, no single call."""
    for case in cases:
        if case.tariff is None or not case.tariff.tiers:
            yield case
            continue
        others = tuple(clause for clause in case.clauses if clause not in case.tariff.clauses)
        for tier in case.tariff.by_tier:
            over = f"as far as it falls over {tier.over_ms // MS_PER_MINUTE:,} minutes of {tier.counted} in the month"
            when = f"{case.when}, {over}" if case.when else over
            yield case._replace(tariff=tier, clauses=(*tier.clauses, *others), when=when)


def _payable(line: Line, isp: Tariff | None) -> bool:
    """Whether a line is the payable part of ISP-bound time, or would be if its price were known."""
    return line.tariff == isp if isp is not None else line.reason is PriceReason.ISP


def _isp_bound(isp: Tariff | None, presumption: tuple[str, ...], when: str) -> Case:
    if isp is None:
        return Case("isp_bound", Settlement.TERMS_MISSING, PriceReason.ISP, None, presumption, when)
    reason = isp.reason or PriceReason.ISP
    return Case("isp_bound", Settlement.COMPENSABLE, reason, isp, (*isp.clauses, *presumption), when)


def _spread(piece: Piece) -> list[Case]:
    """Return the prices of the classes over which unidentified time is spread, or that of access, each once."""
    by_tariff: dict[Tariff | None, list[TrafficClass]] = {}
    for kind in piece.group.classes or (TrafficClass.INTRALATA_TOLL,):
        tariff = piece.interval.price_of(kind, piece.ends[1])
        by_tariff.setdefault(tariff if tariff is not None and tariff.elements else None, []).append(kind)
    out = []
    for tariff, kinds in by_tariff.items():
        outcome = Settlement.TERMS_MISSING if tariff is None else Settlement.COMPENSABLE
        names = ", ".join(name_of(kind) for kind in kinds)
        when = f"as far as it goes to {names}" if piece.group.classes else "as switched access"
        case = "spread" if piece.group.classes else "class"
        out.append(Case(case, outcome, PriceReason.UNIDENTIFIED, tariff, tariff.clauses if tariff else (), when))
    return out


def _of_class(piece: Piece) -> Case:
    """Return what the class costs by itself, under the conditions of the instrument that prices it."""
    interval, kind = piece.interval, piece.kind
    governed = interval.governed.get(kind, ())
    wide = kind is TrafficClass.INTRALATA_TOLL and piece.isp and piece.facts.policies[piece.agreement].isp_outside_local
    if wide and piece.ends[1] in interval.with_isp:
        return _gated(piece, interval.with_isp[piece.ends[1]])
    if kind in EXCLUDED_CLASSES:
        return Case("class", Settlement.EXCLUDED, CLASS_REASON[kind], None, governed)
    tariff = interval.price_of(kind, piece.ends[1])
    if tariff is None:
        return Case("class", Settlement.TERMS_MISSING, CLASS_REASON[kind], None, governed)
    return _gated(piece, tariff)


_TESTS: Final = {PriceReason.NO_POI: "poi", PriceReason.DEOT: "deot"}


def _gated(piece: Piece, tariff: Tariff) -> Case:
    """Return what a price comes to once the conditions of its instrument are looked at."""
    reason = tariff.reason or CLASS_REASON[piece.kind]
    rules = [ruled for ruled in piece.interval.gates if ruled.instrument == tariff.instrument]
    if rules and piece.gate is not PriceReason.NONE:
        clauses = tuple(ruled.source for ruled in rules if ruled.effect.test == _TESTS[piece.gate])
        return Case("class", Settlement.NOT_ENTITLED, piece.gate, None, clauses)
    if not tariff.elements:  # the instrument governs, and its price has fallen
        return Case("class", Settlement.TERMS_MISSING, reason, None, ())
    return Case("class", Settlement.COMPENSABLE, reason, tariff, tariff.clauses)


def price(piece: Piece, case: Case, clauses: Clauses) -> Price:
    """Return what the segment costs in a case, exactly."""
    calls = 1 if piece.answered else 0
    units, rate, cited = 0, None, case.clauses
    elements: tuple[Known, ...] = ()
    if case.tariff is not None:
        units = case.tariff.units({piece.bucket: (calls, piece.billed_ms)})
        if case.tariff.plain is not None:
            rate = rate_text(case.tariff.plain)
        else:
            elements = _elements(case.tariff, piece.bucket, calls, piece.billed_ms)
            unused = set(case.tariff.clauses) - {element.where for element in elements}
            cited = tuple(source for source in cited if source not in unused)
    charge, exact = charge_text(units)
    return Price(
        case=case.case,
        when=case.when or CASES[case.case],
        outcome=name_of(case.outcome),
        reason=case.reason if isinstance(case.reason, str) else name_of(case.reason),
        rate=rate,
        elements=elements,
        charge=charge,
        exact=exact,
        units=str(units),
        illustrative=case.tariff is not None and case.tariff.illustrative,
        clauses=clauses.cite(*cited),
    )


def _elements(tariff: Tariff, bucket: Bucket, calls: int, ms: int) -> tuple[Known, ...]:
    """Return the elements that the call's route and jurisdiction bring, with what each comes to."""
    out = []
    for element in tariff.elements:
        if not element.covers(bucket):
            continue
        parts = []
        if element.per_minute:
            parts.append(f"{ms:,} ms x ${rate_text(element.per_minute)} / 60,000")
        if element.per_call:
            counted = "1 call" if calls else "0 calls (counted on the day of connect, if answered)"
            parts.append(f"{counted} x ${rate_text(element.per_call)}")
        charge, _ = charge_text(Tariff(tariff.instrument, "", (element,)).units({bucket: (calls, ms)}))
        out.append(
            Known(
                element.name, f"{' + '.join(parts) or 'nothing'} = ${charge}", f"{tariff.instrument} {element.clause}"
            )
        )
    return tuple(out)


def share_of(month: Month, payer: str, payee: str, line: Line) -> Share:
    """Return a line as a share of what it was made from."""
    plain = line.tariff.plain if line.tariff is not None else None
    return Share(
        line=line_id(month.agreement, month.month, payer, payee, line),
        outcome=name_of(line.outcome),
        reason=line.reason if isinstance(line.reason, str) else name_of(line.reason),
        ms=line.ms,
        rate=rate_text(plain) if plain is not None else None,
        clauses=line.clauses,
    )
