"""Rounding before the line: by the call, or a trunk group's month up to a whole minute (DOMAIN section 9).

Both leave measured time as it is: ratio, cap and usage never see rounded time. They give every cell a
second sum, the time that is billed; where a rule splits a sum's time it splits what is billed in the
same proportion (`rating.settle`).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.apportion import largest_remainder_by_group
from rating.codes import TCLT_CLASSES, Evidence, TrafficClass
from rating.eligibility import month_gates
from rating.facts import Facts, month_days
from rating.faults import RoundingNotKept
from rating.money import MS_PER_MINUTE
from rating.policy import Policy, Rounding, parse_value
from rating.terms.interval import Interval
from rating.usage import Cells

__all__ = ["billed_ms", "rounding_in", "rounding_of"]

Ints = NDArray[np.int64]

_EXACT: Final = Rounding()


def rounding_of(facts: Facts, agreement: str, month: str) -> Rounding:
    """Return how an agreement rounds in a month: as settings or events say, else as its terms on the first day do."""
    return rounding_in(facts.policies[agreement], facts.timeline(agreement).on(month_days(month)[0]))


def rounding_in(policy: Policy, interval: Interval) -> Rounding:
    """Return how an agreement rounds under the terms of an interval."""
    if "rounding" in policy.stated or policy.rounding != _EXACT or interval.rounding is None:
        return policy.rounding
    chosen = parse_value("rounding", interval.rounding.effect.method)
    assert isinstance(chosen, Rounding)
    return chosen


def billed_ms(facts: Facts, agreement: str, month: str) -> Ints:
    """Return the milliseconds that each cell of an agreement's month is billed for, computed once.

    Returns
    -------
    (n,) int64
        By cell, in the order of `facts.cells_of`: measured time where nothing rounds; by the call, the
        time of whole calls gone up to the unit; by the trunk group and month, measured time and the
        cell's part of what its group's total goes up by.

    Raises
    ------
    RoundingNotKept
        If some of the cells were added up without the unit.
    """
    memo: dict[tuple[str, str], Ints] = facts.memo.setdefault("billed_ms", {})
    if (agreement, month) not in memo:
        memo[agreement, month] = _billed(facts, agreement, month)
    return memo[agreement, month]


def _billed(facts: Facts, agreement: str, month: str) -> Ints:
    cells = facts.cells_of(agreement, month)
    rounding = rounding_of(facts, agreement, month)
    if rounding.kind == "exact" or not len(cells):
        return cells.ms
    if rounding.unit_ms is None:
        return cells.ms + _groups_up(facts, agreement, month, cells)
    rounded, covered = cells.rounded(rounding.unit_ms)
    if (covered != cells.ms).any():
        raise RoundingNotKept(
            f"{agreement} {month}: found {int((cells.ms - covered).sum())} ms of calls that were rated before "
            f"{rounding} was asked for, expected each call's time in that unit; "
            f"`ratestream rerate {month}` adds them up again"
        )
    return rounded


def _groups_up(facts: Facts, agreement: str, month: str, cells: Cells) -> Ints:
    """Return each cell's part of what the totals of trunk groups go up by.

    A group's total is that of one payer, payee and trunk group, none being a group of its own. What it
    goes up by is apportioned to its lines by largest remainder, ties as in section 5: LATA, rate
    sub-period, class, and inside them what gates or evidence set apart; inside a line to cells.
    """
    kind = cells.field("traffic_class")
    first, last = month_days(month)
    starts = [facts.day(start) for start, _ in facts.timeline(agreement).subperiods(first, last)]
    sub = np.searchsorted(np.asarray(starts, np.int64), cells.field("day"), side="right") - 1
    latas = facts.names.all("lata")
    rank = np.zeros(len(latas), np.int64)
    rank[sorted(range(len(latas)), key=lambda code: latas[code])] = np.arange(len(latas))
    wide = (kind == TrafficClass.INTRALATA_TOLL) & (cells.field("evidence") == Evidence.ISP)
    wide &= facts.policies[agreement].isp_outside_local
    gate = np.where(np.isin(kind, TCLT_CLASSES) | wide, month_gates(facts, agreement, month), 0)
    incumbent = facts.names.find("party", facts.agreements[agreement].incumbent)
    group = _numbered(np.column_stack([*_ends(cells, incumbent), cells.field("trunk_group")]))
    line = _numbered(np.column_stack([group, rank[cells.field("lata")], sub, kind, gate, wide]))
    counted = np.where(kind == TrafficClass.ON_NET, 0, cells.ms)
    totals, of_line = _sums(group, counted), _sums(line, counted)
    up = -totals % MS_PER_MINUTE
    group_of_line = np.zeros(len(of_line), np.int64)
    group_of_line[line] = group
    shares = largest_remainder_by_group(up, of_line, group_of_line)
    out = largest_remainder_by_group(shares, counted, line)
    assert int(out.sum()) == int(up.sum()), f"{agreement} {month}: rounding lost time"
    return out


def _ends(cells: Cells, incumbent: int) -> tuple[Ints, Ints]:
    """Return codes of payer and payee of each cell: of transit the incumbent is paid, of 8YY the originator."""
    kind, one, other = (cells.field(name) for name in ("traffic_class", "originator", "terminator"))
    back = kind == TrafficClass.ORIGINATING_8YY
    payee = np.where(kind == TrafficClass.TRANSIT, incumbent, np.where(back, one, other))
    return np.where(back, other, one), payee


def _numbered(columns: Ints) -> Ints:
    """Return the position of each row among the distinct rows, in their order."""
    _, inverse = np.unique(columns, axis=0, return_inverse=True)
    return inverse.reshape(-1).astype(np.int64)


def _sums(group: Ints, values: Ints) -> Ints:
    out = np.zeros(int(group.max()) + 1, np.int64)
    np.add.at(out, group, values)
    return out
