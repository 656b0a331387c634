"""What was billed before the books were opened, as ledger entries (XA 4.2; DOMAIN section 10).

A row of the history opens the ledger with an entry on a line of its own, since an earlier bill knows no
line of a statement. When the month is valued, its lines are booked and the opening is set off against
them, so that what is booked is the valuation, and the difference is what is owed beyond the earlier bill.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from rating.ledger import Entry
from rating.money import UNITS_PER_CENT
from rating.reference.rows import BilledHistory

__all__ = ["OPENING", "Opening", "entry_of", "opening_of", "set_off"]

OPENING: Final = "opening"
"""The cause of what opens the ledger, and of what sets it off against a valuation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One bill of before: who billed whom what for a month's traffic of a class.

    ms : milliseconds billed. cents : billed, which is the value booked. paid_cents : how much of it was
    paid, kept for people; a payment settles a bill and does not change what the traffic is worth.
    """

    line: str
    agreement: str
    month: str
    payer: str
    payee: str
    traffic_class: str
    invoice: str
    ms: int
    cents: int
    paid_cents: int


def _whole_cents(amount: Decimal) -> int:
    scaled = amount.scaleb(2)
    whole = int(scaled)
    if scaled != whole:
        raise ValueError(f"found {amount}, expected whole cents: a bill has no smaller part")
    return whole


def opening_of(row: BilledHistory) -> Opening:
    """Return what a row of the history opens the ledger with; ValueError where it is finer than a cent."""
    return Opening(
        line="/".join((row.agreement, row.month, OPENING, f"{row.payer}>{row.payee}", row.class_, row.invoice or "-")),
        agreement=row.agreement,
        month=row.month,
        payer=row.payer,
        payee=row.payee,
        traffic_class=row.class_,
        invoice=row.invoice,
        ms=row.ms,
        cents=_whole_cents(row.amount),
        paid_cents=_whole_cents(row.paid_amount),
    )


def entry_of(opening: Opening) -> Entry:
    """Return the entry that opens the ledger with a bill; no clause stands behind what was billed elsewhere."""
    return _entry(opening, 0, 1)


def set_off(opening: Opening, number: int) -> Entry:
    """Return the entry that takes a bill out again as the month's statement of a number books its value."""
    return _entry(opening, number, -1)


def _entry(opening: Opening, number: int, sign: int) -> Entry:
    return Entry(
        key=f"{opening.line}#{number}/{OPENING}",
        agreement=opening.agreement,
        month=opening.month,
        line=opening.line,
        cause=OPENING,
        payer=opening.payer,
        payee=opening.payee,
        ms=sign * opening.ms,
        units=sign * opening.cents * UNITS_PER_CENT,
        cents=sign * opening.cents,
        clauses=(),
    )
