"""Points of interconnection: when they are required, and the ways to satisfy it (SA 4.1, DOMAIN section 8)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.names import Names
from rating.poi import has_poi, within_miles
from rating.reference.rows import LocalArea, NumberBlock, Ocn, Poi, RateCenter, TandemArea
from rating.terms.model import Eligibility
from tests.rating.facts import facts

MILES = Decimal("15.75")
POINTS = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
@given(POINTS, st.integers(-60, 60), st.integers(-60, 60))
def test_within_is_2480_at_most(point: tuple[int, int], dv: int, dh: int) -> None:
    v, h = point
    assert within_miles(v, h, v + dv, h + dh, MILES) == (dv * dv + dh * dh <= 2480)
    assert within_miles(v + dv, h + dh, v, h, MILES) == within_miles(v, h, v + dv, h + dh, MILES)


CLAUSES = ("area", "tandem_option", "mileage")
WHERE: dict[str, Any] = {"agreement": "sbc-kmc-wi", "party": "kmc", "v": None, "h": None, "line": 2}
DAY = date(2004, 7, 10)
JULY: dict[str, Any] = {"from_": date(2004, 7, 1), "through": date(2004, 7, 31)}


def block(npa_nxx: str, center: str, *, ocn: str = "K001", **dates: Any) -> NumberBlock:
    return NumberBlock(npa_nxx=npa_nxx, ocn=ocn, rate_center=center, lata="356", state="WI", line=2, **dates)


def area(name: str, *centers: str, **dates: Any) -> tuple[LocalArea, ...]:
    return tuple(LocalArea(state="WI", area=name, rate_center=center, line=2, **dates) for center in centers)


def served(tandem: str, *centers: str, **dates: Any) -> tuple[TandemArea, ...]:
    return tuple(TandemArea(state="WI", tandem=tandem, rate_center=center, line=2, **dates) for center in centers)


def poi(kind: str, *, area: str = "", tandem: str = "", **more: Any) -> Poi:
    return Poi(**{**WHERE, "kind": kind, "area": area, "tandem": tandem, **more})


TABLES: dict[str, Any] = {
    "ocns": (Ocn(ocn="K001", party="kmc", line=2), Ocn(ocn="S001", party="sbc", line=2)),
    "number_blocks": (block("414200", "ALPHA"), block("414300", "BETA"), block("414400", "GAMMA", ocn="S001")),
    "local_areas": area("NORTH", "ALPHA", "BETA"),
    "tandem_areas": served("T1", "ALPHA", "BETA"),
}


def entitled(
    *pois: Poi, caller: str = "WI|ALPHA", day: date = DAY, ways: Sequence[str] = CLAUSES, **tables: Any
) -> bool:
    """Return whether calls from a place are, where the clauses offer these ways."""
    rules = [
        Eligibility(
            test="poi",
            payee="kmc",
            of="tclt",
            satisfied_by=way,  # type: ignore[arg-type]
            miles=MILES if way == "mileage" else None,
        )
        for way in ways
    ]
    return has_poi(facts(Names(), [], **{**TABLES, "pois": pois, **tables}), "sbc-kmc-wi", rules, caller, day)


@pytest.mark.clause("sbc-kmc-second 4.1")
def test_a_point_in_the_calling_area_entitles_it() -> None:
    north = poi("area", area="NORTH")
    assert entitled(north) and entitled(north, caller="WI|BETA", ways=("mileage", "area"))
    assert not entitled() and not entitled(poi("area", area="SOUTH"))
    assert not entitled(north, ways=("tandem_option", "mileage"))
    assert not entitled(poi("area", area="NORTH", agreement="sbc-kmc-il"))
    assert not entitled(poi("area", area="NORTH", party="sbc"))
    assert not entitled(poi("mileage", area="NORTH"))
    # A rate center in no area is one of its own.
    assert entitled(poi("area", area="ALPHA"), local_areas=None)
    assert not entitled(poi("area", area="ALPHA"))


@pytest.mark.clause("sbc-kmc-second 4.1")
def test_a_point_counts_on_its_days() -> None:
    point = poi("area", area="NORTH", **JULY)
    held = [day for day in (date(2004, 6, 30), *JULY.values(), date(2004, 8, 1)) if entitled(point, day=day)]
    assert held == [*JULY.values()]
    north = area("NORTH", "ALPHA", "BETA", **JULY)
    days = (date(2004, 6, 30), *JULY.values(), date(2004, 8, 1))
    assert [entitled(poi("area", area="NORTH"), day=day, local_areas=north) for day in days] == [
        *(False, True, True, False)
    ]


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_none_is_required_where_the_payee_has_no_numbers() -> None:
    assert entitled(caller="WI|GAMMA") and entitled(caller="WI|DELTA") and entitled(caller="")
    assert entitled(pois=None)
    # One rate center of the area with a block is enough to require it, on the block's days and its OCN's.
    far = (block("414300", "BETA", **JULY),)
    days = (date(2004, 6, 30), *JULY.values(), date(2004, 8, 1))
    assert [entitled(number_blocks=far, day=day) for day in days] == [True, False, False, True]
    ocns = (Ocn(ocn="K001", party="kmc", line=2, **JULY),)
    assert [entitled(ocns=ocns, day=day) for day in days] == [True, False, False, True]
    never = (block("414300", "BETA", through=date(2004, 6, 30)),)
    assert entitled(ocns=ocns, number_blocks=never, day=date(2004, 7, 1))


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_of_several_areas_one_that_is_satisfied_or_needs_none_is_enough() -> None:
    both = (*area("NORTH", "ALPHA", "BETA"), *area("EAST", "ALPHA"))
    assert not entitled(local_areas=both)
    assert entitled(poi("area", area="NORTH"), local_areas=both)
    assert entitled(poi("area", area="EAST"), local_areas=both)
    only_beta = (block("414300", "BETA"),)
    assert entitled(local_areas=both, number_blocks=only_beta)  # nothing in EAST
    assert not entitled(local_areas=both, number_blocks=only_beta, caller="WI|BETA")


@pytest.mark.clause("sbc-kmc-second 4.1(b)(i)")
def test_tandems_with_a_point_have_to_serve_every_rate_center_with_numbers() -> None:
    point = poi("tandem_option", tandem="T1")
    assert entitled(point)
    assert not entitled(point, ways=("area", "mileage"))
    assert not entitled(point, tandem_areas=served("T1", "ALPHA"))
    assert not entitled(point, tandem_areas=())
    assert entitled(point, tandem_areas=served("T1", "ALPHA"), number_blocks=(block("414200", "ALPHA"),))
    two = (*served("T1", "ALPHA"), *served("T2", "BETA"))
    assert not entitled(point, tandem_areas=two)
    assert entitled(point, poi("tandem_option", tandem="T2"), tandem_areas=two)
    days = (date(2004, 6, 30), *JULY.values(), date(2004, 8, 1))
    dated = served("T1", "ALPHA", "BETA", **JULY)
    assert [entitled(point, day=day, tandem_areas=dated) for day in days] == [False, True, True, False]
    # Without the table a point says itself which area it is for: all of its tandem's, or one.
    assert entitled(point, tandem_areas=None)
    assert entitled(poi("tandem_option", tandem="T1", area="NORTH"), tandem_areas=None)
    assert not entitled(poi("tandem_option", tandem="T1", area="SOUTH"), tandem_areas=None)


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
def test_a_point_has_to_be_near_every_rate_center_of_the_area() -> None:
    def centers(*points: tuple[str, int | None, int | None]) -> tuple[RateCenter, ...]:
        return tuple(RateCenter(state="WI", rate_center=name, v=v, h=h, line=2) for name, v, h in points)

    near = centers(("ALPHA", 5019, 3046), ("BETA", 4981, 2954))  # 19 and 46 away from (5000, 3000): 2477
    point = poi("mileage", v=5000, h=3000)
    assert entitled(point, rate_centers=near)
    assert not entitled(point, rate_centers=near, ways=("area", "tandem_option"))
    assert not entitled(point, rate_centers=centers(("ALPHA", 5019, 3046), ("BETA", 4991, 2951)))  # 9, 49: 2482
    assert not entitled(point, rate_centers=centers(("ALPHA", 5000, 3000)))
    assert not entitled(point, rate_centers=None)
    for v, h in ((None, 2954), (4981, None)):
        assert not entitled(point, rate_centers=centers(("ALPHA", 5019, 3046), ("BETA", v, h)))
    for v, h in ((None, 3000), (5000, None)):
        assert not entitled(poi("mileage", v=v, h=h), rate_centers=near)
    # Two points may do it together, each for its rate center.
    apart = centers(("ALPHA", 5000, 3000), ("BETA", 9000, 3000))
    assert entitled(point, poi("mileage", v=9000, h=3000), rate_centers=apart)
    assert not entitled(point, rate_centers=apart)


def test_a_distance_that_is_met_exactly_is_within() -> None:
    assert within_miles(0, 0, 3, 1, Decimal(1))  # a mile is the root of a tenth of 9 + 1
    assert not within_miles(0, 0, 3, 2, Decimal(1))


def test_a_block_of_one_day_and_names_with_bars() -> None:
    one_day = (block("414200", "ALPHA", from_=DAY, through=DAY),)
    assert not entitled(number_blocks=one_day)
    assert entitled(number_blocks=one_day, day=date(2004, 7, 11))
    barred: dict[str, Any] = {
        "number_blocks": (block("414200", "A|B"),),
        "local_areas": area("NORTH", "A|B"),
        "tandem_areas": served("T1", "A|B"),
    }
    assert entitled(poi("area", area="NORTH"), caller="WI|A|B", **barred)
    assert entitled(poi("tandem_option", tandem="T1"), caller="WI|A|B", **barred)
    assert not entitled(caller="WI|A|B", **barred)


def test_without_a_rule_there_is_no_test_and_without_miles_no_distance() -> None:
    assert entitled(ways=())
    rule = Eligibility(test="poi", payee="kmc", of="tclt", satisfied_by="mileage")
    points = tuple(RateCenter(state="WI", rate_center=name, v=1, h=1, line=2) for name in ("ALPHA", "BETA"))
    for v, wanted in ((1, True), (2, False)):
        known = facts(Names(), [], **TABLES, pois=(poi("mileage", v=v, h=1),), rate_centers=points)
        assert has_poi(known, "sbc-kmc-wi", [rule], "WI|ALPHA", DAY) is wanted
