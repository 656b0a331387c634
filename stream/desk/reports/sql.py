"""The workspace as views of DuckDB: asked in SQL, in memory, nothing of it written.

Views are made of what a query names: ``calls``, the archive by way of the manifest, the last decision of each
call; ``cells``, usage by day, all layers together; ``lines`` of issued statements; ``entries`` of the ledger;
``suspense``, what waits. Amounts are decimals, time is integer milliseconds.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store
from stream.desk.ledger import ledger_rows
from stream.desk.reports.cells import COLUMNS as CELL_COLUMNS
from stream.desk.reports.cells import cell_rows
from stream.desk.reports.table import NUMBER, TEXT, Report
from stream.errors import BadInput, StoreUnreachable, WrongUsage
from stream.explain.archived import manifest
from stream.suspense.listing import waiting_rows

if TYPE_CHECKING:
    import duckdb

__all__ = ["VIEWS", "Answer", "ask"]

_DOLLARS: Final = pa.decimal128(38, 2)
_EXACT: Final = pa.decimal128(38, 12)
_CODES: Final = pa.list_(pa.string())

_CELLS: Final = pa.schema(
    [
        (name, pa.date32() if name == "day" else pa.int64() if name in ("carried", "calls", "ms") else pa.string())
        for name in CELL_COLUMNS
    ]
)
_LINES: Final = pa.schema(
    [
        ("agreement", pa.string()), ("month", pa.string()), ("number", pa.int64()), ("newest", pa.bool_()),
        ("payer", pa.string()), ("payee", pa.string()), ("line", pa.string()), ("class", pa.string()),
        ("outcome", pa.string()), ("reason", pa.string()), ("lata", pa.string()), ("from", pa.date32()),
        ("through", pa.date32()), ("calls", pa.int64()), ("ms", pa.int64()), ("rate", pa.decimal128(38, 9)),
        ("unrounded", _EXACT), ("amount", _DOLLARS), ("clauses", _CODES),
    ]
)  # fmt: skip
_ENTRIES: Final = pa.schema(
    [
        ("seq", pa.int64()), ("agreement", pa.string()), ("month", pa.string()), ("line", pa.string()),
        ("cause", pa.string()), ("number", pa.int64()), ("payer", pa.string()), ("payee", pa.string()),
        ("ms", pa.int64()), ("unrounded", _EXACT), ("amount", _DOLLARS), ("clauses", _CODES),
        ("booked_at", pa.string()),
    ]
)  # fmt: skip
_SUSPENSE: Final = pa.schema(
    [
        ("id", pa.int64()), ("reason", pa.string()), ("source", pa.string()), ("record_id", pa.string()),
        ("connect_ms", pa.int64()), ("duration_ms", pa.int64()), ("file", pa.string()), ("line", pa.int64()),
        ("record", pa.string()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query returned."""

    table: pa.Table

    def report(self) -> Report:
        """Return it as a report: decimals as texts, integers as they are."""
        kinds, whole = {}, set()
        for field in self.table.schema:
            decimal = pa.types.is_decimal(field.type)
            kinds[field.name] = NUMBER if pa.types.is_integer(field.type) or decimal else TEXT
            if decimal and field.type.scale == 0:  # what DuckDB's sums of integers are
                whole.add(field.name)
        rows = [
            {name: int(value) if name in whole and value is not None else _plain(value) for name, value in row.items()}
            for row in self.table.to_pylist()
        ]
        return Report(kinds, rows)

    def to_parquet(self, path: Path) -> None:
        """Write it as Parquet; StoreUnreachable if that cannot be."""
        try:
            pq.write_table(self.table, path, compression="zstd")
        except OSError as error:
            raise StoreUnreachable(f"{path}: cannot be written to: {error.strerror or error}") from error


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return (
        f"{value:f}"
        if isinstance(value, Decimal)
        else value
        if isinstance(value, str | int | float | None)
        else str(value)
    )


def _typed(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; texts of decimals become decimals, texts of days dates."""
    columns = []
    for field in schema:
        values = [row[field.name] for row in rows]
        if pa.types.is_decimal(field.type):
            values = [None if value is None else Decimal(value) for value in values]
        elif pa.types.is_date32(field.type):
            values = [date.fromisoformat(value) if isinstance(value, str) else value for value in values]
        columns.append(pa.array(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _lines(store: Store) -> pa.Table:
    """Return the lines of issued statements; `newest` those of the last statement of an agreement's month."""
    with store.reading() as c:
        issued = c.execute(select(t.statements).order_by(t.statements.c.id)).all()
    last = {(row.agreement, row.month): row.number for row in issued}
    rows = [
        {
            **line,
            "agreement": row.agreement,
            "month": row.month,
            "number": row.number,
            "newest": row.number == last[row.agreement, row.month],
            "payer": direction["payer"],
            "payee": direction["payee"],
        }
        for row in issued
        for direction in orjson.loads(row.body)["directions"]
        for line in direction["lines"]
    ]
    return _typed(rows, _LINES)


def _calls(store: Store, connection: "duckdb.DuckDBPyConnection") -> None:
    """Make the view of the archive, the calls that stand."""
    segments = manifest(store)
    if not segments:
        raise BadInput("found no calls in the archive, expected some; rate call files first", field="calls")
    paths = ", ".join("'" + str(segment.path).replace("'", "''") + "'" for segment in segments)
    # Partitioned by identity: record id, source and UTC day of connect.
    last = "max(rev) OVER (PARTITION BY source, record_id, connect_ms // 86400000)"
    newest = f"QUALIFY rev = {last}" if any(segment.corrects for segment in segments) else ""
    connection.execute(
        f"CREATE VIEW calls AS SELECT * FROM (SELECT * FROM read_parquet([{paths}], union_by_name = true) {newest}) "  # noqa: S608  (paths of the manifest, quoted)
        "WHERE outcome IN ('rated', 'verification')"
    )


_TABLES: Final[Mapping[str, Callable[[Store], pa.Table]]] = {
    "cells": lambda store: _typed(list(cell_rows(store)), _CELLS),
    "lines": _lines,
    "entries": lambda store: _typed(ledger_rows(store, None, None), _ENTRIES),
    "suspense": lambda store: _typed(waiting_rows(store), _SUSPENSE),
}
VIEWS: Final = ("calls", *_TABLES)


def ask(store: Store, query: str) -> Answer:
    """Run a query over the views that it names.

    Raises
    ------
    WrongUsage
        If DuckDB is not installed.
    BadInput
        If it does not understand the query.
    """
    try:
        import duckdb  # noqa: PLC0415
    except ImportError:
        raise WrongUsage(
            "sql: DuckDB is not installed; it comes with the extra: pip install 'ratestream[sql]'"
        ) from None
    named = set(re.findall(r"\w+", query.lower()))
    with duckdb.connect() as connection:
        try:
            if "calls" in named:
                _calls(store, connection)
            for name, made in _TABLES.items():
                if name in named:
                    connection.register(name, made(store))
            return Answer(connection.sql(query).to_arrow_table())
        except duckdb.Error as error:
            raise BadInput(" ".join(str(error).split()), field="QUERY") from None
