"""Reading a bill: which agreement it is of, who bills, in which form it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stream.desk.reconcile.bill import Bill
from stream.desk.reconcile.column_map import ColumnMap, load_map
from stream.desk.reconcile.csv_bill import read_csv
from stream.desk.reconcile.json_bill import read_statement
from stream.errors import WrongUsage
from stream.workspace.load import Workspace
from stream.workspace.nearest import one_of

__all__ = ["Read", "read_bill"]


@dataclass(frozen=True, slots=True)
class Read:
    """A bill with what was found out about it: the agreement, who bills whom, and the map that it was read by."""

    bill: Bill
    agreement: str
    biller: str
    billed: str
    how: ColumnMap


def read_bill(
    workspace: Workspace, path: Path, *, agreement: str | None, biller: str | None, map_file: Path | None
) -> Read:
    """Read a bill: ``.json`` is a statement of the project, anything else CSV by a column map.

    Parameters
    ----------
    agreement : str or None
        None: what the map says, else the workspace's only one.
    biller : str or None
        None: what the map says, else the party of the agreement whose books these are not.
    map_file : Path or None
        None: ``invoices/BILLER.toml`` of the workspace if it is there, else the default map.

    Raises
    ------
    WrongUsage
        If the agreement or the biller is not known, and cannot be found out.
    BadInput
        If the bill or the map is not what it has to be.
    """
    named = load_map(workspace.folder, biller or "", map_file) if map_file else None
    biller = biller or (named.biller if named else "") or None
    names = [row.agreement for row in workspace.tables.agreements]
    name = agreement or (named.agreement if named else "") or _only(names, biller, workspace)
    if name not in names:
        raise WrongUsage(f"--agreement: found {name!r}, expected {one_of(name, names)}")
    row = next(row for row in workspace.tables.agreements if row.agreement == name)
    pair = (row.party_a, row.party_b)
    self_ = workspace.settings.company.self_
    if biller is None and self_ in pair:
        biller = pair[pair[0] == self_]
    if biller not in pair:
        raise WrongUsage(f"--biller: found {biller or 'nothing'}, expected {pair[0]} or {pair[1]}")
    billed = pair[pair[0] == biller]
    how = named or load_map(workspace.folder, biller)
    if path.suffix == ".json":
        return Read(read_statement(path, name), name, biller, billed, how)
    parties = tuple(party.party for party in workspace.tables.parties)
    return Read(read_csv(path, how, billed, biller, parties), name, biller, billed, how)


def _only(names: Sequence[str], biller: str | None, workspace: Workspace) -> str:
    """Return the only agreement that it can be: of the workspace, or of the biller in it."""
    of_biller = [
        row.agreement for row in workspace.tables.agreements if biller is None or biller in (row.party_a, row.party_b)
    ]
    if len(of_biller) != 1:
        raise WrongUsage(f"--agreement: found nothing, expected one of {', '.join(of_biller or names)}")
    return of_biller[0]
