"""Small worlds on which one reading of a rule parts from another; what random worlds found, kept by name."""

from typing import Any

import pytest

from tests.driving import drive
from tests.likeness import assert_alike
from tests.worlds import FAR, World, call, epoch_ms, table

HOUR = 3_600_000
SBC, KMC = "4142000001", "4143000001"
WISCONSIN = "sbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago"
MISSOURI = "sbc-kmc-mo,sbc,kmc,sbc,MO,America/Chicago"
HISTORY = table("usage_history", "sbc-kmc-wi,kmc,2001-Q1,30000000", "sbc-kmc-wi,kmc,2001,12000000")
OFFER = {"id": "o", "event": "offer_accepted", "on": "2003-06-10", "agreement": "sbc-kmc-wi"}
FILED = {
    "id": "f",
    "event": "rebuttal_filed",
    "on": "2003-07-20",
    "agreement": "sbc-kmc-wi",
    "payee": "kmc",
    "by": "kmc",
}
GRANTED = {
    "id": "g", "event": "rebuttal_decided", "on": "2003-08-20", "rebuttal": "f", "approved": True, "method": "actual",
    "by": "commission",
}  # fmt: skip


def stay(notice: str, lifted: str) -> list[dict[str, Any]]:
    """Return the events of an order that has the growth cap down from a notice up to the day it is lifted."""
    order: dict[str, Any] = {"event": "law_order", "order": "X", "body": "fcc"}
    return [
        {**order, "id": "x", "on": "2003-03-01", "action": "stays", "affects": ["growth_cap"], "final": True},
        {"id": "n", "event": "written_notice", "on": notice, "agreement": "sbc-kmc-wi", "order": "X", "by": "sbc"},
        {**order, "id": "l", "on": lifted, "action": "lifts", "effective": lifted},
    ]


def used(some: World, month: str) -> tuple[int, int]:
    """Drive a world, hold it to the twin, and return kmc's use of the cap before and in a month."""
    with drive(some) as driven:
        assert_alike(some, driven)
        ways = driven.statements(month, FAR)["sbc-kmc-wi"]["directions"]
    cap = next(way["cap"] for way in ways if way["payee"] == "kmc")
    return cap["used_before_ms"], cap["used_ms"]


def world(*lines: bytes, **more: Any) -> World:
    """Return a world of two agreements, Wisconsin's parties in one rate center; tables by name."""
    tables = {
        "agreements": table("agreements", WISCONSIN, MISSOURI),
        "parties": table("parties", "sbc,ilec,S", "kmc,clec,K"),
        "ocns": table("ocns", "9327,sbc", "2588,kmc"),
        "number_blocks": table("number_blocks", "414200,9327,ALPHA,356,WI", "414300,2588,ALPHA,356,WI"),
        **{name: more.pop(name) for name in list(more) if name not in ("events", "policy", "months")},
    }
    return World(tables, lines=lines, **more)


def spoken(day: str, hours: int = 1, calling: str | None = SBC, called: str = KMC, **fields: Any) -> bytes:
    """Return a call at noon of a day in Chicago."""
    at = epoch_ms(f"{day}T12:00:00")
    head = {
        "record_id": f"r{day}{calling}{called}{hours}",
        "source": "s1",
        "connect_time": at,
        "duration_ms": hours * HOUR,
    }
    return call(**head, calling=calling, called=called, **fields)


def assert_same(some: World) -> None:
    """Drive a world and hold it to the twin."""
    with drive(some) as driven:
        assert_alike(some, driven)


def test_gates_reach_what_is_left_after_isp_where_both_instruments_price() -> None:
    """Section 4, `sa_over_xa` false: the rest after ISP is split over entitled, `no_poi` and `deot`."""
    lines = spoken("2004-06-15", 20), spoken("2004-06-15", 2, KMC, SBC)
    assert_same(world(*lines, pois=[], policy={"sa_over_xa": False}, months=["2004-06"]))


def test_one_calling_area_that_requires_no_point_is_enough() -> None:
    """Section 8: where none is required calls are entitled; of several areas one satisfied is enough."""
    blocks = table("number_blocks", "414200,9327,ALPHA,356,WI", "414300,2588,BETA,356,WI")
    areas = table("local_areas", "WI,HILL,ALPHA", "WI,HILL,BETA", "WI,LAKE,ALPHA")
    assert_same(world(spoken("2004-07-06"), number_blocks=blocks, local_areas=areas, pois=[], months=["2004-07"]))


def test_direct_trunking_weighs_the_trunk_groups_of_its_tandem() -> None:
    """Section 8: per tandem serving area, on trunk groups with that tandem; the row's agreement is another's here."""
    trunks = table("trunk_groups", "t1,sbc-kmc-mo,tandem,T1")
    lines = spoken("2004-07-06", trunk_group="t1"), spoken("2004-08-06", trunk_group="t1")
    assert_same(world(*lines, trunk_groups=trunks, months=["2004-08"]))


def test_a_free_call_from_nowhere_is_in_the_state_of_its_trunk_group_that_day() -> None:
    """Section 2: reference rows are dated by the day of connect, that of a trunk group too."""
    trunks = table(
        "trunk_groups",
        "t1,sbc-kmc-mo,tandem,,,,,2003-05-31",
        "t1,sbc-kmc-wi,tandem,,,,2003-06-01",
        "t2,sbc-kmc-wi,tandem,,,,,2003-05-31",
    )
    free = [spoken("2003-06-10", 1, None, "8005550100", term_ocn="2588", trunk_group=trunk) for trunk in ("t1", "t2")]
    assert_same(world(free[0], trunk_groups=trunks, months=["2003-06"]))
    assert_same(world(free[1], trunk_groups=trunks, months=["2003-06"]))


def test_by_day_of_connect_holds_for_calls_without_an_agreement_too() -> None:
    """Section 4, switch `rate_date` for all: an on-net call on a trunk group is an exception of its day of connect."""
    trunks = table("trunk_groups", "t1,sbc-kmc-wi,tandem")
    line = spoken("2003-06-30", 20, KMC, "4143000002", trunk_group="t1")
    assert_same(world(line, trunk_groups=trunks, policy={"rate_date": "connect"}, months=["2003-06", "2003-07"]))


def test_a_cap_without_2002_is_assumed_in_either_reading() -> None:
    """Section 7: a missing 2001 or 2002 flags the cap `assumed`."""
    for reading in ("compensable", "ceiling"):
        assert_same(
            world(spoken("2003-07-08"), usage_history=HISTORY, policy={"cap_2003": reading}, months=["2003-07"])
        )


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
def test_a_month_that_a_rebuttal_reaches_is_actual_whatever_was_spoken() -> None:
    """Section 5: from the filing's day on days are `actual`, and so is the month's method."""
    for day in ("2003-07-08", "2003-07-25"):
        assert_same(
            world(
                spoken(day),
                spoken(day, 1, KMC, SBC, cic="0288"),
                events=[FILED, GRANTED],
                months=["2003-07", "2003-08"],
            )
        )


def test_a_class_out_of_the_ratio_is_not_below_it() -> None:
    """Sections 4 and 5: the accepted offer prices base classes below the ratio; virtual FX is none by a switch."""
    line = spoken("2003-07-08", routing_point="FAR")
    assert_same(world(line, events=[OFFER], policy={"virtual_fx_in_ratio": False}, months=["2003-07"]))


def test_a_plan_without_numbers_suspends_everything() -> None:
    """Section 2: no block, `unknown_called_block`; an empty table is a table."""
    assert_same(world(spoken("2003-07-08"), number_blocks=[], months=["2003-07"]))


def test_rows_that_place_a_call_are_dated_in_the_state_that_is_called() -> None:
    """Section 2: the caller's block, the JIP's and the LRN's by the day of connect where the called number is."""
    blocks = table(
        "number_blocks",
        "414200,9327,ALPHA,356,WI",
        "414300,2588,ALPHA,356,WI",
        "815300,9327,FAR,360,IL,,2004-06-15",
        "815400,9327,FAR,360,IL,,,2004-06-14",
        "312500,2588,NEAR,358,IL,,,2004-06-14",
        "312500,9327,NEAR,358,IL,,2004-06-15",
    )
    head = {"source": "s1", "connect_time": epoch_ms("2004-06-14T20:00:00"), "duration_ms": HOUR, "called": KMC}
    lines = (
        call(record_id="not yet", calling="8153000001", **head),
        call(record_id="still", calling="8154000001", **head),
        call(record_id="switch", calling=SBC, jip="312500", **head),
        call(record_id="ported", calling=SBC, lrn="3125000000", **head),
    )
    some = world(*lines, number_blocks=blocks, months=["2004-06"])
    with drive(some) as driven:
        assert_alike(some, driven)
        told = [
            (fate["reason"], fate.get("class"), fate.get("orig_ocn"), fate.get("term_ocn")) for fate in driven.fates()
        ]
    assert told == [
        ("unknown_calling_block", None, None, None),
        ("", "interlata_toll", "9327", "2588"),
        ("", "on_net", "2588", "2588"),
        ("", "local", "9327", "2588"),
    ]


def test_a_month_with_a_stay_counts_later_what_it_counted_itself() -> None:
    """Sections 4 and 7: T and O are the whole month's, and the days of a stay are not counted towards the cap."""
    lines = (
        spoken("2003-07-05", 10),
        spoken("2003-07-12", 10),
        spoken("2003-07-13", 2, KMC, SBC),
        spoken("2003-08-05", 10),
    )
    ample = table("usage_history", "sbc-kmc-wi,kmc,2001-Q1,100000000")
    some = world(*lines, usage_history=ample, events=stay("2003-07-10", "2003-07-20"), months=["2003-07", "2003-08"])
    # (20 - 3 * 2) hours are presumed, half of them on days outside of the stay.
    assert used(some, "2003-07") == (0, 7 * HOUR)
    assert used(some, "2003-08") == (7 * HOUR, 10 * HOUR)


def test_a_stay_from_before_the_plan_began_is_not_counted_either() -> None:
    """Sections 4 and 7: all of 2003 counts, but for days of a stay, whenever its notice was."""
    lines = spoken("2003-02-05", 1), spoken("2003-04-05", 3), spoken("2003-06-12", 10), spoken("2003-07-13", 1)
    some = world(*lines, usage_history=HISTORY, events=stay("2003-03-10", "2003-07-01"), months=["2003-06", "2003-07"])
    assert used(some, "2003-07") == (HOUR, HOUR)


def test_a_stay_inside_of_months_before_the_plan_leaves_their_other_days() -> None:
    """Sections 4 and 7: a month is cut where the cap falls and where it returns, also one that only counts."""
    days = (("2003-03-05", 1), ("2003-03-12", 2), ("2003-04-05", 3), ("2003-04-12", 4), ("2003-06-12", 1))
    lines = [spoken(day, hours) for day, hours in days]
    ample = table("usage_history", "sbc-kmc-wi,kmc,2001-Q1,100000000")
    months = ["2003-03", "2003-04", "2003-06"]
    some = world(*lines, usage_history=ample, events=stay("2003-03-10", "2003-04-10"), months=months)
    assert used(some, "2003-06") == (5 * HOUR, HOUR)


def test_direct_trunking_does_not_weigh_calls_of_no_agreement() -> None:
    """Sections 2 and 8: an on-net call on a trunk group is an exception, not the parties' time, whatever the base."""
    trunks = table("trunk_groups", "d1,sbc-kmc-wi,direct,T1,E1,24", "t1,sbc-kmc-wi,tandem,T1,,24")
    lines = [
        line
        for month in ("2004-07", "2004-08")
        for line in (
            spoken(f"{month}-10", 7, trunk_group="d1"),
            spoken(f"{month}-11", 3, trunk_group="t1"),
            spoken(f"{month}-12", 2, KMC, "4143000002", trunk_group="t1"),
        )
    ]
    assert_same(world(*lines, trunk_groups=trunks, policy={"deot_base": "all"}, months=["2004-08"]))
