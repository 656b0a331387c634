"""Statements as they are today, of open months and closed ones."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from stream.books.issuing import make_statement
from stream.books.store import Store
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["current_statements"]


def current_statements(
    workspace: Workspace, store: Store, agreements: Iterable[str], month: str, as_known_at: date
) -> list[dict[str, Any]]:
    """Return each agreement's statement of a month, made now from what is loaded, as known on a day.

    It says ``provisional``: what is closed is what `close` issued, and stands in the store.
    """
    facts = make_facts(workspace, store.names(), store, as_known_at)
    return [make_statement(workspace, facts, name, month, "provisional") for name in agreements]
