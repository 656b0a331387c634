"""Read what happened from ``events.ndjson``."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import msgspec

from rating.policy import SWITCHES, parse_value
from rating.reference.rows import Tables
from rating.terms import events as kinds
from rating.terms.events import BASE, EVENT_KINDS, EVENT_TYPES, Event
from stream.errors import BadInput
from stream.workspace.nearest import one_of

__all__ = ["AgreementNames", "InstrumentNames", "Names", "names_from", "read_events"]


@dataclass(frozen=True, slots=True)
class InstrumentNames:
    """The parties and states of an instrument."""

    parties: frozenset[str]
    states: frozenset[str]


@dataclass(frozen=True, slots=True)
class AgreementNames:
    """The two parties and the state of an agreement."""

    parties: frozenset[str]
    state: str


@dataclass(frozen=True, slots=True)
class Names:
    """What exists, and so may be named by an event; `effects` None leaves effect names unchecked."""

    instruments: Mapping[str, InstrumentNames]
    agreements: Mapping[str, AgreementNames]
    parties: frozenset[str]
    effects: frozenset[str] | None = None


class _Instrument(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def parties(self) -> Sequence[str]: ...
    @property
    def states(self) -> Sequence[str]: ...


def names_from(tables: Tables, instruments: Iterable[_Instrument], effects: Iterable[str] | None = None) -> Names:
    """Return the names of a workspace's tables and instruments."""
    return Names(
        instruments={item.id: InstrumentNames(frozenset(item.parties), frozenset(item.states)) for item in instruments},
        agreements={
            row.agreement: AgreementNames(frozenset((row.party_a, row.party_b)), row.state) for row in tables.agreements
        },
        parties=frozenset(row.party for row in tables.parties),
        effects=None if effects is None else frozenset(effects),
    )


class _Fault(Exception):
    """A field of an event that says something it may not say."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def read_events(path: Path, names: Names) -> tuple[Event, ...]:
    """Read the events of a workspace in the order of the file.

    Parameters
    ----------
    path : Path
        One JSON object a line; blank lines are skipped; no file, no events.
    names : Names
        What an event may name.

    Raises
    ------
    BadInput
        With file, line and field: for a line that is no event, a repeated id, and anything named that
        does not exist. Events may name events of later lines.
    """
    if not path.is_file():
        return ()
    found: list[tuple[int, Event]] = []
    for line, text in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if text.strip():
            found.append((line, _decode(path, line, text)))
    _refuse_repeated(path, found)
    by_id = {event.id: event for _, event in found}
    for line, event in found:
        try:
            _check(event, names, by_id)
        except _Fault as fault:
            raise BadInput(f"{event.id}: {fault}", file=path, line=line, field=fault.field) from None
    return tuple(event for _, event in found)


def _refuse_repeated(path: Path, found: Sequence[tuple[int, Event]]) -> None:
    lines: dict[str, int] = {}
    for line, event in found:
        first = lines.setdefault(event.id, line)
        if first != line:
            message = f"found {event.id!r} again (first on line {first}), expected an id of its own"
            raise BadInput(message, file=path, line=line, field="id")


@cache
def _decoder() -> msgspec.json.Decoder[Event]:
    return msgspec.json.Decoder(Event)


_AT: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_NAMED: Final = re.compile(r"^(?:Object (missing required|contains unknown) field )?`([a-z_]+)`(?:: )?")
_FIELDS: Final = {kind.__struct_config__.tag: kind.__struct_fields__ for kind in EVENT_TYPES}
_CLEARER: Final = {
    "Invalid RFC3339 encoded date": "expected a day as YYYY-MM-DD",
    "Expected `str` matching regex '^[A-Z]{2}$'": "expected a state as two capital letters",
    "Expected `str` of length >= 1": "expected some text",
}


def _decode(path: Path, line: int, text: bytes) -> Event:
    try:
        return _decoder().decode(text)
    except msgspec.ValidationError as error:
        # The decoder stops at the first fault: what follows it may be no JSON at all.
        fault = _unlike(_plain(path, line, text), str(error))
        raise BadInput(str(fault), file=path, line=line, field=fault.field or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_json(path, line, error) from error


def _plain(path: Path, line: int, text: bytes) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_json(path, line, error) from error


def _no_json(path: Path, line: int, error: Exception) -> BadInput:
    return BadInput(f"found no JSON ({error}), expected an event as a JSON object", file=path, line=line)


def _unlike(found: object, message: str) -> _Fault:
    """Return the fault of JSON that is no event, from the decoder's message."""
    if not isinstance(found, dict):
        return _Fault("", f"found {found!r}, expected an event as a JSON object")
    at = _AT.search(message)
    message = message[: at.start()] if at else message
    if named := _NAMED.search(message):
        what, field = named.groups()
        if what == "missing required":
            return _Fault(field, f"found nothing, expected it in {_kind_words(found)}")
        if what == "contains unknown":
            known = set(_FIELDS[found["event"]]) - set(found)
            return _Fault(field, f"found an unknown field of {_kind_words(found)}, expected {one_of(field, known)}")
        return _Fault(field, message[named.end() :])  # an event's own rule says it all
    field = at[1] if at else ""
    value = found.get(re.sub(r"\[.*", "", field))
    if field == "event":
        return _Fault(field, f"found {value!r}, expected {one_of(str(value), EVENT_KINDS)}")
    clearer = _CLEARER.get(message, message[:1].lower() + message[1:])
    return _Fault(field, f"found {value!r}, {clearer}")


def _kind_words(found: Mapping[str, object]) -> str:
    kind = found.get("event")
    return f"an event {kind!r}" if kind is not None else "every event"


def _known(field: str, name: str, known: Iterable[str], what: str) -> None:
    known = list(known)
    if name not in known:
        raise _Fault(field, f"found unknown {what} {name!r}, expected {one_of(name, known)}")


def _check(event: Event, names: Names, by_id: Mapping[str, Event]) -> None:
    """Check that everything that an event names exists."""
    if (agreement := getattr(event, "agreement", None)) is not None:
        _known("agreement", agreement, names.agreements, "agreement")
    match event:
        case kinds.Signed():
            _known("instrument", event.instrument, names.instruments, "instrument")
            _known("party", event.party, names.instruments[event.instrument].parties, "party of the instrument")
        case kinds.Approved() | kinds.Rejected() | kinds.Submitted():
            _check_decision(event, names)
        case kinds.LawOrder():
            _check_order(event, names, by_id)
        case kinds.WrittenNotice() | kinds.WrittenRequest():
            orders = _orders(by_id.values(), lambda action: action != "lifts")
            _known("order", event.order, orders, "order")
            _known("by", event.by, names.agreements[event.agreement].parties, "party to the agreement")
        case kinds.RequestOutcome():
            requests = (other.id for other in by_id.values() if isinstance(other, kinds.WrittenRequest))
            _known("request", event.request, requests, "written_request")
            _known("instrument", event.instrument, names.instruments, "instrument")
        case kinds.RebuttalFiled():
            parties = names.agreements[event.agreement].parties
            _known("payee", event.payee, parties, "party to the agreement")
            _known("by", event.by, parties, "party to the agreement")
        case kinds.RebuttalDecided():
            rebuttals = (other.id for other in by_id.values() if isinstance(other, kinds.RebuttalFiled))
            _known("rebuttal", event.rebuttal, rebuttals, "rebuttal_filed")
        case kinds.LocalAreaChanged():
            _known("state", event.state, {own.state for own in names.agreements.values()}, "state")
        case kinds.PolicySet():
            _check_policy(event)
        case _:
            return  # names an agreement at most, which is checked above


def _check_decision(event: kinds.Approved | kinds.Rejected | kinds.Submitted, names: Names) -> None:
    _known("instrument", event.instrument, {*names.instruments, BASE}, "instrument")
    if event.agreement is not None:
        _known("state", event.state, [names.agreements[event.agreement].state], "state of the agreement")
    if event.instrument != BASE:
        _known("state", event.state, names.instruments[event.instrument].states, "state of the instrument")


def _orders(events: Iterable[Event], does: Callable[[str], bool]) -> set[str]:
    return {event.order for event in events if isinstance(event, kinds.LawOrder) and does(event.action)}


def _check_order(event: kinds.LawOrder, names: Names, by_id: Mapping[str, Event]) -> None:
    if names.effects is not None:
        for effect in event.affects:
            _known("affects", effect, names.effects, "effect")
    if event.action == "lifts":
        stays = _orders(by_id.values(), lambda action: action == "stays")
        _known("order", event.order, stays, "order that stays something")


def _check_policy(event: kinds.PolicySet) -> None:
    _known("policy", event.policy, SWITCHES, "policy")
    if not SWITCHES[event.policy].by_event:
        raise _Fault("policy", f"found {event.policy!r}, expected another: it acts when calls are rated, not by event")
    try:
        parse_value(event.policy, event.value)
    except ValueError as error:
        raise _Fault("value", str(error)) from error
