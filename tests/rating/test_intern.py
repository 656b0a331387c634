"""Names to codes: as a dict would say, whatever the bytes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rating.kernel import intern

ABSENT, UNKNOWN = -2, -1
NAMES = st.lists(st.binary(max_size=6) | st.sampled_from((b"", b"a", b"b", b"ab", b"ba")), unique=True, max_size=20)


@given(
    NAMES, st.lists(st.none() | st.binary(max_size=6) | st.sampled_from((b"a", b"ab", b"ba")), max_size=20), st.data()
)
def test_find_is_a_dict(names: list[bytes], asked: list[bytes | None], data: st.DataObject) -> None:
    asked = [*asked, *data.draw(st.lists(st.sampled_from(names), max_size=10) if names else st.just([]))]
    text = np.frombuffer(b"".join(names) + b"\0", np.uint8)
    starts = np.concatenate([[0], np.cumsum([len(name) for name in names])]).astype(np.int64)
    slots = np.full(max(8, 1 << (2 * len(names)).bit_length()), -1, np.int32)
    intern.enter(text, starts, slots)
    spans = np.frombuffer(b"".join(name or b"" for name in asked) + b"\0", np.uint8)
    length = np.array([-1 if name is None else len(name) for name in asked], np.int64)
    at = np.concatenate([[0], np.cumsum(np.maximum(length, 0))])[:-1].astype(np.int64)
    out = np.empty(len(asked), np.int64)
    intern.find(text, starts, slots, spans, at, length, ABSENT, UNKNOWN, out)
    codes = {name: code for code, name in enumerate(names)}
    assert out.tolist() == [ABSENT if name is None else codes.get(name, UNKNOWN) for name in asked]
