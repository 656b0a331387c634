"""Hours of a source that have too few calls: those of the rule, on a clock that skips and repeats hours."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.desk.checks.hours import HourCheck, check_hours, wall_counts
from stream.workspace.settings import Checks
from tests.naive.checks import counted, missed_hours

CHICAGO = ZoneInfo("America/Chicago")


def looked_at(calls: list[datetime], month: date, rule: Checks, zone: ZoneInfo = CHICAGO) -> HourCheck:
    first = (month - date(1970, 1, 1)).days * 24
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    hours = (following - month).days * 24
    begin = first - rule.gap_weeks * 168
    counts, exists = wall_counts(counted(calls), zone, begin, first + hours - 1)
    return check_hours("mke-1", counts, exists, begin, hours, rule)


def each_hour(check: HourCheck) -> set[str]:
    out = set()
    for gap in check.gaps:
        hour = datetime.strptime(gap.first, "%Y-%m-%dT%H")  # noqa: DTZ007  (an hour of the clock)
        hours = [(hour + timedelta(hours=i)).strftime("%Y-%m-%dT%H") for i in range(gap.missing)]
        assert hours[-1] == gap.last
        out |= set(hours)
    assert sum(gap.missing for gap in check.gaps) == len(out)
    return out


@settings(max_examples=25)
@given(
    month=st.sampled_from([date(2003, 4, 1), date(2003, 6, 1), date(2003, 10, 1), date(2003, 11, 1)]),
    weeks=st.integers(2, 4),
    least=st.integers(1, 4),
    percent=st.sampled_from([5, 50, 100]),
    begins=st.integers(0, 30),
    seed=st.integers(0, 1 << 32),
)
@example(month=date(2003, 4, 1), weeks=2, least=1, percent=100, begins=0, seed=1)
@example(month=date(2003, 10, 1), weeks=3, least=2, percent=50, begins=0, seed=2)
def test_the_hours_are_those_of_the_rule(
    month: date, weeks: int, least: int, percent: int, begins: int, seed: int
) -> None:
    random = Random(seed)
    start = datetime(month.year, month.month, 1, tzinfo=UTC) - timedelta(weeks=weeks, hours=30) + timedelta(days=begins)
    calls = [
        start + timedelta(hours=hour, seconds=random.randrange(3600))
        for hour in range((weeks * 7 + 34 - begins) * 24)
        for _ in range(random.choice((0, 1, 3, 5)))
    ]
    rule = Checks(weeks, least, percent)
    expected = missed_hours(calls, CHICAGO, month, weeks=weeks, least=least, percent=percent)
    assert each_hour(looked_at(calls, month, rule)) == expected


def steady(first: date, days: int, an_hour: int = 10) -> list[datetime]:
    """Return so many calls every hour, by the clock of UTC."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return [start + timedelta(hours=hour, minutes=i) for hour in range(days * 24) for i in range(an_hour)]


def test_an_outage_is_one_gap_with_what_was_expected_in_it() -> None:
    out = {datetime(2003, 6, 18, hour, tzinfo=UTC) for hour in (19, 20, 21)}
    calls = [c for c in steady(date(2003, 4, 20), 73) if c.replace(minute=0) not in out]
    found = looked_at(calls, date(2003, 6, 1), Checks(4, 5, 5))
    (gap,) = found.gaps
    assert (gap.first, gap.last, gap.missing) == ("2003-06-18T14", "2003-06-18T16", 3)
    assert (gap.calls, gap.expected) == (0, 30)
    assert (found.hours, found.checked, found.without_history, found.calls) == (720, 720, 0, 717 * 10)


@pytest.mark.parametrize(("calls_then", "gaps"), [(0, 1), (4, 1), (5, 0), (100, 0)])
def test_under_the_share_is_under(calls_then: int, gaps: int) -> None:
    hour = datetime(2003, 6, 18, 19, tzinfo=UTC)
    calls = [c for c in steady(date(2003, 4, 20), 73, 50) if c.replace(minute=0) != hour]
    calls += [hour + timedelta(seconds=i) for i in range(calls_then)]
    assert len(looked_at(calls, date(2003, 6, 1), Checks(4, 50, 10)).gaps) == gaps


def test_a_new_source_says_so_and_misses_nothing() -> None:
    found = looked_at(steady(date(2003, 6, 1), 10), date(2003, 6, 1), Checks(8, 5, 5))
    assert (found.gaps, found.checked) == ((), 0)
    # The first call is at 19:00 of May 31 in Chicago: four of eight weeks are there from that hour on, on June 28.
    assert found.without_history == 720 - (5 + 2 * 24)


def test_a_source_that_falls_silent_is_missed_while_its_weeks_last() -> None:
    calls = steady(date(2003, 4, 1), 61)  # the last on May 31, 19:00 in Chicago
    found = looked_at(calls, date(2003, 6, 1), Checks(4, 5, 5))
    assert found.calls == 0
    assert found.gaps[0].first == "2003-06-01T00"
    assert found.gaps[-1].last < "2003-06-22"  # then three of four weeks are silent too
