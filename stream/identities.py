"""What has been seen, by UTC day of connect: in memory while a run touches the day, in the store for ever.

An entry is 16 bytes (`rating.kernel.identity`); tables are filled to between 53% and 80% and grow by
half, so a record costs 24 bytes on average.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rating.kernel import identity
from stream.errors import InvariantBroken

__all__ = ["RATED", "SUSPENDED", "Identities"]

RATED, SUSPENDED, WRITTEN_OFF, BACKED_OUT = 0, 1, 2, 3

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

_SMALLEST: Final = 64


@dataclass(slots=True)
class _Day:
    table: Words
    info: Words
    count: int

    def grow(self, more: int) -> None:
        """Make room for so many more entries."""
        size = self.table.size
        while (self.count + more) * 5 > size * 4:
            size = size * 3 // 2
        if size != self.table.size:
            table, info = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
            identity.rehash(self.table, self.info, table, info)
            self.table, self.info = table, info


class Identities:
    """The identity set of a store.

    Parameters
    ----------
    load : callable (day) -> (k, 2) uint64
        The entries that the store holds of a UTC day, oldest first; of one given twice the last stands.
    """

    def __init__(self, load: Callable[[int], Words]) -> None:
        self._load = load
        self._days: dict[int, _Day] = {}
        self._entered: dict[int, list[Words]] = {}
        self._marked: list[tuple[int, Words, NDArray[np.int64]]] = []

    def _day(self, day: int) -> _Day:
        found = self._days.get(day)
        if found is None:
            entries = self._load(day)
            size = _SMALLEST
            while len(entries) * 3 > size * 2:
                size = size * 3 // 2
            found = _Day(np.zeros(size, np.uint64), np.zeros(size, np.uint64), 0)
            table, info = np.ascontiguousarray(entries[:, 0]), np.ascontiguousarray(entries[:, 1])
            found.count = int(identity.rehash(table, info, found.table, found.info))
            self._days[day] = found
        return found

    def offer(self, rows: Ints, utc_day: Ints, fingerprint: Words, digest: Words) -> NDArray[np.int8]:
        """Look records up in order of arrival and enter what is new.

        Returns
        -------
        (n,) int8
            `NEW`, `DUPLICATE` or `CONFLICT` of `rating.kernel.identity` at each of `rows`.
        """
        verdict = np.zeros(utc_day.size, np.int8)
        for day, of_day in _by_day(rows, utc_day):
            table = self._day(day)
            table.grow(of_day.size)
            entered = identity.offer(table.table, table.info, of_day, fingerprint, digest, verdict)
            table.count += int(entered)
            if entered:
                self._entered.setdefault(day, []).append(fingerprint[of_day[verdict[of_day] == identity.NEW]])
        return verdict

    def mark(self, rows: Ints, utc_day: Ints, fingerprint: Words, state: int) -> None:
        """Set the state of entries that are there; InvariantBroken if one is not."""
        for day, of_day in _by_day(rows, utc_day):
            table = self._day(day)
            fingerprints = np.ascontiguousarray(fingerprint[of_day])
            before = np.empty(of_day.size, np.int64)
            identity.state_of(table.table, table.info, fingerprints, before)
            self._marked.append((day, fingerprints, before))
            missing = identity.mark(table.table, table.info, fingerprints, np.full(of_day.size, state, np.int64))
            if missing:
                raise InvariantBroken(f"{missing} of {of_day.size} records to mark have no identity on UTC day {day}")

    def states(self, rows: Ints, utc_day: Ints, fingerprint: Words) -> NDArray[np.int64]:
        """Return the state of each of `rows` at its own place, -1 for one that has no entry and for other rows."""
        out = np.full(utc_day.size, -1, np.int64)
        for day, of_day in _by_day(rows, utc_day):
            table = self._day(day)
            found = np.empty(of_day.size, np.int64)
            identity.state_of(table.table, table.info, np.ascontiguousarray(fingerprint[of_day]), found)
            out[of_day] = found
        return out

    def forget(self) -> None:
        """Let go of the days in which nothing was entered or marked since the last commit."""
        touched = {*self._entered, *(day for day, _, _ in self._marked)}
        self._days = {day: table for day, table in self._days.items() if day in touched}

    def changes(self) -> Iterator[tuple[int, Words]]:
        """Yield (day, (k, 2) entries) of what was entered or marked since the last commit."""
        touched: dict[int, list[Words]] = {day: list(parts) for day, parts in self._entered.items()}
        for day, fingerprints, _ in self._marked:
            touched.setdefault(day, []).append(fingerprints)
        for day, parts in sorted(touched.items()):
            table = self._days[day]
            fingerprints = np.unique(np.concatenate(parts))
            info = np.empty(fingerprints.size, np.uint64)
            identity.info_of(table.table, table.info, fingerprints, info)
            yield day, np.stack([fingerprints, info], axis=1)

    def commit(self) -> None:
        """Keep what was entered and marked."""
        self._entered.clear()
        self._marked.clear()

    def abort(self) -> None:
        """Take out again what was entered, and undo the marks, since the last commit."""
        for day, fingerprints, before in reversed(self._marked):
            table = self._days[day]
            identity.mark(table.table, table.info, fingerprints, before)
        for day, parts in self._entered.items():
            table = self._days[day]
            for fingerprints in parts:
                identity.remove(table.table, table.info, fingerprints)
                table.count -= fingerprints.size
        self.commit()

    @property
    def memory(self) -> tuple[int, int]:
        """Return (entries, bytes) held."""
        return sum(day.count for day in self._days.values()), sum(day.table.nbytes * 2 for day in self._days.values())


def _by_day(rows: Ints, utc_day: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield (day, rows of it), each in order of arrival."""
    if not rows.size:
        return
    days = utc_day[rows]
    first = int(days.min())
    if int(days.max()) - first < 1 << 16:  # a radix sort, where the spread allows it
        order = np.argsort((days - first).astype(np.uint16), kind="stable")
    else:
        order = np.argsort(days, kind="stable")
    ordered = rows[order]
    days = days[order]
    starts = np.flatnonzero(np.r_[True, days[1:] != days[:-1]])
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), days.size], strict=True):
        yield int(days[start]), np.ascontiguousarray(ordered[start:end])
