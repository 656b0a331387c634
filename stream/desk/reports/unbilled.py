"""Usage that is on no bill: of months that are not closed, and on lines that no loaded instrument prices."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import orjson

from stream.books.store import Store
from stream.desk.reports.table import COUNT, MS, TEXT, Report
from stream.desk.statements import current_statements
from stream.workspace.load import Workspace

__all__ = ["unbilled"]

_MISSING = "terms_missing"


def unbilled(workspace: Workspace, store: Store, as_known_at: date) -> Report:
    """Return calls and time by agreement, month and why it is not billed.

    Of a closed month the statement that was issued last counts, of an open one the statement as of today. A
    line's time has one reason: ``terms_missing`` where it has no price, else ``not_closed``.
    """
    names = store.names()
    loaded = {row.agreement for row in workspace.tables.agreements}
    rows: list[dict[str, Any]] = []
    for code, month in store.months():
        agreement = names.name("agreement", code)
        if agreement not in loaded:
            continue
        issued = store.issued(agreement, month)
        if issued:
            document = orjson.loads(issued[-1].body)
        else:
            [document] = current_statements(workspace, store, [agreement], month, as_known_at)
        rows += _rows(agreement, month, document, closed=bool(issued))
    rows.sort(key=lambda row: (row["agreement"], row["month"], row["why"]))
    return Report({"agreement": TEXT, "month": TEXT, "why": TEXT, "lines": COUNT, "calls": COUNT, "ms": MS}, rows)


def _rows(agreement: str, month: str, document: Mapping[str, Any], *, closed: bool) -> Iterable[dict[str, Any]]:
    sums: dict[str, list[int]] = {}
    for direction in document["directions"]:
        for line in direction["lines"]:
            missing = line["outcome"] == _MISSING
            if missing or not closed:
                have = sums.setdefault(_MISSING if missing else "not_closed", [0, 0, 0])
                for position, value in enumerate((1, line["calls"], line["ms"])):
                    have[position] += value
    for why, (lines, calls, ms) in sums.items():
        yield {"agreement": agreement, "month": month, "why": why, "lines": lines, "calls": calls, "ms": ms}
