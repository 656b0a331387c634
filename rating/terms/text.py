"""The text of a contract as data: sections in sentences, definitions, schedules of shares.

An instrument's file may carry the text that amendments operate on (``[[text]]``, ``[[definition]]``,
``[[schedule]]``); most do not, and operations on what is not at hand are ``pending_base``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

__all__ = ["ScheduleRow", "ScheduleTotals", "TextDefinition", "TextSchedule", "TextSection", "sum_faults"]


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of a schedule of shares: who takes what at which price."""

    purchaser: str
    series: str
    shares: int
    warrants: int
    price: int


class ScheduleTotals(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rows of a schedule have to add up to, as its own text says."""

    shares: int
    warrants: int
    price: int
    unit_price: int
    by_series: dict[str, int] = {}


class TextSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section with its number and heading, sentence by sentence."""

    section: str
    heading: str = ""
    sentences: tuple[str, ...] = ()


class TextDefinition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A defined term, the section that defines it, and what it means there."""

    section: str
    term: str
    text: str


class TextSchedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schedule of shares; `totals` where its text states what the rows come to."""

    schedule: str
    rows: tuple[ScheduleRow, ...]
    totals: ScheduleTotals | None = None


def sum_faults(rows: Sequence[ScheduleRow], totals: ScheduleTotals | None) -> Iterator[str]:
    """Yield a sentence for each stated total that the rows do not come to; nothing is corrected.

    Parameters
    ----------
    rows : sequence of ScheduleRow
        Shares and warrants in pieces, prices in whole dollars.
    totals : ScheduleTotals or None
        None states nothing, so nothing can differ.
    """
    if totals is None:
        return
    for field in ("shares", "warrants", "price"):
        found, expected = sum(getattr(row, field) for row in rows), getattr(totals, field)
        if found != expected:
            yield f"{field} add up to {found:,}, expected {expected:,}"
    by_series: Counter[str] = Counter()
    for row in rows:
        by_series[row.series] += row.shares
    for series in sorted(set(by_series) | set(totals.by_series)) if totals.by_series else ():
        found, expected = by_series[series], totals.by_series.get(series, 0)
        if found != expected:
            yield f"shares of series {series} add up to {found:,}, expected {expected:,}"
