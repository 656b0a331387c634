"""What becomes of each record: outcome, parties, agreement and class (DOMAIN sections 1-3, 14)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, tzinfo
from typing import Any

from tests.naive.decode import Fields, RefusedError, decode, filtered
from tests.naive.midnights import EPOCH, local_day, split_at_midnights, zone_named
from tests.naive.places import (
    EIGHT_YY,
    Place,
    SuspendedError,
    block_at,
    block_on,
    eas_kinds,
    local_to_each_other,
    place,
    state_day,
    trunk_row,
    usable,
)
from tests.naive.world import Row, World, in_force

DAY_MS = 86_400_000


@dataclass
class Decision:
    """One record's fate. What a test before it did not reach is None or empty."""

    outcome: str
    reason: str = ""
    duration_ms: int = 0
    source: str = "?"
    record_id: str = ""
    connect_ms: int = 0
    connect_day: date | None = None
    cls: str = ""
    agreement: str | None = None
    state: str | None = None
    orig: str = ""
    term: str = ""
    payer: str = ""
    payee: str = ""
    third_party: str | None = None
    orig_ocn: str | None = None
    term_ocn: str | None = None
    origin: Place | None = None
    destination: Place | None = None
    lata: str = ""
    jurisdiction: str = "unknown"
    trunk_group: str | None = None
    isp: bool | None = None
    voip: bool = False
    segments: list[tuple[date, int]] = field(default_factory=list)
    on_trunk_of: str | None = None


class Rater:
    """Takes records in order of arrival.

    Parameters
    ----------
    world : World
    receipt_ms : int
        Epoch ms of receipt: a call that connects more than 24 h later is `future_dated`.
    """

    def __init__(self, world: World, receipt_ms: int) -> None:
        self.world = world
        self.receipt_ms = receipt_ms
        self.first: dict[tuple[str, str, int], Fields] = {}
        self.decisions: list[Decision] = []

    def add(self, line: bytes) -> Decision | None:
        """Decide one line; None for a blank one, which is not a record."""
        line = line.rstrip(b"\r\n")
        if not line.strip():
            return None
        decision = self._decide(line)
        self.decisions.append(decision)
        return decision

    def add_all(self, lines: Iterable[bytes]) -> list[Decision]:
        """Decide many lines; return all decisions so far."""
        for line in lines:
            self.add(line)
        return self.decisions

    def _decide(self, line: bytes) -> Decision:
        try:
            call = decode(line)
        except RefusedError as refused:
            return Decision("rejected", refused.reason, refused.ms)
        head = {key: call[key] for key in ("duration_ms", "source", "record_id", "trunk_group", "isp", "voip")}
        head["connect_ms"] = call["connect_time"]
        if reason := filtered(call["called"]):
            return Decision("filtered", reason, **head)
        identity = (call["source"], call["record_id"], call["connect_time"] // DAY_MS)
        first = self.first.setdefault(identity, call)
        if first is not call:
            fate = ("duplicate",) if first == call else ("suspended", "id_conflict")
            return Decision(*fate, **head)
        if call["connect_time"] > self.receipt_ms + DAY_MS:
            return Decision("suspended", "future_dated", **head)
        try:
            judged = judge(call, self.world)
        except SuspendedError as suspended:
            return Decision("suspended", suspended.reason, **head)
        outcome = "rated" if bills(self.world, call, judged) else "verification"
        return Decision(outcome, "", **head, **judged)

    def summary(self) -> dict[str, Any]:
        """Return the conservation summary of CONTRACTS; counts of 0 are left out."""
        out: dict[str, Any] = {}
        for part, weight in (("records", lambda _: 1), ("ms", lambda d: d.duration_ms)):
            plain: Counter[str] = Counter()
            by_reason: dict[str, Counter[str]] = {}
            for decision in self.decisions:
                plain["in"] += weight(decision)
                if decision.reason:
                    by_reason.setdefault(decision.outcome, Counter())[decision.reason] += weight(decision)
                else:
                    plain[decision.outcome] += weight(decision)
            out[part] = {**plain, **{outcome: dict(reasons) for outcome, reasons in by_reason.items()}}
        return out


def classify(call: Fields, world: World) -> str:
    """Return the class of one decoded call.

    Raises
    ------
    SuspendedError
        If the call has no class for want of a reference.
    """
    return str(judge(call, world)["cls"])


def judge(call: Fields, world: World) -> dict[str, Any]:
    """Return a decoded call's parties, places, agreement, class and days, named as in `Decision`.

    Tests come in the order of section 2: called block, calling block, OCNs, agreement, trunk group.

    Raises
    ------
    SuspendedError
        With the reason of the first test that fails.
    """
    at = call["connect_time"]
    caller, called, ported, state = blocks_of(call, world)
    day = state_day(world, state, at)
    trunk = trunk_row(world.tables["trunk_groups"], call["trunk_group"], day)
    switch = block_on(world, call["jip"], day) if call["jip"] else None
    orig_ocn = call["orig_ocn"] or (switch or caller or {}).get("ocn")
    term_ocn = call["term_ocn"] or (ported or called or {})["ocn"]
    orig = world.party_of(orig_ocn, day) if orig_ocn else None
    term = world.party_of(term_ocn, day)
    if (orig_ocn and orig is None) or term is None:
        raise SuspendedError("unknown_ocn")
    if orig is None:
        orig = _originator_by_agreement(world, term, state, trunk)

    agreement = None if orig == term else agreement_of(world, orig, term, state, trunk)
    if agreement is None and orig != term:
        raise SuspendedError("no_agreement")
    if call["trunk_group"] and world.tables["trunk_groups"] is not None and trunk is None:
        raise SuspendedError("unknown_trunk_group")

    transit = agreement is not None and agreement["incumbent"] not in (orig, term)
    cls = "on_net" if agreement is None else "transit" if transit else class_of(call, world, caller, called, day)
    payer, payee = orig, term
    if transit and agreement:
        payee = agreement["incumbent"]
    elif cls == "originating_8yy":
        payer, payee = term, orig
    zone = zone_named(agreement["time_zone"] if agreement else world.zones.get(state or ""))
    name = agreement["agreement"] if agreement else None
    origin, destination = place(caller) if caller else None, place(called) if called else None
    jurisdiction = "unknown"
    if origin and destination:
        jurisdiction = "intrastate" if origin.state == destination.state else "interstate"
    return {
        "cls": cls,
        "agreement": name,
        "state": state,
        "orig": orig,
        "term": term,
        "payer": payer,
        "payee": payee,
        "third_party": third_party(agreement, orig, term) if transit and agreement else None,
        "orig_ocn": orig_ocn,
        "term_ocn": term_ocn,
        "origin": origin,
        "destination": destination,
        "lata": (called or caller or {"lata": ""})["lata"],
        "jurisdiction": jurisdiction,
        "connect_day": local_day(at, zone),
        "segments": segments_of(call, world, name, zone),
        "on_trunk_of": trunk["agreement"] if trunk and agreement is None else None,
    }


def blocks_of(call: Fields, world: World) -> tuple[Row | None, Row | None, Row | None, str | None]:
    """Return the blocks of the caller, of the digits dialed and of the LRN that names the terminator, and the state.

    The caller's is None where no usable number and no JIP came, the called one's for 8YY.

    Raises
    ------
    SuspendedError
        ``unknown_called_block`` before ``unknown_calling_block``.
    """
    at = call["connect_time"]
    free = call["called"][:3] in EIGHT_YY
    lrn = call["lrn"] if call["term_ocn"] is None else None
    called = None if free else block_at(world, call["called"], at)
    if called is None and not (free and (call["term_ocn"] or lrn)):
        raise SuspendedError("unknown_called_block")
    number = call["calling"] if usable(call["calling"]) else call["jip"]
    if called is not None:
        state = called["state"]
        caller = block_on(world, number, state_day(world, state, at)) if number else None
    else:
        caller = block_at(world, number, at) if number else None
        state = caller["state"] if caller else _trunk_state(world, call, at)
    ported = block_on(world, lrn, state_day(world, state, at)) if lrn else None
    if lrn and ported is None:
        raise SuspendedError("unknown_called_block")
    if number and caller is None:
        raise SuspendedError("unknown_calling_block")
    return caller, called, ported, state


def class_of(call: Fields, world: World, caller: Row | None, called: Row | None, day: date) -> str:
    """Return the class of a call under an agreement that is not transit: section 3, tests 3 to 11."""
    if called is None:
        return "originating_8yy"
    if caller is None:
        return "unidentified"
    same_lata = caller["lata"] == called["lata"]
    if call["cic"] is not None:
        return "ixc_intralata_toll" if same_lata else "interlata_toll"
    here, there = place(caller), place(called)
    if local_to_each_other(world, here, there, day):
        routed = Place(there.state, call["routing_point"] or "")
        away = call["routing_point"] is not None and not local_to_each_other(world, here, routed, day)
        return "virtual_fx" if away else "local"
    kinds = eas_kinds(world, here, there, day)
    for kind in ("mandatory", "optional"):
        if kind in kinds:
            return f"{kind}_eas"
    return "intralata_toll" if same_lata else "interlata_toll"


def segments_of(call: Fields, world: World, agreement: str | None, zone: tzinfo) -> list[tuple[date, int]]:
    """Return a call's ms by local day; switch ``rate_date`` may give all of it to the day of connect."""
    at, ms = call["connect_time"], call["duration_ms"]
    if world.switch("rate_date", agreement or "") == "connect":
        return [(local_day(at, zone), ms)] if ms else []
    return list(split_at_midnights(at, ms, zone).items())


def agreement_of(world: World, orig: str, term: str, state: str | None, trunk: Row | None) -> Row | None:
    """Return the agreement that rates a call between two parties in a state, their own or a transit one."""
    here = [row for row in world.rows("agreements") if row["state"] == state]
    for row in here:
        if {row["party_a"], row["party_b"]} == {orig, term}:
            return row
    transits = [row for row in here if row["incumbent"] not in (orig, term)]
    for row in transits:
        if trunk and trunk["agreement"] == row["agreement"] and _other(row, row["incumbent"]) in (orig, term):
            return row
    for party in (orig, term):
        for row in transits:
            if party in (row["party_a"], row["party_b"]):
                return row
    return None


def third_party(agreement: Row, orig: str, term: str) -> str:
    """Return the end of a transit call that is no party of the agreement."""
    return term if orig in (agreement["party_a"], agreement["party_b"]) else orig


def bills(world: World, call: Fields, judged: dict[str, Any]) -> bool:
    """Say whether a recording bills or only verifies (section 14)."""
    rows = world.tables["sources"]
    if rows is None:
        return True
    ends = {"originating": judged["orig"], "terminating": judged["term"]}
    matching = [
        row
        for row in rows
        if row["source"] == call["source"]
        and in_force(row, judged["connect_day"])
        and row.get("trunk_group", "") in ("", call["trunk_group"])
        and (not row.get("direction") or ends[row["direction"]] == row["party"])
    ]
    if not matching:
        return False
    row = max(matching, key=lambda row: (bool(row.get("trunk_group")), bool(row.get("direction"))))
    return bool(row["role"] == "billing" if row["role"] else row["party"] == judged["term"])


def _other(agreement: Row, party: str) -> str:
    return str(agreement["party_b"] if agreement["party_a"] == party else agreement["party_a"])


def _originator_by_agreement(world: World, term: str, state: str | None, trunk: Row | None) -> str:
    own = world.agreements.get(trunk["agreement"]) if trunk else None
    if own is None or term not in (own["party_a"], own["party_b"]):
        rows = [row for row in world.rows("agreements") if row["state"] == state]
        mine = [row for row in rows if term in (row["party_a"], row["party_b"])]
        if len(mine) != 1:
            raise SuspendedError("no_agreement")
        own = mine[0]
    return _other(own, term)


def _trunk_state(world: World, call: Fields, at: int) -> str | None:
    """Return the state of a free call from nowhere: its trunk group's agreement's, if it has one."""
    for row in world.rows("trunk_groups"):
        own = world.agreements.get(row["agreement"])
        if own and row["trunk_group"] == call["trunk_group"] and in_force(row, state_day(world, own["state"], at)):
            return str(own["state"])
    return None


def epoch_ms(day: date) -> int:
    """Return the epoch ms at which a day starts in UTC; handy as a receipt."""
    return (day - EPOCH.date()).days * DAY_MS
