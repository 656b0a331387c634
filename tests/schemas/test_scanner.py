"""The scanner and the slow way must agree on every column of every line, however it is broken."""

import json
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.columns import FIELDS, Limits
from schemas.decode import decode
from schemas.scanner import FIELD_KEYS
from tests.schemas.records import FULL, decoded, plain

LIMITS = Limits(max_line_bytes=2000)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(0, 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=70),
    st.text("0123456789", max_size=34),
    st.sampled_from(
        ["", "911", "011", "0", "4145551212", [], {}, [{}], {"called": "4143000001"}, -0.0, 10**18, 10**18 - 1]
    ),
)
MOMENTS = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
    st.sampled_from([0, 1, 1900, 1983, 1984, 2000, 2003, 2004, 2099, 2100, 9999]),
    st.integers(0, 13),
    st.integers(0, 32),
    st.sampled_from("Tt T"),
    st.integers(0, 24),
    st.sampled_from([0, 7, 59, 60]),
    st.sampled_from([0, 30, 59, 60]),
    st.one_of(st.just(""), st.from_regex(r"\.[0-9]{0,40}", fullmatch=True)),
    st.one_of(st.just("Z"), st.sampled_from(["z", "", "-05:00", "+23:59", "-24:00", "+05:60", "+5:00", "Zz"])),
)
DAY = st.integers(441763199990, 4102444800010)
VALUES = {"connect_time": st.one_of(MOMENTS, DAY, ODD), "duration_ms": st.one_of(st.integers(-5, 86_400_005), ODD)}


@st.composite
def fields_of(draw: st.DrawFn) -> list[tuple[str, Any]]:
    """Most fields right, some odd, absent, twice, unknown or out of order."""
    pairs = [(name, value) for name, value in FULL.items() if draw(st.integers(0, 5))]
    for place in draw(st.sets(st.integers(0, max(len(pairs) - 1, 0)), max_size=2)):
        if place < len(pairs):
            name = pairs[place][0]
            pairs[place] = (name, draw(VALUES.get(name, ODD)))
    if draw(st.booleans()):
        name = draw(st.one_of(st.sampled_from(FIELDS), st.text(max_size=40)))
        pairs.insert(draw(st.integers(0, len(pairs))), (name, draw(ODD)))
    return draw(st.permutations(pairs)) if draw(st.integers(0, 3)) == 0 else pairs


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    comma, colon = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", "\r:  ")]))
    ascii_only = draw(st.booleans())
    pairs = draw(fields_of())
    told = [
        json.dumps(name, ensure_ascii=ascii_only) + colon + json.dumps(value, ensure_ascii=ascii_only)
        for name, value in pairs
    ]
    line = ("{" + comma.join(told) + "}").encode("utf-8", "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2]))):
        line = broken(draw, line)
    return line


def broken(draw: st.DrawFn, line: bytes) -> bytes:
    at = draw(st.integers(0, len(line)))
    gone = draw(st.sampled_from([0, 0, 1, 1, 3, 40]))
    put = draw(
        st.one_of(
            st.binary(max_size=2),
            st.sampled_from([b'"', b"\\", b",", b"}", b"{", b":", b"0", b"-", b".5", b"e3", b" ", b"\n", b"\xc3\xa9"]),
        )
    )
    return line[:at] + put + line[at + gone :]


@given(st.lists(lines(), max_size=6), st.sampled_from([b"", b"\n", b"\r\n"]))
@example([b'{"a":1}', b',"a":1}', b'{"a":1}'], b"")
@example([b'{"a":1,"called":"4143000001"}', b'{"called":"4143000001"}', b',"called":"4143000001"}'], b"")
@example([b'{"called":"4143000001"', b'{"called":"4143000001"', b"}"], b"")
@example([b'{"a":"' + b"x" * 64, b'"}', b'{"a":"' + b"x" * 32 + b'"}'], b"")
@example([b'{"a":1' + b',"a":1' * 40 + b"}", b'{"b":1' + b"".join(b',"b%d":1' % i for i in range(40)) + b"}"], b"")
def test_the_scanner_equals_the_slow_way(batch: list[bytes], gap: bytes) -> None:
    fast = decoded(batch, LIMITS, gap=gap)
    assert plain(fast) == plain(decoded(batch, LIMITS, fast=False))


@given(st.permutations(list(FULL.items())), st.permutations(list(FULL.items())))
def test_the_learned_order_is_no_condition(one: list[tuple[str, Any]], other: list[tuple[str, Any]]) -> None:
    batch = [json.dumps(dict(pairs)).encode() for pairs in (one, other, one, other, one)]
    fast = decoded(batch, gap=b"\n")
    assert not fast.slow.any()
    told = [{**row, "line bytes": None, "line_len": None} for row in plain(fast)]
    assert told == [told[0]] * 5
    assert fast.called[0] == 4143000001


def test_every_cut_of_a_record_is_decoded_alike() -> None:
    whole = json.dumps(FULL).encode()
    batch = [whole[:stop] for stop in range(len(whole) + 1)]
    for gap in (b"", b"\n"):
        assert plain(decoded(batch, gap=gap)) == plain(decoded(batch, fast=False))


def test_lines_may_come_in_any_order_and_overlap() -> None:
    whole = json.dumps(FULL).encode()
    buffer = np.frombuffer(whole + b"\n" + whole, np.uint8)
    at, length = np.array([len(whole) + 1, 0, 1, 0]), np.array([len(whole), len(whole), 5, buffer.size])
    fast, slow = (decode(buffer, at, length, fast=way) for way in (True, False))
    assert plain(fast) == plain(slow)
    assert [bool(flag) for flag in fast.slow] == [False, False, True, True]


def test_the_scanner_knows_the_fields_of_the_format_in_their_order() -> None:
    assert [key.decode() for key in FIELD_KEYS] == list(FIELDS)
