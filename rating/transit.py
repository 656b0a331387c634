"""Exceptions of carried traffic: arrangements that are missing, on-net calls on an agreement's trunks."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from rating.codes import TrafficClass
from rating.facts import Facts
from rating.month import Row

__all__ = ["arrangements_missing", "arrangements_missing_by_day", "on_net_on_trunk"]


class Unarranged(NamedTuple):
    """A day's transit without an arrangement: the exception's code, who sent it to whom, by which clause."""

    code: str
    originator: str
    third_party: str
    clause: str
    day: date
    calls: int
    ms: int


def _arranged(facts: Facts, originator: str, third_party: str, state: str, day: date) -> bool:
    return any(
        (row.originator, row.third_party, row.state) == (originator, third_party, state)
        and (row.from_ is None or row.from_ <= day)
        and (row.through is None or day <= row.through)
        for row in facts.tables.arrangements or ()
    )


def arrangements_missing(facts: Facts, agreement: str, month: str) -> list[dict[str, Any]]:
    """Return transit that an originator sent on without an arrangement with the third party (A1 66.2.1)."""
    out: dict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for found in arrangements_missing_by_day(facts, agreement, month):
        sums = out[found.code, found.originator, found.third_party, found.clause]
        sums[0] += found.calls
        sums[1] += found.ms
    return [
        {"code": code, "originator": originator, "third_party": third, "clause": clause, "calls": calls, "ms": ms}
        for (code, originator, third, clause), (calls, ms) in sorted(out.items())
    ]


def arrangements_missing_by_day(facts: Facts, agreement: str, month: str) -> list[Unarranged]:
    """Return each day's transit of an originator that has no arrangement with the third party, computed once.

    Only where a settlement duty is in force between the agreement's parties that day, the originator
    is one of them, and the third party is of a kind that the clause names. Each segment counts by its
    own day, calls on the day of connect. `arrangements.csv` missing: no test.
    """
    memo: dict[tuple[str, str], list[Unarranged]] = facts.memo.setdefault("arrangements_missing", {})
    if (agreement, month) not in memo:
        memo[agreement, month] = list(_unarranged(facts, agreement, month))
    return memo[agreement, month]


def _unarranged(facts: Facts, agreement: str, month: str) -> Iterator[Unarranged]:
    if facts.tables.arrangements is None:
        return
    cells = facts.cells_of(agreement, month)
    cells = cells.where(cells.field("traffic_class") == TrafficClass.TRANSIT)
    parties = facts.agreements[agreement]
    timeline = facts.timeline(agreement)
    keys = np.stack([cells.field(name) for name in ("originator", "terminator", "day")], axis=1)
    triples, inverse = np.unique(keys, axis=0, return_inverse=True)
    sums = np.zeros((len(triples), 2), np.int64)
    np.add.at(sums, inverse.reshape(-1), np.stack([cells.calls, cells.ms], axis=1))
    for (originator_code, third_code, day_code), (calls, ms) in zip(triples.tolist(), sums.tolist(), strict=True):
        originator = facts.names.name("party", originator_code)
        third = facts.names.name("party", third_code)
        day = facts.date(day_code)
        if originator not in (parties.party_a, parties.party_b):
            continue
        for duty in timeline.on(day).duties:
            named = facts.kinds[third] in duty.effect.third_party
            if named and not _arranged(facts, originator, third, parties.state, day):
                yield Unarranged(duty.effect.exception, originator, third, duty.source, day, calls, ms)


def on_net_on_trunk(facts: Facts, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return on-net calls that came over a trunk group of the agreement, by party."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        if row.traffic_class is TrafficClass.ON_NET:
            sums[row.originator][0] += row.calls
            sums[row.originator][1] += row.ms
    return [
        {
            "code": "on_net_on_trunk",
            "originator": facts.names.name("party", party),
            "third_party": facts.names.name("party", party),
            "calls": calls,
            "ms": ms,
        }
        for party, (calls, ms) in sorted(sums.items())
    ]
