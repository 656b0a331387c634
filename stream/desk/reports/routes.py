"""Minutes by class and route of a month: from where, into which LATA, over which trunk group."""

from typing import Any, Final

from stream.books.store import Store
from stream.desk.reports.cells import cell_rows
from stream.desk.reports.table import COUNT, MS, TEXT, Report

__all__ = ["routes"]

_ROUTE: Final = {
    "agreement": "agreement", "class": "class", "from": "originator", "to": "terminator", "state": "state",
    "rate_center": "rate_center", "lata": "lata", "trunk_group": "trunk_group",
}  # fmt: skip
"""What the report calls the fields of a cell that a route is made of; the place is the caller's."""


def routes(store: Store, month: str, top: int | None) -> Report:
    """Return calls and time by class and route, the longest first; `top` of them, or all."""
    sums: dict[tuple[str, ...], list[int]] = {}
    for cell in cell_rows(store, month):
        have = sums.setdefault(tuple(cell[name] for name in _ROUTE.values()), [0, 0])
        have[0] += cell["calls"]
        have[1] += cell["ms"]
    ordered = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))[:top]
    rows: list[dict[str, Any]] = [
        {**dict(zip(_ROUTE, route, strict=True)), "calls": calls, "ms": ms} for route, (calls, ms) in ordered
    ]
    return Report({**dict.fromkeys(_ROUTE, TEXT), "calls": COUNT, "ms": MS}, rows)
