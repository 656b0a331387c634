"""New markets: LATAs without exchange of traffic before a day are bill and keep (XA 2.4)."""

from collections.abc import Sequence
from datetime import date

from rating.reference.rows import MarketHistory

__all__ = ["is_new_market"]


def is_new_market(agreement: str, lata: str, before: date, test: str, history: Sequence[MarketHistory] | None) -> bool:
    """Return whether a LATA is a new market for an agreement.

    Parameters
    ----------
    agreement, lata : str
    before : date
        Exchange has to have begun before this day.
    test : {"isp", "any"}
        Switch ``new_market_test``: whether ISP-bound traffic must have been exchanged, or any.
    history : sequence of MarketHistory, or None
        None (table missing): the test is off, nothing is a new market. A LATA without a row is one.
    """
    if history is None:
        return False
    return not any(
        row.agreement == agreement
        and row.lata == lata
        and row.first_exchanged < before
        and (test == "any" or row.traffic == "isp")
        for row in history
    )
