"""Files that are read, and files that cannot be."""

from pathlib import Path

import pytest

from stream.errors import BadInput
from stream.terms.load import load_file, load_packaged, packaged_ids

SMALL = """\
id = "a-b-one"
title = "A small amendment"
domain = "traffic"
source = "written for a test"
parties = ["a", "b"]

[[clause]]
ref = "1"
says = "One."
why = "construction"

[[clause]]
# remarks may come first
ref = "2"
says = "Two."
effects = [{ effect = "rate", traffic = "local", per_minute = "0.0010" }]
"""


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "own.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load_file(path)
    return caught.value


def test_a_file(tmp_path: Path) -> None:
    assert [clause.ref for clause in load_file(write(tmp_path, SMALL)).clause] == ["1", "2"]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    assert load_file(write(tmp_path, b"\xef\xbb\xbf" + SMALL.encode())).id == "a-b-one"


def test_packaged_ones_come_as_asked_for() -> None:
    wanted = tuple(reversed(packaged_ids()))
    assert tuple(instrument.id for instrument in load_packaged(wanted)) == wanted
    assert load_packaged(()) == ()


def test_an_unknown_packaged_one_names_those_there_are() -> None:
    with pytest.raises(BadInput) as caught:
        load_packaged(["sbc-kmc-second", "sbc-kmc-third"])
    assert caught.value.field == "terms.packaged"
    assert caught.value.message == f"found 'sbc-kmc-third', expected one of {', '.join(packaged_ids())}"


def test_a_packaged_one_twice() -> None:
    with pytest.raises(BadInput, match="expected each instrument once"):
        load_packaged(["sbc-kmc-second", "sbc-kmc-second"])


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ('title = "A small amendment"', "title = ", 2, None, "at column 9, expected TOML"),
        ('"0.0010" }]', '"0.0010" }', 17, None, "at the end of the file, expected TOML"),
        ('"0.0010"', "0.0010", 14, "clause 2: effects[0].per_minute", "found 0.001"),
        ('why = "construction"', 'why = "habit"', 8, "clause 1: why", "found 'habit'"),
        ('ref = "2"\n', "", 12, "clause 2: ref", "found nothing"),
        ('parties = ["a", "b"]', "parties = []", None, "parties", "found nothing"),
        ('domain = "traffic"', 'domain = "trafic"', None, "domain", "'trafic'"),
    ],
)
def test_a_fault_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int | None, field: str | None, message: str
) -> None:
    assert SMALL.count(old) == 1
    error = refused(write(tmp_path, SMALL.replace(old, new)))
    assert (error.file, error.line, error.field) == (str(tmp_path / "own.toml"), line, field)
    assert message in error.message
    assert "\n" not in str(error)


def test_other_bytes_than_utf8(tmp_path: Path) -> None:
    error = refused(write(tmp_path, SMALL.encode().replace(b"Two", b"Tw\xff")))
    assert (error.line, error.message) == (15, "found byte 0xff, expected UTF-8")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    error = refused(tmp_path / "none.toml")
    assert error.file == str(tmp_path / "none.toml")
    assert "cannot be read" in error.message


def test_a_clause_given_inline_has_no_line(tmp_path: Path) -> None:
    head = SMALL.partition("[[clause]]")[0]
    error = refused(write(tmp_path, head + 'clause = [{ ref = "1", says = "One." }]\n'))
    assert (error.line, error.field) == (None, "clause 1: why")
