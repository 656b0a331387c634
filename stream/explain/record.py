"""Explain a record: from its receipt, over its place and class, to its price and the clauses behind it."""

from dataclasses import fields
from datetime import date
from typing import Final

from rating.codes import TrafficClass, reason_named
from rating.facts import Facts
from stream.books.store import Store
from stream.clock import today
from stream.explain.call import Decision, FoundCall
from stream.explain.find import call_of, find_record, utc_date
from stream.explain.lookups import Lookups
from stream.explain.model import Explanation, InForce, Known, Step
from stream.explain.segments import Priced, price_segments
from stream.explain.walk import Walk, walk
from stream.explain.words import Clauses, instruments_of, moment, needed
from stream.facts import make_facts
from stream.suspense.listing import REMEDIES
from stream.workspace.load import Workspace

__all__ = ["FoundCall", "explain_record", "find_record"]

_EXPECTED: Final = {
    "record_id": "1 to 64 printable ASCII characters",
    "source": "1 to 64 printable ASCII characters",
    "connect_time": "epoch milliseconds, or RFC 3339 with an offset, from 1984 to 2099",
    "duration_ms": "an integer from 0 to the longest duration that the settings allow",
    "called": "ten digits as dialed, in quotes, or a number that is filtered",
    "calling": "ten digits in quotes, or six of a prefix",
    "lrn": "ten digits in quotes",
    "jip": "six digits in quotes",
    "trunk_group": "1 to 64 printable ASCII characters",
    "cic": "four digits in quotes",
    "routing_point": "a string: the name of a rate center",
    "isp": "true or false",
    "voip": "true or false",
    "orig_ocn": "four characters in quotes",
    "term_ocn": "four characters in quotes",
}
_WHOLE: Final = {
    "too_large": "the line is longer than the settings allow",
    "not_json": "the line is no JSON",
    "not_an_object": "the line is JSON and no object",
    "bad_block": "the block could not be read",
}


def explain_record(
    workspace: Workspace, store: Store, found: FoundCall, as_known_at: date | None = None, facts: Facts | None = None
) -> Explanation:
    """Explain one record that `find_record` returned.

    Parameters
    ----------
    found : FoundCall
    as_known_at : date, optional
        Terms and events as known on this day; today if it is not given. Usage is what is loaded.
    facts : Facts, optional
        As known on that day, where the caller has them: so that several records resolve them once.
    """
    known = as_known_at or today()
    if found.state == "rejected":
        return _rejected(found, known)
    placed = walk(Lookups(workspace.tables), call_of(found), found.receipt_ms)
    clauses = Clauses(workspace.instruments)
    if facts is None:
        facts = make_facts(workspace, store.names(), store, known)
    if found.decision is None:
        return _suspended(found, placed, known)
    return _archived(workspace, facts, clauses, found, placed)


def _archived(workspace: Workspace, facts: Facts, clauses: Clauses, found: FoundCall, placed: Walk) -> Explanation:
    decision = needed(found.decision, f"{found.place}: archived without a decision")
    differs = _differs(decision, placed)
    steps = [*_receipt(found), *placed.steps]
    priced, notes = Priced(), []
    instruments: tuple[InForce, ...] = ()
    if not decision.agreement:
        notes.append(_on_net(placed))
    elif decision.agreement not in facts.agreements:
        notes.append(f"{decision.agreement} is no longer in agreements.csv: its terms cannot be shown")
    elif found.state == "verification":
        notes.append(
            "a verifying recording adds no usage and has no price: it is compared with the bill and with its twin"
        )
    else:
        priced = price_segments(facts, clauses, found)
        steps = [_with_governed(step, facts, clauses, found) for step in steps]
        instruments = _in_force(workspace, facts, decision.agreement, priced)
    return Explanation(
        record_id=found.record_id,
        source=found.source,
        day=utc_date(call_of(found).utc_day),
        state=found.state,
        reason=found.reason,
        verdict=_verdict(found, decision),
        as_known_at=facts.as_known_at.isoformat(),
        steps=tuple(steps),
        differs=differs,
        instruments=instruments,
        months=tuple(priced.months),
        segments=tuple(priced.segments),
        totals=tuple(priced.totals),
        notes=(*notes, *priced.notes),
    )


def _verdict(found: FoundCall, decision: Decision) -> str:
    word = "verified only" if found.state == "verification" else "rated"
    under = f", under {decision.agreement}" if decision.agreement else ""
    return f"{word}: {decision.traffic_class} from {decision.originator} to {decision.terminator}{under}"


def _differs(decision: Decision, placed: Walk) -> tuple[str, ...]:
    """Say what today's tables decide otherwise than the archive holds."""
    if placed.decision is None:
        return (f"today's tables would suspend it as {placed.reason}; it was {decision.outcome}",)
    return tuple(
        f"{field.name.replace('_', ' ')}: {getattr(placed.decision, field.name) or 'none'} today, "
        f"{getattr(decision, field.name) or 'none'} when it was decided"
        for field in fields(decision)
        if getattr(decision, field.name) != getattr(placed.decision, field.name)
    )


def _receipt(found: FoundCall) -> list[Step]:
    call = call_of(found)
    where = [Known("file", found.place, f"sha256 {found.sha256[:12]}" if found.sha256 else "")]
    if found.layer and not found.layer.startswith("file:"):
        where.append(Known("decided by", f"{found.layer}, decision {found.rev}"))
    if found.state in ("rated", "verification"):
        where += [Known("before", said) for said in found.history]
    identity = f"({call.source}, {call.record_id}, {utc_date(call.utc_day)} UTC)"
    if found.state in ("rated", "verification"):
        stands = f"{identity}: this record is the original, a later one with the same fields is a duplicate of it"
    elif found.reason == "id_conflict":
        stands = f"{identity}: another record stands under this identity"
    else:
        stands = f"{identity}: first with this identity"
    return [
        Step("received", moment(found.first_ms, "UTC"), tuple(where)),
        Step("decoded", f"{len(call.facts())} fields", call.facts()),
        Step("identity", stands),
    ]


def _with_governed(step: Step, facts: Facts, clauses: Clauses, found: FoundCall) -> Step:
    """Cite, behind the class, the clauses in force at connect that put it outside a group."""
    decision = found.decision
    if step.step != "class" or decision is None or not found.segments:
        return step
    interval = facts.timeline(decision.agreement).on(found.segments[0].day)
    governed = interval.governed.get(TrafficClass[decision.traffic_class.upper()], ())
    return Step(step.step, step.says, step.facts, clauses.cite(*governed))


def _in_force(workspace: Workspace, facts: Facts, agreement: str, priced: Priced) -> tuple[InForce, ...]:
    named = [name for segment in priced.segments for name in segment.in_force]
    return instruments_of(facts.timeline(agreement), workspace.instruments, named)


def _on_net(placed: Walk) -> str:
    trunk = placed.trunk
    over = (
        f"; it came over {trunk.trunk_group} of {trunk.agreement}, which is an exception (on_net_on_trunk)"
        if trunk
        else ""
    )
    return f"an on-net call is under no agreement: counted, in no statement{over}"


def _suspended(found: FoundCall, placed: Walk, known: date) -> Explanation:
    call = call_of(found)
    notes = [*found.history]
    if found.reason == "id_conflict":
        verdict = "waits: another record has its source, id and UTC day, with other fields"
        notes.append("a person settles it: `ratestream suspense resolve`")
    elif placed.decision is not None:
        decided = placed.decision
        under = decided.agreement or "no agreement"
        verdict = f"waits as {found.reason}, and would be {decided.outcome} now: {decided.traffic_class} under {under}"
        notes.append("today's tables have what it waited for: `ratestream suspense recycle`")
    else:
        verdict = f"waits: {placed.reason}"
        if placed.reason != found.reason:
            verdict += f" now, {found.reason} when it came"
        notes.append(f"what would help: {REMEDIES[reason_named(placed.reason)]}")
    if found.state != "suspended":
        verdict = f"{found.state.replace('_', ' ')}; it was suspended as {found.reason}"
    return Explanation(
        record_id=found.record_id,
        source=found.source,
        day=utc_date(call.utc_day),
        state=found.state,
        reason=found.reason,
        verdict=verdict,
        as_known_at=known.isoformat(),
        steps=(*_receipt(found), *placed.steps),
        differs=(),
        instruments=(),
        months=(),
        segments=(),
        totals=(),
        notes=tuple(notes),
    )


def _rejected(found: FoundCall, known: date) -> Explanation:
    fault, _, field = found.reason.partition(":")
    if field:
        said = f"{field}: {'is not there' if fault == 'missing' else 'is bad'}, expected {_EXPECTED[field]}"
    else:
        said = _WHOLE.get(found.reason, found.reason)
    facts = [Known("file", found.place, f"sha256 {found.sha256[:12]}" if found.sha256 else "")]
    if found.raw is not None:
        facts.append(Known("as it came", found.raw.decode("utf-8", "backslashreplace")))
    return Explanation(
        record_id=found.record_id,
        source=found.source,
        day="",
        state=found.state,
        reason=found.reason,
        verdict=f"rejected: {found.reason}",
        as_known_at=known.isoformat(),
        steps=(
            Step("received", moment(found.first_ms, "UTC"), tuple(facts)),
            Step("decoded", f"not: {said}"),
        ),
        differs=(),
        instruments=(),
        months=(),
        segments=(),
        totals=(),
        notes=("a rejected record has no identity: sent again with the fault mended it is a new record",),
    )
