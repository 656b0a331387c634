"""Usage cells: the sufficient statistic. They only add, so they merge in any order.

Beside measured time a cell carries, for each rounding unit that terms in force ask for, the sum of its
calls' time with every whole call gone up to the unit, and the measured time of the calls that were
summed so. The second tells usage that was rated before anybody asked for the unit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["EMPTY", "MEASURED", "Cells", "merge"]

Ints = NDArray[np.int64]

_FIELDS: Final = {
    "agreement": (0, 43, 16),
    "originator": (0, 27, 16),
    "terminator": (0, 11, 16),
    "traffic_class": (0, 7, 4),
    "jurisdiction": (0, 5, 2),
    "evidence": (0, 3, 2),
    "voip": (0, 2, 1),
    "carried": (0, 0, 2),
    "rate_center": (1, 36, 24),
    "lata": (1, 20, 16),
    "trunk_group": (1, 0, 20),
    "day": (2, 40, 20),
    "orig_ocn": (2, 20, 20),
    "term_ocn": (2, 0, 20),
}
"""Word, shift and width of each field of a key, as `rating.kernel.cells.accumulate` packs them."""


MEASURED: Final = 3
"""How many columns of values there are without rounding units: calls, answered calls, milliseconds."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of cells.

    keys : (n, 3) int64. values : (n, 3 + 2 * u) int64: calls, answered calls and milliseconds, then for
    each of the u `units` (milliseconds, ascending) the rounded time and the measured time behind it.
    """

    keys: Ints
    values: Ints
    units: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def field(self, name: str) -> Ints:
        """Return one field of every key, by name."""
        word, shift, width = _FIELDS[name]
        return (self.keys[:, word] >> shift) & ((1 << width) - 1)

    @property
    def calls(self) -> Ints:
        """Segments on the day of connect: a call counts once, there."""
        return self.values[:, 0]

    @property
    def answered(self) -> Ints:
        """Calls of more than no duration, on the day of connect: what a price by the call counts."""
        return self.values[:, 1]

    @property
    def ms(self) -> Ints:
        """Measured milliseconds of conversation."""
        return self.values[:, 2]

    def rounded(self, unit_ms: int) -> tuple[Ints, Ints]:
        """Return (rounded, covered) milliseconds for a unit; what is not covered was not rounded."""
        if unit_ms not in self.units:
            nothing = np.zeros(len(self), np.int64)
            return nothing, nothing
        column = MEASURED + 2 * self.units.index(unit_ms)
        return self.values[:, column], self.values[:, column + 1]

    def where(self, chosen: NDArray[np.bool_] | Ints) -> "Cells":
        """Return the chosen cells."""
        return Cells(self.keys[chosen], self.values[chosen], self.units)

    def negated(self) -> "Cells":
        """Return the cells that take these out again."""
        return Cells(self.keys, -self.values, self.units)

    def to_bytes(self) -> bytes:
        """Return the table as little-endian words, for a blob: how many units, the units, then rows."""
        head = np.array([len(self.units), *self.units], "<i8").tobytes()
        return head + np.hstack([self.keys, self.values]).astype("<i8").tobytes()

    @staticmethod
    def from_bytes(blob: bytes) -> "Cells":
        """Read what `to_bytes` wrote."""
        words = np.frombuffer(blob, "<i8").astype(np.int64)
        count = int(words[0])
        table = words[1 + count :].reshape(-1, 3 + MEASURED + 2 * count)
        units = tuple(words[1 : 1 + count].tolist())
        return Cells(np.ascontiguousarray(table[:, :3]), np.ascontiguousarray(table[:, 3:]), units)

    def digest(self) -> str:
        """Return a digest of merged cells, the same in whatever order they were added."""
        return sha256(self.to_bytes()).hexdigest()


EMPTY: Final = Cells(np.zeros((0, 3), np.int64), np.zeros((0, MEASURED), np.int64))


def _widened(table: Cells, units: tuple[int, ...]) -> Ints:
    """Return a table's values with columns for all of the units; those that it has not are 0."""
    if table.units == units:
        return table.values
    out = np.zeros((len(table), MEASURED + 2 * len(units)), np.int64)
    out[:, :MEASURED] = table.values[:, :MEASURED]
    for unit in table.units:
        to = MEASURED + 2 * units.index(unit)
        out[:, to], out[:, to + 1] = table.rounded(unit)
    return out


def merge(parts: Iterable[Cells]) -> Cells:
    """Add tables up; the result is sorted by key and holds no cell, and no unit, that is nothing.

    Any grouping and order of the parts gives the same table, to the bit.
    """
    tables: Sequence[Cells] = [part for part in parts if len(part)]
    if not tables:
        return EMPTY
    units = tuple(sorted({unit for table in tables for unit in table.units}))
    keys = np.concatenate([table.keys for table in tables])
    values = np.concatenate([_widened(table, units) for table in tables])
    order = np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0]))
    keys, values = keys[order], values[order]
    starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    sums = np.add.reduceat(values, starts, axis=0)
    kept = sums.any(axis=1)
    merged = Cells(np.ascontiguousarray(keys[starts][kept]), np.ascontiguousarray(sums[kept]), units)
    used = tuple(unit for unit in units if any(column.any() for column in merged.rounded(unit)))
    return merged if used == units else Cells(merged.keys, _narrowed(merged, used), used)


def _narrowed(table: Cells, units: tuple[int, ...]) -> Ints:
    """Return a table's values with the columns of some of its units alone."""
    columns = [column for unit in units for column in table.rounded(unit)]
    return np.ascontiguousarray(np.column_stack([table.values[:, :MEASURED], *columns]))
