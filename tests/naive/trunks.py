"""Erlang B from its definition, in fractions: the share of time in which all trunks are busy."""

from fractions import Fraction
from math import factorial


def erlang_b(load: Fraction, trunks: int) -> Fraction:
    """Return the blocking of so many trunks: the last term of the sum of A**k / k! over the whole sum."""
    terms = [load**busy / factorial(busy) for busy in range(trunks + 1)]
    return terms[-1] / sum(terms)


def trunks_for(load: Fraction, allowed: Fraction) -> int:
    """Return the first number of trunks that blocks no more than allowed."""
    trunks = 0
    while load and erlang_b(load, trunks) > allowed:
        trunks += 1
    return trunks
