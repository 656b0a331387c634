"""Where each side of an agreement stood, month by month: its ratio and its cap."""

from datetime import date
from typing import Any

from stream.books.store import Store
from stream.desk.reports.table import MS, TEXT, Report
from stream.desk.status import status_of
from stream.workspace.load import Workspace

__all__ = ["position"]


def position(workspace: Workspace, store: Store, agreement: str, as_known_at: date) -> Report:
    """Return terminating and originating time, and the cap's limit and use, by carrier and month."""
    rows: list[dict[str, Any]] = []
    for row in status_of(workspace, store, as_known_at)["carriers"]:
        if row["agreement"] == agreement:
            cap = row["cap"] or {"limit_ms": None, "used_ms": None}
            rows.append(
                {
                    "carrier": row["carrier"], "month": row["month"], "t_ms": row["terminating_ms"],
                    "o_ms": row["originating_ms"], "cap_ms": cap["limit_ms"], "used_ms": cap["used_ms"],
                }
            )  # fmt: skip
    return Report({"carrier": TEXT, "month": TEXT, "t_ms": MS, "o_ms": MS, "cap_ms": MS, "used_ms": MS}, rows)
