"""Time by LATA and day: the bill's, where its lines are of single days, beside ours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rating.facts import Facts
from stream.desk.reconcile.bill import BillLine
from stream.desk.reconcile.ours import DayKey, time_by_day

__all__ = ["call_day_rows", "day_rows"]

_Key = tuple[str, str, str, date]


def day_rows(facts: Facts, agreement: str, billed: Sequence[BillLine], first: date, last: date) -> list[dict[str, Any]]:
    """Return, by direction, LATA and day, the milliseconds of both sides where they differ.

    Empty where the bill's lines are not of single days. Only the classes that the bill has are compared.
    """
    if not billed or not all(line.first is not None and line.first == line.last for line in billed):
        return []
    kinds, by_lata = {line.kind for line in billed}, any(line.lata for line in billed)
    here, there, slack = defaultdict[_Key, int](int), defaultdict[_Key, int](int), defaultdict[_Key, int](int)
    for (payer, payee, kind, lata, day), ms in time_by_day(facts, agreement, first, last).items():
        if kind in kinds:
            here[payer, payee, lata if by_lata else "", day] += ms
    for line in billed:
        assert line.first is not None
        key = (line.payer, line.payee, line.lata, line.first)
        there[key] += line.ms
        slack[key] += line.slack_ms
    ways = {(line.payer, line.payee) for line in billed}
    return _rows({key: ms for key, ms in here.items() if key[:2] in ways}, there, slack)


def call_day_rows(here: Mapping[DayKey, int], there: Mapping[DayKey, int]) -> list[dict[str, Any]]:
    """Return the same of two sets of calls."""
    sides = (defaultdict[_Key, int](int), defaultdict[_Key, int](int))
    for side, time in zip(sides, (here, there), strict=True):
        for (payer, payee, _, lata, day), ms in time.items():
            side[payer, payee, lata, day] += ms
    return _rows(*sides, {})


def _rows(here: Mapping[_Key, int], there: Mapping[_Key, int], slack: Mapping[_Key, int]) -> list[dict[str, Any]]:
    return [
        {
            "payer": key[0],
            "payee": key[1],
            "lata": key[2] or None,
            "day": key[3].isoformat(),
            "ms_here": here.get(key, 0),
            "ms_there": there.get(key, 0),
            "ms_difference": there.get(key, 0) - here.get(key, 0),
        }
        for key in sorted({*here, *there})
        if abs(here.get(key, 0) - there.get(key, 0)) > slack.get(key, 0)
    ]
