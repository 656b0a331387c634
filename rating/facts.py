"""Everything that a statement is a function of, in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Final

from rating.hours import NO_HOURS, Hours
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import Agreement, Tables
from rating.terms.events import Event, IncumbentFailure, InterconnectionStarted, RebuttalDecided, RebuttalFiled
from rating.terms.interval import Timeline
from rating.terms.model import Instrument
from rating.terms.standing import known_events
from rating.terms.timeline import resolve
from rating.usage import Cells

__all__ = ["Facts", "month_before", "month_days", "months_before", "period_name"]


def month_days(month: str) -> tuple[date, date]:
    """Return the first and last day of a month written ``2003-06``; ValueError if it is none."""
    first = date.fromisoformat(f"{month}-01")
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


_MONTHS_OF: Final = {"year": 12, "quarter": 3, "month": 1}


def months_before(month: str, period: str) -> list[str]:
    """Return the months before a month in its calendar period: ``(2003-06, quarter) -> [2003-04, 2003-05]``."""
    year, number = month[:4], int(month[5:])
    first = number - (number - 1) % _MONTHS_OF[period]
    return [f"{year}-{m:02d}" for m in range(first, number)]


def month_before(month: str, back: int) -> str:
    """Return the month so many before a month: ``(2004-01, 2) -> 2003-11``."""
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 - back, 12)
    return f"{year}-{number + 1:02d}"


def period_name(month: str, period: str) -> str:
    """Return the name of a month's calendar period: ``2003``, ``2003-Q2`` or ``2003-06``."""
    quarter = f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
    return {"year": month[:4], "quarter": quarter, "month": month}[period]


_READ_BY_RULES: Final = (RebuttalFiled, RebuttalDecided, InterconnectionStarted, IncumbentFailure)


def _no_hours(_agreement: str, _month: str) -> Hours:
    return NO_HOURS


@dataclass(frozen=True)
class Facts:
    """Cells, terms, events, policies and tables, as known on a day.

    tables : Tables
        As known on `as_known_at` already.
    events : tuple of Event
        All of the workspace's; what is not known yet is left out when terms are resolved.
    policies : mapping of agreement to Policy
        As known on `as_known_at`.
    cells_of : callable (agreement, month) -> Cells
        The merged cells of an agreement in a month, all layers together.
    first_day : date
        The day that position 0 of a cell's service day stands for.
    hours_of : callable (agreement, month) -> Hours
        The merged busy-hour sum likewise; nothing by default.
    memo : dict
        What has been derived from the rest, so that a year of months resolves it once.
    """

    tables: Tables
    instruments: tuple[Instrument, ...]
    events: tuple[Event, ...]
    policies: Mapping[str, Policy]
    names: Names
    cells_of: Callable[[str, str], Cells]
    first_day: date
    as_known_at: date
    hours_of: Callable[[str, str], Hours] = _no_hours
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def agreements(self) -> dict[str, Agreement]:
        """Agreements by name."""
        return {row.agreement: row for row in self.tables.agreements}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Each party's kind: ilec, clec, ico, cmrs or ixc."""
        return {row.party: row.kind for row in self.tables.parties}

    @cached_property
    def known_events(self) -> list[Event]:
        """The events known on the day, in the order in which they became known."""
        return known_events(self.events, self.as_known_at)

    @cached_property
    def read_by_rules(self) -> list[Event]:
        """The known events that rules read themselves; all others act through the terms."""
        return [event for event in self.known_events if isinstance(event, _READ_BY_RULES)]

    def values_as(self, other: "Facts", agreement: str) -> bool:
        """Whether an agreement's months have the same value under other facts: the same terms, events and tables."""
        return (
            self.tables is other.tables
            and self.cells_of is other.cells_of
            and self.policies[agreement] == other.policies[agreement]
            and self.read_by_rules == other.read_by_rules
            and self.timeline(agreement).intervals == other.timeline(agreement).intervals
        )

    def timeline(self, agreement: str) -> Timeline:
        """Resolve an agreement's terms, once."""
        cache: dict[str, Timeline] = self.memo.setdefault("timelines", {})
        if agreement not in cache:
            cache[agreement] = resolve(
                self.agreements[agreement],
                self.instruments,
                self.events,
                self.policies[agreement],
                self.as_known_at,
            )
        return cache[agreement]

    def forget(self, agreement: str) -> None:
        """Drop what has been derived for an agreement, so that a run over many holds that of one alone."""

        def is_of(key: object) -> bool:
            return key == agreement or (isinstance(key, tuple) and agreement in key)

        for name in [key for key in self.memo if is_of(key)]:
            del self.memo[name]
        for table in self.memo.values():
            if isinstance(table, dict):
                for key in [key for key in table if is_of(key)]:
                    del table[key]

    def day(self, day: date) -> int:
        """Return a date as a calendar day."""
        return (day - self.first_day).days

    def date(self, day: int) -> date:
        """Return a calendar day as a date."""
        return self.first_day + timedelta(days=day)
