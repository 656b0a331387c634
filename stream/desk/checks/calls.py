"""The archived calls that stand, in the few columns that a check needs."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rating.facts import month_days
from stream.explain.archived import Manifest, read

__all__ = ["month_bounds", "span_of", "standing", "texts", "utc_months"]

_IDENTITY: Final = ("source", "record_id", "day")
_DAY_MS: Final = 86_400_000
_PLAIN: Final = ("source", "agreement", "outcome")


def month_bounds(month: str, zone: tzinfo = UTC) -> tuple[int, int]:
    """Return the epoch milliseconds of a month's first midnight and of the one after its last, on a clock."""
    first, last = month_days(month)
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def _midnight(day: date, zone: tzinfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 1000


def utc_months(start_ms: int, end_ms: int) -> list[str]:
    """Return the UTC months that have an instant from `start_ms` to before `end_ms`."""
    first, last = (np.datetime64(ms, "ms").astype("datetime64[M]") for ms in (start_ms, end_ms - 1))
    return [str(month) for month in np.arange(first, last + np.timedelta64(1, "M"))]


def span_of(segment: Manifest) -> tuple[int, int]:
    """Return the first and last instant of connect in a segment, by its statistics; no row is read."""
    with pq.ParquetFile(segment.path) as file:
        metadata = file.metadata
        column = file.schema_arrow.get_field_index("connect_ms")
        found = [metadata.row_group(i).column(column).statistics for i in range(metadata.num_row_groups)]
    return min(part.min for part in found), max(part.max for part in found)


def texts(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Return a column of few texts as codes and what they stand for; absent texts are ""."""
    coded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes: NDArray[np.int64] = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes, coded.dictionary.to_pylist()


def _plain(table: pa.Table) -> pa.Table:
    """Return a table with its dictionaries unfolded: segments have different ones."""
    for name in _PLAIN:
        at = table.schema.get_field_index(name)
        if at >= 0 and pa.types.is_dictionary(table.schema.field(at).type):
            table = table.set_column(at, name, table.column(at).cast(pa.string()))
    return table


def standing(
    segments: Iterable[Manifest],
    columns: Sequence[str],
    where: pc.Expression | None = None,
    corrections: Sequence[Manifest] = (),
) -> Iterator[tuple[Manifest, pa.Table]]:
    """Yield the calls of segments, without those that a later decision stands over.

    Parameters
    ----------
    columns : sequence of str
        What is read of them.
    where : expression, optional
        Of `connect_ms` alone: every decision of a call has the same.
    corrections : sequence of Manifest
        The segments of the same months that corrections wrote.
    """
    last = _last(corrections, where)
    more = (
        [] if last is None else [name for name in ("source", "record_id", "connect_ms", "rev") if name not in columns]
    )
    for segment in segments:
        table = read(segment, [*columns, *more], where)
        if last is not None and table.num_rows:
            table = _with_day(_plain(table)).join(last, list(_IDENTITY), join_type="left outer")
            table = table.filter(pc.fill_null(pc.greater_equal(table["rev"], table["rev_max"]), True))  # noqa: FBT003
        yield segment, table.select(list(columns))


def _with_day(table: pa.Table) -> pa.Table:
    return table.append_column("day", pc.divide(table["connect_ms"], _DAY_MS))


def _last(corrections: Sequence[Manifest], where: pc.Expression | None) -> pa.Table | None:
    """Return the number of the last decision, by identity, of the calls that corrections decided."""
    tables = [_plain(read(each, ("source", "record_id", "connect_ms", "rev"), where)) for each in corrections]
    if not any(table.num_rows for table in tables):
        return None
    return _with_day(pa.concat_tables(tables)).group_by(list(_IDENTITY)).aggregate([("rev", "max")])
