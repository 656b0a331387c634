"""Which terms are active on which day, as known on another (the table of DOMAIN section 4)."""

from datetime import date
from typing import Any

import pytest

from rating.codes import TCLT_CLASSES, TrafficClass
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import Agreement
from rating.terms.events import Approved, Event, IcaEnded, OfferAccepted, Submitted
from rating.terms.interval import Interval
from tests.rating.facts import WISCONSIN, facts

XA, SA, A1 = "sbc-kmc-wi-isp", "sbc-kmc-second", "sprint-icg-mo-1"
TEXAS = Agreement(
    agreement="sbc-kmc-tx",
    party_a="sbc",
    party_b="kmc",
    incumbent="sbc",
    state="TX",
    time_zone="America/Chicago",
    line=2,
)
MISSOURI = Agreement(
    agreement="sprint-icg-mo", party_a="sprint-mo", party_b="icg", incumbent="sprint-mo", state="MO",
    time_zone="America/Chicago", line=2,
)  # fmt: skip


def on(day: str, agreement: Agreement = WISCONSIN, *events: Event, **more: Any) -> Interval:
    """Return what holds on a day."""
    return (
        facts(Names(), [], agreement=agreement, events=events, **more)
        .timeline(agreement.agreement)
        .on(date.fromisoformat(day))
    )


def rate(interval: Interval, kind: TrafficClass = TrafficClass.LOCAL) -> int | None:
    """Return a class's rate in 1e-9 dollar."""
    tariff = interval.price_of(kind, "kmc")
    return tariff.plain if tariff is not None else None


@pytest.mark.clause("sbc-kmc-wi-isp 2.2.2")
@pytest.mark.parametrize(
    ("day", "isp"),
    [
        ("2003-06-01", 1_000_000),
        ("2003-06-10", 1_000_000),
        ("2003-06-14", 1_000_000),
        ("2003-06-15", 700_000),
        ("2003-06-20", 700_000),
        ("2004-05-31", 700_000),
        ("2005-02-01", 700_000),
    ],
)
def test_wisconsin_under_the_interim_plan(day: str, isp: int) -> None:
    found = on(day)
    assert found.isp["sbc"] == found.isp["kmc"]
    assert (found.isp["kmc"].plain, found.isp["kmc"].clauses) == (isp, (f"{XA} 2.2.2",))
    assert found.presumption is not None
    assert found.presumption.source == f"{XA} 2.6"
    assert found.cap is not None
    assert found.new_market is not None
    assert not found.own  # below the ratio the base agreement would say
    assert not found.gates


@pytest.mark.clause("sbc-kmc-second 1.3", "sbc-kmc-second 1.4", "sbc-kmc-second 5.2", "sbc-kmc-second 6.0")
@pytest.mark.parametrize("agreement", [WISCONSIN, TEXAS])
@pytest.mark.parametrize("day", ["2004-06-01", "2004-06-15", "2004-12-31"])
def test_seven_months_of_one_rate(day: str, agreement: Agreement) -> None:
    found = on(day, agreement)
    assert {kind: rate(found, kind) for kind, _ in found.own} == dict.fromkeys(TCLT_CLASSES, 500_000)
    assert (found.isp, found.presumption, found.cap, found.new_market) == ({}, None, None, None)
    assert {gate.effect.test for gate in found.gates} == {"poi", "deot"}
    assert {gate.effect.payee for gate in found.gates} == {"kmc"}


@pytest.mark.parametrize("day", ["2003-06-10", "2004-05-31", "2005-01-01", "2005-02-01"])
def test_texas_outside_of_it_has_no_terms(day: str) -> None:
    found = on(day, TEXAS)
    assert (dict(found.own), found.isp, found.presumption, found.gates, found.in_force) == ({}, {}, None, (), ())


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_missouri_has_a_duty_and_no_price() -> None:
    assert not on("2003-05-11", MISSOURI).duties
    found = on("2003-05-12", MISSOURI)
    assert [duty.source for duty in found.duties] == [f"{A1} 66.2.1"]
    assert not found.own
    assert not on("2003-06-01", MISSOURI, as_known_at=date(2003, 5, 12)).duties  # signed on the 13th
    assert on("2003-05-12", MISSOURI, as_known_at=date(2003, 5, 13)).duties


def test_nothing_is_known_before_its_last_signature() -> None:
    assert on("2003-06-20", as_known_at=date(2004, 5, 25)).in_force == ()
    assert on("2003-06-20", as_known_at=date(2004, 5, 26)).in_force == (XA,)


@pytest.mark.clause("sbc-kmc-second 1.4")
def test_where_the_switch_is_off_the_plan_prices_isp_time_beside_the_one_rate() -> None:
    found = on("2004-06-15", policy=Policy(sa_over_xa=False))
    assert (found.isp["kmc"].plain, rate(found)) == (700_000, 500_000)


def approved(instrument: str, day: str, state: str = "WI") -> Approved:
    """Return a commission's approval, known on its day."""
    own = WISCONSIN.agreement if instrument == "base" else None
    return Approved(
        id=f"{instrument}-{day}", on=date.fromisoformat(day), instrument=instrument, state=state, agreement=own
    )


def marked(interval: Interval, instrument: str) -> bool:
    """Whether what an instrument prices may still be trued up."""
    return any(mark.startswith(f"{instrument}:") for mark in interval.provisional)


@pytest.mark.clause("sbc-kmc-second 1.5")
@pytest.mark.parametrize(
    ("approvals", "first", "provisional"),
    [
        ((), "2004-06-01", True),
        ((("base", "2004-07-10"), (SA, "2004-09-01")), "2004-07-10", False),
        ((("base", "2004-07-10"),), "2004-07-10", True),
        ((("base", "2003-01-10"), (SA, "2004-09-01")), "2004-06-01", False),
        (((SA, "2004-09-01"),), "2004-06-01", False),
        ((("base", "2004-09-01"), (SA, "2004-09-01")), "2004-06-01", False),
    ],
)
def test_when_the_second_amendment_starts(
    approvals: tuple[tuple[str, str], ...], first: str, provisional: bool
) -> None:
    events = [approved(*decision) for decision in approvals]
    start = date.fromisoformat(first)
    assert rate(on(first, WISCONSIN, *events)) == 500_000
    assert rate(on(f"{date.fromordinal(start.toordinal() - 1)}", WISCONSIN, *events)) is None
    assert marked(on(first, WISCONSIN, *events), SA) == provisional


@pytest.mark.clause("sbc-kmc-wi-isp 4.1")
def test_submission_is_approval_on_the_ninetieth_day() -> None:
    sent = Submitted(id="s", on=date(2004, 6, 1), instrument=XA, state="WI")
    assert marked(on("2005-02-01", WISCONSIN, sent, as_known_at=date(2004, 8, 29)), XA)
    assert not marked(on("2005-02-01", WISCONSIN, sent, as_known_at=date(2004, 8, 30)), XA)


@pytest.mark.clause("sbc-kmc-wi-isp 4.3", "sbc-kmc-second 1.5")
def test_the_plan_ends_with_its_agreement_and_the_one_rate_does_not() -> None:
    ended = IcaEnded(id="e", on=date(2004, 7, 1), agreement=WISCONSIN.agreement)
    assert rate(on("2004-07-15", WISCONSIN, ended)) == 500_000
    assert on("2004-07-15", WISCONSIN, ended).isp == {}
    assert on("2005-02-01", WISCONSIN, ended).isp == {}
    assert on("2004-05-20", WISCONSIN, ended).isp


@pytest.mark.clause("sbc-kmc-wi-isp 1.1")
def test_an_accepted_offer_prices_what_is_below_the_ratio() -> None:
    offer = OfferAccepted(id="o", on=date(2003, 6, 10), agreement=WISCONSIN.agreement)
    below = [
        rate(on(day, WISCONSIN, offer))
        for day in ("2003-06-09", "2003-06-10", "2003-06-15", "2004-06-15", "2005-02-01")
    ]
    assert below == [None, 1_000_000, 700_000, 500_000, 700_000]


@pytest.mark.clause("sbc-kmc-wi-isp 1.1")
def test_an_offer_prices_the_classes_that_weigh() -> None:
    offer = OfferAccepted(id="o", on=date(2003, 6, 10), agreement=WISCONSIN.agreement)
    kinds = (
        TrafficClass.LOCAL,
        TrafficClass.VIRTUAL_FX,
        TrafficClass.MANDATORY_EAS,
        TrafficClass.OPTIONAL_EAS,
    )
    for policy, wanted in (
        (Policy(), kinds[:3]),
        (Policy(virtual_fx_in_ratio=False), (kinds[0], kinds[2])),
        (Policy(optional_eas_in_ratio=True), kinds),
    ):
        found = on("2003-06-10", WISCONSIN, offer, policy=policy)
        assert tuple(kind for kind in kinds if rate(found, kind) is not None) == wanted
