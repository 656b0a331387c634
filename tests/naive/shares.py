"""The contracts' arithmetic on bare integers: shares, the 3:1 excess, the cap, the cent."""

from collections.abc import Mapping, Sequence
from fractions import Fraction


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Return shares of `total` by `weights` that sum to it: largest remainder, ties to the earlier."""
    if not total:
        return [0] * len(weights)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [share.numerator // share.denominator for share in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def presume(terminated_ms: int, originated_ms: int) -> int:
    """Return the time presumed ISP-bound: only what exceeds 3:1 (XA 2.6)."""
    return max(0, terminated_ms - 3 * originated_ms)


def cap_limit(history: Mapping[str, int], year: int, reading: str = "compensable") -> tuple[int | None, bool]:
    """Return a year's limit in ms (None: no limit) and whether it rests on an assumption (XA 2.3.1).

    Parameters
    ----------
    history : mapping of period (``2001-Q1``, ``2001``, ``2002``) to ISP ms
        The quarter's compensable time; the years' eligible time, uncapped.
    reading : ``compensable`` or ``ceiling``
        Switch ``cap_2003``: from 2003 on, what 2002 was compensable for, or what it could have been.
    """
    if "2001-Q1" not in history:
        return None, True
    ceiling_2001 = Fraction(history["2001-Q1"]) * 4 * Fraction(110, 100)
    compensable_2001 = min(ceiling_2001, Fraction(history.get("2001", ceiling_2001)))
    ceiling_2002 = compensable_2001 * Fraction(110, 100)
    compensable_2002 = min(ceiling_2002, Fraction(history.get("2002", ceiling_2002)))
    later = {"compensable": compensable_2002, "ceiling": ceiling_2002}[reading]
    limit = {2001: ceiling_2001, 2002: ceiling_2002}.get(year, later)
    return limit.numerator // limit.denominator, not {"2001", "2002"} <= set(history)


def charge(ms: int, rate: str) -> Fraction:
    """Return the exact dollars of `ms` at a rate per minute."""
    return Fraction(rate) * ms / 60_000


def cents(dollars: Fraction) -> int:
    """Return an amount rounded half-up to the cent, in cents."""
    doubled = dollars * 200 + 1
    return doubled.numerator // (2 * doubled.denominator)


def amount(whole_cents: int) -> str:
    """Return cents as decimal dollars, ``12.35``."""
    return f"{whole_cents // 100}.{whole_cents % 100:02d}"
