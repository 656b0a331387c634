"""Advisories of direct trunks and of points of interconnection (SA 4)."""

from datetime import date
from typing import Any

import pytest

from rating.facts import Facts
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import LocalArea, NumberBlock, Ocn, Poi
from rating.terms.events import Approved, IncumbentFailure, InterconnectionStarted
from tests.rating.advisories.reading import told
from tests.rating.facts import facts, usage
from tests.rating.test_deot import TRUNKS, shares

KMC = (Ocn(ocn="2588", party="kmc", line=2),)
AREAS = tuple(
    LocalArea(state="WI", area=area, rate_center=center, line=2)
    for area, center in (("NORTH", "ALPHA"), ("NORTH", "BETA"), ("SOUTH", "GAMMA"))
)


def block(center: str, start: date | None = None, prefix: str = "414200") -> NumberBlock:
    """Return a block of KMC's numbers."""
    return NumberBlock(npa_nxx=prefix, ocn="2588", rate_center=center, lata="356", state="WI", from_=start, line=2)


def point(area: str, start: date | None = None, end: date | None = None, kind: str = "area") -> Poi:
    """Return a point of interconnection of KMC's."""
    return Poi(agreement="sbc-kmc-wi", party="kmc", kind=kind, area=area, tandem="", v=None, h=None, from_=start,
               through=end, line=2)  # fmt: skip


def network(*pois: Poi, blocks: tuple[NumberBlock, ...] = (block("ALPHA"),), **more: Any) -> Facts:
    """Return facts without usage, with KMC's numbers and points."""
    more = {"local_areas": AREAS, "pois": pois, **more}
    return facts(Names(), [], ocns=KMC, number_blocks=blocks, **more)


# Direct end office trunking


def deot(percents: tuple[int, ...], month: str, **more: Any) -> list[tuple[str, int, str | None]]:
    found = told(shares(percents, **more), month, "deot")
    return [(row["since"], row["low_months"], row.get("forecast")) for row in found]


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_one_low_month_is_told_with_the_day_on_which_receipts_are_lost() -> None:
    assert told(shares((69, 71, 70, 70, 70)), "2004-06", "deot") == [
        {"payee": "kmc", "tandem": "T1", "since": "2004-06-30", "low_months": 1, "share": "0.70",
         "direct_ms": 69 * 60_000, "total_ms": 100 * 60_000, "clause": "sbc-kmc-second 4.4", "forecast": "2004-07-01"},
    ]  # fmt: skip
    assert deot((70, 71, 70, 70, 70), "2004-06") == []


def test_low_months_on_end_count_up_and_lose_their_forecast() -> None:
    low = (69, 71, 69, 68, 70)
    assert deot(low, "2004-07") == []
    assert deot(low, "2004-08") == [("2004-08-31", 1, "2004-09-01")]
    assert deot(low, "2004-09") == [("2004-08-31", 2, None)]
    assert deot(low, "2004-10") == []


def test_with_a_later_onset_one_more_month_is_left() -> None:
    later = Policy(deot_onset="next_month")
    assert deot((69, 69, 69, 70, 70), "2004-06", policy=later) == [("2004-06-30", 1, "2004-08-01")]
    assert deot((69, 69, 69, 70, 70), "2004-07", policy=later) == [("2004-06-30", 2, "2004-08-01")]


def test_a_waived_month_is_not_low() -> None:
    failure = IncumbentFailure(id="f", on=date(2004, 6, 30), agreement="sbc-kmc-wi", through=date(2004, 6, 30))
    assert deot((60, 60, 60, 60, 60), "2004-06", events=[failure]) == []


def test_the_month_before_the_test_is_told_and_the_last_one_loses_nothing() -> None:
    approved = [
        Approved(id=name, on=on, instrument=name, state="WI", agreement="sbc-kmc-wi")
        for name, on in (("base", date(2004, 7, 15)), ("sbc-kmc-second", date(2004, 8, 1)))
    ]
    assert deot((60, 60, 60, 60, 60), "2004-06", events=approved) == [("2004-06-30", 1, "2004-07-15")]
    names = Names()
    for month, wanted in (("2004-12", [("2004-12-31", None)]), ("2005-01", [])):
        known = facts(names, [usage(names, f"{month}-10", 1, trunk="t1")], trunk_groups=TRUNKS)
        assert [(row["since"], row.get("forecast")) for row in told(known, month, "deot")] == wanted


def test_trunks_that_were_always_there_are_counted_back_to_the_test_alone() -> None:
    # A hundred trunks each: half of the trunk-days go direct, in every month that ever was.
    known = shares((1, 1, 1, 1, 1), policy=Policy(deot_measure="trunks"))
    assert [(row["since"], row["low_months"], row["direct_trunk_days"]) for row in told(known, "2004-07", "deot")] == [
        ("2004-05-31", 3, 24 * 31)
    ]


# Points of interconnection


@pytest.mark.clause("sbc-kmc-second 4.1")
def test_area_without_its_point_is_told_from_the_first_day_of_the_clause() -> None:
    wanted = [{"payee": "kmc", "area": "NORTH", "since": "2004-06-01", "waived": False}]
    found = told(network(), "2004-08", "poi_missing")
    assert [{k: row[k] for k in wanted[0]} for row in found] == wanted
    assert found[0]["clause"] == "sbc-kmc-second 4.1, sbc-kmc-second 4.1(b)(i)"
    assert told(network(), "2005-01", "poi_missing") == []


@pytest.mark.parametrize(
    ("pois", "since", "through"),
    [
        ([point("NORTH")], None, None),
        ([point("SOUTH")], "2004-06-01", None),
        ([point("NORTH", end=date(2004, 8, 9))], "2004-08-10", None),
        ([point("NORTH", start=date(2004, 8, 10))], "2004-06-01", "2004-08-09"),
        ([point("NORTH", start=date(2004, 8, 1))], None, None),
        ([point("NORTH", end=date(2004, 7, 3)), point("NORTH", start=date(2004, 7, 6))], None, None),
        ([point("NORTH", kind="tandem_option")], None, None),
    ],
)
def test_point_missing_since_and_through(pois: list[Poi], since: str | None, through: str | None) -> None:
    found = told(network(*pois), "2004-08", "poi_missing")
    assert [(row["since"], row.get("through")) for row in found] == ([] if since is None else [(since, through)])


@pytest.mark.clause("sbc-kmc-second 4.1", "sbc-kmc-second 4.6.2")
def test_point_is_wanted_from_the_day_on_which_numbers_take_effect() -> None:
    later = network(blocks=(block("GAMMA", date(2004, 8, 15)),))
    assert told(later, "2004-07", "poi_missing") == []
    assert [(row["area"], row["since"]) for row in told(later, "2004-08", "poi_missing")] == [("SOUTH", "2004-08-15")]


def test_a_rate_center_in_no_area_is_one_of_its_own() -> None:
    assert [row["area"] for row in told(network(blocks=(block("DELTA"),)), "2004-08", "poi_missing")] == ["DELTA"]


def test_waived_point_is_wanted_all_the_same() -> None:
    start = InterconnectionStarted(id="i", on=date(2004, 3, 1), agreement="sbc-kmc-wi")
    found = [told(network(events=[start]), month, "poi_missing") for month in ("2004-08", "2004-09")]
    assert [rows[0]["waived"] for rows in found] == [True, False]


def test_without_the_table_no_point_is_missing() -> None:
    assert told(facts(Names(), [], ocns=KMC, number_blocks=(block("ALPHA"),)), "2004-08", "poi_missing") == []
