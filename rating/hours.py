"""The busy-hour sum: time in use by agreement, end office, class group, day and hour. It only adds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.codes import TCLT_CLASSES, TrafficClass

__all__ = ["GROUPS", "GROUP_OF", "HOURS_OF_A_DAY", "NO_HOURS", "Hours", "merge_hours"]

Ints = NDArray[np.int64]

GROUPS: Final = ("", "tclt", "intralata_toll")
"""Class groups by code; a class that is in none has no rows. SA 4.3.2 adds the two up."""

HOURS_OF_A_DAY: Final = 32
"""Room for the hours of a day: 25 at most, where the clock is put back."""

_FIELDS: Final = {
    "agreement": (45, 16),
    "end_office": (25, 20),
    "group": (23, 2),
    "day": (7, 16),
    "carried": (5, 2),
    "hour": (0, 5),
}
"""Shift and width of each field of a key, as `rating.kernel.hours.accumulate_hours` packs them."""


def _group_of() -> NDArray[np.int8]:
    out = np.zeros(max(TrafficClass) + 1, np.int8)
    out[[int(kind) for kind in TCLT_CLASSES]] = GROUPS.index("tclt")
    out[int(TrafficClass.INTRALATA_TOLL)] = GROUPS.index("intralata_toll")
    out.flags.writeable = False
    return out


GROUP_OF: Final = _group_of()
"""Class group by class."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A table of hours: keys (n,) int64 and ms (n,) int64, the milliseconds in use."""

    keys: Ints
    ms: Ints

    def __len__(self) -> int:
        return len(self.keys)

    def field(self, name: str) -> Ints:
        """Return one field of every key, by name."""
        shift, width = _FIELDS[name]
        return (self.keys >> shift) & ((1 << width) - 1)

    def where(self, chosen: NDArray[np.bool_] | Ints) -> "Hours":
        """Return the chosen rows."""
        return Hours(self.keys[chosen], self.ms[chosen])

    def negated(self) -> "Hours":
        """Return the rows that take these out again."""
        return Hours(self.keys, -self.ms)

    def to_bytes(self) -> bytes:
        """Return the table as little-endian words, for a blob."""
        return np.stack([self.keys, self.ms]).astype("<i8").tobytes()

    @staticmethod
    def from_bytes(blob: bytes) -> "Hours":
        """Read what `to_bytes` wrote."""
        keys, ms = np.frombuffer(blob, "<i8").reshape(2, -1).astype(np.int64)
        return Hours(keys, ms)

    def digest(self) -> str:
        """Return a digest of merged hours, the same in whatever order they were added."""
        return sha256(self.to_bytes()).hexdigest()


NO_HOURS: Final = Hours(np.zeros(0, np.int64), np.zeros(0, np.int64))


def merge_hours(parts: Iterable[Hours]) -> Hours:
    """Add tables up; the result is sorted by key and holds no row that is nothing.

    Any grouping and order of the parts gives the same table, to the bit.
    """
    tables: Sequence[Hours] = [part for part in parts if len(part)]
    if not tables:
        return NO_HOURS
    keys = np.concatenate([table.keys for table in tables])
    ms = np.concatenate([table.ms for table in tables])
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    sums = np.add.reduceat(ms[order], starts)
    return Hours(keys[starts][sums != 0], sums[sums != 0])
