"""Two sets of recordings of the same calls, matched one to one by columns: nothing here is an object a call."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stream.desk.reconcile.scope import Tolerance

__all__ = ["CallMatch", "Calls", "match_calls", "twins_within"]

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_LEAST_PAIRS: Final = 10
_SETTLED_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Calls:
    """Recordings: calling and called number (-1 absent), epoch milliseconds of answer, milliseconds of talk."""

    calling: Ints
    called: Ints
    connect_ms: Ints
    duration_ms: Ints

    def __len__(self) -> int:
        return self.connect_ms.size

    def take(self, rows: Ints) -> "Calls":
        """Return some of them."""
        return Calls(self.calling[rows], self.called[rows], self.connect_ms[rows], self.duration_ms[rows])


@dataclass(frozen=True, slots=True)
class CallMatch:
    """Pairs of positions in the two sets, and what is left of each.

    offset_ms : their clock less ours, 0 where they agree. same : whether each pair's lengths agree.
    """

    offset_ms: int
    here: Ints
    there: Ints
    same: Flags
    only_here: Ints
    only_there: Ints


def _keys(ours: Calls, theirs: Calls) -> tuple[Ints, Ints]:
    """Return a small number for each pair of numbers, the same on both sides."""
    pairs = np.column_stack([np.r_[ours.calling, theirs.calling], np.r_[ours.called, theirs.called]])
    _, inverse = np.unique(pairs, axis=0, return_inverse=True)
    whole = inverse.reshape(-1).astype(np.int64)
    return whole[: len(ours)], whole[len(ours) :]


def match_calls(ours: Calls, theirs: Calls, within: Tolerance) -> CallMatch:
    """Match recordings: same numbers, connected at about the same time; first those of the same length.

    Their clock's systematic offset is found first: the median over calls between numbers that each side has once.
    """
    key_here, key_there = _keys(ours, theirs)
    offset = _offset(key_here, key_there, ours, theirs, within)
    theirs = Calls(theirs.calling, theirs.called, theirs.connect_ms - offset, theirs.duration_ms)
    left_here, left_there = np.arange(len(ours)), np.arange(len(theirs))
    pairs: list[tuple[Ints, Ints, bool]] = []
    for same in (True, False):
        while left_here.size and left_there.size:
            here, there = _round(
                key_here[left_here], key_there[left_there], ours.take(left_here), theirs.take(left_there), within,
                same=same,
            )  # fmt: skip
            if not here.size:
                break
            pairs.append((left_here[here], left_there[there], same))
            left_here, left_there = np.delete(left_here, here), np.delete(left_there, there)
    none = np.zeros(0, np.int64)
    return CallMatch(
        offset,
        np.concatenate([none, *(here for here, _, _ in pairs)]),
        np.concatenate([none, *(there for _, there, _ in pairs)]),
        np.concatenate([np.zeros(0, np.bool_), *(np.full(here.size, same) for here, _, same in pairs)]),
        left_here,
        left_there,
    )


def _offset(key_here: Ints, key_there: Ints, ours: Calls, theirs: Calls, within: Tolerance) -> int:
    """Return their clock less ours in milliseconds; 0 where it is within a second, or too few calls tell."""
    alone_here, first_here, count_here = np.unique(key_here, return_index=True, return_counts=True)
    alone_there, first_there, count_there = np.unique(key_there, return_index=True, return_counts=True)
    _, a, b = np.intersect1d(alone_here, alone_there, return_indices=True)
    single = (count_here[a] == 1) & (count_there[b] == 1)
    here, there = first_here[a][single], first_there[b][single]
    apart = theirs.connect_ms[there] - ours.connect_ms[here]
    alike = np.abs(theirs.duration_ms[there] - ours.duration_ms[here]) <= within.duration
    apart = apart[alike & (np.abs(apart) <= within.offset)]
    if apart.size < _LEAST_PAIRS:
        return 0
    middle = int(np.sort(apart)[apart.size // 2])
    return middle if abs(middle) > _SETTLED_MS else 0


def _round(
    key_here: Ints, key_there: Ints, ours: Calls, theirs: Calls, within: Tolerance, *, same: bool
) -> tuple[Ints, Ints]:
    """Pair each recording of theirs with the nearest of ours, where no other of theirs is nearer to it."""
    base = min(int(ours.connect_ms.min()), int(theirs.connect_ms.min())) - within.connect - 1
    span = max(int(ours.connect_ms.max()), int(theirs.connect_ms.max())) - base + within.connect + 2
    place_here = key_here * span + (ours.connect_ms - base)
    place_there = key_there * span + (theirs.connect_ms - base)
    order = np.argsort(place_here, kind="stable")
    held = place_here[order]
    at = np.searchsorted(held, place_there)
    best = np.full(len(theirs), -1, np.int64)
    far = np.full(len(theirs), within.connect + 1, np.int64)
    for step in (-2, -1, 0, 1):
        position = np.clip(at + step, 0, held.size - 1)
        candidate = order[position]
        distance = np.abs(held[position] - place_there)
        good = (key_here[candidate] == key_there) & (distance < far)
        if same:
            good &= np.abs(ours.duration_ms[candidate] - theirs.duration_ms) <= within.duration
        best[good], far[good] = candidate[good], distance[good]
    there = np.flatnonzero(best >= 0)
    here = best[there]
    # Of several that want the same one the nearest has it, the earlier of equals.
    by_distance = np.lexsort((there, far[there], here))
    here, there = here[by_distance], there[by_distance]
    first = np.r_[np.ones(min(1, here.size), np.bool_), here[1:] != here[:-1]]
    return here[first], there[first]


def twins_within(calls: Calls, rows: Ints, within: Tolerance) -> Ints:
    """Return those of `rows` that are one more recording of a call of the set: same numbers, time and length.

    Of two of `rows` that are each other's, the first is the call and the second the one more.
    """
    key, _ = _keys(calls, calls.take(rows[:0]))
    order = np.lexsort((calls.connect_ms, key))
    asked, twin = np.zeros(len(calls), np.bool_), np.zeros(len(calls), np.bool_)
    asked[rows] = True
    for step in (1, 2):
        a, b = order[:-step], order[step:]
        near = (
            (key[a] == key[b])
            & (np.abs(calls.connect_ms[a] - calls.connect_ms[b]) <= within.connect)
            & (np.abs(calls.duration_ms[a] - calls.duration_ms[b]) <= within.duration)
        )
        twin[b[near & asked[b]]] = True
        twin[a[near & asked[a] & ~asked[b]]] = True
    return rows[twin[rows]]
