"""The kinds of event and their own rules."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from rating.terms.events import EVENT_KINDS, Event, EventBase, IcaEnded, PolicySet, Signed, kind_of

COMMON: dict[str, Any] = {"id": "e", "on": "2004-07-20"}

SAMPLES: dict[str, dict[str, Any]] = {
    "signed": {"instrument": "i", "party": "kmc"},
    "approved": {"instrument": "i", "state": "WI"},
    "ica_ended": {"agreement": "a"},
    "submitted": {"instrument": "base", "state": "WI", "agreement": "a"},
    "rejected": {"instrument": "i", "state": "WI"},
    "law_order": {
        "order": "core",
        "body": "fcc",
        "action": "invalidates",
        "affects": ["growth_cap", "new_market"],
        "final": True,
        "effective": "2004-10-18",
    },
    "written_notice": {"agreement": "a", "order": "core", "by": "kmc"},
    "written_request": {"agreement": "a", "order": "core", "by": "kmc"},
    "offer_accepted": {"agreement": "a"},
    "local_area_changed": {"state": "WI", "area": "LAKE"},
    "poi_notice": {"agreement": "a", "area": "LAKE"},
    "poi_meeting": {"agreement": "a", "area": "LAKE"},
    "policy_set": {"policy": "cap_2003", "value": "ceiling", "by": "finance", "reason": "counsel"},
    "request_outcome": {"request": "r", "instrument": "i"},
    "rebuttal_filed": {"agreement": "a", "payee": "kmc", "by": "sbc"},
    "rebuttal_decided": {"rebuttal": "f", "approved": True, "method": "actual", "by": "commission"},
    "interconnection_started": {"agreement": "a"},
    "incumbent_failure": {"agreement": "a", "tandem": "T", "through": "2004-08-01"},
}


def decode(kind: str, **changes: Any) -> EventBase:
    """Decode the sample of a kind with fields changed, or left out where None."""
    fields = {"event": kind} | COMMON | SAMPLES[kind] | changes
    text = msgspec.json.encode({name: value for name, value in fields.items() if value is not None})
    event: EventBase = msgspec.json.decode(text, type=Event)
    return event


def test_every_kind_has_its_sample() -> None:
    assert set(EVENT_KINDS) == set(SAMPLES)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_kind_keeps_its_fields_and_goes_back_to_the_same_json(kind: str) -> None:
    event = decode(kind)
    assert kind_of(event) == kind
    again = msgspec.json.decode(msgspec.json.encode(event))
    assert {name: value for name, value in again.items() if value is not None} == {"event": kind} | COMMON | SAMPLES[
        kind
    ]
    assert (event.known_on, event.known_at) == (date(2004, 7, 20), None)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_kind_refuses_fields_of_others_and_wants_its_own(kind: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `colour`"):
        decode(kind, colour="red")
    for name in ("id", "on", *SAMPLES[kind]):
        if (kind, name) in {("law_order", "effective"), ("incumbent_failure", "tandem")}:
            decode(kind, **{name: None})
            continue
        with pytest.raises(msgspec.ValidationError, match=f"`{name}`"):
            decode(kind, **{name: None})


@pytest.mark.parametrize(
    ("known_at", "known_on", "moment"),
    [
        (None, date(2004, 7, 20), datetime(2004, 7, 20, tzinfo=UTC)),
        ("2004-08-01", date(2004, 8, 1), datetime(2004, 8, 1, tzinfo=UTC)),
        ("2004-08-01T23:30:00-05:00", date(2004, 8, 1), datetime(2004, 8, 2, 4, 30, tzinfo=UTC)),
        ("2004-08-01t23:30:00.25z", date(2004, 8, 1), datetime(2004, 8, 1, 23, 30, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_known_from(known_at: str | None, known_on: date, moment: datetime) -> None:
    event = decode("ica_ended", known_at=known_at)
    assert event.known_on == known_on
    assert event.known_order == (known_on, moment, "e")


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("signed", {"known_at": "2004-08"}, "`known_at`: found '2004-08', expected a day as YYYY-MM-DD or a time"),
        ("signed", {"known_at": "2004-02-30"}, "`known_at`"),
        ("signed", {"known_at": "2004-08-01T23:30:00"}, "`known_at`"),
        ("signed", {"known_at": "20040801"}, "`known_at`"),
        ("signed", {"on": "2004-02-30"}, "on"),
        ("signed", {"party": 7}, r"party"),
        ("signed", {"party": ""}, r"party"),
        ("approved", {"state": "wi"}, "state"),
        ("approved", {"instrument": "base"}, "`agreement`: found nothing, expected the agreement"),
        ("law_order", {"affects": []}, "`affects`: found nothing"),
        ("law_order", {"final": None}, "`final`: found nothing, expected true or false"),
        ("law_order", {"action": "lifts", "effective": None}, "`effective`: found nothing, expected the day"),
        ("law_order", {"body": "senate"}, "body"),
        ("rebuttal_decided", {"method": "presumed"}, "`method`: found 'presumed', expected 'actual'"),
        ("incumbent_failure", {"through": "2004-07-19"}, "`through`: found '2004-07-19', expected a day not before"),
    ],
)
def test_rules_of_a_kind(kind: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        decode(kind, **changes)


def test_what_may_be_left_out() -> None:
    lifted = decode("law_order", action="lifts", affects=None, final=None)
    assert (lifted.affects, lifted.final) == ((), None)  # type: ignore[attr-defined]
    assert decode("rebuttal_decided", approved=False, method=None).method is None  # type: ignore[attr-defined]


def test_events_are_frozen_and_comparable() -> None:
    event = Signed(id="e", on=date(2004, 7, 20), instrument="i", party="kmc")
    assert event == decode("signed") and len({event, decode("signed")}) == 1
    with pytest.raises(AttributeError):
        event.party = "sbc"  # type: ignore[misc]
    assert decode("policy_set", value={"threshold": "0.8"}) != IcaEnded(id="e", on=date(2004, 7, 20), agreement="a")
    assert isinstance(decode("policy_set", value=False), PolicySet)
