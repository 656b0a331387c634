"""Distinct values of a batch's columns, where they are few."""

import numpy as np
from numpy.typing import NDArray

from rating.kernel import sums

__all__ = ["distinct"]

Ints = NDArray[np.int64]


def distinct(keys: Ints) -> tuple[Ints, Ints]:
    """Return the distinct keys in order of appearance, and each key's number among them.

    keys : (n,) int64, not negative. As `numpy.unique` with its inverse, without the sorting.
    """
    size = 1024
    while True:
        unique, out = np.empty(size, np.int64), np.empty(keys.size, np.int64)
        count = sums.group(keys, np.full(2 * size, -1, np.int32), unique, out)
        if count >= 0:
            return unique[:count], out
        size *= 8
