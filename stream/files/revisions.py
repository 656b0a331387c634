"""How often calls were decided before: asked when one that was backed out comes in again."""

from collections.abc import Mapping
from typing import Final

import pyarrow.parquet as pq
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store
from stream.errors import BadInput

__all__ = ["Identity", "last_decisions"]

Identity = tuple[str, str, int]
"""Source, record id, UTC day of connect."""

_DAY_MS: Final = 86_400_000


def last_decisions(store: Store) -> Mapping[Identity, int]:
    """Return the number of the last decision of each call that a correction decided, as taking it out is one.

    Raises
    ------
    BadInput
        If a segment that the manifest names is missing.
    """
    with store.reading() as c:
        corrections = t.archive.c.layer.not_like("file:%")
        paths = c.execute(select(t.archive.c.path).where(corrections).order_by(t.archive.c.id)).scalars().all()
    out: dict[Identity, int] = {}
    for path in paths:
        try:
            table = pq.read_table(store.folder / path, columns=["source", "record_id", "connect_ms", "rev"])
        except FileNotFoundError as error:
            raise BadInput(
                "the file is missing, expected a segment that the store's manifest names", file=store.folder / path
            ) from error
        columns = (table.column(name).to_pylist() for name in ("source", "record_id", "connect_ms", "rev"))
        for source, record, connect_ms, rev in zip(*columns, strict=True):
            key = (source, record, connect_ms // _DAY_MS)
            out[key] = max(rev, out.get(key, -1))
    return out
