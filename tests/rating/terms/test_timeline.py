"""Invented instruments resolved by hand: dates and states of effects, who wins, what cuts a month."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from rating.codes import TrafficClass
from rating.policy import Policy
from rating.terms.events import Event, LawOrder, OfferAccepted, WrittenNotice
from rating.terms.interval import Interval, Timeline
from rating.terms.model import (
    Clause,
    Controls,
    Eligibility,
    GrowthCap,
    Instrument,
    LawChange,
    NewMarket,
    Presumption,
    Rate,
    Rounding,
    SettlementDuty,
    Tag,
    TrafficGroup,
    UnidentifiedTerm,
    Waiver,
)
from rating.terms.timeline import resolve
from tests.rating.facts import WISCONSIN

LOCAL = TrafficClass.LOCAL
JULY: dict[str, Any] = {"from_": date(2004, 7, 1), "through": date(2004, 7, 31)}
EDGES = tuple(date(2004, *day) for day in ((6, 30), (7, 1), (7, 31), (8, 1)))
LAW = LawChange(notice="written_notice", takes_effect="notice", negotiation_days=60)


def made(*effects: Any, name: str = "one", day: date = date(2004, 1, 1), **fields: Any) -> Instrument:
    """Return an amendment of Wisconsin's parties with a clause for each effect."""
    given: dict[str, Any] = {
        "id": name,
        "title": "t",
        "domain": "traffic",
        "source": "made for a test",
        "parties": ("sbc", "kmc"),
        "amends": "base",
        "effective": day,
        "signed": {"sbc": day, "kmc": day},
        "clause": tuple(Clause(ref=str(n), says="x", effects=(effect,)) for n, effect in enumerate(effects, 1)),
    }
    return Instrument(**{**given, **fields})


def line_of(*instruments: Instrument, events: tuple[Event, ...] = (), **policy: Any) -> Timeline:
    return resolve(WISCONSIN, instruments, events, Policy(**policy), date(2030, 1, 1))


def rate(price: str, **fields: Any) -> Rate:
    return Rate(per_minute=Decimal(price), **{"traffic": "local", **fields})


def price(interval: Interval, kind: TrafficClass = LOCAL, payee: str = "kmc") -> tuple[str, int | None] | None:
    tariff = interval.price_of(kind, payee)
    return None if tariff is None else (tariff.instrument, tariff.plain)


PRICE = rate("0.001")
ISP_PRICE = rate("0.0007", traffic="isp_bound")
RATIO = Presumption(of="isp_bound", base=("local",), ratio=Decimal(3))
CAP: dict[str, Any] = {"of": "isp_bound", "minutes": 100, "counts_from": date(2004, 1, 1)}
MARKET: dict[str, Any] = {"of": "isp_bound", "exchanged_before": date(2001, 4, 18)}
TEST: dict[str, Any] = {"test": "poi", "payee": "kmc", "of": "local", "satisfied_by": "area"}
EXCUSE: dict[str, Any] = {"of": ("poi",), "cause": "new_interconnection", "months": 6}
DUTY: dict[str, Any] = {"who": "originator", "third_party": ("ilec",), "exception": "x"}


@pytest.mark.parametrize(
    ("kind", "fields", "place"),
    [
        (Rate, {"traffic": "local", "per_minute": Decimal("0.001")}, "own"),
        (Presumption, {"of": "isp_bound", "base": ("local",), "ratio": Decimal(3)}, "presumption"),
        (GrowthCap, CAP, "cap"),
        (NewMarket, MARKET, "new_market"),
        (Eligibility, TEST, "gates"),
        (Waiver, EXCUSE, "waivers"),
        (SettlementDuty, DUTY, "duties"),
    ],
)
def test_an_effect_holds_on_its_days_and_in_its_states(kind: type[Any], fields: dict[str, Any], place: str) -> None:
    always = {
        "cap": (RATIO,), "new_market": (RATIO,), "gates": (PRICE,),
    }.get(place, ())  # fmt: skip

    def held(**narrower: Any) -> list[bool]:
        line = line_of(made(*always, kind(**fields, **narrower)))
        return [bool(getattr(line.on(day), place)) for day in EDGES]

    assert held() == [True] * 4
    assert held(**JULY) == [False, True, True, False]
    assert held(from_=JULY["from_"]) == [False, True, True, True]
    assert held(through=JULY["through"]) == [True, True, True, False]
    assert held(states=("IL", "WI")) == [True] * 4
    assert held(states=("IL",)) == [False] * 4


def test_what_has_no_days_of_its_own_holds_with_its_instrument() -> None:
    effects = (Rounding(method="trunk_group_month_up"), UnidentifiedTerm(measure="minutes"), Tag(when="voip", tag="v"))
    line = line_of(made(*effects, day=date(2004, 7, 1), effective_through=date(2004, 7, 31)))
    for day, held in zip(EDGES, (False, True, True, False), strict=True):
        interval = line.on(day)
        found = (interval.rounding, interval.unidentified, *interval.tags)
        assert [ruled.effect for ruled in found if ruled is not None] == (list(effects) if held else []), day
        assert interval.in_force == (("one",) if held else ())
    july = line.on(EDGES[1])
    assert july.rounding is not None
    assert (july.rounding.source, july.rounding.instrument) == ("one 1", "one")
    assert (july.tags[0].source, july.tags[0].instrument) == ("one 3", "one")


def test_the_first_day_of_all_begins_the_line() -> None:
    line = line_of(made(PRICE))
    assert line.intervals[0].first == date.min
    assert line.on(date.min) is line.intervals[0]
    assert (line.agreement, line.as_known_at, line.instruments) == (WISCONSIN, date(2030, 1, 1), ("one",))
    assert price(line.on(date(2003, 12, 31))) is None
    assert price(line.on(date(2004, 1, 1))) == ("one", 1_000_000)


def test_strangers_instruments_are_left_out_whatever_their_place() -> None:
    strangers = (
        made(PRICE, name="corporate", domain="corporate"),
        made(PRICE, name="others", parties=("sbc", "third")),
        made(PRICE, name="elsewhere", states=("IL",)),
        made(PRICE, name="later", signed={"sbc": date(2031, 1, 1)}),
    )
    ours = made(PRICE, name="ours", day=date(2002, 1, 1), states=("IL", "WI"))
    for order in ((*strangers, ours), (ours, *strangers)):
        line = line_of(*order)
        assert (line.instruments, line.on(date(2004, 7, 1)).in_force) == (("ours",), ("ours",))
    three = made(PRICE, name="three", parties=("third", "kmc", "sbc"))
    assert line_of(three).instruments == ("three",)


def test_between_yields_intervals_clipped_to_the_days_down_to_a_single_one() -> None:
    one_day: dict[str, Any] = {"from_": date(2004, 7, 10), "through": date(2004, 7, 10)}
    line = line_of(made(PRICE, Waiver(**EXCUSE, **one_day)))
    found = [(start, end, bool(i.waivers)) for start, end, i in line.between(EDGES[1], EDGES[2])]
    assert found == [
        (date(2004, 7, 1), date(2004, 7, 9), False),
        (date(2004, 7, 10), date(2004, 7, 10), True),
        (date(2004, 7, 11), date(2004, 7, 31), False),
    ]
    assert line.subperiods(EDGES[1], EDGES[2]) == [(EDGES[1], EDGES[2])]
    assert [i.first for _, _, i in line.between(date(2004, 7, 10), date(2004, 7, 10))] == [date(2004, 7, 10)]


HALF: dict[str, Any] = {"from_": date(2004, 7, 16)}


@pytest.mark.parametrize(
    "effect",
    [
        rate("0.002", traffic="virtual_fx", **HALF),
        rate("0.0007", traffic="isp_bound", **HALF),
        GrowthCap(**CAP, **HALF),
        NewMarket(**MARKET, **HALF),
    ],
)
def test_a_month_is_cut_where_a_price_or_a_limit_begins(effect: Any) -> None:
    line = line_of(made(PRICE, RATIO, effect))
    assert line.subperiods(EDGES[1], EDGES[2]) == [
        (date(2004, 7, 1), date(2004, 7, 15)),
        (date(2004, 7, 16), date(2004, 7, 31)),
    ]


def test_a_month_is_cut_where_the_presumption_begins() -> None:
    late = Presumption(of="isp_bound", base=("local",), ratio=Decimal(3), **HALF)
    assert len(line_of(made(PRICE, late)).subperiods(EDGES[1], EDGES[2])) == 2


def test_who_wins_a_class() -> None:
    day = date(2004, 7, 15)
    base = made(rate("0.009"), name="base", domain="base", amends="", day=date(2004, 6, 1))
    first = made(rate("0.001"), name="first", day=date(2003, 1, 1))
    second = made(rate("0.002"), name="second", day=date(2004, 2, 1))
    assert price(line_of(base, second, first).on(day)) == ("second", 2_000_000)  # the later signed
    assert price(line_of(base, first).on(day)) == ("first", 1_000_000)  # a base gives way, later or not
    assert price(line_of(base).on(day)) == ("base", 9_000_000)
    assert line_of(first, second, base).on(day).in_force == ("second", "first", "base")


@pytest.mark.parametrize("over", ["all", "base"])
def test_what_controls_over_all_wins_on_its_days_unless_superseded(over: Any) -> None:
    over_all = made(rate("0.001"), Controls(over=over, **JULY), name="first", day=date(2003, 1, 1))
    second = made(rate("0.002"), name="second", day=date(2004, 2, 1))
    expressly = made(rate("0.003"), name="third", day=date(2003, 2, 1), supersedes=("first",))
    line = line_of(over_all, second)
    inside = 1_000_000 if over == "all" else 2_000_000
    found = [price(line.on(day)) for day in EDGES]
    assert [one[1] for one in found if one is not None] == [2_000_000, inside, inside, 2_000_000]
    line = line_of(over_all, expressly, second)
    assert {price(line.on(day)) for day in EDGES} == {("third", 3_000_000)}


def test_a_switch_turns_the_control_off_over_what_came_with_it_and_nothing_else() -> None:
    over_all = made(rate("0.001"), Controls(over="all", switch="sa_over_xa"), name="first", day=date(2003, 1, 1))
    beside = msgspec.structs.replace(over_all, simultaneous_with=("second",))
    second = made(rate("0.0007", traffic="isp_bound"), RATIO, name="second", day=date(2004, 2, 1))
    third = made(rate("0.002"), name="third", day=date(2004, 2, 2))
    for first, on, weighed in (
        (over_all, True, False),
        (over_all, False, False),
        (beside, True, False),
        (beside, False, True),
    ):
        interval = line_of(first, second, third, sa_over_xa=on).on(EDGES[1])
        assert price(interval) == ("first", 1_000_000)
        assert (interval.presumption is not None) is weighed


def test_a_price_for_one_payee_leaves_the_other_s() -> None:
    line = line_of(made(rate("0.001", payee="kmc"), rate("0.0007", traffic="isp_bound", payee="sbc"), RATIO))
    interval = line.on(EDGES[1])
    assert (price(interval), price(interval, payee="sbc")) == (("one", 1_000_000), None)
    assert set(interval.isp) == {"sbc"}


def fallen(effect: str, *, lifted: date | None = None) -> tuple[Event, ...]:
    """Return an order that has an effect down from July 1, and the end of its stay."""
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    events: tuple[Event, ...] = (
        LawOrder(id="o", on=date(2004, 6, 1), action="stays", affects=(effect,), **said),
        WrittenNotice(id="n", on=date(2004, 7, 1), agreement="sbc-kmc-wi", order="x", by="sbc"),
    )
    if lifted is not None:
        events = (*events, LawOrder(id="l", on=lifted, action="lifts", effective=lifted, **said))
    return events


def test_a_price_that_an_order_has_down_is_a_price_without_elements() -> None:
    own = made(rate("0.001", reason="special"), LAW, illustrative=True)
    line = line_of(own, events=fallen("rate", lifted=date(2004, 8, 1)))
    tariff = line.on(EDGES[1]).price_of(LOCAL, "kmc")
    assert tariff is not None
    assert (tariff.instrument, tariff.reason, tariff.elements) == ("one", "special", ())
    assert (tariff.illustrative, tariff.counted, tariff.tiers, tariff.plain) == (True, "", (), None)
    assert [price(line.on(day)) for day in (EDGES[0], EDGES[3])] == [("one", 1_000_000)] * 2


def test_a_limit_that_an_order_has_down_is_named() -> None:
    own = made(PRICE, RATIO, GrowthCap(**CAP), NewMarket(**MARKET), LAW)
    for effect, source in (("growth_cap", "one 3"), ("new_market", "one 4")):
        line = line_of(own, events=fallen(effect, lifted=date(2004, 8, 1)))
        assert [set(line.on(day).down) for day in EDGES] == [set(), {source}, {source}, set()]
        assert [not line.on(day).ahead for day in EDGES] == [True] * 4
        held = [getattr(line.on(day), {"growth_cap": "cap", "new_market": "new_market"}[effect]) for day in EDGES]
        assert [ruled is not None for ruled in held] == [True, False, False, True]
    (market,) = line_of(own).new_markets
    assert (market.source, market.instrument) == ("one 4", "one")


def test_a_limit_is_down_before_its_instrument_begins_too() -> None:
    own = made(PRICE, RATIO, GrowthCap(**CAP), LAW, day=date(2004, 7, 20))
    line = line_of(own, events=fallen("growth_cap", lifted=date(2004, 8, 1)))
    days = (date(2004, 6, 30), date(2004, 7, 1), date(2004, 7, 19), date(2004, 7, 20))
    assert [(len(line.on(day).down), len(line.on(day).ahead)) for day in days] == [(0, 0), (1, 1), (1, 1), (1, 0)]
    assert line.subperiods(date(2004, 6, 1), date(2004, 6, 30)) == [(date(2004, 6, 1), date(2004, 6, 30))]
    assert line.subperiods(date(2004, 6, 20), date(2004, 7, 19)) == [
        (date(2004, 6, 20), date(2004, 6, 30)),
        (date(2004, 7, 1), date(2004, 7, 19)),
    ]


@pytest.mark.parametrize(("begins", "wanted"), [(date(2004, 1, 1), True), (date(2004, 7, 20), True)])
def test_a_presumption_that_is_down_is_so_in_force_or_not(begins: date, *, wanted: bool) -> None:
    line = line_of(made(RATIO, LAW, day=begins), events=fallen("presumption", lifted=date(2004, 8, 1)))
    assert [line.on(day).presumes for day in EDGES] == [True, False, False, wanted]


def test_tiers_count_the_traffic_that_they_are_of() -> None:
    group = TrafficGroup(group="exchange", classes=("local", "virtual_fx"))
    tiers = [rate(f"0.00{over + 1}", traffic="exchange", over_minutes=over * 100) for over in (1, 0)]
    tariff = line_of(made(group, *tiers)).on(EDGES[1]).price_of(TrafficClass.VIRTUAL_FX, "kmc")
    assert tariff is not None
    assert [(one.counted, one.over_ms, one.plain) for one in tariff.by_tier] == [
        ("exchange", 0, 1_000_000),
        ("exchange", 6_000_000, 2_000_000),
    ]
    untiered = line_of(made(group, rate("0.001", traffic="exchange"))).on(EDGES[1]).price_of(LOCAL, "kmc")
    assert untiered is not None
    assert (untiered.counted, untiered.over_ms, untiered.reason) == ("", 0, "")


def test_a_group_with_internet_calls_prices_them_for_its_payees() -> None:
    group = TrafficGroup(group="total", classes=("local",), with_isp=True)
    plain = TrafficGroup(group="fx", classes=("virtual_fx",))
    interval = line_of(made(group, plain, rate("0.001", traffic="total", payee="kmc"), rate("0.002", traffic="fx"))).on(
        EDGES[1]
    )
    assert {payee: tariff.plain for payee, tariff in interval.with_isp.items()} == {"kmc": 1_000_000}
    without = line_of(made(plain, rate("0.002", traffic="fx"))).on(EDGES[1])
    assert not without.with_isp


def test_isp_time_is_priced_where_it_is_priced_at_all() -> None:
    day = EDGES[1]
    assert set(line_of(made(ISP_PRICE)).on(day).isp) == set()  # nothing is presumed
    own = line_of(made(RATIO, rate("0.0007", traffic="isp_bound", states=("IL",)))).on(day)
    assert not own.isp
    both = line_of(made(RATIO, rate("0.0007", traffic="isp_bound", states=("WI",)))).on(day)
    assert {payee: tariff.plain for payee, tariff in both.isp.items()} == {"sbc": 700_000, "kmc": 700_000}


def test_a_plan_that_controls_on_some_days_prices_isp_time_on_them() -> None:
    plan = made(RATIO, ISP_PRICE, Controls(over="all", **JULY), name="plan", day=date(2003, 1, 1))
    other = made(PRICE, Controls(over="all"), name="other", day=date(2004, 2, 1))
    line = line_of(plan, other)
    # What controls over the plan prices every minute of its classes, so nothing of it is left.
    assert [line.on(day).presumption is not None for day in EDGES] == [False, True, True, False]


def test_a_price_of_isp_time_may_wait_for_an_offer() -> None:
    waiting = rate("0.0007", traffic="isp_bound", when="offer_accepted")
    offers = tuple(
        OfferAccepted(id=name, on=date(2004, 7, day), agreement=name)
        for name, day in (("sbc-kmc-il", 1), ("sbc-kmc-wi", 31))
    )
    line = line_of(made(RATIO, waiting), events=offers)
    assert [bool(line.on(day).isp) for day in EDGES] == [False, False, True, True]


def test_days_to_the_end_of_the_calendar_have_no_day_after_them() -> None:
    line = line_of(made(PRICE, Waiver(**EXCUSE, through=date.max), effective_through=date.max))
    assert line.on(date.max).last is None
    assert line.on(date.max).waivers
