"""How long what waits in suspense has waited since it was received."""

from typing import Any, Final

from sqlalchemy import select

from rating.codes import Reason, name_of
from stream.books import tables as t
from stream.books.store import Store
from stream.desk.reports.table import COUNT, MS, TEXT, Report

__all__ = ["AGES", "aging"]

_DAY_MS: Final = 86_400_000
AGES: Final = ((1, "under 1 day"), (7, "1 to 6 days"), (30, "7 to 29 days"), (90, "30 to 89 days"))
"""Whole days since receipt that an age ends before, and what it is called; the rest is `_OLDEST`."""
_OLDEST: Final = "90 days and more"


def _age(waited_ms: int) -> int:
    days = waited_ms // _DAY_MS
    return next((at for at, (below, _) in enumerate(AGES) if days < below), len(AGES))


def aging(store: Store, now_ms: int) -> Report:
    """Return records and time that wait, by reason and age."""
    columns = (t.suspense.c.reason, t.suspense.c.receipt_ms, t.suspense.c.duration_ms)
    sums: dict[tuple[int, int], list[int]] = {}
    with store.reading() as c:
        for row in c.execute(select(*columns).where(t.suspense.c.state == "waiting")):
            have = sums.setdefault((row.reason, _age(now_ms - row.receipt_ms)), [0, 0])
            have[0] += 1
            have[1] += row.duration_ms
    words = [*(name for _, name in AGES), _OLDEST]
    rows: list[dict[str, Any]] = [
        {"reason": name_of(Reason(reason)), "waited": words[age], "records": records, "ms": ms}
        for (reason, age), (records, ms) in sorted(sums.items())
    ]
    return Report({"reason": TEXT, "waited": TEXT, "records": COUNT, "ms": MS}, rows)
