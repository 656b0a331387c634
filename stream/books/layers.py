"""The layers of usage that corrections wrote: which there are, and which a statement was made with."""

from typing import Any, Final

import orjson
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store

__all__ = ["BACKOUT", "CAUSES", "CORRECTIONS", "RERATE", "RESOLVE", "correction_layers", "covered", "next_rerate"]

RERATE: Final = "rerate:"
"""What the layers of `rerate` are called, before the number of the run.

Calls that a rerate sent to suspense and that came back from there are in a layer of this name too, before
the name of that run: they are no late usage.
"""

BACKOUT: Final = "backout:"
"""What the layers of `backout` are called, before the number of the run."""

RESOLVE: Final = "resolve:"
"""What the layers of `suspense resolve` are called, before the number of the run."""

CAUSES: Final = {RERATE: "rerate", BACKOUT: "backout", RESOLVE: "resolve"}
"""What a true-up calls the difference that layers make, by the beginning of their names, in the order it books it."""

CORRECTIONS: Final = "corrections"
"""The field of an assurance document that names them."""


def correction_layers(store: Store, *kinds: str) -> list[str]:
    """Return the layers that corrections caused, of cells or of archived calls; of some kinds or of all."""
    names: set[str] = set()
    with store.reading() as c:
        for table in (t.cells, t.archive):
            for kind in kinds or CAUSES:
                of_kind = table.c.layer.startswith(kind)
                names |= set(c.execute(select(table.c.layer).where(of_kind).distinct()).scalars())
    return sorted(names)


def next_rerate(store: Store) -> int:
    """Return the number of the next run."""
    numbers = (name.removeprefix(RERATE) for name in correction_layers(store, RERATE))
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=0)


def covered(assurance: bytes) -> frozenset[str]:
    """Return the corrections that a statement was made with, by the document issued beside it."""
    document: dict[str, Any] = orjson.loads(assurance)
    return frozenset(document.get(CORRECTIONS, ()))
