"""ISP-bound time of a month by hand: whose time weighs, on which days, and what the year before it leaves."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.codes import TrafficClass
from rating.isp import IspMonth, base_classes, isp_month
from rating.month import PRESUMPTION_DOWN, Row
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import MarketHistory, UsageHistory
from rating.terms.events import Event, LawOrder, RebuttalDecided, RebuttalFiled, WrittenNotice
from rating.terms.model import Clause, GrowthCap, Instrument, Presumption, Rate
from rating.usage import Cells
from tests.rating.facts import MINUTE, WISCONSIN, direction, facts, sums, usage

LOCAL, FX, EAS = TrafficClass.LOCAL, TrafficClass.VIRTUAL_FX, TrafficClass.MANDATORY_EAS
RULE = Presumption(of="isp_bound", base=("local", "virtual_fx"), ratio=Decimal(3))
SBC, KMC, THIRD = 1, 2, 3


def row(ms: int, *, back: bool = False, to: int = KMC, **more: Any) -> Row:
    """Return time that SBC sends to KMC, or that comes back."""
    given: dict[str, Any] = {
        "originator": KMC if back else SBC,
        "terminator": SBC if back else to,
        "traffic_class": LOCAL,
        "lata": 1,
        "sub": 0,
        "bucket": (0, 1),
        "isp": False,
        "voip": False,
        "gate": 0,
        "actual": 0,
        "calls": 1,
        "answered": 1,
        "billed_ms": 10**9,
    }
    return Row(**{**given, "ms": ms, **more})


def weighed(*rows: Row, method: Any = "presumed", rule: Presumption = RULE) -> IspMonth:
    return isp_month(rows, KMC, SBC, rule, (LOCAL, FX), frozenset({0, 1}), ("", "350", "356"), 2, method)


def test_both_directions_add_up_and_the_rest_stands_outside() -> None:
    found = weighed(
        row(500),
        row(300),
        row(400, lata=2, sub=1, traffic_class=FX),
        row(100, back=True),
        row(40, back=True, lata=2),
        *(row(9_999, traffic_class=EAS), row(9_999, sub=2), row(9_999, to=THIRD), row(9_999, back=True, sub=2)),
    )
    # 1,200 - 3 x 140 = 780, two thirds of it where two thirds of the time are.
    shares = {("350", 0, LOCAL): 520, ("356", 1, FX): 260}
    assert found == IspMonth("presumed", 1_200, 140, 780, shares)


def test_days_of_a_rebuttal_count_what_is_identified() -> None:
    actual: dict[str, Any] = {"actual": 2}
    found = weighed(
        row(600),
        row(100, back=True),
        row(70, isp=True, **actual),
        row(20, isp=True, **actual),
        row(5, isp=True, lata=2, **actual),
        row(400, **actual),
        row(50, back=True, **actual),
        row(30, actual=1),  # the other party's rebuttal
        method="actual",
    )
    # Open days: 630 - 300 = 330; 95 are identified on the others. T and O are those of all days.
    assert found == IspMonth("actual", 1_125, 150, 425, {("350", 0, LOCAL): 420, ("356", 0, LOCAL): 5})


def test_days_on_which_the_presumption_is_down_have_what_is_identified_alone() -> None:
    down: dict[str, Any] = {"actual": PRESUMPTION_DOWN}
    rows = [row(600), row(100, back=True), row(70, isp=True, **down), row(900, **down), row(400, back=True, **down)]
    assert weighed(*rows) == IspMonth("presumed", 600, 100, 300, {("350", 0, LOCAL): 370})
    # Nor is there any for a party that the presumption is not for.
    found = weighed(*rows, row(8, isp=True), method="none")
    assert found == IspMonth("none", 0, 0, 0, {("350", 0, LOCAL): 78})


def test_a_floor_is_never_presumed() -> None:
    rule = Presumption(of="isp_bound", base=("local",), ratio=Decimal(3), floor_minutes=1)
    assert weighed(row(60_007), rule=rule).isp_ms == 7
    assert weighed(row(60_007), row(19_999, back=True), rule=rule).isp_ms == 7
    assert weighed(row(60_007), row(20_001, back=True), rule=rule).isp_ms == 4


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
def test_switches_say_which_classes_weigh() -> None:
    optional = TrafficClass.OPTIONAL_EAS
    for policy, wanted in (
        (Policy(), (LOCAL, FX)),
        (Policy(virtual_fx_in_ratio=False), (LOCAL,)),
        (Policy(optional_eas_in_ratio=True), (LOCAL, FX, optional)),
    ):
        assert base_classes(RULE, facts(Names(), [], policy=policy), "sbc-kmc-wi") == wanted


QUARTER = UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period="2001-Q1", isp_ms=25 * MINUTE, line=2)
"""A base period of 25 minutes: the years after 2002 have at most 25 x 4.84 = 121."""

YEAR = (("01-01", 20, LOCAL), ("01-31", 10, LOCAL), ("03-05", 10, FX), ("04-05", 30, LOCAL), ("06-16", 100, LOCAL))


def cap_of(cells: list[Cells], names: Names, month: str = "2003-06", **more: Any) -> tuple[int, int, int]:
    """Return minutes (used before, used in the month, over the cap) of a payee under the plan."""
    given = {"usage_history": (QUARTER,), **more}
    way = direction(facts(names, cells, **given), month)
    cap, over = way["cap"], sums(way).get(("bill_and_keep", "over_cap"), 0)
    return cap["used_before_ms"] // MINUTE, cap["used_ms"] // MINUTE, over // MINUTE


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
def test_all_of_2003_counts_from_its_first_day() -> None:
    names = Names()
    cells = [usage(names, f"2003-{day}", ms * MINUTE, kind=kind) for day, ms, kind in YEAR]
    # Nothing comes back: 70 minutes are used before June, 51 of its 100 are left.
    assert cap_of(cells, names) == (70, 51, 49)
    earlier = [usage(names, "2002-12-31", 50 * MINUTE)]
    assert cap_of(cells + earlier, names) == (70, 51, 49)
    late = [usage(names, "2003-07-01", 8 * MINUTE)]
    assert cap_of(cells + late, names, "2003-07") == (121, 0, 8)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
def test_another_s_history_is_not_the_base() -> None:
    names = Names()
    cells = [usage(names, f"2003-{day}", ms * MINUTE, kind=kind) for day, ms, kind in YEAR]
    others = tuple(
        UsageHistory(agreement=agreement, payee=payee, period="2001-Q1", isp_ms=7, line=3)
        for agreement, payee in (("sbc-kmc-il", "kmc"), ("sbc-kmc-wi", "sbc"))
    )
    assert cap_of(cells, names, usage_history=(QUARTER, *others)) == (70, 51, 49)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@pytest.mark.parametrize(
    ("reading", "wanted"),
    [("compensable", (40, 0, 100)), ("ceiling", (44, 0, 100))],
)
def test_2003_repeats_what_was_compensable_in_2002_or_its_ceiling(reading: Any, wanted: tuple[int, int, int]) -> None:
    names = Names()
    cells = [usage(names, f"2003-{day}", ms * MINUTE, kind=kind) for day, ms, kind in YEAR]
    # 10 x 4.4 = 44 in 2001, of which 40 were eligible: 44 in 2002, of which 40 were eligible again.
    history = tuple(
        UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period=period, isp_ms=ms * MINUTE, line=2)
        for period, ms in (("2001-Q1", 10), ("2001", 40), ("2002", 40))
    )
    assert cap_of(cells, names, usage_history=history, policy=Policy(cap_2003=reading)) == wanted


MARKETS = tuple(
    MarketHistory(agreement="sbc-kmc-wi", lata=lata, traffic=traffic, first_exchanged=date(2001, 4, day), line=2)
    for lata, traffic, day in (("356", "isp", 17), ("350", "any", 17), ("352", "isp", 18))
)


@pytest.mark.clause("sbc-kmc-wi-isp 2.4.1", "sbc-kmc-wi-isp 2.3.1")
@pytest.mark.parametrize(
    ("policy", "wanted", "new"),
    [
        (Policy(), (20, 10, 0), 600),
        (Policy(new_market_test="any"), (40, 81, 129), 400),
        # All of it uses the cap: 110 of 121 are gone, June's 610 have 11 left, 11/61 of one in the old market.
        (Policy(cap_counts_new_market=True), (110, 11, 9), 600),
    ],
)
def test_new_markets_use_the_cap_only_where_it_counts_them(
    policy: Policy, wanted: tuple[int, int, int], new: int
) -> None:
    names = Names()
    cells = [
        usage(names, f"2003-{day}", ms * MINUTE, lata=lata)
        for day, ms, lata in (
            *(("02-01", 20, "356"), ("02-01", 20, "350"), ("02-01", 70, "352")),
            *(("06-20", 10, "356"), ("06-20", 200, "350"), ("06-20", 400, "352")),
        )
    ]
    given: dict[str, Any] = {"usage_history": (QUARTER,), "market_history": MARKETS, "policy": policy}
    assert cap_of(cells, names, **given) == wanted
    found = sums(direction(facts(names, cells, **given), "2003-06"))
    assert found["bill_and_keep", "new_market"] == new * MINUTE


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_months_before_the_plan_count_nothing_while_an_order_has_the_cap_down() -> None:
    names = Names()
    cells = [usage(names, f"2003-{day}", ms * MINUTE, kind=kind) for day, ms, kind in YEAR]
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    order = LawOrder(id="o", on=date(2003, 1, 10), action="stays", affects=("growth_cap",), **said)
    lifted = LawOrder(id="l", on=date(2003, 3, 20), action="lifts", effective=date(2003, 4, 1), **said)
    notice = WrittenNotice(id="n", on=date(2003, 3, 1), agreement="sbc-kmc-wi", order="x", by="sbc")
    # March lies in the stay: January's 30 and April's 30 count.
    assert cap_of(cells, names, events=[order, lifted, notice]) == (60, 61, 39)


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_months_before_the_plan_have_no_new_markets_while_an_order_has_them_down() -> None:
    names = Names()
    days = (("02-01", 5, "350"), ("03-01", 40, "350"), ("06-20", 100, "356"))
    cells = [usage(names, f"2003-{day}", ms * MINUTE, lata=lata) for day, ms, lata in days]
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    order = LawOrder(id="o", on=date(2003, 1, 10), action="stays", affects=("new_market",), **said)
    lifted = LawOrder(id="l", on=date(2003, 3, 20), action="lifts", effective=date(2003, 4, 1), **said)
    notice = WrittenNotice(id="n", on=date(2003, 3, 1), agreement="sbc-kmc-wi", order="x", by="sbc")
    # LATA 350 is a new market in February; in March nothing is, and its 40 minutes use the cap.
    assert cap_of(cells, names, market_history=MARKETS) == (0, 100, 0)
    assert cap_of(cells, names, market_history=MARKETS, events=[order, lifted, notice]) == (40, 81, 19)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1", "sbc-kmc-wi-isp 4.6")
def test_a_month_before_the_plan_is_cut_where_an_order_takes_the_cap_away_and_gives_it_back() -> None:
    names = Names()
    days = (("01-19", 1), ("01-20", 2), ("01-31", 4), ("02-05", 8), ("02-06", 16), ("06-20", 100))
    cells = [usage(names, f"2003-{day}", ms * MINUTE) for day, ms in days]
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    order = LawOrder(id="o", on=date(2003, 1, 10), action="stays", affects=("growth_cap",), **said)
    lifted = LawOrder(id="l", on=date(2003, 2, 1), action="lifts", effective=date(2003, 2, 6), **said)
    notice = WrittenNotice(id="n", on=date(2003, 1, 20), agreement="sbc-kmc-wi", order="x", by="sbc")
    # January 20 to February 5 do not count: 1 and 16 are used before June.
    assert cap_of(cells, names, events=[order, lifted, notice]) == (17, 100, 0)


def test_an_earlier_month_counts_all_classes_of_a_lata() -> None:
    names = Names()
    days = (("03-05", 10, LOCAL), ("03-05", 20, FX), ("03-06", 5, EAS), ("06-16", 100, LOCAL))
    cells = [usage(names, f"2003-{day}", ms * MINUTE, kind=kind) for day, ms, kind in days]
    assert cap_of(cells, names) == (35, 86, 14)


@pytest.mark.parametrize("lec", ["party_a", "party_b"])
@pytest.mark.parametrize(("payee", "before"), [("kmc", 5 + 3), ("sbc", 5 + 40)])
def test_what_counted_in_a_month_of_a_rebuttal_counts_later(lec: str, payee: str, before: int) -> None:
    names = Names()
    cells = [
        usage(names, f"2003-{day}", ms * MINUTE, isp=isp)
        for day, ms, isp in (("06-20", 5, False), ("07-20", 37, False), ("07-20", 3, True), ("08-05", 10, False))
    ]
    events = [
        RebuttalFiled(id="f", on=date(2003, 7, 1), agreement="sbc-kmc-wi", payee=payee, by="kmc"),
        RebuttalDecided(id="d", on=date(2003, 9, 1), rebuttal="f", approved=True, method="actual", by="commission"),
    ]
    parties = ("kmc", "sbc") if lec == "party_a" else ("sbc", "kmc")
    agreement = replace(WISCONSIN, party_a=parties[0], party_b=parties[1])
    # The LEC's own rebuttal leaves July's identified 3 minutes; the incumbent's changes nothing of the LEC's.
    assert cap_of(cells, names, "2003-08", events=events, agreement=agreement)[0] == before


def test_a_cap_that_came_later_counts_from_its_own_day() -> None:
    names = Names()
    cells = [usage(names, f"2003-{day}", ms * MINUTE) for day, ms in (("02-01", 7), ("07-01", 30), ("08-05", 100))]
    signed = {"sbc": date(2003, 5, 1), "kmc": date(2003, 5, 1)}
    same: dict[str, Any] = {"title": "t", "domain": "traffic", "source": "made", "parties": ("sbc", "kmc")}
    price = Rate(traffic="isp_bound", per_minute=Decimal("0.0007"))
    first = Instrument(
        id="first", amends="base", effective=date(2003, 6, 1), signed=signed, **same,
        clause=(Clause(ref="1", says="x", effects=(RULE, price)),),
    )  # fmt: skip
    cap = GrowthCap(of="isp_bound", minutes=50, counts_from=date(2003, 2, 1))
    second = Instrument(
        id="second", amends="base", effective=date(2003, 8, 1), signed={"sbc": date(2003, 7, 1)}, **same,
        clause=(Clause(ref="1", says="x", effects=(cap,)),),
    )  # fmt: skip
    # February 1 is its first day; July's 30 count too, though nothing limited them.
    assert cap_of(cells, names, "2003-08", instruments=(first, second)) == (37, 13, 87)


def test_new_markets_show_where_nothing_is_capped() -> None:
    names = Names()
    cells = [usage(names, "2003-07-20", ms * MINUTE, lata=lata) for ms, lata in ((10, "356"), (30, "352"))]
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    events: list[Event] = [
        LawOrder(id="o", on=date(2003, 6, 10), action="invalidates", affects=("growth_cap",), **said),
        WrittenNotice(id="n", on=date(2003, 6, 20), agreement="sbc-kmc-wi", order="x", by="sbc"),
    ]
    way = direction(facts(names, cells, market_history=MARKETS, events=events), "2003-07")
    assert way["cap"] is None
    assert sums(way) == {("compensable", "isp"): 10 * MINUTE, ("bill_and_keep", "new_market"): 30 * MINUTE}


def test_the_odd_millisecond_goes_to_the_larger_remainder() -> None:
    # One of four is presumed: a quarter of it where one is, three quarters where three are.
    assert weighed(row(1), row(3, lata=2), row(1, back=True)).shares == {("356", 0, LOCAL): 1}
    assert weighed(row(3), row(1, lata=2), row(1, back=True)).shares == {("350", 0, LOCAL): 1}
