"""A person decides about what waits: it is written off, or a conflicting record is accepted as a call of its own.

An accepted record needs an identity of its own, and every part of the program makes an identity of source,
record id and UTC day. So it is rated under its id with a number behind it, `r1#2` for a second `r1`: archive,
rerate and explain know it by that, and what was received stays in suspense as it came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
from sqlalchemy import Connection, func, insert, select, update

from rating.codes import Outcome, Reason, name_of
from stream.books import tables as t
from stream.books.issuing import user
from stream.books.layers import RESOLVE
from stream.books.store import Store
from stream.clock import timestamp
from stream.engine import Batch, Engine, Result
from stream.errors import BadInput
from stream.files.archive import write_segments
from stream.files.rate import disk_errors, make_engine
from stream.files.revisions import last_decisions
from stream.files.sink import add_cells, add_hours, add_identities, add_positions, add_tally, save_names
from stream.identities import WRITTEN_OFF
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["Resolved", "accept", "find", "next_run", "resolved", "settle", "write_off"]

_LONGEST_ID: Final = 64
_MOST_TRIED: Final = 100
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Resolved:
    """What was decided of a record: its number in suspense, its state, and under which id it was rated if it was."""

    id: int
    source: str
    record_id: str
    state: str
    rated_as: str | None
    already: bool


def write_off(workspace: Workspace, store: Store, record: str, source: str | None, reason: str) -> Resolved:
    """Write a waiting record off: it is settled by nobody, and counted as such. Again, it does nothing.

    Raises
    ------
    BadInput
        If no such record waits, or several do.
    """
    with store.writing():
        row = find(store, record, source, "written_off")
        if row.state == "written_off":
            return resolved(row, "written_off", None, already=True)
        engine = make_engine(workspace, store, store.names())
        if row.reason != Reason.ID_CONFLICT:  # the identity of a conflict is another record's
            fingerprint = np.array([int.from_bytes(row.fingerprint, "big")], np.uint64)
            engine.identities.mark(np.arange(1), np.array([row.utc_day], np.int64), fingerprint, WRITTEN_OFF)
        with store.transaction() as c:
            add_identities(c, engine.identities.changes())
            add_tally(c, _moved(row, Outcome.WRITTEN_OFF))
            settle(c, row, "written_off", "written off", f"{RESOLVE}{next_run(store)}", reason)
        engine.commit()
        return resolved(row, "written_off", None, already=False)


def accept(workspace: Workspace, store: Store, record: str, source: str | None, reason: str) -> Resolved:
    """Rate a record that conflicts with an earlier one of its identity, as another call. Again, it does nothing.

    Raises
    ------
    BadInput
        If no such record waits, several do, it waits for another reason, or it cannot be placed.
    """
    with store.writing():
        row = find(store, record, source, "accepted")
        if row.state == "accepted":
            return resolved(row, "accepted", _rated_as(store, row), already=True)
        if row.reason != Reason.ID_CONFLICT:
            raise BadInput.found(name_of(Reason(row.reason)), "a record that waits as id_conflict", field="RECORD")
        engine = make_engine(workspace, store, store.names())
        try:
            name, result = _decided(engine, row)
            _rate(workspace, store, engine, row, name, result, reason)
        except BaseException:
            engine.abort()
            raise
        engine.commit()
        return resolved(row, "accepted", name, already=False)


def _names(record_id: str) -> Iterator[str]:
    for number in range(2, _MOST_TRIED):
        tail = f"#{number}"
        yield record_id[: _LONGEST_ID - len(tail)] + tail


def _decided(engine: Engine, row: Any) -> tuple[str, Result]:
    """Decide the record under the first id of its own that no other record has."""
    fields = orjson.loads(row.raw)
    for name in _names(row.record_id):
        line = orjson.dumps({**fields, "record_id": name})
        buffer = np.frombuffer(line + b"\n", np.uint8)
        result = engine.process(Batch(buffer, np.zeros(1, np.int64), np.array([len(line)], np.int64), row.receipt_ms))
        outcome, reason = Outcome(int(result.outcome[0])), Reason(int(result.reason[0]))
        if outcome in (Outcome.RATED, Outcome.VERIFICATION):
            return name, result
        engine.abort()
        if outcome is not Outcome.DUPLICATE and reason is not Reason.ID_CONFLICT:
            raise BadInput.found(name_of(reason), "a record that can be placed; mend that first", field="RECORD")
    raise BadInput.found(
        row.record_id, f"an id of which fewer than {_MOST_TRIED} records were accepted", field="RECORD"
    )


def _rate(workspace: Workspace, store: Store, engine: Engine, row: Any, name: str, result: Result, reason: str) -> None:
    number = next_run(store)
    layer = f"{RESOLVE}{number}"
    rev = 0
    if result.again.size:
        rev = last_decisions(store).get((row.source, name, row.utc_day), -1) + 1
    with disk_errors(workspace.folder):
        segments = write_segments(
            Path(workspace.folder),
            result,
            engine.names,
            file=row.file or 0,
            offset=0,
            receipt_ms=row.receipt_ms,
            layer=layer,
            stem=f"resolve-{number:06d}",
            rev=rev,
            at=np.full(1, -1, np.int64),
        )
    with store.transaction() as c:
        save_names(c, engine.names)
        add_cells(c, layer, result.cells)
        add_hours(c, layer, result.hours)
        add_identities(c, engine.identities.changes())
        add_positions(c, engine)
        add_tally(c, _moved(row, Outcome(int(result.outcome[0]))))
        c.execute(insert(t.archive), segments)
        settle(c, row, "accepted", f"{_AS}{name}", layer, reason)


_AS: Final = "accepted as "


def _rated_as(store: Store, row: Any) -> str | None:
    mine = (t.suspense_log.c.suspense == row.id) & t.suspense_log.c.what.startswith(_AS)
    with store.reading() as c:
        said = c.execute(select(t.suspense_log.c.what).where(mine).order_by(t.suspense_log.c.id.desc())).scalar()
    return None if said is None else str(said).removeprefix(_AS)


def find(store: Store, record: str, source: str | None, state: str) -> Any:
    """Return the waiting record of an id, or of ``#`` and a number in suspense; else one that is in `state` already."""
    mine = t.suspense.c.record_id == record
    if record.startswith("#") and record[1:].isdigit():
        mine = t.suspense.c.id == int(record[1:])
    if source is not None:
        mine &= t.suspense.c.source == source
    with store.reading() as c:
        rows = c.execute(select(t.suspense).where(mine).order_by(t.suspense.c.id)).all()
    found = [row for row in rows if row.state == "waiting"] or [row for row in rows if row.state == state]
    if not found:
        raise BadInput.found(record, "the id of a record that waits (suspense list)", field="RECORD")
    if len(found) > 1:
        several = ", ".join(f"#{row.id} ({row.source}, {name_of(Reason(row.reason))})" for row in found)
        raise BadInput.found(record, f"one record; name it by its number: {several}", field="RECORD")
    return found[0]


def next_run(store: Store) -> int:
    """Return the number of the next decision."""
    query = select(func.count(t.suspense_log.c.run.distinct())).where(t.suspense_log.c.run.startswith(RESOLVE))
    with store.reading() as c:
        return 1 + int(c.execute(query).scalar_one())


def _moved(row: Any, outcome: Outcome) -> Tally:
    key = (row.source, row.receipt_ms // _HOUR_MS, 0)
    tally = Tally()
    tally.outcomes = {
        (key, Outcome.SUSPENDED, Reason(row.reason)): (-1, -row.duration_ms),
        (key, outcome, Reason.NONE): (1, row.duration_ms),
    }
    tally.check()
    return tally


def settle(c: Connection, row: Any, state: str, what: str, run: str, reason: str) -> None:
    """Give a record of suspense its state, and log who decided it, when and why."""
    c.execute(update(t.suspense).where(t.suspense.c.id == row.id).values(state=state))
    said = {"suspense": row.id, "at": timestamp(), "what": what, "run": run, "by": user(), "why": reason}
    c.execute(insert(t.suspense_log).values(**said))


def resolved(row: Any, state: str, rated_as: str | None, *, already: bool) -> Resolved:
    """Return what was decided of a record."""
    return Resolved(row.id, row.source, row.record_id, state, rated_as, already)
