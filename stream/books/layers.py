"""The layers of usage that corrections wrote: which there are, and which a statement was made with."""

from typing import Any, Final

import orjson
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store

__all__ = ["CORRECTIONS", "RERATE", "covered", "rerate_layers"]

RERATE: Final = "rerate:"
"""What the layers of `rerate` are called, before the number of the run."""

CORRECTIONS: Final = "corrections"
"""The field of an assurance document that names them."""


def rerate_layers(store: Store) -> list[str]:
    """Return the layers that `rerate` wrote, of cells or of archived calls, oldest first."""
    names: set[str] = set()
    with store.reading() as c:
        for table in (t.cells, t.archive):
            names |= set(c.execute(select(table.c.layer).where(table.c.layer.startswith(RERATE)).distinct()).scalars())
    return sorted(names, key=lambda name: int(name.removeprefix(RERATE)))


def covered(assurance: bytes) -> frozenset[str]:
    """Return the corrections that a statement was made with, by the document issued beside it."""
    document: dict[str, Any] = orjson.loads(assurance)
    return frozenset(document.get(CORRECTIONS, ()))
