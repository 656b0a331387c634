"""A month's usage of the weighed classes up to each of its days: on which day something was first so."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from rating.facts import Facts, month_days
from rating.isp import base_classes
from rating.month import Row, summed
from rating.sums import actual_days

__all__ = ["Key", "last_used_day", "rows_up_to_each_day"]

Key = tuple[int, ...]


def _by_day(facts: Facts, agreement: str, month: str) -> list[Row]:
    """Return the month's sums by day (`Row.sub` is the day of the month, from 0), computed once."""
    memo: dict[tuple[str, str], list[Row]] = facts.memo.setdefault("rows_by_day", {})
    if (agreement, month) not in memo:
        first, last = month_days(month)
        cells = facts.cells_of(agreement, month)
        weighed = {
            int(kind)
            for interval in facts.timeline(agreement).intervals
            if interval.presumption is not None
            for kind in base_classes(interval.presumption.effect, facts, agreement)
        }
        cells = cells.where(np.isin(cells.field("traffic_class"), sorted(weighed)))
        nothing = np.zeros(len(cells), np.int64)
        actual = actual_days(facts, agreement, month, cells.field("day"))
        starts = [facts.day(first) + i for i in range((last - first).days + 1)]
        memo[agreement, month] = summed(cells, starts, nothing, nothing, actual, nothing)
    return memo[agreement, month]


def rows_up_to_each_day(facts: Facts, agreement: str, month: str) -> Iterator[tuple[date, list[Row]]]:
    """Yield (day, the sums of the month up to and with that day) for every day with usage, in order.

    The rows are those of `rating.sums.month_rows`, of the classes that a presumption weighs, without
    what only prices need: route, gate, calls and billed time.
    """
    first, last = month_days(month)
    subs = facts.timeline(agreement).subperiods(first, last)
    sub_of = [sum(start <= first + timedelta(days=i) for start, _ in subs) - 1 for i in range((last - first).days + 1)]
    of_day: dict[int, list[Row]] = defaultdict(list)
    for row in _by_day(facts, agreement, month):
        of_day[row.sub].append(row)
    sums: dict[Key, int] = defaultdict(int)
    like: dict[Key, Row] = {}
    for day in sorted(of_day):
        for row in of_day[day]:
            key = (row.originator, row.terminator, row.traffic_class, row.lata, sub_of[day], row.isp, row.actual)
            sums[key] += row.ms
            like.setdefault(key, row)
        yield first + timedelta(days=day), [_row(like[key], sub=key[4], ms=ms) for key, ms in sums.items()]


def _row(like: Row, sub: int, ms: int) -> Row:
    return Row(
        like.originator, like.terminator, like.traffic_class, like.lata, sub, (0, 0), like.isp, like.voip, 0,
        like.actual, 0, 0, ms, 0,
    )  # fmt: skip


def last_used_day(facts: Facts, agreement: str, month: str) -> date | None:
    """Return the last day of a month that has usage of these classes."""
    first, _ = month_days(month)
    return max((first + timedelta(days=row.sub) for row in _by_day(facts, agreement, month)), default=None)
