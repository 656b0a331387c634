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

__all__ = ["AGAIN", "BACKED_OUT", "RATED", "SUSPENDED", "WRITTEN_OFF", "Identities"]

RATED, SUSPENDED, WRITTEN_OFF, BACKED_OUT = 0, 1, 2, 3
AGAIN: Final = 3
"""A verdict beside those of `rating.kernel.identity`: new, and an earlier record of the identity was backed out."""

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]

_SMALLEST: Final = 64


@dataclass(slots=True)
class _Day:
    table: Words
    info: Words
    count: int
    freed: bool = False  # whether an entry may be backed out

    def grow(self, more: int) -> None:
        """Make room for so many more entries."""
        size = self.table.size
        while (self.count + more) * 5 > size * 4:
            size = size * 3 // 2
        if size != self.table.size:
            table, info = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
            identity.rehash(self.table, self.info, table, info)
            self.table, self.info = table, info


@dataclass(frozen=True, slots=True)
class _Entered:
    """Fingerprints that were entered, and the backed-out entries (with their info) that they took the place of."""

    day: int
    fingerprints: Words
    freed: Words
    info: Words


@dataclass(frozen=True, slots=True)
class _Marked:
    """Fingerprints that were marked, and their states before."""

    day: int
    fingerprints: Words
    before: Ints


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
        self._journal: list[_Entered | _Marked] = []

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
            found.freed = bool(((entries[:, 1] & np.uint64(3)) == BACKED_OUT).any())
            self._days[day] = found
        return found

    def offer(self, rows: Ints, utc_day: Ints, fingerprint: Words, digest: Words) -> NDArray[np.int8]:
        """Look records up in order of arrival and enter what is new.

        Returns
        -------
        (n,) int8
            `NEW`, `DUPLICATE` or `CONFLICT` of `rating.kernel.identity` at each of `rows`, or `AGAIN`.
        """
        verdict = np.zeros(utc_day.size, np.int8)
        for day, of_day in _by_day(rows, utc_day):
            table = self._day(day)
            freed, info = self._free(table, np.ascontiguousarray(fingerprint[of_day]))
            table.grow(of_day.size)
            entered = identity.offer(table.table, table.info, of_day, fingerprint, digest, verdict)
            table.count += int(entered)
            if entered:
                new = of_day[verdict[of_day] == identity.NEW]
                self._journal.append(_Entered(day, fingerprint[new], freed, info))
                verdict[new[np.isin(fingerprint[new], freed)]] = AGAIN
        return verdict

    @staticmethod
    def _free(table: _Day, fingerprints: Words) -> tuple[Words, Words]:
        """Take those entries out that are backed out, so that their identities are new; return them."""
        if not table.freed:
            return fingerprints[:0], fingerprints[:0]
        states = np.empty(fingerprints.size, np.int64)
        identity.state_of(table.table, table.info, fingerprints, states)
        freed = np.unique(fingerprints[states == BACKED_OUT])
        info = np.empty(freed.size, np.uint64)
        identity.info_of(table.table, table.info, freed, info)
        identity.remove(table.table, table.info, freed)
        table.count -= freed.size
        return freed, info

    def mark(self, rows: Ints, utc_day: Ints, fingerprint: Words, state: int) -> None:
        """Set the state of entries that are there; InvariantBroken if one is not."""
        for day, of_day in _by_day(rows, utc_day):
            table = self._day(day)
            fingerprints = np.ascontiguousarray(fingerprint[of_day])
            before = np.empty(of_day.size, np.int64)
            identity.state_of(table.table, table.info, fingerprints, before)
            self._journal.append(_Marked(day, fingerprints, before))
            table.freed |= state == BACKED_OUT
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
        touched = {step.day for step in self._journal}
        self._days = {day: table for day, table in self._days.items() if day in touched}

    def changes(self) -> Iterator[tuple[int, Words]]:
        """Yield (day, (k, 2) entries) of what was entered or marked since the last commit."""
        touched: dict[int, list[Words]] = {}
        for step in self._journal:
            touched.setdefault(step.day, []).append(step.fingerprints)
        for day, parts in sorted(touched.items()):
            table = self._days[day]
            fingerprints = np.unique(np.concatenate(parts))
            info = np.empty(fingerprints.size, np.uint64)
            identity.info_of(table.table, table.info, fingerprints, info)
            yield day, np.stack([fingerprints, info], axis=1)

    def commit(self) -> None:
        """Keep what was entered and marked."""
        self._journal.clear()

    def abort(self) -> None:
        """Undo what was entered and marked since the last commit, the last first."""
        for step in reversed(self._journal):
            table = self._days[step.day]
            if isinstance(step, _Marked):
                identity.mark(table.table, table.info, step.fingerprints, step.before)
                continue
            identity.remove(table.table, table.info, step.fingerprints)
            rows = np.arange(step.freed.size)
            identity.offer(table.table, table.info, rows, step.freed, step.info, np.zeros(rows.size, np.int8))
            table.count += step.freed.size - step.fingerprints.size
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
