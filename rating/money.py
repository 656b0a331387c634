"""Money as integers: rates in 1e-9 dollar, charges in 1e-9 dollar over 60,000.

A minute's rate has up to nine decimal places, so ``ms * rate`` is a whole number of
1/60,000 nanodollars ("units"). Units add without loss; the cent appears once, on a line.
"""

from decimal import Decimal
from typing import Final

__all__ = [
    "MS_PER_MINUTE",
    "UNITS_PER_CENT",
    "UNITS_PER_DOLLAR",
    "cents",
    "decimal_text",
    "dollars_text",
    "nano",
    "unrounded_text",
]

MS_PER_MINUTE: Final = 60_000
NANO_PER_DOLLAR: Final = 1_000_000_000
UNITS_PER_DOLLAR: Final = NANO_PER_DOLLAR * MS_PER_MINUTE
UNITS_PER_CENT: Final = UNITS_PER_DOLLAR // 100
_UNROUNDED_PLACES: Final = 12


def nano(rate: Decimal) -> int:
    """Return a rate in dollars as an integer of 1e-9 dollar; ValueError if it is finer or negative."""
    scaled = rate.scaleb(9)
    whole = int(scaled)
    if scaled != whole or whole < 0:
        raise ValueError(f"a rate is a decimal of 0 or more with at most 9 places, found {rate}")
    return whole


def cents(units: int) -> int:
    """Round units half up to whole cents; half away from zero for a credit, so that it cancels its charge."""
    magnitude = (abs(units) * 2 + UNITS_PER_CENT) // (2 * UNITS_PER_CENT)
    return magnitude if units >= 0 else -magnitude


def dollars_text(amount_cents: int) -> str:
    """Write cents as dollars with two places: ``-3 -> "-0.03"``."""
    sign = "-" if amount_cents < 0 else ""
    whole, part = divmod(abs(amount_cents), 100)
    return f"{sign}{whole}.{part:02d}"


def decimal_text(value: int, places: int) -> str:
    """Write ``value / 10**places`` without trailing zeros: ``(1000000, 9) -> "0.001"``."""
    sign = "-" if value < 0 else ""
    whole, part = divmod(abs(value), 10**places)
    tail = f"{part:0{places}d}".rstrip("0")
    return f"{sign}{whole}.{tail}" if tail else f"{sign}{whole}"


def unrounded_text(units: int) -> str:
    """Write units as dollars to twelve places, half even: what a line was before its cent."""
    scaled = abs(units) * 10**_UNROUNDED_PLACES
    quotient, remainder = divmod(scaled, UNITS_PER_DOLLAR)
    twice = remainder * 2
    if twice > UNITS_PER_DOLLAR or (twice == UNITS_PER_DOLLAR and quotient % 2):
        quotient += 1
    return decimal_text(-quotient if units < 0 else quotient, _UNROUNDED_PLACES)
