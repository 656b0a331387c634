"""Whether each hour has its calls: a source's hours of connect against the same hour of the weeks before.

The hour is that of the source's clock, the time zone of the agreement that most of its calls are of. It is
a gap where its calls are under a share of the median of the same weekday and hour in the weeks before it,
and that median is not small. The median is the lower one of an even count. Weeks before a source's first
call in them do not count, nor an hour that the clock skipped; where fewer than half of the weeks are left,
nothing is said of the hour. An hour that the clock has twice is one hour.

A share as low as the default tells an outage from a holiday; what is lost within an hour does not show.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.books.checks import HOURS, Gap
from stream.workspace.settings import Checks as Rule

__all__ = ["WEEK_HOURS", "HourCheck", "check_hours", "hour_text", "wall_counts"]

Ints = NDArray[np.int64]

WEEK_HOURS: Final = 168
_HOUR_S: Final = 3600
_DAY_HOURS: Final = 24
_PERCENT: Final = 100
_NONE: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class HourCheck:
    """What was looked at of a source's month: hours in all, those checked, those without enough weeks, gaps."""

    calls: int
    hours: int
    checked: int
    without_history: int
    gaps: tuple[Gap, ...]


@lru_cache(maxsize=64)
def _wall_hours(first: int, last: int, zone: tzinfo) -> tuple[int, ...]:
    """Return the numbers on a clock of the hours since 1970 UTC, as they would be without any change of it.

    Kept, for all sources of a zone have the same.
    """
    local = (datetime.fromtimestamp(hour * _HOUR_S, UTC).astimezone(zone) for hour in range(first, last + 1))
    return tuple(int(each.replace(tzinfo=UTC).timestamp()) // _HOUR_S for each in local)


def hour_text(wall_hour: int) -> str:
    """Return an hour of a clock as ``2003-06-03T14``."""
    return datetime.fromtimestamp(wall_hour * _HOUR_S, UTC).strftime("%Y-%m-%dT%H")


def wall_counts(by_utc_hour: Mapping[int, int], zone: tzinfo, first: int, last: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Return calls by hour of a clock, and which hours the clock has.

    Parameters
    ----------
    by_utc_hour : mapping
        Calls by hours since 1970 UTC.
    first, last : int
        Hours of the clock, inclusive; calls outside are left out.
    """
    counts, exists = np.zeros(last - first + 1, np.int64), np.zeros(last - first + 1, np.bool_)
    begin = first - _DAY_HOURS
    for utc_hour, hour in enumerate(_wall_hours(begin, last + _DAY_HOURS, zone), start=begin):
        if 0 <= (at := hour - first) < counts.size:
            exists[at] = True
            counts[at] += by_utc_hour.get(utc_hour, 0)
    return counts, exists


def check_hours(source: str, counts: Ints, exists: NDArray[np.bool_], first: int, hours: int, rule: Rule) -> HourCheck:
    """Return what is missing in the last hours of a source.

    Parameters
    ----------
    counts, exists : (n,) int64, bool
        Calls by hour of the clock, and whether the clock has the hour; `rule.gap_weeks` weeks and a month.
    first : int
        The first hour's number.
    hours : int
        How many of the last are looked at, those of the month.
    """
    begin = counts.size - hours
    seen = np.flatnonzero(counts)
    known = exists & (np.arange(counts.size) >= (seen[0] if seen.size else counts.size))
    past = np.empty((rule.gap_weeks, hours), np.int64)
    for week in range(1, rule.gap_weeks + 1):
        there = slice(begin - week * WEEK_HOURS, counts.size - week * WEEK_HOURS)
        past[week - 1] = np.where(known[there], counts[there], _NONE)
    past.sort(axis=0)
    weeks = (past != _NONE).sum(axis=0)
    median = past[np.maximum(weeks - 1, 0) // 2, np.arange(hours)]
    mine, is_hour = counts[begin:], exists[begin:]
    enough = is_hour & (2 * weeks >= rule.gap_weeks)
    looked_at = enough & (median >= rule.gap_calls)
    missed = looked_at & (mine * _PERCENT < median * rule.gap_percent)
    return HourCheck(
        calls=int(mine.sum()),
        hours=int(is_hour.sum()),
        checked=int(looked_at.sum()),
        without_history=int((is_hour & ~enough).sum()),
        gaps=tuple(_gaps(source, missed, mine, median, first + begin)),
    )


def _gaps(source: str, missed: NDArray[np.bool_], mine: Ints, median: Ints, first: int) -> list[Gap]:
    """Return the hours that are missed, those on end together."""
    edges = np.flatnonzero(np.diff(np.r_[False, missed, False].astype(np.int8)))
    out = []
    for start, end in edges.reshape(-1, 2).tolist():
        had, expected = int(mine[start:end].sum()), int(median[start:end].sum())
        out.append(Gap(source, HOURS, hour_text(first + start), hour_text(first + end - 1), end - start, had, expected))
    return out
