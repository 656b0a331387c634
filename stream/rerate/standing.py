"""The archived calls that stand: the latest decision of each identity, in batches, by way of the manifest."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stream.engine import Engine
from stream.errors import BadInput
from stream.explain.archived import Manifest
from stream.rerate.columns import columns_of, integers

__all__ = ["Latest", "batches"]

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_ROWS_AT_ONCE: Final = 65_536


def batches(segment: Manifest) -> Iterator[pa.RecordBatch]:
    """Yield a segment's rows, some at a time.

    Raises
    ------
    BadInput
        If the manifest names a file that is not there or cannot be read.
    """
    try:
        with pq.ParquetFile(segment.path) as file:
            yield from file.iter_batches(_ROWS_AT_ONCE)
    except FileNotFoundError as error:
        raise BadInput(
            "the file is missing, expected a segment that the store's manifest names", file=segment.path
        ) from error
    except pa.ArrowInvalid as error:
        raise BadInput(f"cannot be read ({error}), expected a segment of the archive", file=segment.path) from error


class Latest:
    """The number of the decision that stands, of every identity that was decided more than once.

    Parameters
    ----------
    engine : Engine
        Knows the fingerprints of identities; 16 bytes are kept for each call that corrections decided.
    segments : sequence of Manifest
        Those that corrections wrote are read.
    read : callable (Manifest) -> batches, optional
    """

    def __init__(
        self,
        engine: Engine,
        segments: Sequence[Manifest],
        read: Callable[[Manifest], Iterator[pa.RecordBatch]] = batches,
    ) -> None:
        self._engine = engine
        found: list[tuple[Words, Ints]] = []
        for segment in segments:
            if segment.corrects:
                found += [(self.fingerprints(rows)[1], integers(rows.column("rev"))) for rows in read(segment)]
        fingerprints = np.concatenate([np.zeros(0, np.uint64), *(words for words, _ in found)])
        revs = np.concatenate([np.zeros(0, np.int64), *(numbers for _, numbers in found)])
        order = np.lexsort((revs, fingerprints))
        fingerprints, revs = fingerprints[order], revs[order]
        last = np.r_[fingerprints[1:] != fingerprints[:-1], np.ones(min(1, revs.size), np.bool_)]
        self._fingerprints, self._revs = fingerprints[last], revs[last]

    def fingerprints(self, rows: pa.RecordBatch) -> tuple[Ints, Words]:
        """Return UTC day and fingerprint of archived rows."""
        utc_day, fingerprint, _ = self._engine.identify(columns_of(rows), np.arange(rows.num_rows))
        return utc_day, fingerprint

    def numbers(self, fingerprint: Words) -> Ints:
        """Return the number of the decision that stands, -1 of identities that no correction decided."""
        if not self._revs.size:
            return np.full(fingerprint.size, -1, np.int64)
        at = np.minimum(np.searchsorted(self._fingerprints, fingerprint), self._revs.size - 1)
        return np.where(self._fingerprints[at] == fingerprint, self._revs[at], -1)

    def stands(self, fingerprint: Words, rev: Ints) -> NDArray[np.bool_]:
        """Return which decisions no later one of the same identity stands over."""
        stands: NDArray[np.bool_] = rev >= self.numbers(fingerprint)
        return stands
