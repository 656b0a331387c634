"""Traffic without a caller's place: spread over the identified, or priced as access (DOMAIN section 9)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from rating.apportion import largest_remainder
from rating.codes import TrafficClass
from rating.facts import Facts, month_days
from rating.policy import Unidentified
from rating.rounding import billed_ms
from rating.usage import MEASURED

__all__ = ["Spread", "mostly_identified", "spread_unidentified", "unidentified_of"]

Spread = tuple[int, int, TrafficClass | None, str, int]
"""Originator, terminator, the class whose price a part takes (None: access), LATA, sub-period."""


def mostly_identified(identified: int, everything: int, policy: Unidentified) -> bool:
    """Whether the identified part of a group is over the threshold."""
    numerator, denominator = policy.threshold.as_integer_ratio()
    left, right = identified * denominator, everything * numerator
    return left > right if policy.strict else left >= right


def unidentified_of(facts: Facts, agreement: str, month: str) -> Unidentified:
    """Return an agreement's policy in a month: as settings or events say, else as its terms on the first day do."""
    policy = facts.policies[agreement]
    ruled = facts.timeline(agreement).on(month_days(month)[0]).unidentified
    if ruled is None or "unidentified" in policy.stated or policy.unidentified != Unidentified():
        return policy.unidentified
    said = ruled.effect
    return Unidentified(said.measure, said.threshold, said.strict, said.spread_over or policy.unidentified.spread_over)


def spread_unidentified(facts: Facts, agreement: str, month: str) -> dict[Spread, tuple[int, int, int, int]]:
    """Return (calls, answered, ms, billed ms) of each part of a month's unidentified traffic.

    Groups are physical direction and trunk group, none being a group of its own; transit stands apart.
    """
    cells = facts.cells_of(agreement, month)
    classes = cells.field("traffic_class")
    if not (classes == TrafficClass.UNIDENTIFIED).any():
        return {}
    chosen = (classes != TrafficClass.TRANSIT) & (classes != TrafficClass.ON_NET)
    billed = billed_ms(facts, agreement, month)[chosen]
    cells = cells.where(chosen)
    first, last = month_days(month)
    starts = [facts.day(start) for start, _ in facts.timeline(agreement).subperiods(first, last)]
    subs = np.searchsorted(np.asarray(starts), cells.field("day"), side="right") - 1
    latas = facts.names.all("lata")
    groups: dict[tuple[int, int, int], dict[tuple[TrafficClass, str, int], list[int]]] = defaultdict(dict)
    columns = (cells.field(name) for name in ("originator", "terminator", "trunk_group", "traffic_class", "lata"))
    values_of = np.column_stack([cells.values[:, :MEASURED], billed]).tolist()
    for *group, kind, lata, sub, values in zip(
        *(column.tolist() for column in columns), subs.tolist(), values_of, strict=True
    ):
        sums = groups[group[0], group[1], group[2]].setdefault((TrafficClass(kind), latas[lata], sub), [0, 0, 0, 0])
        for position, value in enumerate(values):
            sums[position] += value
    out: dict[Spread, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    policy = unidentified_of(facts, agreement, month)
    for (originator, terminator, _), table in groups.items():
        for (kind, lata, sub), values in _parts(table, policy):
            for position, value in enumerate(values):
                out[originator, terminator, kind, lata, sub][position] += value
    return {key: (calls, answered, ms, billed) for key, (calls, answered, ms, billed) in out.items()}


_Part = tuple[tuple[TrafficClass | None, str, int], Sequence[int]]


def _parts(table: Mapping[tuple[TrafficClass, str, int], Sequence[int]], policy: Unidentified) -> list[_Part]:
    """Divide one group: in each LATA and sub-period over the classes there, or all of it to access."""
    unknown = {key: values for key, values in table.items() if key[0] is TrafficClass.UNIDENTIFIED}
    if not unknown:
        return []
    column = 0 if policy.measure == "calls" else 2
    everything = sum(values[column] for values in table.values())
    identified = everything - sum(values[column] for values in unknown.values())
    spreads = mostly_identified(identified, everything, policy)
    order = [TrafficClass[name.upper()] for name in policy.spread_over]
    out: list[_Part] = []
    for (_, lata, sub), values in unknown.items():
        weights = [table.get((kind, lata, sub), (0, 0, 0, 0))[2] for kind in order]
        if not spreads or not sum(weights):
            out.append(((None, lata, sub), values))
            continue
        shares = [largest_remainder(value, weights) for value in values]
        out.extend(((kind, lata, sub), [share[i] for share in shares]) for i, kind in enumerate(order) if weights[i])
    return out
