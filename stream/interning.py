"""Names in a batch's text to codes, and new names into the list where the list may grow."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rating.kernel import intern
from rating.kernel.classify import ABSENT, UNKNOWN_PLACE

__all__ = ["NameTable"]

Ints = NDArray[np.int64]


class NameTable:
    """A list of names compiled for look-up by the bytes of a batch.

    Parameters
    ----------
    names : sequence of str
        The position is the code.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._size = -1
        self.fill(names)

    def fill(self, names: Sequence[str]) -> None:
        """Compile the list again, if it has grown."""
        if len(names) == self._size:
            return
        encoded = [name.encode() for name in names]
        self._text = np.frombuffer(b"".join(encoded) + b"\0", np.uint8)
        self._starts = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(name) for name in encoded], out=self._starts[1:])
        slots = 8
        while slots < 2 * len(encoded):
            slots *= 2
        self._slots = np.full(slots, -1, np.int32)
        intern.enter(self._text, self._starts, self._slots)
        self._size = len(names)

    def codes(self, text: NDArray[np.uint8], at: Ints, length: Ints) -> Ints:
        """Return the code of each span; `ABSENT` for a length below 0, `UNKNOWN_PLACE` for a name not listed."""
        out = np.empty(at.size, np.int64)
        intern.find(self._text, self._starts, self._slots, text, at, length, ABSENT, UNKNOWN_PLACE, out)
        return out
