"""Spans of selected rows become an Arrow string array."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.gather import gather

TEXT = bytes(range(97, 123))
SPANS = st.lists(
    st.integers(0, 26).flatmap(lambda at: st.tuples(st.just(at), st.integers(-1, 26 - at))), min_size=1, max_size=9
)


@given(st.data(), SPANS)
def test_rows_are_gathered_in_their_order(data: st.DataObject, spans: list[tuple[int, int]]) -> None:
    rows = data.draw(st.lists(st.integers(0, len(spans) - 1), max_size=12))
    at, length = (np.array(column, np.int64) for column in zip(*spans, strict=True))
    offsets, content = gather(np.frombuffer(TEXT, np.uint8), at, length, np.array(rows, np.int64))
    assert (str(offsets.dtype), str(content.dtype)) == ("int32", "uint8")
    assert (offsets[0], offsets[-1]) == (0, content.size)
    strings = [content[start:stop].tobytes() for start, stop in pairwise(offsets)]
    assert strings == [TEXT[spans[row][0] :][: max(spans[row][1], 0)] for row in rows]


def columns(*spans: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    at, length = zip(*spans, strict=True)
    return np.array(at, np.int64), np.array(length, np.int64)


def test_more_than_offsets_can_count_is_refused() -> None:
    text = np.zeros(1 << 20, np.uint8)
    rows = np.zeros(2048, np.int64)
    with pytest.raises(ValueError, match="2048 spans hold 2147483648 bytes, expected at most 2147483647"):
        gather(text, *columns((0, 1 << 20)), rows)


@pytest.mark.parametrize("row", [-1, 1])
def test_rows_must_be_records(row: int) -> None:
    with pytest.raises(IndexError, match="asked of 1 records"):
        gather(np.zeros(4, np.uint8), *columns((0, 4)), np.array([row]))


@pytest.mark.parametrize("span", [(2, 3), (-1, 2)])
def test_spans_must_be_in_the_text(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=rf"row 0: span {span[0]} \+ {span[1]} leaves a text of 4 bytes"):
        gather(np.zeros(4, np.uint8), *columns(span), np.array([0]))


def test_the_place_of_an_absent_span_means_nothing() -> None:
    offsets, content = gather(np.zeros(4, np.uint8), *columns((99, -1), (-7, 0)), np.array([0, 1]))
    assert (offsets.tolist(), content.size) == ([0, 0, 0], 0)
