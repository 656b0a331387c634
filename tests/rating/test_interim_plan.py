"""What Wisconsin's interim plan does to a month, clause by clause, where no other test says it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import pytest

from rating.codes import TrafficClass
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import MarketHistory, UsageHistory
from rating.terms.events import Approved, Event, LawOrder, RebuttalDecided, RebuttalFiled, WrittenNotice
from rating.usage import Cells
from stream.terms.load import load_packaged
from tests.rating.facts import INSTRUMENTS, MINUTE, direction, facts, sums, usage, without

XA, ICA = "sbc-kmc-wi-isp", "illustrative-ica"
WITH_BASE = (*INSTRUMENTS, *load_packaged((ICA,)))
BASE_RATES = {f"{ICA} 2.1", f"{ICA} 2.2", f"{ICA} 2.3"}
NOTHING_LEFT = (UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period="2001-Q1", isp_ms=0, line=2),)


def month(names: Names, days: Iterable[str], t: int = 1000, o: int = 100, **fields: Any) -> list[Cells]:
    """Return so many minutes to KMC and back on each day: 1000 against 100 is 700 over the ratio."""
    return [
        cell
        for day in days
        for cell in (
            usage(names, day, t * MINUTE, **fields),
            usage(names, day, o * MINUTE, payer="kmc", payee="sbc", **fields),
        )
    ]


def said(way: Any) -> dict[tuple[str, str], set[str]]:
    """Return the clauses that lines cite, by outcome and reason."""
    out: dict[tuple[str, str], set[str]] = {}
    for line in way["lines"]:
        out.setdefault((line["outcome"], line["reason"]), set()).update(line["clauses"])
    return out


@pytest.mark.clause("sbc-kmc-wi-isp 1.3", "sbc-kmc-wi-isp 4.4")
def test_the_plan_wins_over_the_base_and_leaves_it_the_rest() -> None:
    names = Names()
    known = facts(names, month(names, ("2003-05-20", "2003-06-20")), instruments=WITH_BASE)
    before, after = direction(known, "2003-05"), direction(known, "2003-06")
    assert said(before) == {("compensable", "local"): BASE_RATES}
    assert sums(before) == {("compensable", "local"): 1000 * MINUTE}
    assert said(after) == {
        ("compensable", "isp"): {f"{XA} 2.2.2", f"{XA} 2.6"},
        ("compensable", "local"): BASE_RATES,
    }
    assert sums(after) == {("compensable", "isp"): 700 * MINUTE, ("compensable", "local"): 300 * MINUTE}


@pytest.mark.clause("sbc-kmc-wi-isp 2.5")
def test_optional_areas_and_toll_are_outside_of_cap_and_new_markets() -> None:
    names = Names()
    cells = [
        *month(names, ("2003-07-08",), kind=TrafficClass.OPTIONAL_EAS),
        usage(names, "2003-07-08", 60 * MINUTE, kind=TrafficClass.INTRALATA_TOLL),
        usage(names, "2003-07-08", 50 * MINUTE, kind=TrafficClass.INTERLATA_TOLL),
    ]
    reading = Policy(optional_eas_in_ratio=True)
    known = facts(names, cells, policy=reading, usage_history=NOTHING_LEFT, market_history=())
    way = direction(known, "2003-07")
    assert sums(way) == {
        ("compensable", "isp"): 700 * MINUTE,
        ("terms_missing", "optional_eas"): 300 * MINUTE,
        ("terms_missing", "switched_access"): 60 * MINUTE,
        ("excluded", "meet_point_billing"): 50 * MINUTE,
    }
    assert way["cap"]["used_ms"] == 0
    # The control: local time in the same month is cut by both.
    local = facts(names, month(names, ("2003-07-08",)), usage_history=NOTHING_LEFT, market_history=())
    assert sums(direction(local, "2003-07"))["bill_and_keep", "new_market"] == 700 * MINUTE


@pytest.mark.clause("sbc-kmc-wi-isp 2.4.1", "sbc-kmc-wi-isp 2.4.3")
def test_a_new_market_is_unpaid_and_shown_apart() -> None:
    names = Names()
    cells = [*month(names, ("2003-07-08",)), *month(names, ("2003-07-08",), lata="350")]
    rows = tuple(
        MarketHistory(agreement="sbc-kmc-wi", lata=lata, traffic="isp", first_exchanged=first, line=2)
        for lata, first in (("356", date(2001, 4, 17)), ("350", date(2001, 4, 18)))
    )
    way = direction(facts(names, cells, market_history=rows), "2003-07")
    isp = {
        (line["lata"], line["outcome"], line["reason"]): line["ms"]
        for line in way["lines"]
        if line["reason"] != "local"
    }
    assert isp == {
        ("356", "compensable", "isp"): 700 * MINUTE,
        ("350", "bill_and_keep", "new_market"): 700 * MINUTE,
    }
    apart = [line for line in way["lines"] if line["outcome"] == "bill_and_keep"]
    assert [(line["rate"], line["amount"]) for line in apart] == [(None, "0.00")]


APPROVED = Approved(id="a", on=date(2004, 9, 1), instrument=XA, state="WI")


@pytest.mark.clause("sbc-kmc-wi-isp 4.1", "sbc-kmc-wi-isp 4.2")
@pytest.mark.parametrize("other", ["4.1", "4.2"])  # either clause makes it so by itself
@pytest.mark.parametrize(
    ("as_known_at", "total", "provisional"),
    [
        (date(2004, 5, 25), "0.00", False),  # not signed: the base's month, which is missing
        (date(2004, 5, 26), "0.49", True),
        (date(2004, 8, 31), "0.49", True),
        (date(2004, 9, 1), "0.49", False),
    ],
)
def test_june_2003_is_valued_anew_as_signature_and_approval_become_known(
    as_known_at: date, total: str, provisional: bool, other: str
) -> None:
    names = Names()
    cells = month(names, ("2003-06-20",))
    known = facts(names, cells, events=[APPROVED], as_known_at=as_known_at, instruments=without(f"{XA} {other}"))
    assert direction(known, "2003-06")["total"] == total
    marks = known.timeline("sbc-kmc-wi").on(date(2003, 6, 20)).provisional
    assert bool(marks) == provisional


def order(action: Any, *affects: str, final: bool = False) -> LawOrder:
    return LawOrder(
        id="o", on=date(2005, 2, 10), order="x", body="court", action=action, affects=affects, final=final,
        effective=date(2005, 3, 1),
    )  # fmt: skip


NOTICE = WrittenNotice(id="n", on=date(2005, 2, 15), agreement="sbc-kmc-wi", order="x", by="kmc")


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_what_an_order_upsets_falls_at_the_written_notice() -> None:
    names = Names()
    days = ("2005-02-14", "2005-02-15")
    cells = month(names, days)

    def reasons(*events: Event) -> dict[tuple[str, str], int]:
        found = sums(direction(facts(names, cells, events=events, usage_history=NOTHING_LEFT), "2005-02"))
        return {key: ms // MINUTE for key, ms in found.items() if key[1] != "local"}

    capped = {("bill_and_keep", "over_cap"): 1400}
    assert reasons() == reasons(order("modifies", "growth_cap")) == capped
    # At once, not when the order is effective or final; only the effect that it names.
    assert reasons(order("modifies", "growth_cap"), NOTICE) == {
        ("bill_and_keep", "over_cap"): 700,
        ("compensable", "isp"): 700,
    }
    assert reasons(order("modifies", "new_market"), NOTICE) == capped


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_a_fallen_rate_leaves_the_plan_s_minutes_without_a_price() -> None:
    names = Names()
    known = facts(names, month(names, ("2005-02-14", "2005-02-15")), events=[order("invalidates", "rate"), NOTICE])
    found = sums(direction(known, "2005-02"))
    assert found["compensable", "isp"] == found["terms_missing", "isp"] == 700 * MINUTE


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
def test_a_wireless_carrier_has_neither_presumption_nor_cap() -> None:
    names = Names()
    cells = [*month(names, ("2003-07-08",)), usage(names, "2003-07-08", 5 * MINUTE, isp=True)]
    known = facts(names, cells, usage_history=NOTHING_LEFT)
    known.kinds["kmc"] = "cmrs"
    way = direction(known, "2003-07")
    assert way["presumption"]["method"] == "none"
    assert sums(way) == {("compensable", "isp"): 5 * MINUTE, ("terms_missing", "local"): 1000 * MINUTE}


FILED = RebuttalFiled(id="f", on=date(2003, 7, 20), agreement="sbc-kmc-wi", payee="kmc", by="kmc")
GRANTED = RebuttalDecided(id="g", on=date(2003, 8, 20), rebuttal="f", approved=True, method="actual", by="commission")


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
@pytest.mark.parametrize(
    ("as_known_at", "isp"),
    [
        (date(2004, 6, 1), 700 + 30),  # July by days: presumed before the filing, identified time from it on
        (date(2004, 5, 31), None),
    ],
)
def test_an_approved_method_reaches_back_to_the_filing_and_presumed_rates_stand_until_then(
    as_known_at: date, isp: int | None
) -> None:
    names = Names()
    cells = [
        *month(names, ("2003-07-08",)),
        *month(names, ("2003-07-25",)),
        usage(names, "2003-07-25", 30 * MINUTE, isp=True),
    ]
    granted = msgspec.structs.replace(GRANTED, known_at="2004-06-01")
    known = facts(names, cells, events=[FILED, granted], as_known_at=as_known_at)
    way = direction(known, "2003-07")
    presumed = 1000 + 1000 + 30 - 3 * 200
    assert way["presumption"]["method"] == ("presumed" if isp is None else "actual")
    assert sums(way)["compensable", "isp"] == (presumed if isp is None else isp) * MINUTE
