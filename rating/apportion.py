"""Split an integer over parts in proportion to weights, losing nothing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_remainder", "largest_remainder_by_group"]

Ints = NDArray[np.int64]


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


def largest_remainder_by_group(totals: Ints, weights: Ints, group: Ints) -> Ints:
    """Split many small totals at once, each over the parts of its group; as `largest_remainder`.

    Parameters
    ----------
    totals : (g,) int64
        What is split, not negative; small enough that a total times a weight fits 64 bits. A group
        without weight keeps nothing, so its total has to be 0.
    weights, group : (n,) int64
        Not negative; which total each is of. Inside a group the order is that of ties.

    Returns
    -------
    (n,) int64
        Shares; those of a group sum to its total.
    """
    whole = np.zeros(len(totals), np.int64)
    np.add.at(whole, group, weights)
    assert not (totals[whole == 0]).any(), "nothing to apportion a total by"
    shares, remainders = np.divmod(totals[group] * weights, np.maximum(whole, 1)[group])
    left = totals.copy()
    np.subtract.at(left, group, shares)
    order = np.lexsort((np.arange(len(group)), -remainders, group))
    first = np.searchsorted(group[order], np.arange(len(totals)))
    place = np.arange(len(group)) - first[group[order]]
    shares[order[place < left[group[order]]]] += 1
    return shares
