"""The columns in which made calls are drawn, before they become lines."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["CALL", "SOURCES", "Calls", "Ints", "blank", "join"]

Calls = NDArray[Any]
"""A structured array of `CALL`."""
Ints = NDArray[np.int64]

SOURCES: Final = ("mke-1", "mad-1", "mkt-2", "kcm-1")
"""The recording offices: two switches of KMC's, SBC's lakeside tandem, a Missouri switch."""

CALL: Final = np.dtype(
    [
        ("connect_ms", np.int64),
        ("duration_ms", np.int64),
        ("serial", np.int64),
        ("called", np.int64),
        ("calling", np.int64),
        ("lrn", np.int64),
        ("jip", np.int32),
        ("cic", np.int32),
        ("trunk_group", np.int16),
        ("routing_point", np.int16),
        ("orig_ocn", np.int16),
        ("term_ocn", np.int16),
        ("called_digits", np.uint8),
        ("calling_digits", np.uint8),
        ("isp", np.int8),
        ("voip", np.int8),
        ("source", np.int8),
        ("month", np.int8),
    ]
)
"""One call. Names are indexes into the network's lists, numbers are their digits as integers; -1 is absent."""


def blank(n: int) -> Calls:
    """Return `n` calls with nothing known but that both numbers, once set, have 10 digits."""
    calls = np.empty(n, CALL)
    for name in CALL.names or ():
        if not np.issubdtype(CALL[name], np.unsignedinteger):
            calls[name] = -1
    calls["called_digits"] = 10
    calls["calling_digits"] = 10
    return calls


def join(parts: list[Calls]) -> Calls:
    """Return the calls of several arrays in one."""
    return np.concatenate(parts) if parts else blank(0)
