"""Verdicts, limits and columns of single records; each is decoded both ways by `one`."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rating.codes import reason_named
from schemas.columns import VERDICTS, Columns, Limits
from schemas.decode import decode, split_lines
from tests.schemas.records import ABSENT, FULL, GOOD, changed, decoded, one, verdict, verdicts


def test_every_verdict_has_its_reason() -> None:
    assert len(VERDICTS) == 28
    assert [reason_named(name) for name in VERDICTS[1:]] == sorted(reason_named(name) for name in VERDICTS[1:])


def test_a_full_record() -> None:
    columns = one(FULL)
    assert verdicts(columns) == ["ok"]
    assert not columns.slow[0]
    assert not columns.extra[0]
    got = {
        name: int(getattr(columns, name)[0])
        for name in (
            "connect_ms",
            "duration_ms",
            "called",
            "calling",
            "calling_digits",
            "lrn",
            "jip",
            "cic",
            "isp",
            "voip",
        )
    }
    assert got == {
        "connect_ms": 1055653170000, "duration_ms": 90000, "called": 4143000001, "calling": 2622001234,
        "calling_digits": 10, "lrn": 4143000000, "jip": 414200, "cic": 222, "isp": 1, "voip": 0,
    }  # fmt: skip
    assert int(columns.orig_ocn[0]).to_bytes(4, "big") == b"9327"
    assert int(columns.term_ocn[0]).to_bytes(4, "big") == b"2588"
    spans = [columns.cut(name, 0) for name in ("record_id", "source", "called", "trunk_group", "routing_point")]
    assert spans == [b"r1", b"mke-1", b"4143000001", b"wi-d1", b"MADISON"]


@pytest.mark.parametrize("optional", [{}, dict.fromkeys(list(FULL)[5:])])
def test_absent_and_null_are_the_same(optional: dict[str, None]) -> None:
    columns = one({**GOOD, **optional})
    assert verdicts(columns) == ["ok"]
    absent = {"calling": -1, "calling_digits": 0, "lrn": -1, "jip": -1, "cic": -1, "isp": -1, "voip": 0}
    assert {name: int(getattr(columns, name)[0]) for name in absent} == absent
    assert (columns.orig_ocn[0], columns.term_ocn[0], columns.trunk_group_len[0]) == (-1, -1, 0)
    assert columns.routing_point_len[0] == -1


@pytest.mark.parametrize("field", list(GOOD))
def test_a_required_field_is_missing(field: str) -> None:
    assert verdict(changed(**{field: ABSENT})) == f"missing:{field}"
    assert verdict(changed(**{field: None})) == f"missing:{field}"


NO_STRINGS = [1, 1.5, True, False, [], {}, ["x"]]
FAULTS: list[tuple[str, list[Any]]] = [
    ("record_id", ["", "x" * 65, "tab\t", "\x7f", "é", *NO_STRINGS]),
    ("source", ["", "x" * 65, "\n", "\x1f", "ü", *NO_STRINGS]),
    (
        "connect_time",
        [
            True,
            1055653170000.0,
            1e12,
            "1055653170000",
            441763199999,
            4102444800000,
            -1,
            10**17,
            10**18,
            10**19,
            10**30,
            [],
            {},
        ],
    ),
    ("duration_ms", [True, False, 90000.0, 9e4, "90000", "", -1, 86_400_001, 10**18, 10**19, 10**30, [], {}]),
    (
        "called",
        [
            "",
            "1",
            "411 ",
            "111",
            "412",
            "41430000012",
            "414300000",
            "414300000x",
            "+14143000",
            "0" * 33,
            "\u0664" * 10,
            *NO_STRINGS,
        ],
    ),
    (
        "calling",
        [
            "",
            "41430",
            "4143000",
            "414300000",
            "41430000011",
            "41430000x1",
            "\uff14\uff11\uff14\uff13\uff10\uff10",
            *NO_STRINGS,
        ],
    ),
    ("lrn", ["", "414300", "41430000000", "414300000x", *NO_STRINGS]),
    ("jip", ["", "4142000001", "41420", "4142000", "41420x", *NO_STRINGS]),
    ("trunk_group", ["", "x" * 65, "a\\b\n", "é", *NO_STRINGS]),
    ("cic", ["", "222", "02222", "022x", *NO_STRINGS]),
    ("routing_point", NO_STRINGS),
    ("isp", ["true", "", 0, 1, 1.0, [], {}]),
    ("voip", ["false", "", 0, 1, 0.0, [], {}]),
    ("orig_ocn", ["", "932", "93277", "93é7", "\t327", "932\x7f", *NO_STRINGS]),
    ("term_ocn", ["", "258", "25888", "ñ588", *NO_STRINGS]),
]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in FAULTS for value in values])
def test_a_bad_field(field: str, value: Any) -> None:
    columns = one(changed(**{field: value}))
    assert verdicts(columns) == [f"bad:{field}"]
    assert columns.duration_ms[0] == (0 if field == "duration_ms" else 90000)
    assert columns.source_len[0] == (0 if field == "source" else 5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("record_id", "x"),
        ("record_id", "x" * 64),
        ("record_id", " ~"),
        ("record_id", 'a"b\\'),
        ("source", "y" * 64),
        ("connect_time", 441763200000),
        ("connect_time", 4102444799999),
        ("duration_ms", 0),
        ("duration_ms", 86_400_000),
        ("calling", "414300"),
        ("calling", "0000000000"),
        ("lrn", "0000000000"),
        ("jip", "000000"),
        ("cic", "0000"),
        ("trunk_group", "t"),
        ("trunk_group", "t" * 64),
        ("routing_point", ""),
        ("routing_point", "x" * 500),
        ("routing_point", "Montréal\x00\t\U0001f600"),
        ("isp", False),
        ("voip", True),
        ("orig_ocn", " ~A0"),
        ("term_ocn", '"\\{}'),
    ],
)
def test_the_edge_of_what_is_allowed(field: str, value: Any) -> None:
    columns = one(changed(**{field: value}))
    assert verdicts(columns) == ["ok"]
    if field in ("record_id", "source", "trunk_group", "routing_point"):
        assert columns.cut(field, 0) == value.encode()


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("211", "short_code"),
        ("911", "short_code"),
        ("011", "international"),
        ("0114912345678", "international"),
        ("011" + "9" * 29, "international"),
        ("0", "operator"),
        ("00", "operator"),
        ("01", "operator"),
        ("0" * 32, "operator"),
        ("0145551212", "operator"),
        ("4145551212", "directory_assistance"),
        ("1115551212", "directory_assistance"),
        ("4145551213", "ok"),
        ("1000000000", "ok"),
        ("9999999999", "ok"),
        ("311x", "bad:called"),
        ("511" * 2, "bad:called"),
    ],
)
def test_calls_that_no_agreement_rates(called: str, expected: str) -> None:
    columns = one(changed(called=called))
    assert verdicts(columns) == [expected]
    assert columns.called[0] == (int(called) if expected == "ok" else -1)
    assert columns.cut("called", 0) == (b"" if expected == "bad:called" else called.encode())
    assert columns.duration_ms[0] == 90000


def test_a_fault_wins_over_the_filter() -> None:
    assert verdict(changed(called="911", voip="no")) == "bad:voip"


def test_the_first_fault_in_the_order_of_the_format_names_the_reason() -> None:
    values: dict[str, Any] = {**dict.fromkeys(FULL, 1.5), "source": None, "called": None}
    order = ["bad:record_id", "missing:source", "bad:connect_time", "bad:duration_ms", "missing:called"]
    order += [f"bad:{field}" for field in list(FULL)[5:]]
    seen = []
    for field in FULL:
        seen.append(verdict(dict(reversed(values.items()))))
        values[field] = FULL[field]
    assert seen == order
    assert verdict(values) == "ok"


def test_a_longer_call_may_be_allowed() -> None:
    limits = Limits(max_duration_ms=2**53)
    assert verdict(changed(duration_ms=2**53), limits) == "ok"
    assert verdict(changed(duration_ms=2**53 + 1), limits) == "bad:duration_ms"


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_line_bytes", 0), ("max_line_bytes", 2**31), ("max_duration_ms", 0), ("max_duration_ms", 2**54)],
)
def test_limits_have_limits(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=rf"{name}: found {value}, expected 1 to"):
        Limits(**{name: value})


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ('"called":"4143000002"', 4143000002),
        ('"called":null', "missing:called"),
        ('"called":3', "bad:called"),
        ('"called":"911"', "short_code"),
        ('"voip":true,"voip":null', 4143000001),
        ('"isp":3,"isp":true', 4143000001),
        ('"\\u0063alled":"4143000002"', 4143000002),
    ],
)
def test_of_a_field_given_twice_the_last_wins(more: str, expected: int | str) -> None:
    columns = one((json.dumps(GOOD)[:-1] + "," + more + "}").encode())
    if isinstance(expected, str):
        assert verdicts(columns) == [expected]
    else:
        assert (verdicts(columns), columns.called[0]) == (["ok"], expected)


@pytest.mark.parametrize("value", ["x", "", "é\n", 1, -0.5, 1e300, True, None, [1, {"a": "}"}], {}])
def test_unknown_fields_are_noted_and_ignored(value: Any) -> None:
    columns = one({"": value, **GOOD, "Called": value, "x" * 70: value})
    assert verdicts(columns) == ["ok"]
    assert columns.extra[0]


def test_plain_unknown_fields_stay_on_the_fast_way() -> None:
    columns = decoded([json.dumps({"a": 1, **GOOD, "cost": -1.25, "b": "x" * 200, "c": None}).encode()] * 3)
    assert not columns.slow.any()
    assert columns.extra.all()


def test_no_span_is_kept_of_a_number() -> None:
    with pytest.raises(ValueError, match="no span is kept of 'lrn', expected one of record_id, source"):
        one(GOOD).cut("lrn", 0)


def test_outcomes_of_the_conformance_case(shared: Path) -> None:
    case = shared / "conformance" / "cases" / "sums_and_suspense"
    buffer = np.fromfile(case / "calls.ndjson", np.uint8)
    columns = decode(buffer, *split_lines(buffer, 0, buffer.size))
    expected = json.loads((case / "expected.json").read_text())[0]["outcomes"]
    told = {**expected["rejected"], **expected["filtered"]}
    assert tally(columns) == {name: (sums["records"], sums["ms"]) for name, sums in told.items()}
    assert len(columns) == sum(sums["records"] for sums in leaves(expected))


def leaves(outcomes: dict[str, Any]) -> Iterator[dict[str, int]]:
    for sums in outcomes.values():
        if "records" in sums:
            yield sums
        else:
            yield from leaves(sums)


def tally(columns: Columns) -> dict[str, tuple[int, int]]:
    names = verdicts(columns)
    records, ms = Counter(names), Counter[str]()
    for name, duration in zip(names, columns.duration_ms.tolist(), strict=True):
        ms[name] += duration
    return {name: (records[name], ms[name]) for name in records if name != "ok"}
