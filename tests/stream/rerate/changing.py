"""Workspaces whose tables change under rated calls, and everything that has to come out the same by either way."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

import pyarrow.parquet as pq
from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store, open_store
from stream.files import rate
from stream.rerate.run import Rerated, rerate
from stream.suspense import recycle as recycling
from stream.workspace.load import load_workspace
from tests.world_tables import CENTERS, LATAS, NOBODYS_OCN, TRUNKS, Dice, Row
from tests.worlds import World

__all__ = ["Books", "books_of", "changed"]

Tables = dict[str, list[Row] | None]

_ZONES: Final = ("America/Chicago", "America/Chicago", "America/Los_Angeles", "Asia/Tokyo")
_DAY_MS: Final = 86_400_000
_DECISION: Final = (
    "outcome", "class", "agreement", "originator", "terminator", "originating_ocn", "terminating_ocn", "lata", "state",
    "originating_rate_center", "terminating_rate_center", "jurisdiction", "segment_day", "segment_ms",
)  # fmt: skip
_FIELDS: Final = {
    "agreement": "agreement", "originator": "party", "terminator": "party", "rate_center": "rate_center",
    "lata": "lata", "trunk_group": "trunk_group", "orig_ocn": "ocn", "term_ocn": "ocn",
}  # fmt: skip
_NUMBERS: Final = ("traffic_class", "jurisdiction", "evidence", "voip", "carried", "day")


# tables that change


def _some(dice: Dice, rows: Sequence[Row] | None, column: str, values: Sequence[str], n: int) -> list[Row]:
    """Give one in n rows another value in a column."""
    return [{**row, column: dice.pick(values)} if dice.one_in(n) else row for row in rows or ()]


def _dropped(dice: Dice, rows: Sequence[Row], n: int) -> list[Row]:
    return [row for row in rows if not dice.one_in(n)]


def changed(world: World, seed: int) -> World:
    """Return the world with some of what places a call changed; what else its tables say stays."""
    dice = Dice(seed)
    tables: Tables = dict(world.tables)
    ocns = sorted({row["ocn"] for row in tables["ocns"] or ()})
    parties = [row["party"] for row in tables["parties"] or ()]
    agreements = [row["agreement"] for row in tables["agreements"] or ()]
    blocks = _some(dice, tables["number_blocks"], "ocn", [*ocns, NOBODYS_OCN], 6)
    blocks = _some(dice, blocks, "rate_center", CENTERS, 4)
    blocks = [{**row, "lata": dice.pick(LATAS[row["state"]])} if dice.one_in(6) else row for row in blocks]
    tables["number_blocks"] = _dropped(dice, blocks, 10) or blocks
    tables["ocns"] = _dropped(dice, _some(dice, tables["ocns"], "party", parties, 8), 12)
    for name, column, values in (
        ("local_areas", "rate_center", CENTERS), ("eas_pairs", "kind", ("mandatory", "optional")),
    ):  # fmt: skip
        if dice.one_in(2):
            kept = _dropped(dice, _unique(_some(dice, tables[name], column, values, 4)), 4)
            tables[name] = None if dice.one_in(5) else kept
    if tables["trunk_groups"] is not None:
        trunks = _dropped(dice, _some(dice, tables["trunk_groups"], "agreement", agreements, 4), 8)
        tables["trunk_groups"] = None if dice.one_in(6) else trunks
    if dice.one_in(2):
        sources = _some(dice, tables["sources"], "role", ("billing", "", "verification"), 3)
        tables["sources"] = None if dice.one_in(3) else _some(dice, sources, "trunk_group", ("", *TRUNKS[:2]), 6)
        if tables["trunk_groups"] is not None and tables["sources"] is not None:
            tables["sources"] = [{**row, "trunk_group": ""} for row in tables["sources"]]
    if dice.one_in(3):
        zones = {row["state"]: dice.pick(_ZONES) for row in tables["agreements"] or ()}
        tables["agreements"] = [{**row, "time_zone": zones[row["state"]]} for row in tables["agreements"] or ()]
    policy = dict(world.policy)
    if dice.one_in(3):
        policy["rate_date"] = dice.pick(("connect", "minute"))
    return replace(world, tables=tables, policy=policy)


def _unique(rows: Sequence[Row]) -> list[Row]:
    """Leave out rows of a key that has been there."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        found.setdefault(tuple(v for name, v in row.items() if name not in ("from", "through", "kind")), row)
    return list(found.values())


# books


class Books:
    """A workspace in a folder, what is done to it, and what it comes to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def set(self, world: World) -> None:
        """Write the world's tables and settings over those that are there."""
        shutil.rmtree(self.folder / "reference", ignore_errors=True)
        world.write(self.folder)

    def rate(self, world: World, lines: Sequence[bytes]) -> None:
        """Rate lines as one more file."""
        path = self.folder / f"calls-{len(list(self.folder.glob('calls-*')))}.ndjson"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        with patch.object(rate, "now_ms", lambda: world.receipt_ms):
            rate.rate_files(load_workspace(self.folder), [path])

    def recycle(self, world: World) -> None:
        """Try again what waits."""
        with patch.object(recycling, "now_ms", lambda: world.receipt_ms), self.store() as store:
            recycling.recycle(load_workspace(self.folder), store)

    def rerate(self, *months: str) -> Rerated:
        """Decide again."""
        with self.store() as store:
            return rerate(load_workspace(self.folder), store, months)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store."""
        with closing(open_store(load_workspace(self.folder))) as store:
            yield store

    def usage(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """Return each month's cells: the value columns, by the names that the keys stand for."""
        out: dict[str, Counter[tuple[Any, ...]]] = {}
        with self.store() as store:
            names = store.names()
            for agreement, month in store.months():
                cells = store.cells(agreement, month)
                columns = [[names.name(kind, c) for c in cells.field(f).tolist()] for f, kind in _FIELDS.items()]
                columns += [cells.field(name).tolist() for name in _NUMBERS]
                of_month = out.setdefault(month, Counter())
                for key, values in zip(zip(*columns, strict=True), cells.values.tolist(), strict=True):
                    for position, value in enumerate(values):
                        of_month[*key, position] += value
        return {month: +cells for month, cells in out.items() if +cells}

    def outcomes(self) -> Counter[tuple[Any, ...]]:
        """Return records and milliseconds by source, hour of receipt, outcome and reason; they are checked."""
        with self.store() as store:
            tally = store.tally()
        tally.check()
        out: Counter[tuple[Any, ...]] = Counter()
        for (key, outcome, reason), (records, ms) in tally.outcomes.items():
            assert records >= 0
            assert ms >= 0
            out[*key, outcome, reason, "records"] = records
            out[*key, outcome, reason, "ms"] = ms
        return +out

    def waiting(self) -> list[tuple[Any, ...]]:
        """Return what waits: where from, and why."""
        with self.store() as store, store.reading() as c:
            rows = c.execute(select(t.suspense).where(t.suspense.c.state == "waiting"))
            return sorted((r.source, r.record_id, r.connect_ms, r.duration_ms, r.reason) for r in rows)

    def archived(self) -> list[dict[str, Any]]:
        """Return every archived row, by way of the manifest."""
        with self.store() as store, store.reading() as c:
            paths = c.execute(select(t.archive.c.path).order_by(t.archive.c.id)).scalars().all()
        return [row for path in paths for row in pq.read_table(self.folder / path).to_pylist()]

    def standing(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the decision of the highest `rev` of each identity that is not in suspense by it."""
        last: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self.archived():
            key = row["source"], row["record_id"], row["connect_ms"] // _DAY_MS
            assert key not in last or last[key]["rev"] != row["rev"]
            if key not in last or last[key]["rev"] < row["rev"]:
                last[key] = row
        return {
            key: tuple(tuple(v) if isinstance(v := row[name], list) else v or "" for name in _DECISION)
            for key, row in last.items()
            if row["outcome"] != "suspended"
        }

    def positions(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return the live positions that are not nothing."""
        with self.store() as store:
            names = store.names()
            found = store.positions().items()
        return {(names.name("agreement", code), month): both for (code, month), both in found if any(both)}


@contextmanager
def books_of(world: World, *files: Sequence[bytes]) -> Iterator[Books]:
    """Make a workspace of a world, with files rated into it."""
    with TemporaryDirectory() as name:
        books = Books(Path(name) / "workspace")
        books.folder.mkdir()
        books.set(world)
        for lines in files:
            books.rate(world, lines)
        yield books
