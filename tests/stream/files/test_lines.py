"""Call records that are not what they have to be: each has its outcome, and what is rejected is kept byte for byte."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from rating.codes import Reason, name_of
from tests.stream.files.worlds import books, call, cli, ndjson, ok, outcomes, sql, statements, workspace


def line(number: int = 1, **fields: Any) -> bytes:
    return json.dumps(call(number, **fields)).encode()


def fates(folder: Path) -> dict[str, int]:
    """Return how many records have which outcome and reason, as the summary words them."""
    rows = sql(folder, "select outcome, reason, sum(records) from outcomes where records != 0 group by 1, 2")
    words = ("rated", "verification", "duplicate", "filtered", "suspended", "rejected")
    return {f"{words[o]} {name_of(Reason(r))}" if r else words[o]: n for o, r, n in rows}


def rated(folder: Path, lines: Iterable[bytes], *words: str) -> dict[str, Any]:
    """Rate lines in a new workspace; return the summary."""
    path = ndjson(folder / "calls.ndjson", lines)
    summary: dict[str, Any] = ok("rate", path, "-w", workspace(folder / "w"), "--json", *words).document
    return summary


REJECTED = {
    "a line of 2 MB": (b'{"record_id":"r1","source":"mke-1","pad":"' + b"x" * 2_000_000 + b'"}', "too_large"),
    "invalid UTF-8 in an id": (line().replace(b"r1", b"r\xff1"), "not_json"),
    "invalid UTF-8 in an unknown field": (line(pad="X").replace(b'"X"', b'"\xff"'), "not_json"),
    "a NUL alone": (b"\x00", "not_json"),
    "a NUL in a text": (line(pad="X").replace(b'"X"', b'"\x00"'), "not_json"),
    "a NUL after the record": (line() + b"\x00", "not_json"),
    "an escaped NUL in an id": (line(record_id="a\0b"), "bad:record_id"),
    "half a record": (line()[:40], "not_json"),
    "two records on a line": (line() + line(), "not_json"),
    "a list": (b"[" + line() + b"]", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "no id": (line(record_id=None), "missing:record_id"),
    "no source": (line(source=None), "missing:source"),
    "no time": (line(connect_time=None), "missing:connect_time"),
    "no duration": (line(duration_ms=None), "missing:duration_ms"),
    "no called number": (line(called=None), "missing:called"),
    "a number as id": (line(record_id=7), "bad:record_id"),
    "a number as source": (line(source=7), "bad:source"),
    "a number as called number": (line(called=4_143_000_001), "bad:called"),
    "a number as calling number": (line(calling=4_142_002_000), "bad:calling"),
    "a number as trunk group": (line(trunk_group=1), "bad:trunk_group"),
    "a text as duration": (line(duration_ms="60000"), "bad:duration_ms"),
    "a fraction as duration": (line(duration_ms=60000.0), "bad:duration_ms"),
    "a truth as duration": (line(duration_ms=True), "bad:duration_ms"),
    "a duration below nothing": (line(duration_ms=-1), "bad:duration_ms"),
    "a duration of 25 hours": (line(duration_ms=25 * 3_600_000), "bad:duration_ms"),
    "the year 1969": (line(connect_time="1969-07-20T20:17:40Z"), "bad:connect_time"),
    "a time before 1970": (line(connect_time=-14_182_940_000), "bad:connect_time"),
    "the year 2200": (line(connect_time="2200-01-01T00:00:00Z"), "bad:connect_time"),
    "a time after 2100": (line(connect_time=7_258_118_400_000), "bad:connect_time"),
    "a time without an offset": (line(connect_time="2004-07-06T15:00:00"), "bad:connect_time"),
    "February 30": (line(connect_time="2004-02-30T15:00:00Z"), "bad:connect_time"),
    "two faults: the first field's": (line(duration_ms=-1, called="x"), "bad:duration_ms"),
    "seven digits": (line(called="3000001"), "bad:called"),
    "eleven digits": (line(called="14143000001"), "bad:called"),
    "a plus": (line(called="+4143000001"), "bad:called"),
    "nothing dialed": (line(called=""), "bad:called"),
    "a letter": (line(called="414300000A"), "bad:called"),
    "111, no service code": (line(called="111"), "bad:called"),
    "011 of 33 digits": (line(called="011" + "4" * 30), "bad:called"),
    "directory assistance without an area": (line(called="5551212"), "bad:called"),
}
FILTERED = {
    "211": "short_code",
    "911": "short_code",
    "01144207946000": "international",
    "011": "international",
    "0": "operator",
    "00": "operator",
    "04143000001": "operator",
    "4145551212": "directory_assistance",
    "8005551212": "directory_assistance",
}


@pytest.mark.parametrize("case", REJECTED)
def test_what_is_no_record_is_rejected_and_kept_byte_for_byte(tmp_path: Path, case: str) -> None:
    raw, reason = REJECTED[case]
    summary = rated(tmp_path, [line(1), raw, line(2)])
    assert summary["records"] == {"in": 3, "rated": 2, "rejected": {reason: 1}}
    found = sql(tmp_path / "w", "select line, raw from rejected")
    assert found == [(2, raw)]
    [listed] = ok("suspense", "list", "--rejected", "--json", "-w", tmp_path / "w").document
    assert (listed["reason"], listed["line"], listed["file"]) == (reason, 2, str(tmp_path / "calls.ndjson"))


def test_the_time_of_a_rejected_record_counts_where_its_field_is_valid(tmp_path: Path) -> None:
    lines = [line(1, called="x"), line(2, duration_ms=-1), line(3, source=7), b"not json"]
    summary = rated(tmp_path, lines)
    assert summary["ms"] == {
        "in": 120_000,
        "rejected": {"not_json": 0, "bad:source": 60_000, "bad:duration_ms": 0, "bad:called": 60_000},
    }
    # Unreadable sources are counted under a name that no source can be mistaken for.
    assert sql(tmp_path / "w", "select source, records, ms from intake order by 1") == [
        ("?", 2, 60_000),
        ("mke-1", 2, 60_000),
    ]


@pytest.mark.parametrize("called", FILTERED)
def test_calls_that_no_agreement_rates_are_filtered(tmp_path: Path, called: str) -> None:
    summary = rated(tmp_path, [line(1, called=called)])
    assert summary["records"] == {"in": 1, "filtered": {FILTERED[called]: 1}}
    assert summary["ms"]["filtered"] == {FILTERED[called]: 60_000}


def test_every_reason_to_filter_stands_beside_a_bad_number(tmp_path: Path) -> None:
    numbers = [*FILTERED, "111", "01", "0" * 33, "555121", "41455512120"]
    summary = rated(tmp_path, [line(n, called=called) for n, called in enumerate(numbers)])
    assert summary["records"] == {
        "in": 14,
        "filtered": {"short_code": 2, "international": 2, "operator": 4, "directory_assistance": 2},
        "rejected": {"bad:called": 4},
    }


def test_of_a_field_given_twice_the_last_wins(tmp_path: Path) -> None:
    first = b'{"called": 7, "duration_ms": "long", "isp": null, ' + line(1)[1:]
    last = line(2)[:-1] + b', "called": "911"}'
    assert rated(tmp_path, [first, last])["records"] == {"in": 2, "rated": 1, "filtered": {"short_code": 1}}


def test_the_edges_of_what_is_allowed_are_allowed(tmp_path: Path) -> None:
    lines = [
        line(1, connect_time="1984-01-01T00:00:00Z"),
        line(2, duration_ms=0),
        line(3, duration_ms=86_400_000),
        line(4, record_id=" ~" * 32, source="!" * 64),
        line(5, pad="\0", other=[None, {"a": "\u2028"}]),
    ]
    assert rated(tmp_path, lines)["records"] == {"in": 5, "rated": 5}


def test_blank_lines_are_not_counted_and_do_not_shift_line_numbers(tmp_path: Path) -> None:
    summary = rated(tmp_path, [b"", line(1), b"   \t", b"\r", b"broken", b"", line(2) + b"\r"])
    assert summary["records"] == {"in": 3, "rated": 2, "rejected": {"not_json": 1}}
    assert sql(tmp_path / "w", "select line from rejected") == [(5,)]


def test_a_last_line_without_its_newline_counts(tmp_path: Path) -> None:
    (tmp_path / "calls.ndjson").write_bytes(line(1) + b"\n" + line(2))
    summary = ok("rate", tmp_path / "calls.ndjson", "-w", workspace(tmp_path / "w"), "--json").document
    assert summary["records"] == {"in": 2, "rated": 2}


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\r\n\r\n"], ids=["empty", "blank", "blank with CRLF"])
def test_a_file_of_nothing_is_taken_and_known_ever_after(tmp_path: Path, content: bytes) -> None:
    folder, path = workspace(tmp_path / "w"), tmp_path / "none.ndjson"
    path.write_bytes(content)
    first = ok("rate", path, "-w", folder, "--json")
    assert first.document == {"records": {"in": 0}, "ms": {"in": 0}}
    assert sql(folder, "select offset, records, done from files") == [(len(content), 0, 1)]
    before = books(folder)
    assert "was rated before" in ok("rate", path, "-w", folder).err
    assert books(folder) == before


def test_a_file_of_nothing_but_broken_lines_changes_no_statement(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w")
    ok("rate", ndjson(tmp_path / "a.ndjson", [line(n) for n in range(5)]), "-w", folder)
    before = statements(folder)
    raws = [raw for raw, _ in REJECTED.values()]
    ran = ok("rate", ndjson(tmp_path / "b.ndjson", raws), "-w", folder, "--json")
    assert sum(ran.document["records"]["rejected"].values()) == len(raws) == ran.document["records"]["in"]
    assert statements(folder) == before
    assert [raw for (raw,) in sql(folder, "select raw from rejected order by line")] == raws
    assert outcomes(folder)["in"] == outcomes(folder)["out"]
    assert sum(fates(folder).values()) == len(raws) + 5


def test_strict_says_by_its_exit_code_that_records_were_rejected(tmp_path: Path) -> None:
    folder, path = workspace(tmp_path / "w"), ndjson(tmp_path / "a.ndjson", [line(1), b"broken"])
    assert cli("rate", path, "-w", folder, "--strict").code == 1
    assert fates(folder) == {"rated": 1, "rejected not_json": 1}
