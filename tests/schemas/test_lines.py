"""Lines: how they are cut, and which of them are no records."""

import json

import numpy as np
import pytest

from schemas.columns import Limits
from schemas.decode import decode, split_lines
from tests.schemas.records import FULL, GOOD, decoded, one, verdict, verdicts


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"{",
        b"}",
        b"{}x",
        b"{,}",
        b'{"a":1,}',
        b'{"a" 1}',
        b'{"a":}',
        b"{'a':1}",
        b'{"a":01}',
        b'{"a":1.}',
        b'{"a":.5}',
        b'{"a":+1}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":tru}',
        b'{"a":nullx}',
        b'{"a":"x}',
        b'{"a":"\x00"}',
        b'{"a":"\n"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\x"}',
        b'{"a":1}{"a":1}',
        b'{"a":1}\x00',
        b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
        b'{"a":' + b"[" * 1100 + b"]" * 1100 + b"}",
        b"nul",
        b"\x0b{}",
        b"\xc2\xa0{}",
        json.dumps(GOOD).encode()[:-1],
        json.dumps(GOOD).encode() + b",",
        b"," + json.dumps(GOOD).encode()[1:],
    ],
)
def test_not_json(line: bytes) -> None:
    columns = one(line)
    assert verdicts(columns) == ["not_json"]
    assert columns.duration_ms[0] == 0


@pytest.mark.parametrize(
    "line", [b"null", b"true", b"0", b"1.5", b'"{}"', b"[]", b"[" + json.dumps(GOOD).encode() + b"]"]
)
def test_not_an_object(line: bytes) -> None:
    columns = one(line)
    assert verdicts(columns) == ["not_an_object"]
    assert columns.duration_ms[0] == 0


def test_a_line_is_too_large_before_it_is_read() -> None:
    line = json.dumps(GOOD).encode()
    assert verdict(line, Limits(max_line_bytes=len(line))) == "ok"
    columns = one(line, Limits(max_line_bytes=len(line) - 1))
    assert verdicts(columns) == ["too_large"]
    assert (columns.duration_ms[0], columns.source_len[0], columns.cut("line", 0)) == (0, 0, line)


def test_whitespace_of_json() -> None:
    body = json.dumps(GOOD, indent="\t").replace(":", " \r: ").encode()
    columns = decoded([b" \t\r\n" + body + b"\r\n "] * 2, gap=b"#")
    assert verdicts(columns) == ["ok", "ok"]
    assert not columns.slow.any()


def test_lines_are_cut_and_blank_ones_not_counted() -> None:
    text = b'\n \t\r\n{"a":1}\r\n\n' + b"x" * 100 + b"\n" + b" " * 70 + b"\n{}\nlast"
    buffer = np.frombuffer(text, np.uint8)
    line_at, line_len = split_lines(buffer, 0, buffer.size)
    lines = [text[at : at + length] for at, length in zip(line_at, line_len, strict=True)]
    assert lines == [b'{"a":1}\r', b"x" * 100, b"{}", b"last"]
    assert [len(part) for part in split_lines(buffer, 3, 3)] == [0, 0]
    with pytest.raises(ValueError, match="part 0 to 999"):
        split_lines(buffer, 0, 999)


def test_carriage_returns_before_newlines_belong_to_the_line() -> None:
    buffer = np.frombuffer((json.dumps(FULL) + "\r\n").encode() * 3, np.uint8)
    columns = decode(buffer, *split_lines(buffer, 0, buffer.size))
    assert verdicts(columns) == ["ok"] * 3
    assert not columns.slow.any()
    assert columns.cut("line", 2).endswith(b"}\r")


def test_lines_must_be_in_the_buffer() -> None:
    buffer = np.zeros(10, np.uint8)
    with pytest.raises(ValueError, match=r"line 1: 5 \+ 6 leaves a buffer of 10 bytes"):
        decode(buffer, np.array([0, 5]), np.array([1, 6]))
    with pytest.raises(ValueError, match="1 places of lines and 2 lengths"):
        decode(buffer, np.array([0]), np.array([1, 6]))


def test_the_text_is_the_buffer_itself_unless_strings_were_decoded_one_by_one() -> None:
    buffer = np.frombuffer(json.dumps(FULL).encode(), np.uint8)
    spans = np.array([0]), np.array([buffer.size])
    assert decode(buffer, *spans).text is buffer
    slow = decode(buffer, *spans, fast=False)
    assert slow.text.size == buffer.size + len("r1mke-14143000001wi-d1MADISON")
    assert decode(buffer, spans[0][:0], spans[1][:0]).text is buffer
