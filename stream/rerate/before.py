"""What was decided of archived calls, in codes, and whether today's decision is another."""

from enum import IntEnum
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from rating.codes import Outcome
from rating.names import Names
from stream.engine import Result
from stream.files.archive import DECIDED, EPOCH_DAY, enum_words
from stream.rerate.columns import integers

__all__ = ["Before", "before_of", "codes", "first_days"]

Ints = NDArray[np.int64]

_NOWHERE: Final = -1


def codes(column: pa.Array, of: type[IntEnum] | list[str]) -> Ints:
    """Return the codes of a column of words; -1 for a word that is none of them."""
    words = of if isinstance(of, list) else enum_words(of)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    found = integers(pc.index_in(coded.dictionary, value_set=pa.array(words, pa.string())))
    return found[integers(coded.indices)]


class Before:
    """The decisions of some archived calls.

    outcome : (n,) int64. placed : mapping of the archive's column to (n,) int64 codes. call, day,
    used_ms : (m,) int64, the segments in order, day as a calendar day. first_day : (n,) int64, the local
    day of connect of a rated call, -1 for others.
    """

    def __init__(self, outcome: Ints, placed: dict[str, Ints], call: Ints, day: Ints, used_ms: Ints) -> None:
        self.outcome = outcome
        self.placed = placed
        self.call = call
        self.day = day
        self.used_ms = used_ms

    @property
    def first_day(self) -> Ints:
        """The local day of connect as it was decided; -1 of a call that is not rated."""
        out = np.full(self.outcome.size, _NOWHERE, np.int64)
        out[self.call[::-1]] = self.day[::-1]
        return out

    def differs(self, result: Result) -> NDArray[np.bool_]:
        """Return which calls today's decision of them places otherwise, or cuts otherwise into days."""
        out: NDArray[np.bool_] = self.outcome != result.outcome
        for column, (row, _) in DECIDED.items():
            out |= self.placed[column] != result.placed[row]
        size = out.size
        counts, now = np.bincount(self.call, minlength=size), np.bincount(result.call, minlength=size)
        out |= counts != now
        # Where both have as many segments these stand in the same order: compare them one by one.
        same = counts == now
        old, new = same[self.call], same[result.call]
        apart = (self.day[old] != result.day[new]) | (self.used_ms[old] != result.used_ms[new])
        out[self.call[old][apart]] = True
        return out


def first_days(rows: pa.RecordBatch) -> Ints:
    """Return the local day of connect of archived calls as decided, -1 of those without segments."""
    days = rows.column("segment_day")
    offsets = integers(days.offsets)
    held = np.append(integers(days.values.cast(pa.int32())), _NOWHERE + EPOCH_DAY) - EPOCH_DAY
    return np.where(np.diff(offsets) > 0, held[np.minimum(offsets[:-1], held.size - 1)], _NOWHERE)


def before_of(rows: pa.RecordBatch, names: Names) -> Before:
    """Return what the archive says was decided of its rows."""
    days = rows.column("segment_day")
    counts = np.diff(integers(days.offsets))
    return Before(
        outcome=codes(rows.column("outcome"), Outcome),
        placed={
            column: codes(rows.column(column), names.all(of) if isinstance(of, str) else of)
            for column, (_, of) in DECIDED.items()
        },
        call=np.repeat(np.arange(rows.num_rows), counts),
        day=integers(days.flatten().cast(pa.int32())) - EPOCH_DAY,
        used_ms=integers(rows.column("segment_ms").flatten()),
    )
