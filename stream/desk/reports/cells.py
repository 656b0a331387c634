"""Usage cells with names in place of their codes."""

from collections.abc import Iterator
from typing import Any, Final

from rating.codes import Jurisdiction, TrafficClass, name_of
from stream.books.store import Store
from stream.workspace.calendar import date_at

__all__ = ["COLUMNS", "cell_rows"]

_NAMED: Final = {
    "originator": "party", "terminator": "party", "orig_ocn": "ocn", "term_ocn": "ocn", "lata": "lata",
    "trunk_group": "trunk_group",
}  # fmt: skip
COLUMNS: Final = (
    "agreement", "month", "day", "class", "jurisdiction", *_NAMED, "state", "rate_center",
    "carried", "calls", "ms",
)  # fmt: skip


def cell_rows(store: Store, month: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the cells of a month, or of all, all layers together: one a key, the day as a date.

    `state` and `rate_center` are those of the caller; `calls` are counted on the day of connect, `carried` 0.
    """
    names = store.names()
    for agreement, of_month in store.months():
        if month is not None and of_month != month:
            continue
        cells = store.cells(agreement, of_month)
        fields = {
            name: [names.name(kind, code) for code in cells.field(name).tolist()] for name, kind in _NAMED.items()
        }
        places = [names.name("rate_center", code).partition("|") for code in cells.field("rate_center").tolist()]
        classes = [name_of(TrafficClass(code)) for code in cells.field("traffic_class").tolist()]
        jurisdictions = [name_of(Jurisdiction(code)) for code in cells.field("jurisdiction").tolist()]
        days, carried = cells.field("day").tolist(), cells.field("carried").tolist()
        calls, ms = cells.calls.tolist(), cells.ms.tolist()
        for i in range(len(cells)):
            yield {
                "agreement": names.name("agreement", agreement),
                "month": of_month,
                "day": date_at(days[i]),
                "class": classes[i],
                "jurisdiction": jurisdictions[i],
                **{name: values[i] for name, values in fields.items()},
                "state": places[i][0],
                "rate_center": places[i][2],
                "carried": carried[i],
                "calls": calls[i],
                "ms": ms[i],
            }
