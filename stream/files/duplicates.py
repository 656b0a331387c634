"""Which records were duplicates, so that they can be offered again once the record that stands is taken out.

A duplicate's identity and fields are those of the record that stands, wherever that is; so it is kept as
its identity's fingerprint and its own place: 48 bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from rating.codes import Outcome
from stream.books import tables as t
from stream.books.store import Store
from stream.engine import Result

__all__ = ["COLUMNS", "Duplicates", "add_duplicates", "drop_duplicates", "duplicates", "keep_duplicates", "rows_of"]

Ints = NDArray[np.int64]

COLUMNS: Final = ("fingerprint", "utc_day", "at", "line", "duration_ms", "source")
"""What a row of a blob holds: the identity, where its bytes begin in its file, and for conservation its time and
the code of its source."""


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The duplicates of one batch of a file: `table` (n, 6) int64, columns `COLUMNS`."""

    id: int
    file: int
    receipt_ms: int
    table: Ints

    def field(self, name: str) -> Ints:
        """Return one column."""
        column: Ints = self.table[:, COLUMNS.index(name)]
        return column

    @property
    def fingerprint(self) -> NDArray[np.uint64]:
        """The identities' fingerprints."""
        return np.ascontiguousarray(self.field("fingerprint")).view(np.uint64)


def rows_of(result: Result, rows: Ints, at: Ints, line: Ints) -> Ints:
    """Return (m, 6) rows of some of a batch's records; `at`, `line` (n,) are their places in the file."""
    columns = (
        result.fingerprint.view(np.int64),
        result.utc_day,
        at,
        line,
        result.columns.duration_ms,
        result.source,
    )
    return np.stack([np.asarray(column, np.int64)[rows] for column in columns], axis=1)


def add_duplicates(c: Connection, file: int, receipt_ms: int, table: Ints) -> None:
    """Keep duplicates of a file."""
    if len(table):
        blob = np.ascontiguousarray(table, "<i8").tobytes()
        c.execute(insert(t.duplicates).values(file=file, receipt_ms=receipt_ms, rows=len(table), blob=blob))


def keep_duplicates(c: Connection, result: Result, file: int, receipt_ms: int, at: Ints, line: Ints) -> None:
    """Keep a batch's duplicates."""
    add_duplicates(c, file, receipt_ms, rows_of(result, result.rows(Outcome.DUPLICATE), at, line))


def drop_duplicates(c: Connection, of: Duplicates, dropped: Sequence[int]) -> None:
    """Take some rows out again: they are duplicates no longer."""
    kept = np.delete(of.table, list(dropped), axis=0)
    mine = t.duplicates.c.id == of.id
    if not len(kept):
        c.execute(delete(t.duplicates).where(mine))
        return
    blob = np.ascontiguousarray(kept, "<i8").tobytes()
    c.execute(update(t.duplicates).where(mine).values(rows=len(kept), blob=blob))


def duplicates(store: Store, which: Callable[[Any], Any] | None = None) -> Iterator[Duplicates]:
    """Yield the duplicates that are kept, a batch at a time, in the order in which they came."""
    query = select(t.duplicates).order_by(t.duplicates.c.receipt_ms, t.duplicates.c.id)
    with store.reading() as c:
        for row in c.execute(query if which is None else query.where(which(t.duplicates.c))):
            table = np.frombuffer(row.blob, "<i8").reshape(-1, len(COLUMNS)).astype(np.int64)
            yield Duplicates(row.id, row.file, row.receipt_ms, table)
