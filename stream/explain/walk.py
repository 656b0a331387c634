"""Place a call once more, step by step, with the row of the table behind every answer.

This is the slow twin of `rating.kernel.classify`: the same tests in the same order (DOMAIN sections 2,
3 and 14), made for reading. Whether it comes to what was archived is looked at, never assumed.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from rating.reference.rows import Agreement, NumberBlock, TrunkGroup
from stream.explain.call import Call, Decision
from stream.explain.classes import class_of
from stream.explain.lookups import Lookups, in_words, is_toll_free, place_name, usable, where
from stream.explain.model import Known, Step
from stream.explain.words import moment, needed

__all__ = ["Walk", "walk"]

_DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Walk:
    """What a call comes to under the tables as loaded: a decision, or a reason to wait; and the steps there."""

    reason: str = ""
    decision: Decision | None = None
    steps: list[Step] = field(default_factory=list)
    trunk: TrunkGroup | None = None


class _Stopped(Exception):
    """No error: the record has to wait, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def walk(lookups: Lookups, call: Call, receipt_ms: int) -> Walk:
    """Place a call under the tables as loaded.

    Parameters
    ----------
    lookups : Lookups
    call : Call
        Well-formed and not filtered.
    receipt_ms : int
        When it was received, epoch milliseconds: a record from more than 24 h later waits.
    """
    walker = _Walker(lookups, call)
    try:
        walker.run(receipt_ms)
    except _Stopped as stopped:
        walker.out.reason = stopped.reason
    return walker.out


class _Walker:
    def __init__(self, lookups: Lookups, call: Call) -> None:
        self._look = lookups
        self._call = call
        self._toll_free = is_toll_free(call.called)
        self._day = date.min
        self._state = ""
        self._state_why = ""
        self.out = Walk()

    def run(self, receipt_ms: int) -> None:
        call = self._call
        if call.connect_ms > receipt_ms + _DAY_MS:
            self._say("received", f"it connects more than 24 hours after its receipt, {moment(receipt_ms, 'UTC')}")
            raise _Stopped("future_dated")
        dialed = None if self._toll_free else self._look.block(call.called, call.connect_ms)
        if dialed is None and not self._toll_free:
            self._no_block("called number", call.called, "unknown_called_block")
        if dialed is not None:
            self._set_clock(dialed.state, "of the called block")
        caller, caller_field = self._caller()
        network = self._network(dialed)
        if caller is None and caller_field:
            number = call.jip if caller_field == "jip" else call.calling
            self._no_block("caller", number or "", "unknown_calling_block")
        self._say_called(dialed)
        self._say_caller(caller, caller_field)
        self._say_clock()
        trunk = self._look.trunk(call.trunk_group, self._day) if call.trunk_group else None
        originator, orig, terminator, term = self._parties(caller, network, trunk)
        agreement, carried = self._agreement(originator, terminator, trunk)
        self._trunk_step(trunk)
        kind = self._class(caller, dialed, agreement, carried=carried, originator=originator, terminator=terminator)
        verification = self._recording(originator, terminator)
        here = caller if dialed is None else dialed
        jurisdiction = "unknown"
        if caller is not None and dialed is not None:
            jurisdiction = "intrastate" if caller.state == dialed.state else "interstate"
        self.out.trunk = trunk
        self.out.decision = Decision(
            outcome="verification" if verification else "rated",
            traffic_class=kind,
            agreement=agreement.agreement if agreement is not None else "",
            originator=originator,
            terminator=terminator,
            originating_ocn=orig,
            terminating_ocn=term,
            originating_rate_center=_center(caller),
            terminating_rate_center=_center(dialed),
            lata=here.lata if here is not None else "",
            jurisdiction=jurisdiction,
            state=self._state,
        )

    def _say(self, step: str, says: str, *facts: Known) -> None:
        self.out.steps.append(Step(step, says, facts))

    def _no_block(self, what: str, number: str, reason: str) -> None:
        rows = self._look.ended_block(number)
        facts = [
            Known(f"block {r.npa_nxx}", f"{place_name(_center(r))}, {in_words(r)}", where("number_blocks", r))
            for r in rows
        ]
        held = "none of its rows holds at that time" if rows else "number_blocks.csv has no row for it"
        self._say(what, f"{number} is in no block: {held}", *facts)
        raise _Stopped(reason)

    # places

    def _caller(self) -> tuple[NumberBlock | None, str]:
        """Return the caller's block and the field that names it, "" where neither number nor JIP serves.

        A toll-free call has no called block to set its clock: the caller's block does, else its trunk group.
        """
        call = self._call
        number, by = (
            (call.calling, "calling") if call.calling is not None and usable(call.calling) else (call.jip, "jip")
        )
        if not self._toll_free:
            return (self._look.block_on(number, self._day), by) if number is not None else (None, "")
        caller = self._look.block(number, call.connect_ms) if number is not None else None
        if caller is not None:
            self._set_clock(caller.state, "of the caller, as the called number is toll-free")
        else:
            agreement = self._look.agreement_of_trunk(call.trunk_group, call.connect_ms) if call.trunk_group else None
            self._set_clock(agreement.state if agreement is not None else "", "of the trunk group's agreement")
        return caller, by if number is not None else ""

    def _say_called(self, dialed: NumberBlock | None) -> None:
        if dialed is None:
            self._say("called number", f"{self._call.called} is toll-free: no block says where it is")
        else:
            self._say(
                "called number",
                f"{self._call.called} is in {place_name(_center(dialed))}, LATA {dialed.lata}",
                _block(dialed),
            )

    def _say_caller(self, caller: NumberBlock | None, by: str) -> None:
        call = self._call
        if caller is None:
            found = (
                f"{call.calling} is no usable number and there is no JIP" if call.calling else "neither number nor JIP"
            )
            self._say("caller's place", f"unknown: {found}")
            return
        place = f"{place_name(_center(caller))}, LATA {caller.lata}"
        if by == "calling":
            ignored = f"; the JIP {call.jip} names the switch, not the place" if call.jip else ""
            self._say("caller's place", f"{place}, by the calling number {call.calling}{ignored}", _block(caller))
        else:
            absent = f"{call.calling} is no usable number" if call.calling else "there is no calling number"
            self._say("caller's place", f"{place}, by the JIP {call.jip}: {absent}", _block(caller))

    def _network(self, dialed: NumberBlock | None) -> NumberBlock | None:
        """Return the block that names the terminating network where the record does not."""
        call = self._call
        if call.term_ocn is not None or call.lrn is None:
            if call.term_ocn is None and dialed is None:
                self._say(
                    "called number", f"{call.called} is toll-free, and neither term_ocn nor lrn names its network"
                )
                raise _Stopped("unknown_called_block")
            return dialed
        network = self._look.block_on(call.lrn, self._day)
        if network is None:
            self._no_block("routing number", call.lrn, "unknown_called_block")
        return network

    def _set_clock(self, state: str, why: str) -> None:
        """Take a state's clock: every row but the one that names the state is dated by its day of connect."""
        self._state, self._state_why = state, why
        self._day = self._look.day(state, self._call.connect_ms)

    def _say_clock(self) -> None:
        zone = self._look.zone(self._state)
        named = f"{self._state}, {self._state_why}" if self._state else "no state is known"
        rows = [row for row in self._look.tables.agreements if row.state == self._state][:1]
        self._say(
            "state and clock",
            f"{named}; it connects {moment(self._call.connect_ms, zone)} ({zone}), so rows are those of {self._day}",
            *(Known("time zone", zone, where("agreements", row)) for row in rows),
        )

    # parties

    def _parties(
        self, caller: NumberBlock | None, network: NumberBlock | None, trunk: TrunkGroup | None
    ) -> tuple[str, str, str, str]:
        call = self._call
        facts: list[Known] = []
        jip = self._look.block_on(call.jip, self._day) if call.jip is not None else None
        if call.term_ocn is not None:
            term, said = call.term_ocn, "term_ocn of the record"
        else:
            block = needed(network, f"record {call.record_id}: it names no network and was not suspended")
            term, said = block.ocn, f"block {block.npa_nxx}{', by its LRN (ported)' if call.lrn else ''}"
        terminator = self._party("terminator", term, said, facts)
        if call.orig_ocn is not None:
            orig, said = call.orig_ocn, "orig_ocn of the record"
        elif jip is not None:
            orig, said = jip.ocn, f"block {jip.npa_nxx} of the JIP"
        elif caller is not None:
            orig, said = caller.ocn, f"block {caller.npa_nxx}"
        else:
            orig, said = "", ""
        originator = self._party("originator", orig, said, facts) if orig else ""
        if terminator is None or originator is None:
            self._say("parties", "an OCN belongs to nobody that ocns.csv knows on that day", *facts)
            raise _Stopped("unknown_ocn")
        if not originator:
            originator = self._other(terminator, trunk, facts)
        self._say("parties", f"{originator} originates, {terminator} terminates", *facts)
        return originator, orig, terminator, term

    def _party(self, role: str, ocn: str, said: str, facts: list[Known]) -> str | None:
        row = self._look.ocn(ocn, self._day)
        party = row.party if row is not None else None
        facts.append(
            Known(
                role, f"{party or 'nobody'}, OCN {ocn}, {said}", where("ocns", row) if row is not None else "ocns.csv"
            )
        )
        return party

    def _other(self, terminator: str, trunk: TrunkGroup | None, facts: list[Known]) -> str:
        """Return who originated a call without a caller's number: the other party of an agreement."""
        agreement = self._look.agreements.get(trunk.agreement) if trunk is not None else None
        said = "trunk group's agreement"
        if agreement is None or terminator not in (agreement.party_a, agreement.party_b):
            mine = self._look.of_party(terminator, self._state)
            agreement, said = (mine[0] if len(mine) == 1 else None), f"only agreement of {terminator} in {self._state}"
        if agreement is None:
            self._say(
                "parties",
                "nothing says who originated it: no number, no trunk group's agreement, no only agreement",
                *facts,
            )
            raise _Stopped("no_agreement")
        other = agreement.party_b if agreement.party_a == terminator else agreement.party_a
        facts.append(
            Known(
                "originator",
                f"{other}, the other party of {agreement.agreement}, {said}",
                where("agreements", agreement),
            )
        )
        return other

    def _agreement(self, originator: str, terminator: str, trunk: TrunkGroup | None) -> tuple[Agreement | None, bool]:
        if originator == terminator:
            self._say("agreement", f"none: the call stays with {originator}")
            return None, False
        row = self._look.pair(originator, terminator, self._state)
        if row is not None:
            self._say(
                "agreement",
                f"{row.agreement}, of {originator} and {terminator} in {self._state}",
                Known("pair", row.agreement, where("agreements", row)),
            )
            return row, False
        row, rule = self._transit(originator, terminator, trunk)
        if row is None:
            self._say(
                "agreement",
                f"{originator} and {terminator} have none in {self._state}, and no incumbent carried it by any",
            )
            raise _Stopped("no_agreement")
        self._say(
            "agreement",
            f"{row.agreement}: {originator} and {terminator} have none in {self._state}, "
            f"{row.incumbent} carried the call ({rule})",
            Known("transit", row.agreement, where("agreements", row)),
        )
        return row, True

    def _transit(self, originator: str, terminator: str, trunk: TrunkGroup | None) -> tuple[Agreement | None, str]:
        ends = (originator, terminator)
        by_trunk = self._look.agreements.get(trunk.agreement) if trunk is not None else None
        if by_trunk is not None and by_trunk.state == self._state and by_trunk.incumbent not in ends:
            other = by_trunk.party_b if by_trunk.party_a == by_trunk.incumbent else by_trunk.party_a
            if other in ends:
                return by_trunk, "rule 1: the trunk group's agreement"
        for party, rule in ((originator, "rule 2: the originator's"), (terminator, "rule 3: the terminator's")):
            for row in self._look.of_party(party, self._state):
                if row.incumbent not in ends:
                    return row, f"{rule} agreement with an incumbent that is neither"
        return None, ""

    def _trunk_step(self, trunk: TrunkGroup | None) -> None:
        name = self._call.trunk_group
        if name is None:
            self._say("trunk group", "the record names none")
        elif trunk is not None:
            to = f"end office {trunk.end_office}" if trunk.end_office else "no end office of its own"
            area = f"tandem {trunk.tandem}" if trunk.tandem else "no tandem"
            self._say(
                "trunk group",
                f"{name} is {trunk.kind} of {trunk.agreement}",
                Known(name, f"{area}, {to}", where("trunk_groups", trunk)),
            )
        elif self._look.tables.trunk_groups is None:
            self._say("trunk group", f"{name}: there is no trunk_groups.csv, so any name is taken")
        else:
            self._say("trunk group", f"{name} has no row in trunk_groups.csv on {self._day}")
            raise _Stopped("unknown_trunk_group")

    # class and role

    def _class(
        self, caller: NumberBlock | None, dialed: NumberBlock | None, agreement: Agreement | None, *, carried: bool,
        originator: str, terminator: str,
    ) -> str:  # fmt: skip
        kind, tests = class_of(
            self._look, self._call, self._day, self._state, caller, dialed, agreement, carried=carried,
            originator=originator, terminator=terminator,
        )  # fmt: skip
        self._say("class", f"{kind}: the last of these tests is the first of the class table that matches", *tests)
        return kind

    def _recording(self, originator: str, terminator: str) -> bool:
        source = self._call.source
        if self._look.tables.sources is None:
            self._say("recording", "bills: there is no sources.csv, so every source does")
            return False
        row = self._look.recordings(source, originator, terminator, self._call.trunk_group, self._day)
        if row is None:
            self._say("recording", f"verifies only: sources.csv has no row for {source} that fits, so it does not bill")
            return True
        verifies = row.role == "verification" or (not row.role and row.party != terminator)
        role = row.role or f"no role: bills where {row.party} terminates"
        named = ", ".join(f"{n} {v}" for n, v in (("trunk group", row.trunk_group), ("direction", row.direction)) if v)
        self._say(
            "recording",
            "verifies only" if verifies else "bills",
            Known(source, f"{role}, for {row.party}{f' ({named})' if named else ''}", where("sources", row)),
        )
        return verifies


def _center(block: NumberBlock | None) -> str:
    return f"{block.state}|{block.rate_center}" if block is not None else ""


def _block(row: NumberBlock) -> Known:
    days = in_words(row)
    value = f"{place_name(_center(row))}, LATA {row.lata}, OCN {row.ocn}{f', {days}' if days else ''}"
    return Known(f"block {row.npa_nxx}", value, where("number_blocks", row))
