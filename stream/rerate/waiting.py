"""Calls that today's tables place no longer: into suspense, with the record as it came or one that says the same."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select, update

from schemas.columns import Limits
from stream.books import tables as t
from stream.books.store import Store
from stream.clock import timestamp
from stream.engine import Result
from stream.errors import InvariantBroken
from stream.explain.call import Call, decode_line, differing, from_archive

__all__ = ["first_receipts", "raw_of", "suspended_rows", "to_suspense", "waited_before"]

Ints = NDArray[np.int64]
Row = dict[str, Any]

_AT_ONCE: Final = 500
_WIDEST: Final = Limits(2**31 - 1, 2**53)


def raw_of(row: Mapping[str, Any]) -> bytes:
    """Return an archived call's record: as it came where that was kept, else one with the same fields.

    Raises
    ------
    InvariantBroken
        If what is written would not be read as the call that was archived.
    """
    call = from_archive(row)
    raw = row["raw"]
    if raw is None:
        raw = _line(call)
    read, verdict = decode_line(raw, _WIDEST)
    if read is None or differing(read, call):
        what = verdict if read is None else ", ".join(differing(read, call))
        raise InvariantBroken(f"{call.source} {call.record_id}: its record is not what was archived of it ({what})")
    return bytes(raw)


def _line(call: Call) -> bytes:
    fields = {
        "record_id": call.record_id,
        "source": call.source,
        "connect_time": call.connect_ms,
        "duration_ms": call.duration_ms,
        "called": call.called,
        "calling": call.calling,
        "lrn": call.lrn,
        "jip": call.jip,
        "trunk_group": call.trunk_group,
        "cic": call.cic,
        "routing_point": call.routing_point,
        "isp": call.isp,
        "voip": call.voip or None,
        "orig_ocn": call.orig_ocn,
        "term_ocn": call.term_ocn,
    }
    return orjson.dumps({name: value for name, value in fields.items() if value is not None})


def _key(fingerprint: int) -> bytes:
    return fingerprint.to_bytes(8, "big")


def _of_fingerprints(store: Store, fingerprints: Iterable[bytes]) -> Iterable[Any]:
    """Yield the rows of suspense that wait no longer, of some identities, oldest first."""
    wanted = list(fingerprints)
    with store.reading() as c:
        for start in range(0, len(wanted), _AT_ONCE):
            chosen = t.suspense.c.fingerprint.in_(wanted[start : start + _AT_ONCE]) & (t.suspense.c.state != "waiting")
            yield from c.execute(select(t.suspense).where(chosen).order_by(t.suspense.c.id))


def first_receipts(store: Store, result: Result, rows: Ints, file: Ints, receipt_ms: Ints) -> Ints:
    """Return when calls first came in, at their own places: one that waited came before it was archived.

    rows : (m,) int64
        The calls that are asked about.
    file, receipt_ms : (n,) int64
        As archived; what went through suspense is of no file.

    Raises
    ------
    InvariantBroken
        If a call is of no file and never waited.
    """
    recycled = rows[file[rows] == 0]
    if not recycled.size:
        return receipt_ms
    keys = {_key(int(result.fingerprint[row])): row for row in recycled.tolist()}
    out = receipt_ms.copy()
    came = {row.fingerprint: row.receipt_ms for row in _of_fingerprints(store, keys)}
    for key, row in keys.items():
        if key not in came:
            record = result.columns.cut("record_id", row).decode("ascii")
            raise InvariantBroken(f"call {record} of the archive is of no file and was never in suspense")
        out[row] = came[key]
    return out


def suspended_rows(archived: pa.RecordBatch, result: Result, rows: Ints, receipt_ms: Ints) -> list[Row]:
    """Return rows for suspense, of calls that have to wait now."""
    return [
        {
            "state": "waiting",
            "reason": int(result.reason[row]),
            "source": fields["source"],
            "record_id": fields["record_id"],
            "connect_ms": fields["connect_ms"],
            "duration_ms": fields["duration_ms"],
            "fingerprint": _key(int(result.fingerprint[row])),
            "utc_day": int(result.utc_day[row]),
            "file": fields["file"] or None,
            "line": 0,  # the archive knows the byte, not the line
            "receipt_ms": int(receipt_ms[row]),
            "raw": raw_of(fields),
        }
        for row, fields in zip(rows.tolist(), archived.take(pa.array(rows)).to_pylist(), strict=True)
    ]


def to_suspense(c: Connection, rows: Sequence[Row], earlier: Mapping[bytes, int], run: str) -> None:
    """Let calls wait; one that waited before waits under its old number again.

    earlier : mapping of fingerprint to the number in suspense
    """
    at = timestamp()
    for row in rows:
        number = earlier.get(row["fingerprint"])
        if number is None:
            key = c.execute(insert(t.suspense).values(**row)).inserted_primary_key
            assert key is not None
            number = int(key[0])
        else:
            changed = {"state": row["state"], "reason": row["reason"]}
            c.execute(update(t.suspense).where(t.suspense.c.id == number).values(**changed))
        c.execute(insert(t.suspense_log).values(suspense=number, at=at, what="suspended by rerate", run=run))


def waited_before(store: Store, rows: Sequence[Row]) -> dict[bytes, int]:
    """Return the numbers in suspense of those calls that went on from there once."""
    found = _of_fingerprints(store, (row["fingerprint"] for row in rows))
    return {row.fingerprint: row.id for row in found if row.state == "recycled"}
