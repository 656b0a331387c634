"""Advisories of deadlines and ends: in the months in which they run, until what was due is done."""

from datetime import date

import pytest

from rating.advisories.deadlines import within_business_days
from rating.names import Names
from rating.terms.events import (
    Approved,
    Event,
    IcaEnded,
    InterconnectionStarted,
    LawOrder,
    LocalAreaChanged,
    PoiMeeting,
    PoiNotice,
    Rejected,
    RequestOutcome,
    Submitted,
    WrittenNotice,
    WrittenRequest,
)
from tests.rating.advisories.reading import told
from tests.rating.advisories.test_network import block, network, point
from tests.rating.facts import facts

WI = "sbc-kmc-wi"
ORDER = LawOrder(
    id="o", on=date(2004, 10, 18), order="04-241", body="fcc", action="modifies", affects=("growth_cap",), final=True
)
NOTICE = WrittenNotice(id="n", on=date(2004, 11, 15), agreement=WI, order="04-241", by="sbc")


def at(month: str, code: str, *events: Event, known: date = date(2030, 1, 1)) -> list[dict[str, object]]:
    """Return the advisories of one code in a month without usage."""
    return told(facts(Names(), [], events=events, as_known_at=known), month, code)


# Negotiation


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_sixty_days_of_talks_follow_a_notice() -> None:
    wanted = {"order": "04-241", "by": "sbc", "since": "2004-11-15", "forecast": "2005-01-14",
              "clause": "sbc-kmc-wi-isp 4.6"}  # fmt: skip
    for month, told_then in (("2004-10", []), ("2004-11", [wanted]), ("2005-01", [wanted]), ("2005-02", [])):
        assert at(month, "negotiation_deadline", ORDER, NOTICE) == told_then


def test_talks_end_with_their_outcome() -> None:
    outcome = RequestOutcome(id="r", on=date(2004, 12, 20), request="n", instrument="sbc-kmc-wi-isp")
    assert at("2005-01", "negotiation_deadline", ORDER, NOTICE, outcome) == []
    assert len(at("2004-12", "negotiation_deadline", ORDER, NOTICE, outcome)) == 1


def test_a_notice_not_yet_known_starts_nothing() -> None:
    assert at("2004-11", "negotiation_deadline", ORDER, NOTICE, known=date(2004, 11, 14)) == []


def test_a_request_begins_no_period_that_has_a_last_day() -> None:
    request = WrittenRequest(id="n", on=date(2004, 11, 15), agreement=WI, order="04-241", by="sbc")
    assert at("2004-11", "negotiation_deadline", ORDER, request) == []


# Approval by silence


def submitted(instrument: str = "sbc-kmc-wi-isp", on: date = date(2004, 6, 3)) -> Submitted:
    return Submitted(id="s", on=on, instrument=instrument, state="WI", agreement=WI)


@pytest.mark.parametrize(("known", "pending"), [(date(2004, 8, 31), True), (date(2004, 9, 1), False)])
def test_approval_by_silence_is_told_before_the_ninetieth_day(known: date, pending: bool) -> None:
    wanted = [{"instrument": "sbc-kmc-wi-isp", "state": "WI", "since": "2004-06-03", "forecast": "2004-09-01",
               "clause": "47 U.S.C. 252(e)(4)"}]  # fmt: skip
    assert at("2004-06", "deemed_approval", submitted(), known=known) == (wanted if pending else [])
    # What rests on the approval in earlier months is provisional until then.
    assert at("2003-06", "deemed_approval", submitted(), known=known) == (wanted if pending else [])


def test_of_two_submissions_the_first_runs() -> None:
    again = Submitted(id="s2", on=date(2004, 6, 20), instrument="sbc-kmc-wi-isp", state="WI")
    for events in ((submitted(), again), (again, submitted())):
        found = at("2004-06", "deemed_approval", *events, known=date(2004, 7, 1))
        assert [row["forecast"] for row in found] == ["2004-09-01"]


def test_approval_by_silence_is_not_told_once_decided_or_elsewhere() -> None:
    known = date(2004, 7, 1)
    for kind in (Approved, Rejected):
        decision = kind(id="d", on=date(2004, 6, 20), instrument="sbc-kmc-wi-isp", state="WI", agreement=WI)
        assert at("2004-06", "deemed_approval", submitted(), decision, known=known) == []
    other = Submitted(id="s", on=date(2004, 6, 3), instrument="base", state="WI", agreement="sbc-other-wi")
    assert at("2004-06", "deemed_approval", other, known=known) == []
    assert len(at("2004-06", "deemed_approval", submitted("base"), known=known)) == 1
    assert at("2003-02", "deemed_approval", submitted(), known=known) == []


# Ends


def test_an_instrument_that_ends_is_told_while_it_holds() -> None:
    second = {"instrument": "sbc-kmc-second", "since": "2004-05-26", "forecast": "2004-12-31",
              "clause": "sbc-kmc-second"}  # fmt: skip
    for month, found in (("2004-05", []), ("2004-06", [second]), ("2004-12", [second]), ("2005-01", [])):
        assert at(month, "expiry") == found


def test_an_end_is_known_from_what_ends_it() -> None:
    ended = IcaEnded(id="e", on=date(2005, 4, 1), known_at="2005-02-10", agreement=WI)
    wanted = {"instrument": "sbc-kmc-wi-isp", "since": "2005-02-10", "forecast": "2005-03-31",
              "clause": "sbc-kmc-wi-isp"}  # fmt: skip
    assert at("2005-03", "expiry", ended) == [wanted]
    assert at("2005-04", "expiry", ended) == []
    assert at("2005-03", "expiry", ended, known=date(2005, 2, 9)) == []


# Points of interconnection


@pytest.mark.clause("sbc-kmc-second 4.1(c)")
def test_changed_calling_areas_reopen_the_points() -> None:
    changed = LocalAreaChanged(id="c", on=date(2004, 9, 10), state="WI", area="NORTH")
    wanted = [{"area": "NORTH", "since": "2004-09-10", "clause": "sbc-kmc-second 4.1(c)"}]
    assert at("2004-09", "poi_renegotiation", changed) == wanted
    assert at("2004-10", "poi_renegotiation", changed) == []
    elsewhere = LocalAreaChanged(id="c", on=date(2004, 9, 10), state="TX", area="NORTH")
    assert at("2004-09", "poi_renegotiation", elsewhere) == []


START = InterconnectionStarted(id="i", on=date(2004, 5, 15), agreement=WI)  # ends 14 November


@pytest.mark.clause("sbc-kmc-second 4.6.1")
def test_notice_is_owed_ninety_days_before_a_transition_ends() -> None:
    owed = [{"duty": "notice", "payee": "kmc", "area": "NORTH", "since": "2004-05-15", "forecast": "2004-08-16",
             "clause": "sbc-kmc-second 4.6.1"}]  # fmt: skip
    for month, found in (("2004-06", owed), ("2004-11", owed), ("2004-12", [])):
        assert told(network(events=[START]), month, "poi_notice") == found
    assert told(network(), "2004-06", "poi_notice") == []


def test_no_notice_is_owed_where_it_was_given_or_a_point_is_there() -> None:
    given = PoiNotice(id="n", on=date(2004, 8, 2), agreement=WI, area="NORTH")
    met = PoiMeeting(id="m", on=date(2004, 8, 16), agreement=WI, area="NORTH")
    known = network(events=[START, given, met])
    assert [len(told(known, month, "poi_notice")) for month in ("2004-07", "2004-08", "2004-09")] == [1, 0, 0]
    built = network(point("NORTH", start=date(2004, 9, 1)), events=[START])
    assert [len(told(built, month, "poi_notice")) for month in ("2004-08", "2004-09")] == [1, 0]


@pytest.mark.clause("sbc-kmc-second 4.6.1")
def test_a_meeting_follows_within_ten_business_days() -> None:
    given = PoiNotice(id="n", on=date(2004, 8, 20), agreement=WI, area="NORTH")  # a Friday
    meeting = [{"duty": "meeting", "payee": "kmc", "area": "NORTH", "since": "2004-08-20", "forecast": "2004-09-03",
                "clause": "sbc-kmc-second 4.6.1"}]  # fmt: skip
    known = network(point("NORTH"), events=[given])
    assert [told(known, month, "poi_notice") for month in ("2004-08", "2004-09", "2004-10")] == [meeting, meeting, []]
    met = PoiMeeting(id="m", on=date(2004, 9, 1), agreement=WI, area="NORTH")
    known = network(point("NORTH"), events=[given, met])
    assert [told(known, month, "poi_notice") for month in ("2004-08", "2004-09")] == [meeting, []]


@pytest.mark.clause("sbc-kmc-second 4.6.2")
def test_notice_is_owed_ninety_days_before_new_numbers() -> None:
    blocks = (block("ALPHA"), block("GAMMA", date(2004, 10, 1), "414300"))
    owed = [{"duty": "notice", "payee": "kmc", "area": "SOUTH", "since": "2004-05-26", "forecast": "2004-07-03",
             "clause": "sbc-kmc-second 4.6.2"}]  # fmt: skip
    known = network(point("NORTH"), blocks=blocks)
    for month, found in (("2004-06", owed), ("2004-10", owed), ("2004-11", [])):
        assert told(known, month, "poi_notice") == found
    ready = network(point("NORTH"), point("SOUTH", start=date(2004, 10, 1)), blocks=blocks)
    assert told(ready, "2004-06", "poi_notice") == []
    given = PoiNotice(id="n", on=date(2004, 7, 3), agreement=WI, area="SOUTH")
    known = network(point("NORTH"), blocks=blocks, events=[given])
    assert [row["duty"] for row in told(known, "2004-07", "poi_notice")] == ["meeting"]


def test_new_numbers_in_an_area_that_was_served_owe_no_notice() -> None:
    blocks = (block("ALPHA"), block("BETA", date(2004, 10, 1), "414300"))
    assert told(network(blocks=blocks), "2004-06", "poi_notice") == []


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [("2004-08-20", 1, "2004-08-23"), ("2004-08-21", 1, "2004-08-23"), ("2004-08-20", 10, "2004-09-03")],
)
def test_business_days_are_monday_to_friday(day: str, count: int, wanted: str) -> None:
    assert within_business_days(date.fromisoformat(day), count) == date.fromisoformat(wanted)
