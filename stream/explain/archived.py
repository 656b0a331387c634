"""Reading the archive of calls: by record id, and by what a statement line is made of.

Everything goes by the manifest in the store. pyarrow is imported when something is read.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store
from stream.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Manifest", "manifest", "read", "rows_of_record", "similar_ids", "superseded"]

_FILE_LAYER: Final = re.compile(r"file:\d+")
_DAY_MS: Final = 86_400_000
_FEWEST_COMMON: Final = 3
_MOST_SIMILAR: Final = 5_000


class Manifest(NamedTuple):
    """A segment of the archive: its path, the layer of usage that it belongs to, the UTC month of connect."""

    path: Path
    layer: str
    month: str

    @property
    def corrects(self) -> bool:
        """Whether it was written by a correction, so that its rows stand over earlier ones of their identity."""
        return _FILE_LAYER.fullmatch(self.layer) is None


def manifest(store: Store, months: Sequence[str] | None = None) -> list[Manifest]:
    """Return the archive's segments in the order in which they were written, of some months or of all."""
    query = select(t.archive.c.path, t.archive.c.layer, t.archive.c.month).order_by(t.archive.c.id)
    if months is not None:
        query = query.where(t.archive.c.month.in_(months))
    with store.reading() as c:
        return [Manifest(store.folder / row.path, row.layer, row.month) for row in c.execute(query)]


def read(segment: Manifest, columns: Sequence[str] | None = None, where: Any = None) -> "pa.Table":
    """Read columns of a segment; row groups whose statistics rule the filter out are not touched.

    Raises
    ------
    BadInput
        If the manifest names a file that is not there or cannot be read.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        return pq.read_table(segment.path, columns=None if columns is None else list(columns), filters=where)
    except FileNotFoundError as error:
        raise BadInput(
            "the file is missing, expected a segment that the store's manifest names", file=segment.path
        ) from error
    except pa.ArrowInvalid as error:
        raise BadInput(f"cannot be read ({error}), expected a segment of the archive", file=segment.path) from error


def rows_of_record(store: Store, record_id: str, source: str | None) -> Iterator[tuple[Manifest, dict[str, Any]]]:
    """Yield every archived row of a record id, with the segment that holds it.

    One narrow column is read first: a segment's forty columns only where it holds the id.
    """
    import pyarrow.compute as pc  # noqa: PLC0415

    is_it = pc.field("record_id") == record_id
    where = is_it if source is None else is_it & (pc.field("source") == source)
    for segment in manifest(store):
        if read(segment, ("record_id",), is_it).num_rows:
            for row in read(segment, None, where).to_pylist():
                yield segment, row


def similar_ids(store: Store, record_id: str) -> list[str]:
    """Return archived record ids that begin as this one does, for a hint; the longest beginning that any shares."""
    import pyarrow.compute as pc  # noqa: PLC0415

    segments = manifest(store)
    for length in range(len(record_id) - 1, _FEWEST_COMMON - 1, -max(1, len(record_id) // 4)):
        found: list[str] = []
        for segment in segments:
            ids = read(segment, ("record_id",)).column("record_id")
            found += ids.filter(pc.starts_with(ids, record_id[:length])).to_pylist()
            if len(found) >= _MOST_SIMILAR:
                break
        if found:
            return sorted(set(found))
    return []


def superseded(segments: Sequence[Manifest]) -> dict[tuple[str, str, int], int]:
    """Return, by identity, the number of the decision that stands, of the calls that corrections decided again."""
    out: dict[tuple[str, str, int], int] = {}
    for segment in segments:
        if segment.corrects:
            table = read(segment, ("source", "record_id", "connect_ms", "rev"))
            for row in table.to_pylist():
                key = (row["source"], row["record_id"], row["connect_ms"] // _DAY_MS)
                out[key] = max(row["rev"], out.get(key, 0))
    return out
