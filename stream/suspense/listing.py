"""What waits in suspense, why, and what would let it go on."""

from typing import Any, Final

from sqlalchemy import select

from rating.codes import Reason, name_of
from stream.books import tables as t
from stream.books.store import Store

__all__ = ["REMEDIES", "rejected_rows", "waiting_rows"]

REMEDIES: Final = {
    Reason.ID_CONFLICT: "another record of this source, id and UTC day came first and differs; a person has to decide",
    Reason.FUTURE_DATED: "connects more than 24 h after it was received; recycle when that day has come, or reject it",
    Reason.UNKNOWN_CALLED_BLOCK: "add the called (or LRN's) block to number_blocks.csv, or name term_ocn; then recycle",
    Reason.UNKNOWN_CALLING_BLOCK: "add the caller's (or JIP's) block to number_blocks.csv, then recycle",
    Reason.UNKNOWN_OCN: "add the block's operating company to ocns.csv for that day, then recycle",
    Reason.NO_AGREEMENT: "add the agreement of the two parties in that state to agreements.csv, then recycle",
    Reason.UNKNOWN_TRUNK_GROUP: "add the trunk group to trunk_groups.csv for that day, then recycle",
}


def waiting_rows(store: Store, reason: Reason | None = None, *, everything: bool = False) -> list[dict[str, Any]]:
    """Return the waiting records, oldest first; of `everything` also those that wait no longer, with what was done."""
    query = select(t.suspense).order_by(t.suspense.c.id)
    if not everything:
        query = query.where(t.suspense.c.state == "waiting")
    if reason is not None:
        query = query.where(t.suspense.c.reason == int(reason))
    with store.reading() as c:
        rows = c.execute(query).all()
        paths = {row.file: row.path for row in c.execute(select(t.files.c.file, t.files.c.path))}
        done: dict[int, list[dict[str, Any]]] = {}
        for said in c.execute(select(t.suspense_log).order_by(t.suspense_log.c.id)):
            told = {"at": said.at, "what": said.what, "run": said.run, "by": said.by, "why": said.why}
            done.setdefault(said.suspense, []).append(told)
    return [
        {
            "id": row.id,
            **({"state": row.state, "log": done.get(row.id, [])} if everything else {}),
            "reason": name_of(Reason(row.reason)),
            "source": row.source,
            "record_id": row.record_id,
            "connect_ms": row.connect_ms,
            "duration_ms": row.duration_ms,
            "file": paths.get(row.file),
            "line": row.line or None,  # none of what a rerate sent here: the archive keeps bytes, not lines
            "remedy": REMEDIES[Reason(row.reason)],
            "record": row.raw.decode("utf-8", "backslashreplace"),
        }
        for row in rows
    ]


def rejected_rows(store: Store) -> list[dict[str, Any]]:
    """Return the rejected records, oldest first, with their bytes; without those of files that were backed out."""
    with store.reading() as c:
        out = select(t.files.c.file).where(t.files.c.backout.is_not(None))
        stands = t.rejected.c.file.is_(None) | t.rejected.c.file.not_in(out)
        rows = c.execute(select(t.rejected).where(stands).order_by(t.rejected.c.id)).all()
        paths = {row.file: row.path for row in c.execute(select(t.files.c.file, t.files.c.path))}
    return [
        {
            "id": row.id,
            "reason": name_of(Reason(row.reason)),
            "source": row.source,
            "file": paths.get(row.file),
            "line": row.line,
            "record": row.raw.decode("utf-8", "backslashreplace"),
        }
        for row in rows
    ]
