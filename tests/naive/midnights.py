"""Local days, and calls cut at local midnights (DOMAIN section 4, last paragraph)."""

import calendar
from collections import Counter
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def midnight_ms(day: date, zone: tzinfo) -> int:
    """Return the epoch milliseconds at which a local day starts."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def local_day(epoch_ms: int, zone: tzinfo) -> date:
    """Return the local calendar day of an instant."""
    return (EPOCH + timedelta(milliseconds=epoch_ms)).astimezone(zone).date()


def split_at_midnights(connect_ms: int, duration_ms: int, zone: tzinfo) -> Counter[date]:
    """Return the milliseconds used on each local day that the call touches; days in order."""
    used: Counter[date] = Counter()
    day = local_day(connect_ms, zone)
    while midnight_ms(day, zone) < connect_ms + duration_ms:
        start = max(connect_ms, midnight_ms(day, zone))
        end = min(connect_ms + duration_ms, midnight_ms(day + DAY, zone))
        used[day] += end - start
        day += DAY
    return +used


def zone_named(name: str | None) -> tzinfo:
    """Return the zone of that name; UTC where a state has no agreement, hence no zone."""
    return ZoneInfo(name) if name else UTC


def days_of(month: str) -> list[date]:
    """Return all days of a month written ``2003-06``."""
    year, number = int(month[:4]), int(month[5:7])
    return [date(year, number, day) for day in range(1, calendar.monthrange(year, number)[1] + 1)]


def month_of(day: date) -> str:
    """Return the month a day is in, as ``2003-06``."""
    return f"{day.year:04d}-{day.month:02d}"


def previous_month(month: str) -> str:
    """Return the month before."""
    return month_of(days_of(month)[0] - DAY)


def same_day_later(day: date, months: int) -> date:
    """Return the same day some months later; where it does not exist, that month's last day."""
    years, index = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, index + 1)[1]
    return date(day.year + years, index + 1, min(day.day, last))
