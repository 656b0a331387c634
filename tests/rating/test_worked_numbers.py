"""The worked numbers of DOMAIN section 13, by the engine's own functions; every figure stands in the open."""

from fractions import Fraction

import pytest

from rating.growth_cap import limit_of
from rating.money import UNITS_PER_DOLLAR, cents
from rating.names import Names
from rating.poi import within_miles
from rating.reference import rows
from rating.terms.model import GrowthCap
from tests.rating.facts import INSTRUMENTS, MINUTE, direction, facts, sums, usage
from tests.rating.test_poi import MILES

MILLION = 1_000_000
CAP = next(e for i in INSTRUMENTS for c in i.clause for e in c.effects if isinstance(e, GrowthCap))


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@pytest.mark.parametrize(
    ("year", "reading", "minutes"),
    [(2001, "compensable", 44 * MILLION), (2002, "compensable", 48_400_000), (2003, "compensable", 40 * MILLION),
     (2003, "ceiling", 48_400_000), (2005, "compensable", 40 * MILLION)],
)  # fmt: skip
def test_cap_chain(year: int, reading: str, minutes: int) -> None:
    history = {"2001-Q1": 10 * MILLION * MINUTE, "2001": 50 * MILLION * MINUTE, "2002": 40 * MILLION * MINUTE}
    found = limit_of(CAP, year, history, reading)
    assert (found.ms, found.assumed) == (minutes * MINUTE, False)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1", "sbc-kmc-wi-isp 2.4.3", "sbc-kmc-wi-isp 2.6")
def test_cap_left_for_300_000_of_550_000_minutes() -> None:
    names = Names()
    history = tuple(
        rows.UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period=period, isp_ms=minutes * MINUTE, line=2)
        for period, minutes in (("2001-Q1", 10 * MILLION), ("2001", 10 * MILLION), ("2002", 300_000))
    )
    cells = [
        usage(names, "2003-07-08", MILLION * MINUTE),
        usage(names, "2003-07-08", 150_000 * MINUTE, payer="kmc", payee="sbc"),
    ]
    known = facts(names, cells, usage_history=history)
    way = direction(known, "2003-07")
    assert way["presumption"] == {
        "method": "presumed", "t_ms": MILLION * MINUTE, "o_ms": 150_000 * MINUTE, "isp_ms": 550_000 * MINUTE,
    }  # fmt: skip
    assert sums(way) == {
        ("compensable", "isp"): 300_000 * MINUTE,
        ("bill_and_keep", "over_cap"): 250_000 * MINUTE,
        ("terms_missing", "local"): 450_000 * MINUTE,
    }
    assert way["total"] == "210.00"
    assert sums(direction(known, "2003-07", "sbc")) == {("terms_missing", "local"): 150_000 * MINUTE}


@pytest.mark.clause("sbc-kmc-wi-isp 2.2.2", "sbc-kmc-wi-isp 2.6")
def test_june_2003_at_two_rates() -> None:
    names = Names()
    cells = [
        usage(names, "2003-06-10", 400_000 * MINUTE),
        usage(names, "2003-06-20", 600_000 * MINUTE),
        usage(names, "2003-06-20", 150_000 * MINUTE, payer="kmc", payee="sbc"),
    ]
    way = direction(facts(names, cells), "2003-06")
    priced = {(line["from"], line["rate"]): line["ms"] for line in way["lines"] if line["outcome"] == "compensable"}
    assert priced == {("2003-06-01", "0.001"): 220_000 * MINUTE, ("2003-06-15", "0.0007"): 330_000 * MINUTE}
    assert way["total"] == "451.00"


@pytest.mark.clause("sbc-kmc-second 6.0")
def test_july_2004_at_one_rate_both_ways() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", MILLION * MINUTE),
        usage(names, "2004-07-06", 150_000 * MINUTE, payer="kmc", payee="sbc"),
    ]
    known = facts(names, cells)
    assert direction(known, "2004-07")["total"] == "500.00"
    assert direction(known, "2004-07", "sbc")["total"] == "75.00"


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
def test_point_within_and_beyond_fifteen_and_three_quarter_miles() -> None:
    assert within_miles(0, 0, 19, 46, MILES)
    assert not within_miles(0, 0, 9, 49, MILES)
    sums_of_squares = {v * v + h * h for v in range(51) for h in range(51)}
    assert not sums_of_squares & set(range(2478, 2482))


@pytest.mark.clause("sbc-kmc-wi-isp 2.2.2")
def test_ninety_seconds_over_the_change_of_rate() -> None:
    names = Names()
    cells = [usage(names, "2003-06-14", 30_000), usage(names, "2003-06-15", 60_000, calls=0)]
    way = direction(facts(names, cells), "2003-06")
    assert [(line["ms"], line["rate"], line["reason"]) for line in way["lines"]] == [
        (30_000, "0.001", "isp"), (60_000, "0.0007", "isp"),
    ]  # fmt: skip
    assert sum(Fraction(line["unrounded"]) for line in way["lines"]) == Fraction("0.0012")
    assert cents(12 * UNITS_PER_DOLLAR // 10_000) == 0
