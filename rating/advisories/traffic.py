"""Transit without an arrangement, and callers that cannot be told (A1 66.2.1, DOMAIN section 9)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from rating.codes import TrafficClass
from rating.facts import Facts, month_days
from rating.policy import SWITCHES
from rating.settle import Settled
from rating.transit import Unarranged, arrangements_missing_by_day

__all__ = ["UNIDENTIFIED_WARNING", "arrangements", "unidentified_shares"]

UNIDENTIFIED_WARNING: Final = Decimal("0.10")
"""The unidentified share above which it is told: the engine's own choice (DOMAIN section 11)."""


def arrangements(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each originator and third party between whom transit went without an arrangement.

    `since` is the first day of the month with such a segment; calls are counted on the day of connect.
    """
    found: dict[tuple[str, str, str, str], list[Unarranged]] = {}
    for row in arrangements_missing_by_day(facts, settled.agreement, settled.month):
        found.setdefault((row.code, row.originator, row.third_party, row.clause), []).append(row)
    for (code, originator, third_party, clause), rows in sorted(found.items()):
        yield {
            "code": code,
            "originator": originator,
            "third_party": third_party,
            "since": min(row.day for row in rows).isoformat(),
            "calls": sum(row.calls for row in rows),
            "ms": sum(row.ms for row in rows),
            "clause": clause,
        }


def unidentified_shares(facts: Facts, settled: Settled) -> Iterator[dict[str, Any]]:
    """Yield each group of calls of which more than the share come without a caller's place.

    Groups are those that are priced as one: physical direction and trunk group, none being a group of
    its own, transit apart; the measure is the agreement's, calls or minutes. `since` is the first day
    on which the month so far was over the share.
    """
    cells = facts.cells_of(settled.agreement, settled.month)
    classes = cells.field("traffic_class")
    if not (classes == TrafficClass.UNIDENTIFIED).any():
        return
    cells = cells.where((classes != TrafficClass.TRANSIT) & (classes != TrafficClass.ON_NET))
    first, last = month_days(settled.month)
    measure = facts.policies[settled.agreement].unidentified.measure
    values = cells.calls if measure == "calls" else cells.ms
    keys = (cells.field("originator") << 36) | (cells.field("terminator") << 20) | cells.field("trunk_group")
    groups, group = np.unique(keys, return_inverse=True)
    sums = np.zeros((2, len(groups), (last - first).days + 1), np.int64)
    day = cells.field("day") - facts.day(first)
    np.add.at(sums[0], (group, day), values)
    unknown = cells.field("traffic_class") == TrafficClass.UNIDENTIFIED
    np.add.at(sums[1], (group[unknown], day[unknown]), values[unknown])
    everything, unidentified = sums.cumsum(axis=2)
    numerator, denominator = UNIDENTIFIED_WARNING.as_integer_ratio()
    over = unidentified * denominator > everything * numerator
    unit = "calls" if measure == "calls" else "ms"
    found = [
        {
            "code": "unidentified_share",
            "originator": facts.names.name("party", key >> 36),
            "terminator": facts.names.name("party", (key >> 20) & 0xFFFF),
            "trunk_group": facts.names.name("trunk_group", key & 0xFFFFF) or None,
            "since": (first + timedelta(days=int(over[i].argmax()))).isoformat(),
            f"unidentified_{unit}": int(unidentified[i, -1]),
            f"total_{unit}": int(everything[i, -1]),
            "clause": SWITCHES["unidentified"].source,
        }
        for i, key in enumerate(groups.tolist())
        if over[i, -1]
    ]
    yield from sorted(found, key=lambda row: (row["originator"], row["terminator"], row["trunk_group"] or ""))
