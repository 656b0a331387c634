"""What people took out of the books: the log of `backout`, which is append-only."""

from typing import Any

from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store

__all__ = ["backout_log"]


def backout_log(store: Store) -> list[dict[str, Any]]:
    """Return what was backed out, when, by whom and why, oldest first."""
    query = select(t.backouts, t.files.c.path, t.files.c.sha256).join(t.files, t.files.c.file == t.backouts.c.file)
    with store.reading() as c:
        rows = c.execute(query.order_by(t.backouts.c.run)).mappings().all()
    return [{str(name): value for name, value in row.items()} for row in rows]
