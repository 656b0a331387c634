"""Split an integer over parts in proportion to weights, losing nothing."""

from collections.abc import Sequence

__all__ = ["largest_remainder"]


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Return shares of `total` by `weights`; they sum to `total` exactly.

    Parameters
    ----------
    total : int
        What is split, in any unit (milliseconds, calls); not negative.
    weights : sequence of int
        Not negative, in tie-breaking order: of equal remainders the earlier part gets the unit.

    Raises
    ------
    ValueError
        If there is something to split and nothing to split it by.

    Notes
    -----
    Plain integers on purpose: a year's milliseconds times a month's overflow 64 bits.
    """
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError(f"nothing to apportion {total} by: all {len(weights)} weights are 0")
        return [0] * len(weights)
    shares, remainders = map(list, zip(*(divmod(total * weight, whole) for weight in weights), strict=True))
    by_remainder = sorted(range(len(weights)), key=lambda part: -remainders[part])
    for part in by_remainder[: total - sum(shares)]:
        shares[part] += 1
    return shares
