"""A month's cells, summed to what a statement needs: direction, class, LATA, sub-period, route, evidence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import Evidence, TrafficClass
from rating.terms.tariff import Bucket
from rating.usage import MEASURED, Cells

__all__ = ["PRESUMPTION_DOWN", "Row", "by_pairs", "summed"]

Ints = NDArray[np.int64]

PRESUMPTION_DOWN: Final = 4
"""The bit of `Row.actual` for days on which an order of law has the presumption down."""

_EVIDENCE_ISP: Final = int(Evidence.ISP)


@dataclass(frozen=True, slots=True)
class Row:
    """One sum of a month.

    originator, terminator, lata : codes of `rating.names`. sub : position of the rate sub-period.
    bucket : route and jurisdiction. isp : identified as Internet traffic by evidence. voip : flagged.
    gate : position in the list of gates' reasons, 0 none. actual : bits for the parties (1 the agreement's
    first, 2 its second) for whom, as payee, a rebuttal's method holds that day; 4 where an order of law
    has the presumption down. calls, answered, ms : the sums. billed_ms : what prices by the minute are
    for, measured time unless the agreement rounds (`rating.rounding`).
    """

    originator: int
    terminator: int
    traffic_class: TrafficClass
    lata: int
    sub: int
    bucket: Bucket
    isp: bool
    voip: bool
    gate: int
    actual: int
    calls: int
    answered: int
    ms: int
    billed_ms: int


def by_pairs(a: Ints, b: Ints, value: Callable[[int, int], int]) -> Ints:
    """Return ``value(a[i], b[i])`` for every i, computing each distinct pair once; b below 2**32."""
    pairs, inverse = np.unique((a << 32) | b, return_inverse=True)
    values = np.array([value(int(pair) >> 32, int(pair) & 0xFFFF_FFFF) for pair in pairs], np.int64)
    return values[inverse] if len(pairs) else np.zeros(0, np.int64)


def summed(
    cells: Cells, sub_starts: Sequence[int], route: Ints, gate: Ints, actual: Ints, billed_ms: Ints
) -> list[Row]:
    """Sum one month's cells of one agreement.

    Parameters
    ----------
    cells : Cells
        Of one agreement, on days of one month.
    sub_starts : ascending calendar days
        The first day of each rate sub-period; the first is the month's first day.
    route, gate, actual, billed_ms : (n,) int64
        By cell: how the call came, which gate closes it, for whom a rebuttal's method holds that day,
        what it is billed for.
    """
    sub = np.searchsorted(np.asarray(sub_starts, np.int64), cells.field("day"), side="right") - 1
    high = (
        (cells.field("originator") << 40)
        | (cells.field("terminator") << 24)
        | (cells.field("traffic_class") << 16)
        | cells.field("lata")
    )
    low = (
        (sub << 16)
        | (route << 12)
        | (cells.field("jurisdiction") << 8)
        | ((cells.field("evidence") == _EVIDENCE_ISP).astype(np.int64) << 7)
        | (cells.field("voip") << 6)
        | (gate << 3)
        | actual
    )
    if not len(cells):
        return []
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    values = np.column_stack([cells.values[:, :MEASURED], billed_ms])[order]
    starts = np.flatnonzero(np.r_[True, (high[1:] != high[:-1]) | (low[1:] != low[:-1])])
    sums = np.add.reduceat(values, starts, axis=0)
    return [
        Row(
            h >> 40,
            (h >> 24) & 0xFFFF,
            TrafficClass((h >> 16) & 0xFF),
            h & 0xFFFF,
            w >> 16,
            ((w >> 12) & 3, (w >> 8) & 3),
            bool(w >> 7 & 1),
            bool(w >> 6 & 1),
            w >> 3 & 7,
            w & 7,
            calls,
            answered,
            ms,
            billed,
        )
        for h, w, (calls, answered, ms, billed) in zip(
            high[starts].tolist(), low[starts].tolist(), sums.tolist(), strict=True
        )
    ]
