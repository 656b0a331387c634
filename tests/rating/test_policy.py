"""The switches, their values and whose choice holds."""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.policy import (
    SWITCHES,
    Policy,
    Rounding,
    Unidentified,
    parse_text,
    parse_value,
    readings,
    resolve,
    shown,
)
from rating.terms.events import PolicySet

DAY = date(2005, 1, 1)


def policy_set(
    policy: str, value: Any, *, known_at: str = "2004-07-01", agreement: str | None = None, name: str = "p"
) -> PolicySet:
    return PolicySet(
        id=name,
        on=date(2004, 6, 1),
        known_at=known_at,
        policy=policy,
        value=value,
        agreement=agreement,
        by="finance",
        reason="chosen",
    )


def test_one_attribute_a_switch_with_its_default() -> None:
    assert [field.name for field in fields(Policy)] == [*SWITCHES, "stated"]
    for name, switch in SWITCHES.items():
        assert getattr(Policy(), name) == switch.default
        assert switch.source and all(switch.readings.values())
    assert resolve({}, {}, [], "a", DAY) == Policy()


def test_the_defaults_of_the_domain() -> None:
    policy = Policy()
    assert (policy.sa_over_xa, policy.early_request, policy.rate_date) == (True, "counts", "minute")
    assert (policy.optional_eas_in_ratio, policy.virtual_fx_in_ratio, policy.isp_outside_local) == (False, True, False)
    assert (policy.new_market_test, policy.cap_counts_new_market, policy.cap_2003) == ("isp", False, "compensable")
    assert (policy.deot_base, policy.deot_onset) == ("local_and_intralata_toll", "second_month")
    assert (policy.deot_measure, str(policy.rounding)) == ("minutes", "exact")
    assert policy.unidentified.threshold == Decimal("0.9")
    assert policy.unidentified.spread_over == ("local", "virtual_fx", "mandatory_eas", "optional_eas", "intralata_toll")


VALUES = [(name, value) for name, switch in SWITCHES.items() for value in switch.readings if name != "unidentified"]


@pytest.mark.parametrize(("name", "text"), VALUES)
def test_every_reading_is_a_value_and_comes_back(name: str, text: str) -> None:
    text = text.replace("N", "6000")
    value = parse_text(name, text)
    assert parse_value(name, shown(value)) == value == parse_value(name, value)
    assert (str(value).lower() if isinstance(value, bool) else str(value)) == text


def test_unidentified() -> None:
    raw = {"measure": "minutes", "threshold": "0.85", "strict": False, "spread_over": ["intralata_toll", "local"]}
    value = parse_value("unidentified", raw)
    assert value == Unidentified("minutes", Decimal("0.85"), strict=False, spread_over=("local", "intralata_toll"))
    assert parse_value("unidentified", shown(value)) == value
    assert parse_text("unidentified", '{"threshold": "1"}') == Unidentified(threshold=Decimal(1))


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("sa_over_xa", "true", "found 'true', expected true or false"),
        ("sa_over_xa", 1, "found 1, expected true or false"),
        ("cap_2003", "cieling", "found 'cieling', expected 'compensable' or 'ceiling'"),
        ("cap_2003", None, "found None"),
        ("rounding", "per_call_up(0)", "N being 1 to 86400000 milliseconds"),
        ("rounding", "per_call_up(86400001)", "N being"),
        (
            "unidentified",
            {"spread_over": "local"},
            "a list of local, virtual_fx, mandatory_eas, optional_eas, intralata",
        ),
        ("rounding", "per_call_up", "expected 'exact', 'trunk_group_month_up' or 'per_call_up"),
        ("rounding", 6000, "found 6000"),
        ("unidentified", "spread", "expected a table of measure, threshold, strict, spread_over"),
        ("unidentified", {"treshold": "0.9"}, "expected a table of"),
        ("unidentified", {"threshold": 0.9}, "threshold: found 0.9, expected a decimal from 0 to 1 in quotes"),
        ("unidentified", {"threshold": "1.1"}, "threshold: found '1.1'"),
        ("unidentified", {"measure": "hours"}, "measure: found 'hours', expected 'calls' or 'minutes'"),
        ("unidentified", {"strict": 1}, "strict: found 1"),
        ("unidentified", {"spread_over": ["toll"]}, r"spread_over: found \['toll'\], expected a list of local"),
        ("unidentified", {"spread_over": ["local", "local"]}, "each once at most"),
        ("cap_2004", "ceiling", "found no switch 'cap_2004', expected 'cap_2003' perhaps"),
        ("xyz", True, "expected one of sa_over_xa, early_request"),
    ],
)
def test_what_a_switch_cannot_be(name: str, raw: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_value(name, raw)


def test_text_that_is_no_json() -> None:
    with pytest.raises(ValueError, match="expected a JSON object"):
        parse_text("unidentified", "{threshold: 1}")


def test_precedence() -> None:
    base = {"cap_2003": "ceiling", "rounding": "trunk_group_month_up"}
    own = {"a": {"cap_2003": "compensable", "sa_over_xa": False}}
    assert resolve({}, {}, [], "a", DAY).stated == frozenset()
    assert resolve(base, own, [], "a", DAY).rounding == Rounding("trunk_group_month_up")
    assert resolve(base, own, [], "a", DAY).stated == {"cap_2003", "rounding", "sa_over_xa"}
    assert resolve(base, own, [], "a", DAY).cap_2003 == "compensable"
    assert resolve(base, own, [], "b", DAY).cap_2003 == "ceiling"
    # One for all holds over the settings, also over those of one agreement.
    for_all = policy_set("cap_2003", "ceiling")
    assert resolve(base, own, [for_all], "a", DAY).cap_2003 == "ceiling"
    # One for the agreement goes before one for all, also where it was known earlier.
    for_a = policy_set("cap_2003", "compensable", known_at="2004-06-01", agreement="a", name="q")
    assert resolve(base, own, [for_a, for_all], "a", DAY).cap_2003 == "compensable"
    assert resolve(base, own, [for_a, for_all], "b", DAY).cap_2003 == "ceiling"
    assert readings(base, own, [for_a, for_all], "a", DAY)["cap_2003"].origin == "policy_set q"
    assert readings(base, own, [], "a", DAY)["sa_over_xa"].origin == "[policy.a]"
    assert readings(base, own, [], "a", DAY)["rounding"].origin == "[policy]"
    assert readings(base, own, [], "a", DAY)["rate_date"].origin == "default"


def test_the_longest_unit_is_a_day() -> None:
    assert parse_value("rounding", "per_call_up(86400000)") == Rounding("per_call_up", 86_400_000)


def test_a_choice_holds_from_the_day_on_which_it_is_known() -> None:
    chosen = policy_set("cap_2003", "ceiling", known_at="2004-07-01")
    found = [resolve({}, {}, [chosen], "a", date(2004, month, day)).cap_2003 for month, day in ((6, 30), (7, 1))]
    assert found == ["compensable", "ceiling"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_later_known_of_two_holds_whatever_their_order_in_the_file(order: int) -> None:
    sets = [
        policy_set("deot_onset", "second_month", known_at="2004-07-01T12:00:00-05:00", name="late"),
        policy_set("deot_onset", "next_month", known_at="2004-07-01T12:00:00-04:00", name="early"),
    ][::order]
    assert resolve({}, {}, sets, "a", DAY).deot_onset == "second_month"
    assert resolve({"deot_onset": "next_month"}, {}, sets, "a", date(2004, 6, 30)).deot_onset == "next_month"


def test_rate_date_is_never_set_by_event() -> None:
    assert [name for name, switch in SWITCHES.items() if not switch.by_event] == ["rate_date"]
    with pytest.raises(ValueError, match="policy_set p: rate_date cannot be set by an event"):
        resolve({}, {}, [policy_set("rate_date", "connect")], "a", DAY)


@given(
    st.lists(st.tuples(st.sampled_from([None, "a", "b"]), st.integers(1, 28), st.booleans()), max_size=6),
    st.booleans(),
    st.integers(1, 28),
)
def test_resolve_equals_looking_for_the_winner(
    chosen: list[tuple[str | None, int, bool]], in_file: bool, as_known: int
) -> None:
    sets = [
        policy_set("sa_over_xa", value, known_at=f"2004-07-{day:02}", agreement=agreement, name=f"{at}")
        for at, (agreement, day, value) in enumerate(chosen)
    ]
    expected = in_file
    for agreement in (None, "a"):
        best = max(
            (
                (day, str(at), value)
                for at, (own, day, value) in enumerate(chosen)
                if own == agreement and day <= as_known
            ),
            default=None,
        )
        if best is not None:
            expected = best[2]
    policy = resolve({"sa_over_xa": in_file}, {}, sets, "a", date(2004, 7, as_known))
    assert policy.sa_over_xa == expected
