"""Try what waits again under today's reference data: it moves between outcomes, nothing comes in twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, insert, select, update

from rating.codes import Outcome, Reason, name_of
from rating.usage import merge
from stream.books import tables as t
from stream.books.layers import RERATE
from stream.books.store import Store
from stream.clock import now_ms, timestamp
from stream.engine import Batch, Engine, Result
from stream.errors import InvariantBroken
from stream.explain.archived import manifest, superseded
from stream.files.archive import write_segments
from stream.files.rate import make_engine
from stream.files.sink import add_cells, add_hours, add_identities, add_positions, add_tally, save_names
from stream.tally import Tally
from stream.workspace.load import Workspace

__all__ = ["Recycled", "recycle"]


@dataclass(frozen=True, slots=True)
class Recycled:
    """How many were tried, how many went on (by outcome), and how many still wait (by reason)."""

    tried: int
    moved: dict[str, int]
    waiting: dict[str, int]


def recycle(workspace: Workspace, store: Store, reason: Reason | None = None) -> Recycled:
    """Try waiting records again, id conflicts aside, in one transaction.

    Parameters
    ----------
    reason : Reason, optional
        Only what waits for this reason.
    """
    with store.writing():
        query = select(t.suspense).where(
            t.suspense.c.state == "waiting", t.suspense.c.reason != int(Reason.ID_CONFLICT)
        )
        if reason is not None:
            query = query.where(t.suspense.c.reason == int(reason))
        with store.reading() as c:
            rows = c.execute(query.order_by(t.suspense.c.id)).all()
            runs = c.execute(select(func.count(t.suspense_log.c.run.distinct()))).scalar_one()
        if not rows:
            return Recycled(0, {}, {})
        engine = make_engine(workspace, store, store.names())
        run = f"recycle-{runs + 1}"
        revs = _revisions(store, rows)
        try:
            result = engine.process(_batch([row.raw for row in rows]), recycled=True)
            _same_records(result, rows)
            segments = write_segments(
                Path(workspace.folder),
                result,
                engine.names,
                file=0,
                offset=0,
                receipt_ms=now_ms(),
                layer=run,
                stem=run,
                rev=revs,
            )
            with store.transaction() as c:
                _save(c, engine, result, rows, run, segments, sent_back=np.flatnonzero(revs > 1))
        except BaseException:
            engine.abort()
            raise
        engine.commit()
    return _summary(result, rows)


def _batch(raws: list[bytes]) -> Batch:
    lengths = np.array([len(raw) for raw in raws], np.int64)
    at = np.zeros(len(raws), np.int64)
    np.cumsum(lengths[:-1] + 1, out=at[1:])
    buffer = np.frombuffer(b"\n".join(raws) + b"\n", np.uint8)
    return Batch(buffer, at, lengths, now_ms())


def _revisions(store: Store, rows: Sequence[Any]) -> NDArray[np.int64]:
    """Number the decisions: 1 of a record that has waited since it came, more of one that was rated in between."""
    before = superseded(manifest(store, sorted({_month(row.connect_ms) for row in rows})))
    return np.array([before.get((row.source, row.record_id, row.utc_day), 0) + 1 for row in rows], np.int64)


def _month(connect_ms: int) -> str:
    return str(np.datetime64(connect_ms, "ms").astype("datetime64[M]"))


def _same_records(result: Result, rows: Sequence[Any]) -> None:
    """The text that was kept decodes to the identity that was kept, or something is broken."""
    for position, row in enumerate(rows):
        if int(result.fingerprint[position]).to_bytes(8, "big") != row.fingerprint:
            raise InvariantBroken(
                f"suspended record {row.id} ({row.source} {row.record_id}) is not what was kept of it"
            )


def _moves(result: Result, rows: Sequence[Any]) -> Tally:
    """What leaves one outcome and enters another, under the source and hour of its first receipt."""
    tally = Tally()
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for position, row in enumerate(rows):
        key = (row.source, row.receipt_ms // 3_600_000, 0)
        for sign, outcome, reason in (
            (-1, Outcome.SUSPENDED, Reason(row.reason)),
            (1, Outcome(int(result.outcome[position])), Reason(int(result.reason[position]))),
        ):
            sums[key, outcome, reason][0] += sign
            sums[key, outcome, reason][1] += sign * row.duration_ms
    tally.outcomes = {key: (n, ms) for key, (n, ms) in sums.items() if n or ms}
    tally.check()
    return tally


def _save(
    c: Connection,
    engine: Engine,
    result: Result,
    rows: Sequence[Any],
    run: str,
    segments: list[dict[str, Any]],
    sent_back: NDArray[np.int64],
) -> None:
    save_names(c, engine.names)
    # What a rerate took out of the books comes back into them by the same cause; the rest is late usage.
    back = engine.usage_of(result, sent_back)
    add_cells(c, RERATE + run, back)
    add_cells(c, run, merge([result.cells, back.negated()]))
    add_hours(c, run, result.hours)
    add_identities(c, engine.identities.changes())
    add_positions(c, engine)
    add_tally(c, _moves(result, rows))
    if segments:
        c.execute(insert(t.archive), segments)
    at = timestamp()
    for position, row in enumerate(rows):
        outcome, reason = Outcome(int(result.outcome[position])), int(result.reason[position])
        state = "waiting" if outcome is Outcome.SUSPENDED else "recycled"
        c.execute(update(t.suspense).where(t.suspense.c.id == row.id).values(state=state, reason=reason or row.reason))
        what = name_of(outcome) if state == "recycled" else "tried again"
        c.execute(insert(t.suspense_log).values(suspense=row.id, at=at, what=what, run=run))


def _summary(result: Result, rows: Sequence[Any]) -> Recycled:
    moved: dict[str, int] = defaultdict(int)
    waiting: dict[str, int] = defaultdict(int)
    for position in range(len(rows)):
        outcome = Outcome(int(result.outcome[position]))
        if outcome is Outcome.SUSPENDED:
            waiting[name_of(Reason(int(result.reason[position])))] += 1
        else:
            moved[name_of(outcome)] += 1
    return Recycled(len(rows), dict(moved), dict(waiting))
