"""From a workspace and its store to the facts that a statement is a function of."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Sized
from datetime import date
from typing import Final, Generic, TypeVar

from rating.facts import Facts
from rating.hours import NO_HOURS, Hours
from rating.names import Names
from rating.reference.rows import as_known
from rating.usage import EMPTY, Cells
from stream.books.store import Store
from stream.workspace.calendar import FIRST_DAY
from stream.workspace.load import Workspace

__all__ = ["Recent", "make_facts"]


_MOST_CELLS: Final = 4_000_000
"""Rows of usage that are held at once: some 200 MiB of cells."""

_Table = TypeVar("_Table", bound=Sized)


class Recent(Generic[_Table]):
    """Tables by month as they were read last, up to so many rows together; the one in hand is always held."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[tuple[str, str], _Table] = OrderedDict()
        self._rows = 0

    def get(self, key: tuple[str, str], read: Callable[[], _Table]) -> _Table:
        """Return a table, reading it if it is not held."""
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        table = self._held[key] = read()
        self._rows += len(table)
        while self._rows > self._most and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self._rows -= len(oldest)
        return table


def make_facts(
    workspace: Workspace, names: Names, store: Store | None, as_known_at: date, without: Collection[str] = ()
) -> Facts:
    """Return the facts as known on a day; usage is always what is loaded, but for layers `without`."""
    cells, hours = Recent[Cells](_MOST_CELLS), Recent[Hours](_MOST_CELLS)

    def cells_of(agreement: str, month: str) -> Cells:
        code = names.find("agreement", agreement)
        if store is None or code < 0:
            return EMPTY
        return cells.get((agreement, month), lambda: store.cells(code, month, without))

    def hours_of(agreement: str, month: str) -> Hours:
        code = names.find("agreement", agreement)
        if store is None or code < 0:
            return NO_HOURS
        return hours.get((agreement, month), lambda: store.hours(code, month))

    return Facts(
        tables=as_known(workspace.tables, as_known_at),
        instruments=workspace.instruments,
        events=workspace.events,
        policies={row.agreement: workspace.policy(row.agreement, as_known_at) for row in workspace.tables.agreements},
        names=names,
        cells_of=cells_of,
        hours_of=hours_of,
        first_day=FIRST_DAY,
        as_known_at=as_known_at,
    )
