"""Recordings of one call, told the slow way: (number, connect, length) each."""

from stream.desk.reconcile.scope import Tolerance

__all__ = ["as_long", "may_be_one", "pairs"]

Recording = tuple[int, int, int]


def may_be_one(a: Recording, b: Recording, within: Tolerance) -> bool:
    """Whether two recordings have the same numbers and connected at about the same time."""
    return a[0] == b[0] and abs(a[1] - b[1]) <= within.connect


def as_long(a: Recording, b: Recording, within: Tolerance) -> bool:
    """Whether they last about as long."""
    return abs(a[2] - b[2]) <= within.duration


def pairs(ours: list[Recording], theirs: list[Recording], within: Tolerance) -> list[tuple[int, int]]:
    """Return pairs of positions, nearest in time first, those of one length before others."""
    out: list[tuple[int, int]] = []
    for same in (True, False):
        found = sorted(
            (abs(a[1] - b[1]), i, j)
            for i, a in enumerate(ours)
            for j, b in enumerate(theirs)
            if may_be_one(a, b, within) and (as_long(a, b, within) or not same)
        )
        for _, i, j in found:
            if all(i != x and j != y for x, y in out):
                out.append((i, j))
    return out
