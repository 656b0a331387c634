"""Erlang B: how many trunks an offered load needs so that few enough calls find all of them busy (SA 4.3.2).

The blocking of n trunks under a load of A erlangs is ``B(n) = (A**n / n!) / sum(A**k / k!, k = 0..n)``.
Its inverse has the recursion ``1/B(n) = 1 + (n / A) / B(n - 1)``, from ``1/B(0) = 1``: every step adds
and multiplies positive numbers, so nothing cancels, and no factorial or power grows. It is computed on
integers scaled by 2**128, once rounded down and once up; the exact value lies between, and decides where
the two disagree. So the answer is exact whatever the load, in one short step a trunk.
"""

from fractions import Fraction
from typing import Final

__all__ = ["BLOCKING", "MS_PER_HOUR", "blocking", "erlangs", "needs_at_least", "trunks_needed"]

BLOCKING: Final = Fraction(1, 100)
"""The share of calls in the busy hour that may be blocked: the engine's own choice (DOMAIN section 11)."""

MS_PER_HOUR: Final = 3_600_000

_ONE: Final = 1 << 128


def erlangs(ms: int, hours: int) -> Fraction:
    """Return the load that milliseconds of conversation in so many hours are."""
    return Fraction(ms, MS_PER_HOUR * hours)


def _inverse(load: Fraction, trunks: int) -> Fraction:
    """Return ``1/B(trunks)`` of a load above 0, exactly: the recursion on its numerators over ``p**n``."""
    p, q = load.numerator, load.denominator
    value = power = 1
    for n in range(1, trunks + 1):
        power *= p
        value = power + n * q * value
    return Fraction(value, power)


def blocking(load: Fraction, trunks: int) -> Fraction:
    """Return the share of calls that find all trunks busy; no load is never blocked."""
    return 1 / _inverse(load, trunks) if load > 0 else Fraction(0)


def _trunks(load: Fraction, allowed: Fraction, most: int | None) -> int:
    """Return the least number of trunks that blocks no more than allowed, or `most` if that is not enough."""
    if load <= 0:
        return 0
    p, q = load.numerator, load.denominator
    share, whole = allowed.numerator, allowed.denominator
    enough = _ONE * whole
    low = high = _ONE
    n = 0
    while n != most:
        if low * share >= enough or (high * share >= enough and _inverse(load, n) * allowed >= 1):
            return n
        n += 1
        low = _ONE + n * q * low // p
        high = _ONE - (-n * q * high) // p
    return n


def trunks_needed(load: Fraction, allowed: Fraction = BLOCKING) -> int:
    """Return the least number of trunks under which no more than the allowed share of calls is blocked.

    Parameters
    ----------
    load : Fraction
        Offered in the busy hour, in erlangs.
    allowed : Fraction
        Above 0, at most 1.
    """
    return _trunks(load, allowed, None)


def needs_at_least(trunks: int, load: Fraction, allowed: Fraction = BLOCKING) -> bool:
    """Return whether a load needs so many trunks or more: whether one less blocks more than allowed."""
    return _trunks(load, allowed, trunks) == trunks
