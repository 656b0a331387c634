"""Calls cut at local midnights, against the twin that uses the standard library."""

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rating.kernel.cells import split
from tests import naive

ZONES = (ZoneInfo("America/Chicago"), ZoneInfo("America/Los_Angeles"))
FIRST = date(2003, 3, 1)
DAYS = [FIRST + timedelta(days=i) for i in range(400)]  # both clock changes, twice
MIDNIGHTS = np.array([[naive.midnight_ms(day, zone) for day in DAYS] for zone in ZONES])
SPAN = st.integers(int(MIDNIGHTS[:, 0].max()), int(MIDNIGHTS[:, -5].min()))
EDGE = st.builds(
    lambda day, zone, off: naive.midnight_ms(day, ZONES[zone]) + off,
    st.sampled_from(DAYS[1:-5]), st.integers(0, 1), st.sampled_from((-1, 0, 1, -86_399_999)),
)  # fmt: skip
CALLS = st.tuples(SPAN | EDGE, st.integers(0, 86_400_000) | st.sampled_from((0, 1, 86_400_000)), st.integers(0, 1))


def cut(calls: list[tuple[int, int, int]], *, by_connect: bool = False) -> list[list[tuple[date, int, int]]]:
    """Return (day, distance from the day of connect, ms) of each call's rows."""
    columns = (
        [np.array(column, np.int64) for column in zip(*calls, strict=True)] if calls else [np.zeros(0, np.int64)] * 3
    )
    out = np.empty((4, 3 * len(calls)), np.int64)
    n = split(
        MIDNIGHTS, np.array([by_connect]), np.arange(len(calls)), columns[0], columns[1], columns[2].astype(np.int32),
        np.zeros(len(calls), np.int32), *out,
    )  # fmt: skip
    found: list[list[tuple[date, int, int]]] = [[] for _ in calls]
    for call, day, carried, ms in out[:, :n].T.tolist():
        found[call].append((DAYS[day], carried, ms))
    return found


@given(st.lists(CALLS, max_size=20))
@example([(naive.midnight_ms(date(2003, 10, 26), ZONES[0]), 86_400_000, 0)])  # a day of 25 hours
@example([(naive.midnight_ms(date(2003, 4, 6), ZONES[0]) - 1, 86_400_000, 0)])  # one of 23: three days
def test_pieces_equal_the_naive_twin(calls: list[tuple[int, int, int]]) -> None:
    for (connect, duration, zone), rows in zip(calls, cut(calls), strict=True):
        used: Counter[date] = Counter()
        for day, carried, ms in rows:
            assert day == naive.local_day(connect, ZONES[zone]) + timedelta(days=carried)
            used[day] += ms
        assert +used == naive.split_at_midnights(connect, duration, ZONES[zone])


@given(CALLS)
def test_a_call_of_no_duration_is_one_row_of_nothing(call: tuple[int, int, int]) -> None:
    connect, _, zone = call
    assert cut([(connect, 0, zone)]) == [[(naive.local_day(connect, ZONES[zone]), 0, 0)]]


@given(CALLS)
def test_by_connect_all_of_it_is_on_the_day_of_connect(call: tuple[int, int, int]) -> None:
    connect, duration, zone = call
    assert cut([call], by_connect=True) == [[(naive.local_day(connect, ZONES[zone]), 0, duration)]]
