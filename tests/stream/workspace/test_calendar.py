"""Where local days begin."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.workspace.calendar import DAYS, FIRST_DAY, LAST_DAY, date_at, day_index, midnights

ZONES = ["America/Chicago", "America/Los_Angeles", "America/Phoenix", "America/Havana", "Asia/Kathmandu", "UTC"]
HOUR_MS = 3_600_000


def day_of(ms: int, zone: str) -> date:
    return datetime.fromtimestamp(ms // 1000, ZoneInfo(zone)).date()


def test_reaches_from_end_to_end() -> None:
    days = midnights("America/Chicago")
    assert (days.dtype, days.shape) == (np.dtype(np.int64), (DAYS,))
    assert days[0] == datetime(1983, 12, 30, 6, tzinfo=UTC).timestamp() * 1000
    assert days[-1] == datetime(2100, 1, 5, 6, tzinfo=UTC).timestamp() * 1000
    assert (date_at(0), date_at(DAYS - 1)) == (FIRST_DAY, LAST_DAY)
    assert midnights("America/Chicago") is days
    assert not days.flags.writeable


@given(st.integers(0, DAYS - 2), st.sampled_from(ZONES))
def test_a_day_begins_at_its_first_instant(index: int, zone: str) -> None:
    start, day = int(midnights(zone)[index]), date_at(index)
    assert day_index(day) == index
    assert day_of(start, zone) == day
    assert day_of(start - 1000, zone) < day
    assert 22 * HOUR_MS <= int(midnights(zone)[index + 1]) - start <= 26 * HOUR_MS


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", date(2003, 4, 6), 23),
        ("America/Chicago", date(2003, 10, 26), 25),
        ("America/Chicago", date(2003, 6, 14), 24),
        ("America/Sao_Paulo", date(2003, 10, 19), 23),  # the clock goes from 24:00 to 01:00: no midnight
        ("Pacific/Apia", date(2011, 12, 30), 0),  # left out when the date line moved
    ],
)
def test_days_of_other_lengths(zone: str, day: date, hours: int) -> None:
    days, index = midnights(zone), day_index(day)
    assert days[index + 1] - days[index] == hours * HOUR_MS


def test_a_missing_midnight_begins_at_the_change() -> None:
    start = int(midnights("America/Sao_Paulo")[day_index(date(2003, 10, 19))])
    assert start == datetime(2003, 10, 19, 3, tzinfo=UTC).timestamp() * 1000
    # Zones that change their clocks at midnight.
    for zone in ("America/Sao_Paulo", "America/Havana", "Asia/Beirut", "America/Asuncion"):
        days = midnights(zone)
        assert np.all(np.diff(days) > 0)
        for index in np.flatnonzero(np.diff(days) != 24 * HOUR_MS).tolist():
            assert day_of(int(days[index]), zone) == date_at(index)
            assert day_of(int(days[index]) - 1000, zone) == date_at(index) - timedelta(days=1)


def test_outside_of_the_calendar() -> None:
    with pytest.raises(ValueError, match="found 1983-12-29, expected a day from 1983-12-30 to 2100-01-05"):
        day_index(FIRST_DAY - timedelta(days=1))
    with pytest.raises(ValueError, match=f"expected 0 to {DAYS - 1}"):
        date_at(DAYS)


@pytest.mark.parametrize("zone", ["Central", "", "America", "../x"])
def test_no_such_zone(zone: str) -> None:
    with pytest.raises(ValueError, match="expected the name of a time zone"):
        midnights(zone)
