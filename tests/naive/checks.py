"""What is looked at before a close, read off its rules one call and one hour at a time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import combinations
from statistics import median_low
from typing import NamedTuple

__all__ = ["Recorded", "counted", "missed_hours", "missing_numbers", "twins"]


class Recorded(NamedTuple):
    """A billing record."""

    source: int
    called: int
    calling: int | None
    connect_ms: int
    duration_ms: int


def twins(records: Sequence[Recorded]) -> set[frozenset[int]]:
    """Return the pairs of rows: other source, same numbers, connect within 5 s, as long within 2 s."""
    return {
        frozenset((i, j))
        for (i, one), (j, other) in combinations(enumerate(records), 2)
        if one.source != other.source
        and one.calling is not None
        and (one.called, one.calling) == (other.called, other.calling)
        and abs(one.connect_ms - other.connect_ms) <= 5_000
        and abs(one.duration_ms - other.duration_ms) <= 2_000
    }


def missed_hours(
    calls: Sequence[datetime], zone: tzinfo, month: date, *, weeks: int, least: int, percent: int
) -> set[str]:
    """Return the hours of a month, by the clock, that have too few of a source's calls, as ``2003-06-03T14``."""
    by_hour: dict[datetime, int] = {}
    for instant in calls:
        hour = instant.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
        by_hour[hour] = by_hour.get(hour, 0) + 1
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    hour, missed = datetime(month.year, month.month, 1), set()  # noqa: DTZ001  (an hour of the clock)
    begin = hour - timedelta(weeks=weeks)
    first = min((each for each in by_hour if each >= begin), default=None)
    while hour.date() < following:
        before = [hour - timedelta(weeks=week) for week in range(1, weeks + 1)]
        known = [
            by_hour.get(each, 0) for each in before if first is not None and each >= first and _is_hour(each, zone)
        ]
        if _is_hour(hour, zone) and 2 * len(known) >= weeks:
            usual = median_low(known)
            if usual >= least and 100 * by_hour.get(hour, 0) < usual * percent:
                missed.add(hour.strftime("%Y-%m-%dT%H"))
        hour += timedelta(hours=1)
    return missed


def missing_numbers(numbers: set[int]) -> list[int]:
    """Return the numbers between the first and the last that are not there, if four in five steps are by one."""
    if len(numbers) < 5:
        return []
    present = sorted(numbers)
    ones = [number for number in present[1:] if number - 1 in numbers]
    if len(ones) * 5 < (len(present) - 1) * 4:
        return []
    return [number for number in range(present[0], present[-1]) if number not in numbers]


def _is_hour(hour: datetime, zone: tzinfo) -> bool:
    """Return whether a clock has an hour: not the one that it skips in spring."""
    return hour.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == hour


def counted(calls: Sequence[datetime]) -> Mapping[int, int]:
    """Return calls by hours since 1970 UTC."""
    out: dict[int, int] = {}
    for instant in calls:
        out[int(instant.timestamp()) // 3600] = out.get(int(instant.timestamp()) // 3600, 0) + 1
    return out
