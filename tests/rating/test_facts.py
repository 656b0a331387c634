"""Months and their periods, and what facts find by name."""

from datetime import date

import pytest

from rating.facts import month_days, months_before, period_name
from rating.names import Names
from tests.rating.facts import facts


@pytest.mark.parametrize(
    ("month", "last"),
    [("2003-12", 31), ("2004-01", 31), ("2004-02", 29), ("2003-02", 28), ("2004-04", 30), ("2003-06", 30)],
)
def test_a_month_ends_on_its_last_day(month: str, last: int) -> None:
    year, number = int(month[:4]), int(month[5:])
    assert month_days(month) == (date(year, number, 1), date(year, number, last))


def test_what_is_no_month() -> None:
    with pytest.raises(ValueError, match="month must be in"):
        month_days("2003-13")


def test_months_before_one_in_its_period() -> None:
    assert months_before("2003-03", "year") == ["2003-01", "2003-02"]
    assert months_before("2003-11", "year") == [f"2003-{number:02d}" for number in range(1, 11)]
    assert months_before("2003-12", "quarter") == ["2003-10", "2003-11"]
    assert months_before("2003-10", "quarter") == []
    assert months_before("2003-12", "month") == []


def test_a_period_has_a_name() -> None:
    assert [period_name("2003-11", period) for period in ("year", "quarter", "month")] == ["2003", "2003-Q4", "2003-11"]
    quarters = [period_name(f"2003-{number:02d}", "quarter")[-1] for number in range(1, 13)]
    assert "".join(quarters) == "111222333444"


def test_days_are_counted_from_the_first() -> None:
    known = facts(Names(), [])
    assert known.day(known.first_day) == 0
    assert known.date(known.day(date(2003, 6, 15))) == date(2003, 6, 15)
    assert known.date(1) == date(1983, 12, 31)
    assert known.kinds == {"sbc": "clec", "kmc": "clec"}
    assert set(known.agreements) == {"sbc-kmc-wi"}
