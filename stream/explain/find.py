"""Find a record wherever it ended: in the archive, in suspense, among the rejected."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Final

from sqlalchemy import func, select

from rating.codes import Reason, name_of
from schemas.columns import Limits
from stream.books import tables as t
from stream.books.store import Store
from stream.errors import BadInput
from stream.explain.archived import Manifest, rows_of_record, similar_ids
from stream.explain.call import Call, Decision, FoundCall, LiveSegment, decode_line, differing, from_archive
from stream.explain.words import needed
from stream.workspace.load import Workspace

__all__ = ["call_of", "find_record", "utc_date"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_REJECTED: Final = 20
_WAITING: Final = "waiting"
_SUSPENDED: Final = "suspended"
_OUT: Final = {"backed_out": "taken out with its file", "written_off": "written off"}
_Files = dict[int, tuple[str, str]]


def utc_date(utc_day: int) -> str:
    """Write a UTC day that is counted from 1970."""
    return (_EPOCH + timedelta(days=utc_day)).date().isoformat()


def find_record(workspace: Workspace, store: Store, record_id: str, source: str | None = None) -> list[FoundCall]:
    """Return every record of an id, each with what became of it, in the order in which they connected.

    Counters of switches wrap, so one id may stand for several records: of several sources, and of
    several days of one. Of a call that was decided again the latest decision is returned.

    Parameters
    ----------
    record_id : str
    source : str, optional
        The recording office; None for all of them.

    Raises
    ------
    BadInput
        If there is none; names what comes near.
    """
    limits = Limits(workspace.settings.limits.max_line_bytes, workspace.settings.limits.max_duration_ms)
    files = _files(store)
    archived = _latest(_archived(segment, row, files) for segment, row in rows_of_record(store, record_id, source))
    suspended = _suspended(store, record_id, source, files, limits)
    found = _related(archived, suspended)
    found += _rejected(store, record_id, source, files, limits)
    if not found:
        raise _unknown(store, record_id, source)
    return sorted(found, key=lambda f: (f.call.connect_ms if f.call is not None else 0, f.source, f.receipt_ms))


def _files(store: Store) -> _Files:
    with store.reading() as c:
        return {
            row.file: (row.path, row.sha256)
            for row in c.execute(select(t.files.c.file, t.files.c.path, t.files.c.sha256))
        }


def _file(files: _Files, number: int | None) -> tuple[str, str]:
    return files.get(number, (f"file {number}", "")) if number else ("", "")


def _archived(segment: Manifest, row: dict[str, Any], files: _Files) -> FoundCall:
    path, sha256 = _file(files, row["file"])
    lists = ("day", "ms", "outcome", "reason", "rate_nano", "charge_units", "t_ms", "o_ms", "cap_left_ms")
    decided = (
        "agreement", "originator", "terminator", "originating_ocn", "terminating_ocn", "originating_rate_center",
        "terminating_rate_center", "lata", "jurisdiction", "state",
    )  # fmt: skip
    return FoundCall(
        state=row["outcome"],
        reason="",
        record_id=row["record_id"],
        source=row["source"],
        call=from_archive(row),
        path=path,
        sha256=sha256,
        at=row["at"],
        line=None,
        receipt_ms=row["receipt_ms"],
        layer=segment.layer,
        rev=row["rev"],
        decision=Decision(row["outcome"], row["class"], **{name: row[name] or "" for name in decided}),
        segments=tuple(LiveSegment(*values) for values in zip(*(row[f"segment_{n}"] for n in lists), strict=True)),
        raw=row["raw"],
    )


def _identity(found: FoundCall) -> tuple[str, str, int]:
    return found.source, found.record_id, found.call.utc_day if found.call is not None else 0


def _latest(rows: Iterable[FoundCall]) -> list[FoundCall]:
    """Keep the latest decision of each identity; what was decided before goes into its history."""
    by_identity: dict[tuple[str, str, int], list[FoundCall]] = {}
    for found in rows:
        by_identity.setdefault(_identity(found), []).append(found)
    out = []
    for versions in by_identity.values():
        *earlier, last = sorted(versions, key=lambda found: found.rev)
        said = tuple(
            f"decision {f.rev} was {_decided(f)}, in {f.layer}; {last.rev} is the one that stands" for f in earlier
        )
        out.append(replace(last, history=said))
    return out


def _decided(found: FoundCall) -> str:
    if found.state == _SUSPENDED:
        return "to wait"
    if found.state in _OUT:
        return f"to be {_OUT[found.state]}"
    decision = needed(found.decision, f"{found.place}: archived without a decision")
    return f"{decision.traffic_class} under {decision.agreement or 'no agreement'}"


def _suspended(store: Store, record_id: str, source: str | None, files: _Files, limits: Limits) -> list[FoundCall]:
    query = select(t.suspense).where(t.suspense.c.record_id == record_id).order_by(t.suspense.c.id)
    if source is not None:
        query = query.where(t.suspense.c.source == source)
    out = []
    with store.reading() as c:
        for row in c.execute(query):
            path, sha256 = _file(files, row.file)
            call, _ = decode_line(row.raw, limits)
            out.append(
                FoundCall(
                    state=_SUSPENDED if row.state == _WAITING else row.state,
                    reason=name_of(Reason(row.reason)),
                    record_id=row.record_id,
                    source=row.source,
                    call=call,
                    path=path,
                    sha256=sha256,
                    at=None,
                    line=row.line or None,
                    receipt_ms=row.receipt_ms,
                    layer="",
                    rev=0,
                    raw=row.raw,
                    history=_log(store, row.id),
                )
            )
    return out


def _log(store: Store, suspense: int) -> tuple[str, ...]:
    """Return what people did about a suspended record."""
    query = select(t.suspense_log).where(t.suspense_log.c.suspense == suspense).order_by(t.suspense_log.c.id)
    with store.reading() as c:
        return tuple(
            f"{row.at}: {row.what} (run {row.run})" + (f" by {row.by}: {row.why}" if row.by else "")
            for row in c.execute(query)
        )


def _related(archived: Sequence[FoundCall], suspended: Sequence[FoundCall]) -> list[FoundCall]:
    """Tell records of one identity about each other; one that was suspended and then rated is one record."""
    out: list[FoundCall] = []
    rated = {_identity(found): found for found in archived if found.state != _SUSPENDED}
    sent_back = {_identity(found): found for found in archived if found.state == _SUSPENDED}
    first: dict[tuple[str, str, int], FoundCall] = dict(rated)
    for found in suspended:
        left = sent_back.get(_identity(found))
        if left is not None and left.call is not None and found.call is not None:
            if not differing(left.call, found.call):
                out.append(_sent_back(left, found))
                continue
            first.setdefault(_identity(found), left)
        stands = first.setdefault(_identity(found), found)
        same = stands.call is not None and found.call is not None and not differing(stands.call, found.call)
        if stands is found:
            out.append(found)
        elif same and _identity(found) in rated and found.state != _SUSPENDED:
            rated[_identity(found)] = _recycled(rated[_identity(found)], found)
        else:
            out.append(replace(found, history=(_conflict(stands, found), *found.history)))
    return [*rated.values(), *out]


def _recycled(rated: FoundCall, waited: FoundCall) -> FoundCall:
    """Join a record that waited with what became of it: it came in where it waited."""
    past = f"waited as {waited.reason}, then {waited.state}"
    return replace(
        rated,
        path=waited.path,
        sha256=waited.sha256,
        at=None,
        line=waited.line or None,
        received_ms=waited.receipt_ms,
        history=(past, *waited.history, *rated.history),
    )


def _sent_back(left: FoundCall, found: FoundCall) -> FoundCall:
    """Join a record that waits with its past: it was rated, until a rerate could not place it any more."""
    return replace(
        found,
        path=left.path or found.path,
        sha256=left.sha256 or found.sha256,
        at=left.at if left.path else None,
        line=None if left.path else found.line,
        layer=left.layer,
        rev=left.rev,
        history=(*left.history, *found.history),
    )


def _conflict(stands: FoundCall, found: FoundCall) -> str:
    fields = ""
    if stands.call is not None and found.call is not None:
        pairs = [
            f"{n} {getattr(stands.call, n)} there, {getattr(found.call, n)} here"
            for n in differing(stands.call, found.call)
        ]
        fields = f"; they differ in {', '.join(pairs)}" if pairs else "; their fields are the same"
    return f"the record that stands under this identity is in {stands.place} ({stands.state}){fields}"


def _rejected(store: Store, record_id: str, source: str | None, files: _Files, limits: Limits) -> list[FoundCall]:
    """Find the id in the text of rejected records: they have no identity, and perhaps no readable id."""
    out = []
    with store.reading() as c:
        for needle in (f'"{record_id}"'.encode(), record_id.encode()):
            query = select(t.rejected).where(func.instr(t.rejected.c.raw, needle) > 0)
            if source is not None:
                query = query.where(t.rejected.c.source.in_((source, "?")))
            for row in c.execute(query.order_by(t.rejected.c.id).limit(_MOST_REJECTED)):
                path, sha256 = _file(files, row.file)
                out.append(
                    FoundCall(
                        state="rejected",
                        reason=name_of(Reason(row.reason)),
                        record_id=record_id,
                        source=row.source,
                        call=decode_line(row.raw, limits)[0],
                        path=path,
                        sha256=sha256,
                        at=None,
                        line=row.line,
                        receipt_ms=row.receipt_ms,
                        layer="",
                        rev=0,
                        raw=row.raw,
                    )
                )
            if out or len(record_id) < 4:  # noqa: PLR2004  (a short id stands in too many lines)
                break
    return out


def _unknown(store: Store, record_id: str, source: str | None) -> BadInput:
    ids = similar_ids(store, record_id)
    near = get_close_matches(record_id, ids, n=3, cutoff=0.5) or ids[:3]
    with store.reading() as c:
        waiting = c.execute(select(t.suspense.c.record_id).distinct()).scalars().all()
        sources = sorted({*c.execute(select(t.intake.c.source).distinct()).scalars().all()})
    near += [name for name in get_close_matches(record_id, waiting, n=2, cutoff=0.8) if name not in near]
    of = f" of source {source!r}" if source is not None else ""
    hint = f": {', '.join(repr(name) for name in near)} perhaps" if near else ""
    known = f" Sources are {', '.join(sources)}." if source is not None and source not in sources else ""
    return BadInput(
        f"found no record {record_id!r}{of} in the archive, in suspense or among the rejected, expected the id of one, "
        f"or of a statement's line{hint}.{known} Duplicates and filtered records are counted, not kept."
    )


def call_of(found: FoundCall) -> Call:
    """Return the decoded call of a record that has one."""
    return needed(found.call, f"{found.place}: {found.state} record without a call")
