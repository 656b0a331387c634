"""Where local days begin: the calendars by which calls are cut at midnight."""

from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.workspace.zones import zone_named

__all__ = ["DAYS", "FIRST_DAY", "LAST_DAY", "date_at", "day_index", "midnights"]

FIRST_DAY: Final = date(1983, 12, 30)
LAST_DAY: Final = date(2100, 1, 5)
"""Calls connect from 1984 to 2099 UTC and last a day at most: these ends cover them in any time zone."""

DAYS: Final = (LAST_DAY - FIRST_DAY).days + 1

_DAY_S: Final = 86_400


@cache
def midnights(zone: str) -> NDArray[np.int64]:
    """Return the instants at which the local days of a time zone begin.

    Parameters
    ----------
    zone : str
        Name in the IANA database.

    Returns
    -------
    (DAYS,) int64, ascending, read-only
        Epoch milliseconds of the first instant of each day from `FIRST_DAY` to `LAST_DAY`. Where a clock
        change leaves midnight out, the day begins at the change; a day left out whole (a change of
        date line) has no length.

    Raises
    ------
    ValueError
        If there is no such time zone.
    """
    info = zone_named(zone)
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=info)
    # Adding days to an aware time keeps the wall clock at midnight.
    days = [first + timedelta(days=i) for i in range(DAYS)]
    offsets = np.fromiter((_offset_s(day) for day in days), np.int64, DAYS)
    epoch_day = (FIRST_DAY - date(1970, 1, 1)).days
    seconds = (epoch_day + np.arange(DAYS, dtype=np.int64)) * _DAY_S - offsets
    # A missing midnight is read with the offset before the change, so it differs from the next day's:
    # only there is a closer look needed (twice a year, not 42,000 times).
    for i in np.flatnonzero(offsets[:-1] != offsets[1:]).tolist():
        seconds[i] = _first_instant(days[i].date(), int(seconds[i]), info)
    out: NDArray[np.int64] = seconds * 1000
    out.flags.writeable = False
    return out


def _offset_s(moment: datetime) -> int:
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError(f"time zone {moment.tzinfo} gives no offset at {moment}")
    return offset.days * _DAY_S + offset.seconds


def _first_instant(day: date, guess_s: int, zone: tzinfo) -> int:
    """Return the first second of a local day, near a guess that is right unless midnight is missing."""
    if datetime.fromtimestamp(guess_s, zone).replace(tzinfo=None) == datetime.combine(day, time()):
        return guess_s
    before, after = guess_s - _DAY_S, guess_s + _DAY_S
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).date() >= day:
            after = middle
        else:
            before = middle
    return after


def day_index(day: date) -> int:
    """Return the place of a day in a calendar, FIRST_DAY being 0; ValueError outside of it."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"found {day}, expected a day from {FIRST_DAY} to {LAST_DAY}")
    return (day - FIRST_DAY).days


def date_at(index: int) -> date:
    """Return the day at a place in a calendar; ValueError outside of it."""
    if not 0 <= index < DAYS:
        raise ValueError(f"found day {index}, expected 0 to {DAYS - 1}")
    return FIRST_DAY + timedelta(days=index)
