"""Explain a statement's line: how its time came about, how its money did, and which calls are behind it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy import select

from rating.codes import PriceReason, Settlement, TrafficClass, name_of
from rating.eligibility import GATES
from rating.facts import Facts, month_days
from rating.lines import Line
from rating.money import cents, dollars_text, unrounded_text
from rating.statement import line_id, mou
from rating.terms.tariff import Tariff, rate_text
from stream.books import tables as t
from stream.books.store import Store
from stream.clock import today
from stream.errors import BadInput
from stream.explain.call import Decision
from stream.explain.linecalls import Row, Wanted, calls_of
from stream.explain.model import Known, LineExplanation, Share, Step
from stream.explain.months import minutes_text, month_step, share_text
from stream.explain.terms import Month, Piece, month_of, share_of, unidentified_rule
from stream.explain.words import Clauses, charge_text, instruments_of, needed, thousands
from stream.facts import make_facts
from stream.workspace.load import Workspace
from stream.workspace.nearest import one_of

__all__ = ["explain_line", "is_line"]

_LINE: Final = re.compile(r"(?P<agreement>.+?)/(?P<month>[0-9]{4}-[0-9]{2})/(?P<payer>[^>/]+)>(?P<payee>[^/]+)/.+")
_GATED: Final = tuple(GATES[1:])


def is_line(text: str) -> bool:
    """Whether a text is made like a line's id: ``AGREEMENT/MONTH/PAYER>PAYEE/...``."""
    return _LINE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Found:
    """A line in its month, with the direction that it is of and the lines that share its usage."""

    month: Month
    line: Line
    payer: str
    payee: str
    siblings: tuple[Line, ...]

    @property
    def piece(self) -> Piece:
        """The line's first day, as a segment of no call: for the rules that hold on it."""
        return _piece(self, {}, self.line.first)

    @property
    def apportioned(self) -> bool:
        """Whether the line is a part of a sum that the month's aggregate divides, not the sum of whole calls."""
        aggregated = self.line.traffic_class is TrafficClass.UNIDENTIFIED or self.piece.weighed or self.tiered
        return aggregated and len(self.siblings) > 1

    @property
    def tiered(self) -> bool:
        """Whether the line is one tier of a price."""
        return self.line.tariff is not None and bool(self.line.tariff.counted)


def explain_line(
    workspace: Workspace, store: Store, line: str, as_known_at: date | None = None, limit: int | None = 20
) -> LineExplanation:
    """Explain a statement's line by its id.

    Parameters
    ----------
    line : str
        As `rating.statement.line_id` writes it.
    as_known_at : date, optional
        Terms and events as known on this day. If it is not given, today; and for a line that today's
        valuation does not have any more, the day of the last statement that was issued with it.
    limit : int or None
        How many calls are listed; None lists all.

    Raises
    ------
    BadInput
        If there is no such line; names what comes near.
    """
    known = as_known_at or today()
    found = _find(make_facts(workspace, store.names(), store, known), line)
    booked = _booked(store, line)
    notes: list[str] = []
    if isinstance(found, list) and as_known_at is None and booked:
        issued = date.fromisoformat(booked[-1].as_known_at)
        notes.append(
            f"as known today ({known}) no time is on this line; shown as known on {issued}, when it was booked last"
        )
        found = _find(make_facts(workspace, store.names(), store, issued), line)
    if isinstance(found, list):
        raise _unknown(line, found, known)
    return _explained(workspace, store, found, booked, notes, limit)


def _find(facts: Facts, line: str) -> _Found | list[str]:
    """Return a line, or the ids of its month's lines if it is not among them."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadInput.found(line, "a line's id as AGREEMENT/MONTH/PAYER>PAYEE/CLASS/...", field="LINE")
    agreement, text = match["agreement"], match["month"]
    if agreement not in facts.agreements:
        raise BadInput(
            f"found the agreement {agreement!r}, expected {one_of(agreement, facts.agreements)}", field="LINE"
        )
    try:
        first, _ = month_days(text)
    except ValueError:
        raise BadInput.found(text, "a month as 2003-06", field="LINE") from None
    month = month_of(facts, agreement, first)
    ids: list[str] = []
    for (payer, payee), direction in month.directions.items():
        for candidate in direction.lines:
            name = line_id(agreement, text, payer, payee, candidate)
            if name == line:
                kind, lata, first = candidate.traffic_class, candidate.lata, candidate.first
                return _Found(month, candidate, payer, payee, tuple(month.lines(payer, payee, kind, lata, first)))
            ids.append(name)
    return ids


def _unknown(line: str, ids: Sequence[str], known: date) -> BadInput:
    near = get_close_matches(line, ids, n=3, cutoff=0.6)
    hint = f"{' or '.join(repr(name) for name in near)} perhaps" if near else f"one of the month's {len(ids)} lines"
    if not ids:
        hint = "a month with usage: this one has no lines"
    return BadInput(f"found no line {line!r} as known on {known}, expected {hint}", field="LINE")


def _explained(
    workspace: Workspace, store: Store, found: _Found, booked: Sequence[Any], notes: list[str], limit: int | None
) -> LineExplanation:
    line, facts = found.line, found.month.facts
    clauses = Clauses(workspace.instruments)
    interval = found.piece.interval
    calls = calls_of(store, _wanted(found), limit)
    shares = tuple(share_of(found.month, found.payer, found.payee, sibling) for sibling in found.siblings)
    takes, expected = _takes(found)
    if calls.ms != expected:
        notes.append(
            f"the archive's calls come to {thousands(calls.ms)} ms, the usage to {thousands(expected)} ms: "
            "calls were decided again or taken out since"
        )
    if interval.provisional:
        notes += [f"provisional: {said}" for said in interval.provisional]
    plain = line.tariff.plain if line.tariff is not None else None
    return LineExplanation(
        line=line_id(found.month.agreement, found.month.month, found.payer, found.payee, line),
        agreement=found.month.agreement,
        month=found.month.month,
        as_known_at=facts.as_known_at.isoformat(),
        payer=found.payer,
        payee=found.payee,
        traffic_class=name_of(line.traffic_class),
        outcome=name_of(line.outcome),
        reason=_reason(line),
        lata=line.lata,
        first=line.first.isoformat(),
        last=line.last.isoformat(),
        ms=line.ms,
        mou=mou(line.ms),
        rate=rate_text(plain) if plain is not None else None,
        unrounded=unrounded_text(line.units),
        amount=dollars_text(cents(line.units)),
        illustrative=line.tariff is not None and line.tariff.illustrative,
        clauses=clauses.cite(*line.clauses),
        steps=tuple(_steps(found, clauses, shares, booked)),
        shares=shares,
        instruments=instruments_of(facts.timeline(found.month.agreement), workspace.instruments, interval.in_force),
        takes=takes,
        calls_found=calls.count,
        calls_ms=calls.ms,
        calls=calls.rows,
        notes=tuple(notes),
    )


def _reason(line: Line) -> str:
    return line.reason if isinstance(line.reason, str) else name_of(line.reason)


def _takes(found: _Found) -> tuple[str, int]:
    """Say what part of its calls' time the line has, and return the time that the calls should come to."""
    line, whole = found.line, sum(sibling.ms for sibling in found.siblings)
    if line.reason is PriceReason.ROUNDING:
        rounded = sum(sibling.ms for sibling in found.siblings if sibling.tariff == line.tariff)
        said = "the line has none of the time of these calls: it is what their trunk groups' totals go up by"
        return said, whole if found.apportioned else rounded
    if not found.apportioned:
        return "the line has all of the time of these calls", line.ms
    what = (
        "the presumption is about the aggregate"
        if found.piece.weighed
        else "the month's total fills the tiers"
        if found.tiered
        else "unidentified time is divided in the aggregate"
    )
    return (
        f"the line takes {thousands(line.ms)} of the {thousands(whole)} ms of these calls, "
        f"{share_text(line.ms, whole)}: {what}, no single call is labelled"
    ), whole


# where the time came from


def _steps(found: _Found, clauses: Clauses, shares: Sequence[Share], booked: Sequence[Any]) -> list[Step]:
    line, whole = found.line, sum(sibling.ms for sibling in found.siblings)
    calls = sum(sibling.calls for sibling in found.siblings)
    lata = f" in LATA {line.lata}" if line.lata else ""
    said = f"{name_of(line.traffic_class)} from {line.first} through {line.last}{lata}: "
    said += f"{minutes_text(whole)}, {calls:,} calls begun"
    steps = [Step("usage", said)]
    direction = found.month.directions[found.payer, found.payee]
    if found.piece.weighed:
        steps.append(month_step(found.month, direction, clauses))
        steps.append(_apportioned(found))
    elif line.traffic_class is TrafficClass.UNIDENTIFIED:
        steps.append(Step("spread", unidentified_rule(found.month.facts, found.month.agreement, found.month.month)))
    if len(shares) > 1:
        parts = tuple(
            Known(f"{s.outcome} {s.reason}", f"{minutes_text(s.ms)}, {share_text(s.ms, whole)}", s.line) for s in shares
        )
        steps.append(Step("divided", f"into {len(shares)} lines, which sum to it", parts))
    steps.append(_money(found))
    if booked:
        steps.append(_books(booked))
    return steps


def _apportioned(found: _Found) -> Step:
    """Show how much of the month's ISP-bound time is this part's, in proportion to what was terminated."""
    line = found.line
    direction = found.month.directions[found.payer, found.payee]
    isp = needed(direction.isp, f"{found.month.month}: a weighed class without its month")
    whole = sum(sibling.ms for sibling in found.siblings)
    position = [first for first, _ in found.month.subs].index(line.first)
    share = isp.shares.get((line.lata, position, line.traffic_class), 0)
    place = sum(ms for (lata, sub, _), ms in isp.shares.items() if (lata, sub) == (line.lata, position))
    facts = [Known("LATA and days", f"{minutes_text(place)} of the month's ISP-bound time")]
    if isp.method == "presumed" and isp.t_ms and _presumed_throughout(found.month):
        quotient, rest = divmod(isp.isp_ms * whole, isp.t_ms)
        exact = f"{thousands(isp.isp_ms)} x {thousands(whole)} / {thousands(isp.t_ms)} = {thousands(quotient)} ms"
        exact += " and a fraction" if rest else ""
        facts.append(
            Known("in proportion", f"{exact}; whole milliseconds by largest remainder, LATA and days first, then class")
        )
    facts.append(Known("this class there", minutes_text(share)))
    facts.append(Known("below the ratio", minutes_text(whole - share)))
    return Step("apportioned", f"{minutes_text(share)} of {minutes_text(whole)} is ISP-bound", tuple(facts))


def _presumed_throughout(month: Month) -> bool:
    """Whether no order has the presumption down on any day of the month."""
    days = month.facts.timeline(month.agreement).between(*month_days(month.month))
    return all(interval.presumes for _, _, interval in days)


# where the money came from


def _money(found: _Found) -> Step:
    line = found.line
    if line.tariff is None:
        why = {
            Settlement.BILL_AND_KEEP: "bill and keep: measured, each side keeps what it has",
            Settlement.EXCLUDED: "excluded: priced elsewhere, here it is only shown",
            Settlement.NOT_ENTITLED: "not entitled: measured, and nothing is owed",
            Settlement.TERMS_MISSING: "no loaded instrument has the price: counted, never guessed",
        }
        return Step("money", f"$0.00, {why.get(line.outcome, name_of(line.outcome))}")
    charge, exact = charge_text(line.units)
    about = "" if exact else ", to twelve places"
    parts = _parts(line, line.tariff)
    said = f"${charge}{about}, rounded half up to the cent: ${dollars_text(cents(line.units))}"
    return Step("money", said, tuple(parts))


def _parts(line: Line, tariff: Tariff) -> list[Known]:
    """Return the products that a line's money is the sum of."""
    out = []
    for element in tariff.elements:
        covered = [usage for bucket, usage in line.usage.items() if element.covers(bucket)]
        calls, ms = sum(c for c, _ in covered), sum(m for _, m in covered)
        words = []
        if element.per_minute:
            words.append(f"{thousands(ms)} ms x ${rate_text(element.per_minute)} / 60,000")
        if element.per_call:
            words.append(f"{thousands(calls)} answered calls x ${rate_text(element.per_call)}")
        charge, _ = charge_text(ms * element.per_minute + calls * element.per_call * 60_000)
        name = element.name or "minutes"
        out.append(
            Known(name, f"{' + '.join(words) or 'nothing'} = ${charge}", f"{tariff.instrument} {element.clause}")
        )
    return out


def _booked(store: Store, line: str) -> list[Any]:
    """Return what was booked for a line, oldest first, with the statement that it was booked by."""
    query = (
        select(t.entries, t.statements.c.number, t.statements.c.kind, t.statements.c.as_known_at)
        .join(t.statements, t.entries.c.statement == t.statements.c.id)
        .where(t.entries.c.line == line)
        .order_by(t.entries.c.seq)
    )
    with store.reading() as c:
        return list(c.execute(query))


def _books(booked: Sequence[Any]) -> Step:
    total = sum(row.cents for row in booked)
    facts = tuple(
        Known(
            f"entry {row.seq}",
            f"${dollars_text(row.cents)} on {row.booked_at[:10]}, {row.cause}",
            f"statement {row.number} ({row.kind})",
        )
        for row in booked
    )
    return Step("books", f"${dollars_text(total)} is booked for this line", facts)


# whose calls they are


def _piece(found: _Found, row: Row, day: date) -> Piece:
    line = found.line
    originator, terminator = found.payer, found.payee
    if line.traffic_class is TrafficClass.ORIGINATING_8YY:
        originator, terminator = terminator, originator
    decision = Decision(
        outcome="rated",
        traffic_class=name_of(line.traffic_class),
        agreement=found.month.agreement,
        originator=originator,
        terminator=row.get("terminator") or terminator,
        originating_ocn="",
        terminating_ocn="",
        originating_rate_center=row.get("originating_rate_center") or "",
        terminating_rate_center="",
        lata=line.lata,
        jurisdiction=row.get("jurisdiction") or "unknown",
        state="",
    )
    return Piece(
        found.month.facts,
        found.month.agreement,
        decision,
        day,
        0,
        answered=False,
        isp=row.get("isp"),
        trunk=row.get("trunk_group"),
    )


def _wanted(found: _Found) -> Wanted:
    line, facts = found.line, found.month.facts
    return Wanted(
        agreement=found.month.agreement,
        kind=line.traffic_class,
        lata=line.lata,
        payer=found.payer,
        payee=found.payee,
        first=line.first,
        last=line.last,
        zone=facts.agreements[found.month.agreement].time_zone,
        chosen=None if found.apportioned or len(found.siblings) == 1 else _Chooser(found),
    )


class _Chooser:
    """Picks the calls of a line that conditions or evidence set apart from its siblings, call by call."""

    def __init__(self, found: _Found) -> None:
        self._found = found
        self._gates: dict[tuple[str, str | None, date], str] = {}

    def __call__(self, row: Row, day: date) -> bool:
        """Whether a call's time on a day is the line's."""
        line, key = self._found.line, (row["originating_rate_center"], row["trunk_group"], day)
        if key not in self._gates:
            self._gates[key] = name_of(_piece(self._found, row, day).gate)
        gate = self._gates[key]
        gated = {name_of(reason) for reason in _GATED} & {_reason(s) for s in self._found.siblings}
        if gate in gated:
            return gate == _reason(line)
        if _reason(line) in gated:
            return False
        with_isp = self._found.piece.interval.with_isp.get(self._found.payee)
        tariffs = {s.tariff for s in self._found.siblings if _reason(s) not in gated}
        if with_isp is not None and with_isp in tariffs and len(tariffs) > 1:
            return bool(row["isp"]) == (line.tariff == with_isp)
        return True
