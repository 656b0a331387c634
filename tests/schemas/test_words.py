"""What the vector functions say inside a kernel is what their plain bodies say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from schemas import words
from schemas.values import as_int64

NEAR = st.sampled_from(b'\x00\x09\x0a\x0d\x1f !"#/09:AZ[\\]az~\x7f\x80\xff')
BYTES = st.lists(st.one_of(NEAR, st.integers(0, 255)), min_size=72, max_size=72).map(bytes)
NAMES = ("ordinary_run", "digit_run", "digit_mask", "newline_mask", "newline_count")


@njit()
def emitted(buffer: NDArray[np.uint8], at: int, other: int) -> tuple[int, ...]:
    text = words.pointer(buffer)
    return (
        words.ordinary_run(text, at),
        words.digit_run(text, at),
        words.digit_mask(text, at),
        words.newline_mask(text, at),
        words.newline_count(text, at),
        words.word(text, at),
        words.equal_mask(text, at, other),
        words.lowest_bit(as_int64(text[at]) | 256),
    )


@given(BYTES, st.integers(0, 40), st.integers(0, 40))
def test_kernels_read_what_python_reads(content: bytes, at: int, other: int) -> None:
    text = np.frombuffer(content, np.uint8)
    plain = [getattr(words, name)(text, at) for name in NAMES]
    plain += [words.word(text, at), words.equal_mask(text, at, other), words.lowest_bit(content[at] | 256)]
    assert list(emitted(text, at, other)) == plain


@given(st.binary(min_size=32, max_size=32), st.integers(0, 32))
def test_runs_count_what_leads(content: bytes, digits: int) -> None:
    text = np.frombuffer(b"7" * digits + b"x" + content, np.uint8)
    assert emitted(np.concatenate((text, np.zeros(64, np.uint8))), 0, 0)[1] == digits


def test_plain_bodies_check_their_bounds() -> None:
    with pytest.raises(IndexError, match="bytes 9 to 41 asked of a buffer of 40"):
        words.digit_run(np.zeros(40, np.uint8), 9)
