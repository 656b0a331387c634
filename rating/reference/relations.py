"""Which rate centers are local to each other, or extended-area pairs, and on which days."""

from collections import defaultdict
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rating.names import Names
from rating.reference.rows import EasPair, LocalArea, Tables

__all__ = ["LOCAL", "MANDATORY", "OPTIONAL", "RATE_CENTERS", "Relations", "compile_relations", "slot_of"]

LOCAL, MANDATORY, OPTIONAL = 1, 2, 4
_KINDS: Final = {"mandatory": MANDATORY, "optional": OPTIONAL}
RATE_CENTERS: Final = 1 << 24
"""A pair's key is one rate center's code times this, plus the other's."""
_FOREVER: Final = 1 << 30


class Relations(NamedTuple):
    """An open-addressed table of ordered pairs, each with its dated rows.

    relation_slot : (power of two,) int64, the pair's key or -1; relation_first, relation_count :
    its rows; relation_from, relation_through : calendar days; relation_kind : LOCAL, MANDATORY or OPTIONAL.
    """

    relation_slot: NDArray[np.int64]
    relation_first: NDArray[np.int32]
    relation_count: NDArray[np.int32]
    relation_from: NDArray[np.int32]
    relation_through: NDArray[np.int32]
    relation_kind: NDArray[np.int32]


def slot_of(key: int, slots: int) -> int:
    """Return where the search for a pair's key begins; the kernel computes the same."""
    return (((key ^ (key >> 24)) & 0xFF_FFFF) * 40_503 >> 4) & (slots - 1)


def _span(start: date | None, end: date | None, first_day: date) -> tuple[int, int]:
    return (
        -_FOREVER if start is None else (start - first_day).days,
        _FOREVER if end is None else (end - first_day).days,
    )


def _of_areas(rows: tuple[LocalArea, ...], names: Names, first_day: date) -> dict[int, list[tuple[int, int, int]]]:
    """Rate centers that share a mandatory local calling area, for the days on which both are in it."""
    areas: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        code = names.code("rate_center", f"{row.state}|{row.rate_center}")
        areas[row.state, row.area].append((code, *_span(row.from_, row.through, first_day)))
    out: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for members in areas.values():
        for a, a_from, a_through in members:
            for b, b_from, b_through in members:
                start, end = max(a_from, b_from), min(a_through, b_through)
                if a != b and start <= end:
                    out[a * RATE_CENTERS + b].append((start, end, LOCAL))
    return out


def _of_pairs(rows: tuple[EasPair, ...], names: Names, first_day: date) -> dict[int, list[tuple[int, int, int]]]:
    """Extended-area pairs; they hold both ways."""
    out: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row in rows:
        a = names.code("rate_center", f"{row.state_a}|{row.rate_center_a}")
        b = names.code("rate_center", f"{row.state_b}|{row.rate_center_b}")
        dated = (*_span(row.from_, row.through, first_day), _KINDS[row.kind])
        out[a * RATE_CENTERS + b].append(dated)
        out[b * RATE_CENTERS + a].append(dated)
    return out


def compile_relations(tables: Tables, names: Names, first_day: date) -> Relations:
    """Compile `local_areas.csv` and `eas_pairs.csv` (missing ones mean: no relation) into one table."""
    rows = _of_areas(tables.local_areas or (), names, first_day)
    for key, dated in _of_pairs(tables.eas_pairs or (), names, first_day).items():
        rows[key].extend(dated)
    slots = 8
    while slots < 2 * len(rows):
        slots *= 2
    slot = np.full(slots, -1, np.int64)
    first, count = np.zeros(slots, np.int32), np.zeros(slots, np.int32)
    flat: list[tuple[int, int, int]] = []
    for key, dated in rows.items():
        at = slot_of(key, slots)
        while slot[at] >= 0:
            at = (at + 1) & (slots - 1)
        slot[at], first[at], count[at] = key, len(flat), len(dated)
        flat.extend(dated)
    start, end, kind = (np.array([row[i] for row in flat], np.int32) for i in range(3))
    return Relations(slot, first, count, start, end, kind)
