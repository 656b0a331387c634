"""What a cell of a bill says: dollars, minutes, rates, days. A cell that is not understood is an error, not a guess."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from rating.money import MS_PER_MINUTE, decimal_text

__all__ = ["cents_of", "day_of", "decimal_of", "minutes_of", "rate_of"]

_NUMBER: Final = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]{1,12})?")
_NANO_PLACES: Final = 9
_CENT: Final = Decimal("0.01")


def decimal_of(text: str, currency: str = "") -> Decimal:
    """Return a number as bills write it: ``1,234.50``, ``-3``, ``(3.00)``, ``3.00 CR``, with or without the sign.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    left = text.strip()
    negative = False
    if left.upper().endswith("CR"):
        negative, left = True, left[:-2].rstrip()
    if left.startswith("(") and left.endswith(")"):
        negative, left = not negative, left[1:-1].strip()
    if left.startswith("-"):
        negative, left = not negative, left[1:].lstrip()
    if currency and left.startswith(currency):
        left = left[len(currency) :].lstrip()
        if left.startswith("-") and not negative:
            negative, left = True, left[1:]
    if not left or left == "." or _NUMBER.fullmatch(left) is None:
        sign = f", with or without {currency}" if currency else ""
        raise ValueError(f"a number as 1,234.50{sign}")
    value = Decimal(left.replace(",", ""))
    return -value if negative else value


def cents_of(value: Decimal) -> int:
    """Return dollars as whole cents, half away from zero."""
    return int(value.quantize(_CENT, ROUND_HALF_UP).scaleb(2))


def minutes_of(value: Decimal) -> tuple[int, int]:
    """Return printed minutes as milliseconds, and how far off they may be for their places: ``1.5 -> 90000, 3000``."""
    places = max(0, -int(value.as_tuple().exponent))
    ms = int((value * MS_PER_MINUTE).quantize(Decimal(1), ROUND_HALF_UP))
    half = MS_PER_MINUTE * 5 / Decimal(10) ** (places + 1) if places else Decimal(0)
    return ms, int(half.to_integral_value(ROUND_HALF_UP))


def rate_of(value: Decimal) -> str:
    """Return a rate in the form that statements have; ValueError if it is negative or finer than 1e-9 dollar."""
    scaled = value.scaleb(_NANO_PLACES)
    if value < 0 or scaled != int(scaled):
        raise ValueError("dollars a minute, 0 or more, with at most 9 places")
    return decimal_text(int(scaled), _NANO_PLACES)


def day_of(text: str, form: str) -> date:
    """Return a day; ValueError saying the form that was expected."""
    try:
        return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007  # a day has no zone
    except ValueError:
        raise ValueError(f"a day as {date(2003, 6, 14).strftime(form)}") from None
