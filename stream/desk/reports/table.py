"""A report: named columns of a kind each, and rows; as CSV and Parquet."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

from stream.errors import StoreUnreachable

__all__ = ["COUNT", "DOLLARS", "MS", "NUMBER", "TEXT", "Report", "write_csv", "write_parquet"]

TEXT: Final = "text"
COUNT: Final = "count"
MS: Final = "ms"
NUMBER: Final = "number"
DOLLARS: Final = "dollars"
_CENTS: Final = 2
_DIGITS: Final = 38


@dataclass(frozen=True, slots=True)
class Report:
    """Rows of the same columns.

    columns : by name `TEXT`, `COUNT`, `MS` (integer milliseconds), `DOLLARS` (a decimal string, to the cent) or
    `NUMBER`, shown as it is.
    rows : values by column, None where there is none.
    """

    columns: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]

    def documents(self) -> list[dict[str, Any]]:
        """Return the rows, each with its columns in their order."""
        return [{name: row[name] for name in self.columns} for row in self.rows]


def write_csv(report: Report, to: TextIO) -> None:
    """Write a report as CSV with a header; absent values are empty."""
    writer = csv.DictWriter(to, list(report.columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(report.documents())


def write_parquet(report: Report, path: Path) -> None:
    """Write a report as Parquet: integers as they are, dollars as decimals.

    Raises
    ------
    StoreUnreachable
        If the file cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    kinds = {
        TEXT: pa.string(),
        COUNT: pa.int64(),
        MS: pa.int64(),
        NUMBER: pa.int64(),
        DOLLARS: pa.decimal128(_DIGITS, _CENTS),
    }
    columns = {}
    for name, kind in report.columns.items():
        values = [row[name] for row in report.rows]
        if kind == DOLLARS:
            values = [None if value is None else Decimal(value) for value in values]
        columns[name] = pa.array(values, kinds[kind])
    try:
        pq.write_table(pa.table(columns), path, compression="zstd")
    except OSError as error:
        raise StoreUnreachable(f"{path}: cannot be written to: {error.strerror or error}") from error
