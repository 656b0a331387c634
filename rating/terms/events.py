"""What happened to agreements and instruments: one frozen struct a kind of event.

An event has an `id`, the day `on` which it happened and `known_at`, when it became known; it acts
on every valuation as known on or after the date part of the latter (DOMAIN section 4). A line of
``events.ndjson`` is one event as a JSON object; fields that a kind does not have are refused.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

__all__ = [
    "BASE",
    "EVENT_KINDS",
    "EVENT_TYPES",
    "Approved",
    "Event",
    "EventBase",
    "IcaEnded",
    "IncumbentFailure",
    "InterconnectionStarted",
    "LawOrder",
    "LocalAreaChanged",
    "OfferAccepted",
    "PoiMeeting",
    "PoiNotice",
    "PolicySet",
    "RebuttalDecided",
    "RebuttalFiled",
    "Rejected",
    "RequestOutcome",
    "Signed",
    "Submitted",
    "WrittenNotice",
    "WrittenRequest",
    "kind_of",
]

BASE: Final = "base"
"""The instrument of `approved`, `rejected` and `submitted` that is the interconnection agreement itself."""

Name = Annotated[str, msgspec.Meta(min_length=1)]
StateCode = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]

_KNOWN_AT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?"
)


class EventBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", forbid_unknown_fields=True):
    """What every event has."""

    id: Name
    on: date
    known_at: str | None = None

    def __post_init__(self) -> None:
        """Refuse a `known_at` that is neither a day nor an RFC 3339 time (ValueError)."""
        if self.known_at is not None and not _is_moment(self.known_at):
            raise ValueError(f"`known_at`: found {self.known_at!r}, expected a day as YYYY-MM-DD or a time as RFC 3339")

    @property
    def known_on(self) -> date:
        """The day from which the event is known: the date part of `known_at` as written, or `on`."""
        return self.on if self.known_at is None else date.fromisoformat(self.known_at[:10])

    @property
    def known_order(self) -> tuple[date, datetime, str]:
        """Where the event stands among others: by day known, time known (UTC; a bare day is its start), id."""
        moment = datetime(self.known_on.year, self.known_on.month, self.known_on.day, tzinfo=UTC)
        if self.known_at is not None and len(self.known_at) > len("YYYY-MM-DD"):
            moment = datetime.fromisoformat(self.known_at.upper()).astimezone(UTC)
        return self.known_on, moment, self.id


def _is_moment(text: str) -> bool:
    if _KNOWN_AT.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:  # the right shape, but no such day or time
        return False
    return True


def _need(holds: object, field: str, found: object, expected: str) -> None:
    if not holds:
        shown = "nothing" if found in (None, (), "") else repr(str(found))
        raise ValueError(f"`{field}`: found {shown}, expected {expected}")


class Signed(EventBase, frozen=True, kw_only=True, tag="signed"):
    """A party signed an instrument."""

    instrument: Name
    party: Name


class _Decision(EventBase, frozen=True, kw_only=True):
    instrument: Name
    state: StateCode
    agreement: Name | None = None

    def __post_init__(self) -> None:
        """Refuse the base instrument without the agreement that it is."""
        EventBase.__post_init__(self)
        given = self.instrument != BASE or self.agreement is not None
        _need(given, "agreement", self.agreement, f"the agreement whose {BASE!r} this is")


class Approved(_Decision, frozen=True, kw_only=True, tag="approved"):
    """A state's commission approved an instrument, or the agreement's own base (SA 1.5, XA 4.1)."""


class Rejected(_Decision, frozen=True, kw_only=True, tag="rejected"):
    """A state's commission rejected an instrument."""


class Submitted(_Decision, frozen=True, kw_only=True, tag="submitted"):
    """An instrument went to a state's commission: approved on the 90th day unless decided before."""


class IcaEnded(EventBase, frozen=True, kw_only=True, tag="ica_ended"):
    """The interconnection agreement ended; `on` is the first day without it (XA 4.3, SA 1.5)."""

    agreement: Name


class LawOrder(EventBase, frozen=True, kw_only=True, tag="law_order"):
    """An order that touches effects of instruments (SA 2.1-2.3, XA 4.6).

    `order` names the order; with action ``lifts`` it names the one whose stay ends. `effective` is None
    as long as the order is not effective; `final` says whether it is final and binding (None with ``lifts``
    alone, where it does not matter).
    """

    order: Name
    body: Literal["fcc", "commission", "court", "legislature"]
    action: Literal["invalidates", "modifies", "stays", "lifts"]
    affects: tuple[Name, ...] = ()
    final: bool | None = None
    effective: date | None = None

    def __post_init__(self) -> None:
        """Refuse an order that touches nothing or leaves open whether it is final, and a stay lifted on no day."""
        EventBase.__post_init__(self)
        lifts = self.action == "lifts"
        _need(lifts or bool(self.affects), "affects", self.affects, "the names of the effects that the order touches")
        _need(lifts or self.final is not None, "final", self.final, "true or false")
        _need(not lifts or self.effective is not None, "effective", self.effective, "the day on which the stay ends")


class _Notice(EventBase, frozen=True, kw_only=True):
    agreement: Name
    order: Name
    by: Name


class WrittenNotice(_Notice, frozen=True, kw_only=True, tag="written_notice"):
    """A party's Written Notice of an order: moves XA only (XA 4.6)."""


class WrittenRequest(_Notice, frozen=True, kw_only=True, tag="written_request"):
    """A party's Written Request after an order: moves SA only (SA 2.3)."""


class RequestOutcome(EventBase, frozen=True, kw_only=True, tag="request_outcome"):
    """What came of a Written Request, by its event's id: an instrument, back to the request (SA 2.3)."""

    request: Name
    instrument: Name


class OfferAccepted(EventBase, frozen=True, kw_only=True, tag="offer_accepted"):
    """The offer to exchange all traffic at the plan's rates was accepted (XA 1.1)."""

    agreement: Name


class LocalAreaChanged(EventBase, frozen=True, kw_only=True, tag="local_area_changed"):
    """A commission changed a local calling area (SA 4.1(c))."""

    state: StateCode
    area: Name


class _PoiEvent(EventBase, frozen=True, kw_only=True):
    agreement: Name
    area: Name


class PoiNotice(_PoiEvent, frozen=True, kw_only=True, tag="poi_notice"):
    """Notice of a point of interconnection in an area (SA 4.6.1, 4.6.2)."""


class PoiMeeting(_PoiEvent, frozen=True, kw_only=True, tag="poi_meeting"):
    """The meeting that follows a `poi_notice` (SA 4.6.1, 4.6.2)."""


class PolicySet(EventBase, frozen=True, kw_only=True, tag="policy_set"):
    """A reading chosen, for one agreement or all, over the settings' value (DOMAIN section 5).

    `value` is as parsed from JSON; the policy's own rules say what it may be.
    """

    policy: Name
    value: Any
    agreement: Name | None = None
    by: Name
    reason: Name


class RebuttalFiled(EventBase, frozen=True, kw_only=True, tag="rebuttal_filed"):
    """A party sought to rebut the presumption of a payee's traffic (XA 2.6)."""

    agreement: Name
    payee: Name
    by: Name


class RebuttalDecided(EventBase, frozen=True, kw_only=True, tag="rebuttal_decided"):
    """A rebuttal was decided, by its event's id; granted, the method is ``actual`` (XA 2.6)."""

    rebuttal: Name
    approved: bool
    method: Literal["actual", "presumed"] | None = None
    by: Literal["commission", "agreement"]

    def __post_init__(self) -> None:
        """Refuse a granted rebuttal without its method."""
        EventBase.__post_init__(self)
        _need(not self.approved or self.method == "actual", "method", self.method, "'actual' where it is approved")


class InterconnectionStarted(EventBase, frozen=True, kw_only=True, tag="interconnection_started"):
    """First exchange of a new interconnection arrangement, at one tandem or everywhere (SA 4.5)."""

    agreement: Name
    tandem: Name | None = None


class IncumbentFailure(EventBase, frozen=True, kw_only=True, tag="incumbent_failure"):
    """The incumbent's own failure, from `on` through a day, at one tandem or everywhere (SA 4.6)."""

    agreement: Name
    tandem: Name | None = None
    through: date

    def __post_init__(self) -> None:
        """Refuse a failure that ends before it begins."""
        EventBase.__post_init__(self)
        _need(self.through >= self.on, "through", self.through, f"a day not before {self.on}")


Event = (
    Signed
    | Approved
    | Rejected
    | Submitted
    | IcaEnded
    | LawOrder
    | WrittenNotice
    | WrittenRequest
    | RequestOutcome
    | OfferAccepted
    | LocalAreaChanged
    | PoiNotice
    | PoiMeeting
    | PolicySet
    | RebuttalFiled
    | RebuttalDecided
    | InterconnectionStarted
    | IncumbentFailure
)


def kind_of(event: EventBase) -> str:
    """Return the word of an event's kind, as its field ``event`` says it."""
    return str(event.__struct_config__.tag)


EVENT_TYPES: Final[tuple[type[EventBase], ...]] = get_args(Event)
"""The structs of all kinds."""

EVENT_KINDS: Final[tuple[str, ...]] = tuple(sorted(str(kind.__struct_config__.tag) for kind in EVENT_TYPES))
"""The words of all kinds."""
