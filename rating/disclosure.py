"""Who originated what a statement only shows: toll and carried calls, by operating company (SA 5.3)."""

from typing import Any

import numpy as np

from rating.codes import TrafficClass, name_of
from rating.facts import Facts, month_days
from rating.usage import Cells

__all__ = ["originators"]


def originators(facts: Facts, agreement: str, month: str) -> list[dict[str, Any]]:
    """Return calls and time of the classes whose originator a clause has disclosed, on the days on which it holds.

    A row an originating party and operating company (empty where only the trunk group tells the party);
    calls count on the day of connect.
    """
    cells = facts.cells_of(agreement, month)
    first, last = month_days(month)
    days, kinds = cells.field("day"), cells.field("traffic_class")
    sums: dict[tuple[TrafficClass, int, int], list[int]] = {}
    clauses: dict[TrafficClass, dict[str, None]] = {}
    for start, end, interval in facts.timeline(agreement).between(first, last):
        named = [int(kind) for kind in interval.disclosed]
        if not named:
            continue
        chosen = (days >= facts.day(start)) & (days <= facts.day(end)) & np.isin(kinds, named)
        for key, calls, ms in _by_origin(cells.where(chosen)):
            row = sums.setdefault(key, [0, 0])
            row[0], row[1] = row[0] + calls, row[1] + ms
            clauses.setdefault(key[0], {}).update(dict.fromkeys(interval.disclosed[key[0]]))
    return [
        {
            "class": name_of(kind),
            "originator": facts.names.name("party", party),
            "ocn": facts.names.name("ocn", ocn),
            "calls": calls,
            "ms": ms,
            "clauses": list(clauses[kind]),
        }
        for (kind, party, ocn), (calls, ms) in sorted(
            sums.items(),
            key=lambda row: (row[0][0], facts.names.name("party", row[0][1]), facts.names.name("ocn", row[0][2])),
        )
    ]


def _by_origin(cells: Cells) -> list[tuple[tuple[TrafficClass, int, int], int, int]]:
    """Sum cells by class, originating party and operating company."""
    if not len(cells):
        return []
    columns = [cells.field(name) for name in ("traffic_class", "originator", "orig_ocn")]
    keys, inverse = np.unique((columns[0] << 40) | (columns[1] << 20) | columns[2], return_inverse=True)
    sums = np.zeros((len(keys), 2), np.int64)
    np.add.at(sums, inverse, np.stack([cells.calls, cells.ms], axis=1))
    return [
        ((TrafficClass(key >> 40), key >> 20 & 0xFFFFF, key & 0xFFFFF), calls, ms)
        for key, (calls, ms) in zip(keys.tolist(), sums.tolist(), strict=True)
    ]
