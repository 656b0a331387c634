"""The published schema says what the decoder does."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import schemas
from schemas.columns import FIELDS, REQUIRED, Limits
from schemas.slow import END_MS, FIRST_MS
from tests.schemas.records import FULL, one, verdicts

SCHEMA = json.loads((Path(schemas.__file__).parent / "call-record.schema.json").read_text())
PATTERNS = {
    name: told["pattern"] if "pattern" in told else told["oneOf"][1]["pattern"]
    for name, told in SCHEMA["properties"].items()
    if "pattern" in told or "oneOf" in told
}


def test_the_fields_are_those_of_the_decoder() -> None:
    assert tuple(SCHEMA["properties"]) == FIELDS
    assert tuple(SCHEMA["required"]) == FIELDS[:REQUIRED]
    assert all(told["description"] for told in SCHEMA["properties"].values())
    assert ["null" in told.get("type", ()) for told in SCHEMA["properties"].values()] == [
        place >= REQUIRED for place in range(15)
    ]


def test_the_limits_are_those_of_the_decoder() -> None:
    moment, duration = SCHEMA["properties"]["connect_time"]["oneOf"][0], SCHEMA["properties"]["duration_ms"]
    assert (moment["minimum"], moment["exclusiveMaximum"]) == (FIRST_MS, END_MS)
    assert (duration["minimum"], duration["maximum"]) == (0, Limits().max_duration_ms)


@pytest.mark.parametrize("record", SCHEMA["examples"])
def test_examples_are_taken(record: dict[str, Any]) -> None:
    assert verdicts(one(record)) == ["ok"]


@given(
    st.sampled_from(sorted(set(PATTERNS) - {"connect_time"})),
    st.one_of(st.text(max_size=66), st.text("0123459", max_size=34)),
)
@example("called", "0" * 32)
@example("called", "0" * 33)
@example("called", "911")
def test_patterns_hold_for_what_is_taken_and_for_nothing_else(field: str, value: str) -> None:
    fits = re.fullmatch(PATTERNS[field].strip("^$"), value) is not None
    assert (f"bad:{field}" not in verdicts(one({**FULL, field: value}))) == fits


@given(st.datetimes(), st.sampled_from(["Z", "z", "-05:00", "+23:59", "-24:00", ""]))
def test_moments_that_are_taken_fit_the_pattern(moment: Any, offset: str) -> None:
    value = moment.isoformat() + offset
    if verdicts(one({**FULL, "connect_time": value})) == ["ok"]:
        assert re.fullmatch(PATTERNS["connect_time"], value)
