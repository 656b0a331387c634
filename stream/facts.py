"""From a workspace and its store to the facts that a statement is a function of."""

from collections.abc import Collection
from datetime import date

from rating.facts import Facts
from rating.hours import NO_HOURS, Hours
from rating.names import Names
from rating.reference.rows import as_known
from rating.usage import EMPTY, Cells
from stream.books.store import Store
from stream.workspace.calendar import FIRST_DAY
from stream.workspace.load import Workspace

__all__ = ["make_facts"]


def make_facts(
    workspace: Workspace, names: Names, store: Store | None, as_known_at: date, without: Collection[str] = ()
) -> Facts:
    """Return the facts as known on a day; usage is always what is loaded, but for layers `without`."""
    memo: dict[tuple[str, str], Cells] = {}

    def cells_of(agreement: str, month: str) -> Cells:
        code = names.find("agreement", agreement)
        if store is None or code < 0:
            return EMPTY
        if (agreement, month) not in memo:
            memo[agreement, month] = store.cells(code, month, without)
        return memo[agreement, month]

    hours: dict[tuple[str, str], Hours] = {}

    def hours_of(agreement: str, month: str) -> Hours:
        code = names.find("agreement", agreement)
        if store is None or code < 0:
            return NO_HOURS
        if (agreement, month) not in hours:
            hours[agreement, month] = store.hours(code, month)
        return hours[agreement, month]

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
