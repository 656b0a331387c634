"""The identity table, against a dict: what is new, what was seen, what contradicts (DOMAIN section 2)."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rating.kernel import identity

pytestmark = pytest.mark.compiled_only

Words = NDArray[np.uint64]
# Few fingerprints, close together and at the ends of the range: they collide in a small table and wrap around it.
FINGERPRINTS = st.sampled_from((1, 2, 3, 2**32, 2**63, 2**63 + 1, 2**64 - 2, 2**64 - 1)) | st.integers(1, 2**64 - 1)
DIGESTS = st.integers(0, 3).map(lambda digest: digest << 2)
OFFERS = st.lists(st.tuples(FINGERPRINTS, DIGESTS), max_size=40)


def words(values: Sequence[int]) -> Words:
    """Return integers as an array of 64-bit words."""
    return np.array(values, np.uint64)


def offer(table: Words, info: Words, offers: Sequence[tuple[int, int]]) -> list[int]:
    """Offer records in order; return their verdicts."""
    verdict = np.full(len(offers), -1, np.int8)
    fingerprints, digests = words([f for f, _ in offers]), words([d for _, d in offers])
    identity.offer(table, info, np.arange(len(offers)), fingerprints, digests, verdict)
    return [int(value) for value in verdict]


def held(table: Words, info: Words) -> dict[int, int]:
    """Return what a table holds."""
    return {int(fingerprint): int(value) for fingerprint, value in zip(table, info, strict=True) if fingerprint}


@given(OFFERS)
def test_first_stands_same_is_duplicate_other_is_conflict(offers: list[tuple[int, int]]) -> None:
    table, info = np.zeros(64, np.uint64), np.zeros(64, np.uint64)
    first: dict[int, int] = {}
    wanted = []
    for fingerprint, digest in offers:
        known = fingerprint in first
        same = first.setdefault(fingerprint, digest) == digest
        wanted.append(identity.NEW if not known else identity.DUPLICATE if same else identity.CONFLICT)
    assert offer(table, info, offers) == wanted
    assert held(table, info) == first


@given(OFFERS, OFFERS)
def test_removing_what_a_batch_entered_leaves_the_batches_before(
    old: list[tuple[int, int]], new: list[tuple[int, int]]
) -> None:
    table, info = np.zeros(120, np.uint64), np.zeros(120, np.uint64)
    offer(table, info, old)
    before = held(table, info)
    verdicts = offer(table, info, new)
    entered = [fingerprint for (fingerprint, _), verdict in zip(new, verdicts, strict=True) if verdict == identity.NEW]
    identity.remove(table, info, words(entered))
    assert held(table, info) == before
    assert identity.DUPLICATE not in offer(table, info, [(f, 0) for f in entered])


@given(OFFERS, st.integers(0, 3))
def test_marks_are_kept_beside_the_digest_and_survive_growth(offers: list[tuple[int, int]], state: int) -> None:
    table, info = np.zeros(64, np.uint64), np.zeros(64, np.uint64)
    offer(table, info, offers)
    known = words(list(held(table, info)))
    assert identity.mark(table, info, known, np.full(known.size, state, np.int64)) == 0
    larger, larger_info = np.zeros(96, np.uint64), np.zeros(96, np.uint64)
    assert identity.rehash(table, info, larger, larger_info) == known.size
    states, infos = np.empty(known.size, np.int64), np.empty(known.size, np.uint64)
    identity.state_of(larger, larger_info, known, states)
    identity.info_of(larger, larger_info, known, infos)
    assert states.tolist() == [state] * known.size
    assert dict(zip(known.tolist(), infos.tolist(), strict=True)) == held(table, info)
    verdicts = offer(larger, larger_info, offers)
    assert identity.NEW not in verdicts


def test_an_entry_that_is_not_there_is_missing() -> None:
    table, info = np.zeros(64, np.uint64), np.zeros(64, np.uint64)
    offer(table, info, [(5, 4)])
    found, value = np.empty(2, np.int64), np.empty(2, np.uint64)
    identity.state_of(table, info, words([5, 6]), found)
    identity.info_of(table, info, words([5, 6]), value)
    assert (found.tolist(), value.tolist()) == ([0, -1], [4, 0])
    assert identity.mark(table, info, words([5, 6]), np.array([1, 1])) == 1
