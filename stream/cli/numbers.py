"""Numbers as the trade prints them: minutes with one decimal, rates as $.000700, dollars with cents."""

from decimal import ROUND_HALF_UP, Decimal

__all__ = ["change", "counted", "days", "dollars", "minutes", "percent", "rate", "ratio"]

_TENTH = Decimal("0.1")


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1, "record" -> "1 record"``, ``1200, "record" -> "1,200 records"``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def minutes(ms: int) -> str:
    """Return milliseconds as minutes of use, one decimal: ``90000 -> "1.5"``."""
    return f"{(Decimal(ms) / 60_000).quantize(_TENTH, ROUND_HALF_UP):,}"


def dollars(amount: str) -> str:
    """Return an amount of dollars with its sign and separators: ``"1234.5" -> "$1,234.50"``."""
    value = Decimal(amount)
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def change(amount: str) -> str:
    """Return a difference of dollars, a gain with its sign too: ``"12.5" -> "+$12.50"``."""
    return f"+{dollars(amount)}" if Decimal(amount) > 0 else dollars(amount)


def rate(text: str | None) -> str:
    """Return a rate to six places, or to as many as it has, without the leading zero: ``$.000700``."""
    if text is None:
        return ""
    value = Decimal(text)
    places = max(6, -int(value.normalize().as_tuple().exponent))
    return f"${value:.{places}f}".replace("$0.", "$.")


def percent(part: int, whole: int) -> str:
    """Return a share with one decimal, a dash where there is no whole."""
    return "-" if not whole else f"{(Decimal(part) * 100 / whole).quantize(_TENTH, ROUND_HALF_UP)}%"


def ratio(t_ms: int, o_ms: int) -> str:
    """Return a terminating-to-originating ratio with two places, a dash where nothing was originated."""
    return "-" if not o_ms else f"{(Decimal(t_ms) / o_ms).quantize(Decimal('0.01'), ROUND_HALF_UP):,}:1"


def days(first: str, last: str) -> str:
    """Return the days of one month as ``1-14``."""
    return f"{int(first[8:])}-{int(last[8:])}"
