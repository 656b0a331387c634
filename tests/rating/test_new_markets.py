"""New markets: exchange before 2001-04-18, by the row that the switch asks for (XA 2.4)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.new_markets import is_new_market
from rating.reference.rows import MarketHistory

FIRST = date(2001, 4, 18)
ROWS = st.builds(
    MarketHistory,
    agreement=st.sampled_from(("a", "b")),
    lata=st.sampled_from(("350", "356")),
    traffic=st.sampled_from(("isp", "any")),
    first_exchanged=st.integers(-2, 2).map(lambda days: FIRST + timedelta(days=days)),
    line=st.just(2),
)


@pytest.mark.clause("sbc-kmc-wi-isp 2.4.1")
@given(st.lists(ROWS, max_size=6), st.sampled_from(("isp", "any")))
def test_a_market_is_new_unless_some_row_is_early_enough(history: list[MarketHistory], test: str) -> None:
    early = [
        row for row in history if (row.agreement, row.lata) == ("a", "356") and row.first_exchanged <= date(2001, 4, 17)
    ]
    fitting = early if test == "any" else [row for row in early if row.traffic == "isp"]
    assert is_new_market("a", "356", FIRST, test, history) == (not fitting)


@pytest.mark.parametrize("test", ["isp", "any"])
def test_a_missing_table_switches_the_test_off_and_an_empty_one_does_not(test: str) -> None:
    assert not is_new_market("a", "356", FIRST, test, None)
    assert is_new_market("a", "356", FIRST, test, ())
