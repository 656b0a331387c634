"""Usage cells: the sufficient statistic. They only add, so they merge in any order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["EMPTY", "Cells", "merge"]

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


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of cells: keys (n, 3) and values (n, 3) of calls, answered calls and milliseconds, all int64."""

    keys: Ints
    values: Ints

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

    def where(self, chosen: NDArray[np.bool_] | Ints) -> "Cells":
        """Return the chosen cells."""
        return Cells(self.keys[chosen], self.values[chosen])

    def negated(self) -> "Cells":
        """Return the cells that take these out again."""
        return Cells(self.keys, -self.values)

    def to_bytes(self) -> bytes:
        """Return the table as little-endian column words, for a blob."""
        return np.hstack([self.keys, self.values]).astype("<i8").tobytes()

    @staticmethod
    def from_bytes(blob: bytes) -> "Cells":
        """Read what `to_bytes` wrote."""
        table = np.frombuffer(blob, "<i8").reshape(-1, 6).astype(np.int64)
        return Cells(np.ascontiguousarray(table[:, :3]), np.ascontiguousarray(table[:, 3:]))

    def digest(self) -> str:
        """Return a digest of merged cells, the same in whatever order they were added."""
        return sha256(self.to_bytes()).hexdigest()


EMPTY: Final = Cells(np.zeros((0, 3), np.int64), np.zeros((0, 3), np.int64))


def merge(parts: Iterable[Cells]) -> Cells:
    """Add tables up; the result is sorted by key and holds no cell that is nothing.

    Any grouping and order of the parts gives the same table, to the bit.
    """
    tables: Sequence[Cells] = [part for part in parts if len(part)]
    if not tables:
        return EMPTY
    keys = np.concatenate([table.keys for table in tables])
    values = np.concatenate([table.values for table in tables])
    order = np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0]))
    keys, values = keys[order], values[order]
    starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]).any(axis=1)])
    sums = np.add.reduceat(values, starts, axis=0)
    kept = sums.any(axis=1)
    return Cells(np.ascontiguousarray(keys[starts][kept]), np.ascontiguousarray(sums[kept]))
