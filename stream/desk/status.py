"""Where each carrier-state stands: minutes, ratio, ISP-bound share, cap, advisories; what waits; how fresh."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from rating.advisories.collect import advisories
from rating.codes import TCLT_CLASSES, Reason, name_of
from rating.facts import Facts
from rating.settle import Settled, settle
from rating.sums import month_rows
from stream.books import tables as t
from stream.books.store import Store
from stream.facts import make_facts
from stream.workspace.load import Workspace

__all__ = ["status_of"]


def _carrier_months(facts: Facts, settled: Settled, *, closed: bool) -> list[dict[str, Any]]:
    """Return one row a LEC of the agreement: what it terminated and originated, and its cap."""
    agreement, month = settled.agreement, settled.month
    parties = facts.agreements[agreement]
    rows = month_rows(facts, agreement, month)
    out = []
    for payee, payer in ((parties.party_a, parties.party_b), (parties.party_b, parties.party_a)):
        code = {name: facts.names.find("party", name) for name in (payee, payer)}
        ours = [row for row in rows if row.traffic_class in TCLT_CLASSES]
        t_ms = sum(r.ms for r in ours if (r.originator, r.terminator) == (code[payer], code[payee]))
        o_ms = sum(r.ms for r in ours if (r.originator, r.terminator) == (code[payee], code[payer]))
        direction = next(d for d in settled.directions if (d.payer, d.payee) == (payer, payee))
        isp, capped = direction.isp, direction.capped
        in_ratio = isp is not None and isp.method != "none"
        out.append(
            {
                "agreement": agreement,
                "state": parties.state,
                "carrier": payee,
                "with": payer,
                "month": month,
                "closed": closed,
                "terminating_ms": t_ms,
                "originating_ms": o_ms,
                "t_ms": isp.t_ms if in_ratio and isp is not None else None,
                "o_ms": isp.o_ms if in_ratio and isp is not None else None,
                "isp_ms": isp.isp_ms if in_ratio and isp is not None else None,
                "method": isp.method if isp is not None else "none",
                "cap": None
                if capped is None
                else {
                    "year": capped.year,
                    "limit_ms": capped.limit.ms,
                    "used_ms": capped.use.before_ms + capped.use.ms,
                    "assumed": capped.limit.assumed,
                },
            }
        )
    return out


def status_of(workspace: Workspace, store: Store, as_known_at: date) -> dict[str, Any]:
    """Return every carrier-state's position and every agreement's advisories by month, suspense, and freshness."""
    names = store.names()
    facts = make_facts(workspace, names, store, as_known_at)
    carriers: list[dict[str, Any]] = []
    told: list[dict[str, Any]] = []
    loaded = {row.agreement for row in workspace.tables.agreements}
    with store.reading() as c:
        closed = {
            (row.agreement, row.month) for row in c.execute(select(t.statements.c.agreement, t.statements.c.month))
        }
        waiting = c.execute(
            select(t.suspense.c.reason, func.count().label("records"), func.sum(t.suspense.c.duration_ms).label("ms"))
            .where(t.suspense.c.state == "waiting")
            .group_by(t.suspense.c.reason)
        ).all()
        files = c.execute(
            select(func.count(), func.max(t.files.c.received_ms), func.sum(t.files.c.done)).where(
                t.files.c.backout.is_(None)
            )
        ).one()
    for code, month in store.months():
        agreement = names.name("agreement", code)
        if agreement in loaded:
            settled = settle(facts, agreement, month)
            carriers += _carrier_months(facts, settled, closed=(agreement, month) in closed)
            told.append({"agreement": agreement, "month": month, "advisories": advisories(facts, settled)})
    carriers.sort(key=lambda row: (row["agreement"], row["carrier"], row["month"]))
    return {
        "as_known_at": as_known_at.isoformat(),
        "carriers": carriers,
        "advisories": sorted(told, key=lambda row: (row["agreement"], row["month"])),
        "suspense": [{"reason": name_of(Reason(row.reason)), "records": row.records, "ms": row.ms} for row in waiting],
        "files": {"known": files[0], "done": int(files[2] or 0), "last_received_ms": files[1]},
    }
