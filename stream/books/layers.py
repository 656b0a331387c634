"""The layers of usage that corrections wrote: which there are, and which a statement was made with."""

from typing import Any, Final

import orjson
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store

__all__ = ["CORRECTIONS", "RERATE", "covered", "next_rerate", "rerate_layers"]

RERATE: Final = "rerate:"
"""What the layers of `rerate` are called, before the number of the run.

Calls that a rerate sent to suspense and that came back from there are in a layer of this name too, before
the name of that run: they are no late usage.
"""

CORRECTIONS: Final = "corrections"
"""The field of an assurance document that names them."""


def rerate_layers(store: Store) -> list[str]:
    """Return the layers that `rerate` caused, of cells or of archived calls."""
    names: set[str] = set()
    with store.reading() as c:
        for table in (t.cells, t.archive):
            names |= set(c.execute(select(table.c.layer).where(table.c.layer.startswith(RERATE)).distinct()).scalars())
    return sorted(names)


def next_rerate(store: Store) -> int:
    """Return the number of the next run."""
    numbers = (name.removeprefix(RERATE) for name in rerate_layers(store))
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=0)


def covered(assurance: bytes) -> frozenset[str]:
    """Return the corrections that a statement was made with, by the document issued beside it."""
    document: dict[str, Any] = orjson.loads(assurance)
    return frozenset(document.get(CORRECTIONS, ()))
