"""Read the reference tables of a workspace from CSV."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rating.reference import rows
from rating.reference.check import Finding
from rating.reference.rows import Tables
from stream.errors import BadInput
from stream.workspace import cells
from stream.workspace.nearest import nearest

__all__ = ["NEEDED_TABLES", "TABLE_NAMES", "read_table", "read_tables", "stop_on_errors"]

FOLDER: Final = "reference"
NEEDED_TABLES: Final = ("agreements", "parties", "ocns", "number_blocks")


@dataclass(frozen=True)
class _Column:
    name: str
    cell: cells.Cell
    may_lack: bool = False

    @property
    def attribute(self) -> str:
        return f"{self.name}_" if self.name in {"from", "class"} else self.name


@dataclass(frozen=True)
class _Table:
    row: Callable[..., Any]
    columns: tuple[_Column, ...]


def _table(row: Callable[..., Any], *, dated: bool = False, known: bool = False, **columns: cells.Cell) -> _Table:
    own = [_Column(name.rstrip("_"), cell, may_lack=name == "switch") for name, cell in columns.items()]
    if dated:
        own += [_Column("from", cells.OPEN_DAY, may_lack=True), _Column("through", cells.OPEN_DAY, may_lack=True)]
    if known:
        own.append(_Column("known_from", cells.OPEN_DAY, may_lack=True))
    return _Table(row, tuple(own))


_TABLES: Final[Mapping[str, _Table]] = {
    "agreements": _table(
        rows.Agreement,
        agreement=cells.TEXT,
        party_a=cells.TEXT,
        party_b=cells.TEXT,
        incumbent=cells.TEXT,
        state=cells.STATE,
        time_zone=cells.ZONE,
    ),
    "parties": _table(
        rows.PartyRow,
        party=cells.TEXT,
        kind=cells.one_of("ilec", "clec", "ico", "cmrs", "ixc"),
        name=cells.ANY_TEXT,
    ),
    "ocns": _table(rows.Ocn, ocn=cells.OCN, party=cells.TEXT, dated=True),
    "number_blocks": _table(
        rows.NumberBlock,
        npa_nxx=cells.BLOCK,
        ocn=cells.OCN,
        rate_center=cells.TEXT,
        lata=cells.TEXT,
        state=cells.STATE,
        switch=cells.ANY_TEXT,
        dated=True,
    ),
    "rate_centers": _table(
        rows.RateCenter,
        state=cells.STATE,
        rate_center=cells.TEXT,
        v=cells.MAYBE_COUNT,
        h=cells.MAYBE_COUNT,
        known=True,
    ),
    "local_areas": _table(
        rows.LocalArea, state=cells.STATE, area=cells.TEXT, rate_center=cells.TEXT, dated=True, known=True
    ),
    "eas_pairs": _table(
        rows.EasPair,
        state_a=cells.STATE,
        rate_center_a=cells.TEXT,
        state_b=cells.STATE,
        rate_center_b=cells.TEXT,
        kind=cells.one_of("mandatory", "optional"),
        dated=True,
    ),
    "trunk_groups": _table(
        rows.TrunkGroup,
        trunk_group=cells.TRUNK_GROUP,
        agreement=cells.TEXT,
        kind=cells.one_of("direct", "tandem"),
        tandem=cells.ANY_TEXT,
        end_office=cells.ANY_TEXT,
        trunks=cells.MAYBE_COUNT,
        dated=True,
        known=True,
    ),
    "pois": _table(
        rows.Poi,
        agreement=cells.TEXT,
        party=cells.TEXT,
        kind=cells.one_of("area", "tandem_option", "mileage"),
        area=cells.ANY_TEXT,
        tandem=cells.ANY_TEXT,
        v=cells.MAYBE_COUNT,
        h=cells.MAYBE_COUNT,
        dated=True,
        known=True,
    ),
    "tandem_areas": _table(
        rows.TandemArea, state=cells.STATE, tandem=cells.TEXT, rate_center=cells.TEXT, dated=True, known=True
    ),
    "arrangements": _table(
        rows.Arrangement, originator=cells.TEXT, third_party=cells.TEXT, state=cells.STATE, dated=True, known=True
    ),
    "market_history": _table(
        rows.MarketHistory,
        agreement=cells.TEXT,
        lata=cells.TEXT,
        traffic=cells.one_of("isp", "any"),
        first_exchanged=cells.DAY,
        known=True,
    ),
    "usage_history": _table(
        rows.UsageHistory,
        agreement=cells.TEXT,
        payee=cells.TEXT,
        period=cells.one_of("2001-Q1", "2001", "2002"),
        isp_ms=cells.COUNT,
        known=True,
    ),
    "sources": _table(
        rows.Source,
        source=cells.TEXT,
        party=cells.TEXT,
        role=cells.one_of("billing", "verification", ""),
        direction=cells.one_of("terminating", "originating", ""),
        trunk_group=cells.ANY_TEXT,
        dated=True,
    ),
    "billed_history": _table(
        rows.BilledHistory,
        agreement=cells.TEXT,
        payer=cells.TEXT,
        payee=cells.TEXT,
        month=cells.MONTH,
        class_=cells.CLASS,
        ms=cells.INTEGER,
        amount=cells.MONEY,
        invoice=cells.ANY_TEXT,
        paid=cells.PAID,
    ),
    "billing_accounts": _table(
        rows.BillingAccount, agreement=cells.TEXT, ocn=cells.OCN, ban=cells.ANY_TEXT, acna=cells.ANY_TEXT
    ),
}

TABLE_NAMES: Final = tuple(_TABLES)


def read_tables(folder: Path) -> Tables:
    """Read every reference table of a workspace.

    Parameters
    ----------
    folder : Path
        The workspace; tables are in its folder ``reference``.

    Raises
    ------
    BadInput
        If a needed table, column or cell is missing or cannot be read, or a file's name is nearly that
        of a table that is not there (a misspelled table would silently switch its rule off).
    """
    reference = folder / FOLDER
    paths = {name: reference / f"{name}.csv" for name in TABLE_NAMES}
    for name in NEEDED_TABLES:
        if not paths[name].is_file():
            raise BadInput("the file is missing, expected a needed reference table", file=paths[name])
    present = [name for name in TABLE_NAMES if paths[name].is_file()]
    _refuse_misspelled(reference, present)
    return Tables(**{name: read_table(paths[name], name) for name in present})


def _refuse_misspelled(reference: Path, present: Sequence[str]) -> None:
    missing = [name for name in TABLE_NAMES if name not in present]
    for path in sorted(reference.glob("*.csv")):
        near = None if path.stem in TABLE_NAMES else nearest(path.stem, TABLE_NAMES)
        if near in missing:
            raise BadInput(f"found a file that is no table, expected {near}.csv perhaps", file=path)


def read_table(path: Path, name: str) -> tuple[Any, ...]:
    """Read one table.

    Parameters
    ----------
    path : Path
        UTF-8 with or without byte order mark, any line ends, a header line; blank lines are skipped,
        cells are stripped, columns that the table does not have are ignored.
    name : str
        Which table it is, one of `TABLE_NAMES`; it decides the type of the rows.

    Raises
    ------
    BadInput
        With file, line and column of the first fault, what was found and what was expected.
    """
    table = _TABLES[name]
    lines = _lines(path)
    header_line, header = next(lines, (1, None))
    if header is None:
        raise BadInput(f"found an empty file, expected the columns {_column_names(table)}", file=path, line=1)
    plan = _plan(path, header_line, header, table)
    out = []
    for line, row in lines:
        if len(row) != len(header):
            raise BadInput(f"found {len(row)} cells, expected {len(header)} as in the header", file=path, line=line)
        try:
            # The cells convert themselves: a memo a column, since most cells of a table repeat.
            values = {attribute: memo[row[at]] for attribute, at, memo in plan}
        except cells.BadCell:
            raise _fault(path, line, row, header, plan) from None
        out.append(table.row(line=line, **values))
    return tuple(out)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that hold something with the number of the file's line on which they start."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(f"found byte 0x{raw[error.start]:02x}, expected UTF-8", file=path, line=line) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                yield start, row
            start = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"found no readable CSV ({error}), expected cells by commas", file=path, line=start) from error


_Plan = list[tuple[str, int, cells.Memo]]


def _plan(path: Path, line: int, header: Sequence[str], table: _Table) -> _Plan:
    names = [name.strip() for name in header]
    for at, name in enumerate(names):
        if name and name in names[:at]:
            raise BadInput("found the column twice, expected it once", file=path, line=line, field=name)
    for column in table.columns:
        if column.name not in names and not column.may_lack:
            found = ", ".join(names)
            raise BadInput(f"found the columns {found}, expected this one too", file=path, line=line, field=column.name)
    return [
        (column.attribute, names.index(column.name), cells.Memo(column.cell))
        for column in table.columns
        if column.name in names
    ]


def _fault(path: Path, line: int, row: Sequence[str], header: Sequence[str], plan: _Plan) -> BadInput:
    """Return the error for the first cell of a line that does not convert."""
    for _, at, memo in plan:
        try:
            memo[row[at]]
        except cells.BadCell:
            return BadInput.found(row[at].strip(), memo.cell.expected, file=path, line=line, field=header[at].strip())
    raise AssertionError("a line that converts has no fault")


def _column_names(table: _Table) -> str:
    return ", ".join(column.name for column in table.columns if not column.may_lack)


def stop_on_errors(findings: Iterable[Finding], folder: Path) -> None:
    """Raise the first error among the findings of a check; warnings and infos pass.

    Raises
    ------
    BadInput
        With file and line of the first error, and how many more there are.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    first = errors[0]
    more = f" (and {len(errors) - 1} more: `ratestream reference check` lists them)" if len(errors) > 1 else ""
    raise BadInput(
        first.message + more,
        file=folder / FOLDER / f"{first.table}.csv",
        line=first.lines[-1] if first.lines else None,
    )
