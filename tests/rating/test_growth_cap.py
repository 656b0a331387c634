"""The cap's chain and how it is laid over a month, against the twin (XA 2.3)."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rating.codes import TrafficClass, name_of
from rating.growth_cap import lay, limit_of, use
from rating.presumption import Part
from rating.terms.model import CapYear, GrowthCap
from tests import naive
from tests.naive.isp import Slot
from tests.rating.facts import INSTRUMENTS

CAP = next(e for i in INSTRUMENTS for c in i.clause for e in c.effects if isinstance(e, GrowthCap))
TIMES = st.integers(0, 10**15) | st.integers(0, 100)
HISTORY = st.fixed_dictionaries({}, optional={"2001-Q1": TIMES, "2001": TIMES, "2002": TIMES})
PARTS = st.dictionaries(
    st.tuples(
        st.sampled_from(("350", "356", "56")),
        st.integers(0, 2),
        st.sampled_from((TrafficClass.LOCAL, TrafficClass.VIRTUAL_FX, TrafficClass.MANDATORY_EAS)),
    ),
    st.integers(1, 100),
    max_size=8,
)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@pytest.mark.parametrize("reading", ["compensable", "ceiling"])
@given(history=HISTORY, year=st.integers(2003, 2006))
@example(history={"2001-Q1": 10, "2001": 5}, year=2003)
def test_limit_is_the_twin_s(reading: str, history: dict[str, int], year: int) -> None:
    found = limit_of(CAP, year, history, reading)
    assert (found.ms, found.assumed) == naive.cap_limit(history, year, reading)


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@given(HISTORY.filter(lambda history: "2001-Q1" in history))
def test_the_ceiling_never_exceeds_484_hundredths_of_the_base_quarter(history: dict[str, int]) -> None:
    for reading in ("compensable", "ceiling"):
        limit = limit_of(CAP, 2003, history, reading).ms
        assert limit is not None
        assert limit * 100 <= history["2001-Q1"] * 484


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@given(st.none() | TIMES, st.lists(TIMES, max_size=12))
def test_what_is_used_of_a_year_sums_to_the_limit_or_less(limit: int | None, months: list[int]) -> None:
    used, before = 0, 0
    for month in months:
        found = use(limit, before, month)
        assert found.before_ms == (before if limit is None else min(limit, before))
        assert (found.left_ms is None) == (limit is None)
        used += found.ms
        before += month
    assert used == (before if limit is None else min(limit, before))


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
@given(st.none() | st.integers(0, 500), PARTS)
def test_the_cap_is_laid_as_the_twin_lays_it(left: int | None, eligible: dict[Part, int]) -> None:
    slots = Counter({Slot(sub, lata, name_of(kind)): ms for (lata, sub, kind), ms in eligible.items()})
    wanted = naive.payable(slots, left)
    got = lay(left, eligible)
    assert {Slot(sub, lata, name_of(kind)): ms for (lata, sub, kind), ms in got.items() if ms} == dict(+wanted)
    assert sum(got.values()) == (sum(eligible.values()) if left is None else min(left, sum(eligible.values())))


def chained(*years: CapYear) -> GrowthCap:
    return GrowthCap(of="isp_bound", years=years, counts_from=date(2003, 1, 1))


TWICE = chained(
    CapYear(year=2001, of="2001-Q1", times=(Decimal(2), Decimal("1.5"))),
    CapYear(year=2002, of="2001"),
    CapYear(year=2003, of="2002"),
    CapYear(year=2004, onward=True, of="2003", times=(Decimal(10),)),
)


@pytest.mark.parametrize(
    ("history", "reading", "wanted"),
    [
        # 100 x 2 x 1.5 = 300 in 2001.
        ({"2001-Q1": 100, "2001": 250, "2002": 240, "2003": 9}, "ceiling", [(300, False), (300, False), (90, False)]),
        ({"2001-Q1": 100, "2001": 250, "2002": 240}, "compensable", [(250, False), (240, False), (2_400, True)]),
        ({"2001-Q1": 100, "2001": 250}, "compensable", [(250, False), (250, True), (2_500, True)]),
        ({"2001-Q1": 100}, "ceiling", [(300, True), (300, True), (3_000, True)]),
        ({"2001": 250, "2002": 240}, "compensable", [(None, True)] * 3),
    ],
)
def test_a_chain_of_years_repeats_what_was_compensable_or_its_ceiling(
    history: dict[str, int], reading: str, wanted: list[tuple[int | None, bool]]
) -> None:
    found = [limit_of(TWICE, year, history, reading) for year in (2002, 2003, 2007)]
    assert [(limit.ms, limit.assumed) for limit in found] == wanted


def test_a_year_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no row for 2000; it covers \[2001, 2002, 2003, 2004\]"):
        limit_of(TWICE, 2000, {}, "compensable")
    unknown = limit_of(TWICE, 2001, {}, "compensable")
    assert (unknown.ms, unknown.assumed) == (None, True)
    assert limit_of(chained(CapYear(year=2001, of="2001-Q1")), 2001, {"2001-Q1": 7}, "ceiling").ms == 7
    with pytest.raises(ValueError, match="no row for 2002"):
        limit_of(chained(CapYear(year=2001, of="2001-Q1")), 2002, {"2001-Q1": 7}, "ceiling")
