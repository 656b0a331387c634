"""The one place that asks what time it is."""

import time
from datetime import UTC, date, datetime

__all__ = ["now_ms", "timestamp", "today"]


def now_ms() -> int:
    """Return the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()


def timestamp() -> str:
    """Return the time as RFC 3339, to the second, for the log of who did what when."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
