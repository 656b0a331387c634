"""What orders of law take away, from which day, and what stands in its place (DOMAIN section 4; SA 2, XA 4.6)."""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from msgspec import structs

from rating.codes import TrafficClass
from rating.policy import Policy
from rating.terms.events import Event, LawOrder, RequestOutcome, WrittenNotice, WrittenRequest
from rating.terms.interval import Interval
from rating.terms.law import counted_calls, fallen_effects
from rating.terms.model import Clause, Instrument, LawChange, LawWaiver, Rate
from rating.terms.timeline import resolve
from tests.rating.facts import INSTRUMENTS, WISCONSIN

WI = WISCONSIN.agreement
OUTCOME = Instrument(
    id="outcome",
    title="What was agreed after an order",
    source="made",
    domain="traffic",
    parties=("sbc", "kmc"),
    states=("WI",),
    amends="base",
    effective=date(2004, 12, 1),
    clause=(
        Clause(ref="1", says="Local time has a rate.", effects=(Rate(traffic="local", per_minute=Decimal("0.0003")),)),
    ),
)


def ordered(
    *affects: str,
    on: str = "2004-06-15",
    effective: str | None = "2004-07-10",
    body: Literal["fcc", "commission", "court", "legislature"] = "fcc",
    action: Literal["invalidates", "modifies", "stays"] = "invalidates",
    final: bool = True,
) -> LawOrder:
    """Return an order X."""
    day = None if effective is None else date.fromisoformat(effective)
    return LawOrder(
        id="x", on=date.fromisoformat(on), order="X", body=body, action=action, affects=affects, final=final,
        effective=day,
    )  # fmt: skip


def requested(day: str) -> WrittenRequest:
    return WrittenRequest(id="r", on=date.fromisoformat(day), agreement=WI, order="X", by="sbc")


def noticed(day: str) -> WrittenNotice:
    return WrittenNotice(id="n", on=date.fromisoformat(day), agreement=WI, order="X", by="sbc")


def on(day: str, *events: Event, instruments: tuple[Instrument, ...] = INSTRUMENTS, **readings: Any) -> Interval:
    """Return what holds in Wisconsin on a day."""
    line = resolve(WISCONSIN, instruments, events, Policy(**readings), date(2030, 1, 1))
    return line.on(date.fromisoformat(day))


def price(interval: Interval) -> int | None:
    """Return the rate of local time in 1e-9 dollar; None where the terms are missing."""
    tariff = interval.price_of(TrafficClass.LOCAL, "kmc")
    return tariff.plain if tariff is not None else None


@pytest.mark.parametrize(
    ("order", "request_day", "reading", "falls"),
    [
        (ordered("rate"), "2004-08-01", "counts", "2004-08-01"),
        (ordered("rate"), "2004-06-20", "counts", "2004-07-10"),  # early: from the order's own day
        (ordered("rate"), "2004-06-20", "void", None),
        (ordered("rate"), "2004-07-10", "void", "2004-07-10"),
        (ordered("rate", effective="2004-05-26"), "2004-05-20", "counts", "2004-06-01"),
        (ordered("rate", effective="2004-05-25"), "2004-08-01", "counts", None),  # before the signature
        (ordered("rate", effective=None), "2004-08-01", "counts", None),
        (ordered("rate", final=False), "2004-08-01", "counts", None),
        (ordered("rate", body="court"), "2004-08-01", "counts", None),
        (ordered("growth_cap"), "2004-08-01", "counts", None),
    ],
)
def test_a_request_moves_the_one_rate(order: LawOrder, request_day: str, reading: str, falls: str | None) -> None:
    days = ("2004-06-01", "2004-07-09", "2004-07-10", "2004-07-31", "2004-08-01", "2004-12-31")
    found = {day: price(on(day, order, requested(request_day), early_request=reading)) for day in days}
    assert found == {day: None if falls is not None and day >= falls else 500_000 for day in days}


def test_a_notice_does_not_move_the_one_rate_nor_a_request_the_plan() -> None:
    everything = ordered("rate", "growth_cap", "new_market", "presumption", on="2004-01-05", effective="2004-06-01")
    assert price(on("2004-12-31", everything, noticed("2004-06-01"))) == 500_000
    asked = on("2005-02-01", everything, requested("2004-06-01"))
    assert asked.cap is not None
    assert asked.new_market is not None
    assert asked.presumes


def test_the_plan_falls_at_notice_whether_the_order_is_final_or_not() -> None:
    order = ordered("growth_cap", "new_market", on="2004-10-18", effective=None, final=False)
    assert on("2005-01-09", order, noticed("2005-01-10")).cap is not None
    told = on("2005-01-10", order, noticed("2005-01-10"))
    assert (told.cap, told.new_market) == (None, None)
    early = on("2004-10-18", order, noticed("2004-10-01"), sa_over_xa=False)
    assert early.cap is None
    assert on("2004-10-17", order, noticed("2004-10-01"), sa_over_xa=False).cap is not None


def test_forbearance_from_caps_and_new_markets_keeps_the_rate() -> None:
    """The worked case of section 4: FCC 04-241, with notice on 2004-11-15."""
    core = ordered("growth_cap", "new_market", on="2004-10-18", effective="2004-10-18")
    assert price(on("2004-11-20", core, noticed("2004-11-15"))) == 500_000
    february = on("2005-02-01", core, noticed("2004-11-15"))
    assert february.isp["kmc"].plain == 700_000
    assert (february.cap, february.new_market, february.presumes) == (None, None, True)


def test_a_lifted_stay_restores_on_its_day_without_notice() -> None:
    stayed = ordered("growth_cap", on="2003-07-01", action="stays")
    lifted = LawOrder(id="l", on=date(2003, 8, 5), order="X", body="court", action="lifts", effective=date(2003, 8, 1))
    days = ("2003-07-09", "2003-07-10", "2003-07-31", "2003-08-01")
    capped = [on(day, stayed, noticed("2003-07-10"), lifted).cap is not None for day in days]
    assert capped == [True, False, False, True]


def test_eligibility_falls_without_cutting_the_month() -> None:
    line = resolve(WISCONSIN, INSTRUMENTS, [ordered("eligibility"), requested("2004-07-15")], Policy(), date.max)
    assert line.on(date(2004, 7, 14)).gates
    assert not line.on(date(2004, 7, 15)).gates
    assert line.subperiods(date(2004, 7, 1), date(2004, 7, 31)) == [(date(2004, 7, 1), date(2004, 7, 31))]


@pytest.mark.parametrize(
    ("request_day", "reading", "reaches"),
    [
        ("2004-08-01", "counts", "2004-08-01"),
        ("2004-06-20", "counts", "2004-07-10"),  # not to a day on which nothing had fallen yet
        ("2004-06-20", "void", None),
    ],
)
def test_an_outcome_reaches_back_to_the_day_from_which_its_request_counts(
    request_day: str, reading: str, reaches: str | None
) -> None:
    came = RequestOutcome(id="o", on=date(2004, 11, 1), request="r", instrument="outcome")
    events = ordered("rate"), requested(request_day), came
    days = ("2004-06-19", "2004-06-20", "2004-07-09", "2004-07-10", "2004-08-01", "2004-12-15")
    found = {day: price(on(day, *events, instruments=(*INSTRUMENTS, OUTCOME), early_request=reading)) for day in days}
    assert found == {day: 300_000 if reaches is not None and day >= reaches else 500_000 for day in days}


@pytest.mark.parametrize(
    ("takes_effect", "effective", "falls"),
    [
        ("notice", None, "2004-06-20"),
        ("notice_after_order_effective", None, None),
        ("notice_after_order_effective", "2004-07-10", "2004-07-10"),
        ("notice_after_order_effective", "2004-05-01", "2004-06-20"),
    ],
)
def test_a_notice_counts_when_its_clause_says(
    takes_effect: Literal["notice", "notice_after_order_effective"], effective: str | None, falls: str | None
) -> None:
    change = LawChange(notice="written_notice", takes_effect=takes_effect, negotiation_days=60)
    own = structs.replace(
        OUTCOME,
        id="own",
        effective=date(2004, 1, 1),
        clause=(*OUTCOME.clause, Clause(ref="2", says="Law may change.", effects=(change,))),
    )
    events = ordered("rate", on="2004-06-15", effective=effective), noticed("2004-06-20")
    days = ("2004-06-14", "2004-06-19", "2004-06-20", "2004-07-09", "2004-07-10")
    found = {day: price(on(day, *events, instruments=(own,))) for day in days}
    assert found == {day: None if falls is not None and day >= falls else 300_000 for day in days}


def test_a_stay_that_nothing_lifts_lasts() -> None:
    stayed = ordered("growth_cap", on="2003-07-01", action="stays")
    other = LawOrder(id="l", on=date(2003, 8, 5), order="Y", body="court", action="lifts", effective=date(2003, 8, 1))
    assert on("2003-07-09", stayed, noticed("2003-07-10"), other).cap is not None
    assert on("2004-01-01", stayed, noticed("2003-07-10"), other).cap is None
    # Only a stay is lifted.
    for_good = ordered("growth_cap", on="2003-07-01")
    lifted = LawOrder(id="l", on=date(2003, 8, 5), order="X", body="court", action="lifts", effective=date(2003, 8, 1))
    assert on("2004-01-01", for_good, noticed("2003-07-10"), lifted).cap is None


def test_of_two_liftings_the_earlier_ends_it() -> None:
    stayed = ordered("growth_cap", on="2003-07-01", action="stays")
    liftings = [
        LawOrder(
            id=f"l{day}", on=date(2003, 8, 25), order="X", body="court", action="lifts", effective=date(2003, 8, day)
        )
        for day in (9, 5)
    ]
    capped = [on(f"2003-08-0{day}", stayed, noticed("2003-07-10"), *liftings).cap is not None for day in (4, 5)]
    assert capped == [False, True]


def test_the_chain_says_by_which_order_and_clause() -> None:
    stayed = ordered("growth_cap", on="2003-07-01", action="stays")
    lifted = LawOrder(id="l", on=date(2003, 8, 5), order="X", body="court", action="lifts", effective=date(2003, 8, 1))
    chains = resolve(WISCONSIN, INSTRUMENTS, [stayed, noticed("2003-07-10"), lifted], Policy(), date.max).chains
    assert chains["sbc-kmc-wi-isp"][-1] == (
        "sbc-kmc-wi-isp: growth_cap falls from 2003-07-10 until 2003-08-01 by order X (4.6)"
    )
    events: list[Event] = [ordered("rate"), requested("2004-08-01")]
    came = RequestOutcome(id="o", on=date(2004, 11, 1), request="r", instrument="outcome")
    line = resolve(WISCONSIN, (*INSTRUMENTS, OUTCOME), [*events, came], Policy(), date.max)
    assert line.chains["sbc-kmc-second"][-1] == ("sbc-kmc-second: rate falls from 2004-08-01 by order X (2.3)")
    assert line.chains["outcome"] == (
        "outcome is known",
        "outcome is the outcome of a request and reaches back to the day it counts from, 2004-08-01",
    )


def test_a_notice_may_have_an_outcome_too() -> None:
    events = ordered("rate", on="2003-06-15"), noticed("2003-07-10")
    came = RequestOutcome(id="o", on=date(2004, 11, 1), request="n", instrument="outcome")
    days = ("2003-07-09", "2003-07-10", "2004-12-15")
    found = [price(on(day, *events, came, instruments=(*INSTRUMENTS, OUTCOME))) for day in days]
    assert found == [None, 300_000, 300_000]


def test_an_interval_holds_on_its_days() -> None:
    interval = on("2004-07-01")
    assert (interval.first, interval.last) == (date(2004, 6, 1), date(2004, 12, 31))
    days = (date(2004, 5, 31), date(2004, 6, 1), date(2004, 12, 31), date(2005, 1, 1))
    assert [interval.holds(day) for day in days] == [False, True, True, False]
    open_ended = on("2005-07-01")
    assert open_ended.last is None
    assert open_ended.holds(date.max)
    assert not open_ended.holds(date(2004, 12, 31))


def test_of_several_clauses_and_calls_the_earliest_moves_it() -> None:
    change = LawChange(notice="written_notice", takes_effect="notice", negotiation_days=60)
    slow = LawChange(notice="written_notice", takes_effect="notice_after_order_effective", negotiation_days=60)
    for first, second in ((change, slow), (slow, change)):
        own = structs.replace(
            OUTCOME,
            id="own",
            effective=date(2004, 1, 1),
            clause=(
                *OUTCOME.clause,
                Clause(ref="2", says="Law may change.", effects=(first,)),
                Clause(ref="3", says="Law may change.", effects=(second,)),
            ),
        )
        again = WrittenNotice(id="n2", on=date(2004, 6, 25), agreement=WI, order="X", by="kmc")
        events: list[Event] = [ordered("rate", effective="2004-07-10"), again, noticed("2004-06-20")]
        line = resolve(WISCONSIN, (own,), events, Policy(), date.max)
        where = "2" if first is change else "3"
        assert line.chains["own"][-1] == f"own: rate falls from 2004-06-20 by order X ({where})"
        assert price(line.on(date(2004, 6, 19))) == 300_000
        assert price(line.on(date(2004, 6, 20))) is None


def test_of_two_clauses_that_count_from_one_day_the_first_is_named() -> None:
    change = LawChange(notice="written_notice", takes_effect="notice", negotiation_days=60)
    own = structs.replace(
        OUTCOME,
        id="own",
        clause=tuple(Clause(ref=ref, says="Law may change.", effects=(change,)) for ref in ("7", "6")),
    )
    line = resolve(WISCONSIN, (own,), [ordered("rate"), noticed("2004-06-20")], Policy(), date.max)
    assert line.chains["own"][-1].endswith("by order X (6)")


def test_a_request_before_the_signature_of_what_it_moves_has_no_outcome() -> None:
    """SA 2.3 excepts orders that took effect since the signature, 2004-05-26."""
    came = RequestOutcome(id="o", on=date(2004, 11, 1), request="r", instrument="outcome")
    for effective, day, wanted in (("2004-05-25", "2004-08-01", 500_000), ("2004-05-26", "2004-08-01", 300_000)):
        events = ordered("rate", on="2004-05-01", effective=effective), requested("2004-07-01"), came
        assert price(on(day, *events, instruments=(*INSTRUMENTS, OUTCOME))) == wanted


def test_of_several_clauses_the_earliest_day_is_that_of_a_call() -> None:
    changes = [
        LawChange(notice="written_notice", takes_effect=effect, negotiation_days=60)
        for effect in ("notice", "notice_after_order_effective")
    ]
    events: list[Event] = [ordered("rate", effective="2004-07-10"), noticed("2004-06-20"), requested("2004-06-25")]
    for effects in (changes, changes[::-1]):
        own = structs.replace(
            OUTCOME, clause=tuple(Clause(ref=f"{n}", says="x", effects=(one,)) for n, one in enumerate(effects))
        )
        assert counted_calls(own, WI, events, Policy(), None) == {"n": date(2004, 6, 20)}
    waivers = [
        LawWaiver(subjects=("x",), excepted_body="fcc", excepted_notice="written_request", not_before=day)
        for day in (None, date(2005, 1, 1))
    ]
    for excepted in (waivers, waivers[::-1]):
        own = structs.replace(
            OUTCOME, clause=tuple(Clause(ref=f"{n}", says="x", effects=(one,)) for n, one in enumerate(excepted))
        )
        assert counted_calls(own, WI, events, Policy(), None) == {"r": date(2004, 7, 10)}
        (fallen,) = fallen_effects(own, WI, events, Policy(), None)
        assert (fallen.first, fallen.until) == (date(2004, 7, 10), None)


def test_a_lift_takes_nothing_away_whatever_it_names() -> None:
    stayed = ordered("growth_cap", on="2003-07-01", action="stays")
    lifted = LawOrder(
        id="l", on=date(2003, 8, 5), order="X", body="court", action="lifts", effective=date(2003, 8, 1),
        affects=("growth_cap", "new_market"),
    )  # fmt: skip
    told = on("2003-08-05", stayed, noticed("2003-07-10"), lifted)
    assert told.cap is not None
    assert told.new_market is not None


def test_an_outcome_of_the_later_of_two_requests_stands_from_that_one() -> None:
    again = WrittenRequest(id="r2", on=date(2004, 8, 1), agreement=WI, order="X", by="kmc")
    came = RequestOutcome(id="o", on=date(2004, 11, 1), request="r2", instrument="outcome")
    early = structs.replace(OUTCOME, effective=date(2004, 6, 1))
    events = ordered("rate"), requested("2004-07-15"), again, came
    days = ("2004-07-14", "2004-07-15", "2004-07-31", "2004-08-01")
    found = [price(on(day, *events, instruments=(*INSTRUMENTS, early))) for day in days]
    assert found == [500_000, None, None, 300_000]
