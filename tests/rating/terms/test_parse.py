"""A small instrument, and every way of spoiling it."""

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.terms import model
from rating.terms.model import Rate
from rating.terms.parse import EFFECTS, TermsError, parse

Data = dict[str, Any]

SMALL: Data = {
    "id": "a-b-one",
    "title": "A small amendment",
    "domain": "traffic",
    "source": "written for a test",
    "parties": ["a", "b"],
    "states": ["WI"],
    "amends": "base",
    "effective": date(2003, 6, 1),
    "effective_through": date(2003, 12, 31),
    "signed": {"a": date(2003, 5, 1), "b": date(2003, 5, 2)},
    "switches": [{"policy": "rate_date", "clause": "1", "says": "which day"}],
    "clause": [
        {
            "ref": "1",
            "says": "A price for a group.",
            "effects": [
                {"effect": "traffic_group", "group": "both", "classes": ["local", "virtual_fx"]},
                {
                    "effect": "rate",
                    "traffic": "both",
                    "per_minute": "0.0010",
                    "from": date(2003, 6, 1),
                    "reason": "isp",
                },
            ],
        },
        {"ref": "2", "says": "Nothing more.", "effects": [], "why": "construction"},
    ],
}


def effect(**fields: Any) -> Callable[[Data], None]:
    """Return a change that gives clause 1 one more effect."""
    return lambda data: data["clause"][0]["effects"].append(fields)


def rate(**fields: Any) -> Callable[[Data], None]:
    """Return a change of clause 1's rate; a field of None goes."""

    def change(data: Data) -> None:
        row = data["clause"][0]["effects"][1]
        row.update(fields)
        for name in [name for name, value in row.items() if value is None]:
            del row[name]

    return change


def top(**fields: Any) -> Callable[[Data], None]:
    """Return a change of the instrument's own fields; None takes one out."""

    def change(data: Data) -> None:
        data.update(fields)
        for name in [name for name, value in data.items() if value is None]:
            del data[name]

    return change


def second(**fields: Any) -> Callable[[Data], None]:
    """Return a change of clause 2; None takes a field out."""

    def change(data: Data) -> None:
        data["clause"][1].update(fields)
        for name in [name for name, value in data["clause"][1].items() if value is None]:
            del data["clause"][1][name]

    return change


def cap(years: list[Data]) -> Callable[[Data], None]:
    return effect(effect="growth_cap", of="isp_bound", counts_from=date(2003, 1, 1), years=years)


POI: Data = {"effect": "eligibility", "test": "poi", "payee": "a", "of": "both"}
DEOT: Data = {**POI, "test": "deot"}

SPOILED: dict[str, tuple[Callable[[Data], None], str, str, str]] = {
    # what is wrong: change, clause, field, part of the message
    "unknown key": (top(titel="x"), "", "titel", "expected 'title' perhaps"),
    "no title": (top(title=None), "", "title", "found nothing"),
    "title no string": (top(title=3), "", "title", "expected str, got int"),
    "domain": (top(domain="radio"), "", "domain", "invalid enum value 'radio'"),
    "id": (top(id="A One"), "", "id", "lower-case"),
    "no parties": (top(parties=[]), "", "parties", "found nothing"),
    "party twice": (top(parties=["a", "b", "a"]), "", "parties", "each once"),
    "state": (top(states=["Wisconsin"]), "", "states", "two capital letters"),
    "day as text": (top(effective="2003-06-01"), "", "effective", "got str"),
    "time for a day": (top(effective=datetime(2003, 6, 1, tzinfo=UTC)), "", "effective", "got datetime"),
    "span": (top(effective_through=date(2003, 5, 1)), "", "effective_through", "not before effective 2003-06-01"),
    "signer": (top(signed={"c": date(2003, 5, 1)}), "", "signed.c", "expected one of a, b"),
    "switch": (
        top(switches=[{"policy": "rate_dat", "clause": "1", "says": "x"}]),
        "",
        "switches[0].policy",
        "'rate_date'",
    ),
    "switch's clause": (
        top(switches=[{"policy": "rate_date", "clause": "9", "says": "x"}]),
        "",
        "switches[0].clause",
        "expected a clause",
    ),
    "no clauses": (top(clause=[]), "", "clause", "at least one clause"),
    "clause no list": (top(clause={"ref": "1"}), "", "clause", "expected a list of tables"),
    "no ref": (second(ref=None), "clause 2", "ref", "found nothing"),
    "ref no text": (second(ref=2), "clause 2", "ref", "found 2, expected"),
    "ref twice": (second(ref="1"), "1", "ref", "found '1' again, first at clause 1"),
    "no says": (second(says=None), "2", "says", "found nothing"),
    "empty says": (second(says=" "), "2", "says", "in other words"),
    "no why": (second(why=None), "2", "why", "found nothing, expected one of recital"),
    "unknown why": (second(why="because"), "2", "why", "found 'because'"),
    "why beside effects": (second(effects=[{"effect": "survives"}]), "2", "why", "beside effects"),
    "unknown field of a clause": (second(note="x"), "2", "note", "unknown field"),
    "effects no list": (second(effects="none"), "2", "effects", "expected a list of tables"),
    "unknown effect": (effect(effect="rates"), "1", "effects[2].effect", "found 'rates', expected 'rate' perhaps"),
    "no effect": (effect(traffic="local"), "1", "effects[2].effect", "found nothing"),
    "unknown field of an effect": (rate(per_minut="0.1"), "1", "effects[1].per_minut", "'per_minute' perhaps"),
    "missing field of an effect": (rate(traffic=None), "1", "effects[1].traffic", "found nothing"),
    "wrong type in an effect": (rate(states=["WI", 4]), "1", "effects[1].states[1]", "expected str, got int"),
    "route": (rate(route="scenic"), "1", "effects[1].route", "invalid enum value 'scenic'"),
    "float": (rate(per_minute=0.001), "1", "effects[1].per_minute", "found 0.001, expected a decimal"),
    "integer": (rate(per_minute=1), "1", "effects[1].per_minute", "in quotes"),
    "ten places": (rate(per_minute="0.0000000001"), "1", "effects[1].per_minute", "at most 9 places"),
    "negative": (rate(per_minute="-0.001"), "1", "effects[1].per_minute", "0 or more"),
    "exponent": (rate(per_minute="1e-3"), "1", "effects[1].per_minute", "found '1e-3'"),
    "no price": (rate(per_minute=None), "1", "effects[1].per_minute", "neither per_minute nor per_call"),
    "group": (rate(traffic="neither"), "1", "effects[1].traffic", "a group that this instrument names"),
    "class": (
        effect(effect="rate_by", classes=["vfx"], place="rate_centers"),
        "1",
        "effects[2].classes",
        "found no class 'vfx'",
    ),
    "base class": (
        effect(effect="presumption", of="isp_bound", base=["locals"], ratio="3"),
        "1",
        "effects[2].base",
        "'local' perhaps",
    ),
    "spread class": (effect(effect="unidentified", spread_over=["x"]), "1", "effects[2].spread_over", "no class 'x'"),
    "group named as a class": (
        effect(effect="traffic_group", group="transit", classes=["local"]),
        "1",
        "effects[2].group",
        "that no class has",
    ),
    "reason": (rate(reason="isps"), "1", "effects[1].reason", "'isp' perhaps"),
    "condition": (rate(when="offer_acepted"), "1", "effects[1].when", "'offer_accepted' perhaps"),
    "from after through": (rate(through=date(2003, 5, 31)), "1", "effects[1].through", "not before from 2003-06-01"),
    "state of an effect": (rate(states=["wi"]), "1", "effects[1].states", "two capital letters"),
    "payee": (rate(payee="c"), "1", "effects[1].payee", "expected one of a, b"),
    "controls' switch": (
        effect(effect="controls", over="all", switch="sa_over"),
        "1",
        "effects[2].switch",
        "no policy 'sa_over'",
    ),
    "rounding": (effect(effect="rounding", method="up"), "1", "effects[2].method", "found 'up'"),
    "poi": (effect(**POI), "1", "effects[2].satisfied_by", "area, tandem_option or mileage"),
    "mileage": (effect(**POI, satisfied_by="mileage"), "1", "effects[2].miles", "the distance"),
    "share": (effect(**DEOT, share="1.1", months=2), "1", "effects[2].share", "from 0 to 1"),
    "months": (effect(**DEOT, share="0.70", months=0), "1", "effects[2].months", "how many months"),
    "waiver": (
        effect(effect="waiver", of=["deot"], cause="new_interconnection"),
        "1",
        "effects[2].months",
        "new interconnection",
    ),
    "test of a waiver": (
        effect(effect="waiver", of=["poi", "luck"], cause="incumbent_failure"),
        "1",
        "effects[2].of[1]",
        "'luck'",
    ),
    "factor": (cap([{"year": 2001, "of": "2001-Q1", "times": [1.1]}]), "1", "effects[2].years[0].times", "found 1.1"),
    "years' order": (
        cap([{"year": 2002, "of": "a"}, {"year": 2002, "of": "b"}]),
        "1",
        "effects[2].years[1].year",
        "2002",
    ),
    "onward": (
        cap([{"year": 2002, "of": "a", "onward": True}, {"year": 2003, "of": "b"}]),
        "1",
        "effects[2].years[0].onward",
        "the last row alone",
    ),
    "no words": (
        effect(effect="substitute_words", section="2", find=" ", replace="x"),
        "1",
        "effects[2].find",
        "the words that are to be replaced",
    ),
    "sentence": (
        effect(effect="replace_sentence", section="2", sentence=0, paraphrase="x"),
        "1",
        "effects[2].sentence",
        "found 0, expected 1 for the first",
    ),
    "new sentences": (
        effect(effect="replace_section", section="2", paraphrase="x", sentences=[""]),
        "1",
        "effects[2].sentences[0]",
        "expected a sentence",
    ),
    "rows of a cap": (cap([3]), "1", "effects[2].years", "list of tables"),  # type: ignore[list-item]
}


TEXT: Data = {
    "text": [
        {"section": "1", "heading": "Words"},
        {"section": "2.1", "heading": "Price", "sentences": ["A share costs one crown.", "It is paid at once."]},
    ],
    "definition": [
        {"section": "1", "term": "Crown", "text": "A coin."},
        {"section": "2.1", "term": "Crown", "text": "Another coin."},
    ],
    "schedule": [
        {
            "schedule": "Schedule I",
            "rows": [{"purchaser": "North", "series": "A", "shares": 3, "warrants": 1, "price": 30}],
            "totals": {"shares": 3, "warrants": 1, "price": 30, "unit_price": 10, "by_series": {"A": 3}},
        }
    ],
}


def text(table: str, number: int, **fields: Any) -> Callable[[Data], None]:
    """Return a change of one table of the text; None takes a field out."""

    def change(data: Data) -> None:
        data[table][number].update(fields)
        for name in [name for name, value in data[table][number].items() if value is None]:
            del data[table][number][name]

    return change


SPOILED_TEXT: dict[str, tuple[Callable[[Data], None], str, str, str]] = {
    "no list": (top(text={"section": "1"}), "", "text", "expected a list of tables"),
    "no section": (text("text", 0, section=None), "", "text[0].section", "found nothing"),
    "empty section": (text("text", 0, section=""), "", "text[0].section", "found nothing, expected a value"),
    "section no text": (text("text", 0, section=1), "", "text[0].section", "expected str, got int"),
    "unknown field": (text("text", 1, titel="x"), "2.1", "text[1].titel", "unknown field"),
    "sentences no list": (text("text", 1, sentences="One."), "2.1", "text[1].sentences", "expected array, got str"),
    "a sentence no text": (text("text", 1, sentences=["One.", 2]), "2.1", "text[1].sentences[1]", "got int"),
    "an empty sentence": (text("text", 1, sentences=["One.", " "]), "2.1", "text[1].sentences[1]", "a sentence"),
    "section twice": (text("text", 1, section="1"), "1", "text[1].section", "found '1' again, expected each once"),
    "no term": (text("definition", 0, term=None), "1", "definition[0].term", "found nothing"),
    "no meaning": (text("definition", 0, text=""), "1", "definition[0].text", "found nothing, expected a value"),
    "term twice": (text("definition", 1, section="1"), "1", "definition[1].section", "found '1 Crown' again"),
    "no rows": (text("schedule", 0, rows=None), "Schedule I", "schedule[0].rows", "found nothing"),
    "a broken share": (
        text("schedule", 0, rows=[{**TEXT["schedule"][0]["rows"][0], "shares": 1.5}]),
        "Schedule I",
        "schedule[0].rows[0].shares",
        "expected int, got float",
    ),
    "unknown field of a row": (
        text("schedule", 0, rows=[{**TEXT["schedule"][0]["rows"][0], "colour": "red"}]),
        "Schedule I",
        "schedule[0].rows[0]",
        "colour",
    ),
    "schedule twice": (top(schedule=TEXT["schedule"] * 2), "Schedule I", "schedule[1].schedule", "each once"),
}


def test_a_text_of_its_own() -> None:
    instrument = parse({**SMALL, **TEXT}, "small.toml")
    assert instrument.has_text
    assert not parse(SMALL, "small.toml").has_text
    assert [(s.section, s.heading, len(s.sentences)) for s in instrument.text] == [
        ("1", "Words", 0),
        ("2.1", "Price", 2),
    ]
    assert [(d.section, d.term, d.text) for d in instrument.definition] == [
        ("1", "Crown", "A coin."),
        ("2.1", "Crown", "Another coin."),
    ]
    (schedule,) = instrument.schedule
    assert schedule.totals is not None
    assert (schedule.rows[0].shares, schedule.totals.by_series) == (3, {"A": 3})


def test_a_text_may_stand_without_clauses() -> None:
    head = {key: value for key, value in SMALL.items() if key not in {"clause", "switches"}}
    assert parse({**head, **TEXT}, "small.toml").clause == ()


@pytest.mark.parametrize("name", SPOILED_TEXT)
def test_a_spoiled_text_says_where_and_what(name: str) -> None:
    change, clause, field, message = SPOILED_TEXT[name]
    data = copy.deepcopy({**SMALL, **TEXT})
    change(data)
    with pytest.raises(TermsError) as caught:
        parse(data, "small.toml")
    error = caught.value
    assert (error.file, error.clause, error.field) == ("small.toml", clause, field)
    assert message in error.message


def test_a_small_instrument() -> None:
    instrument = parse(SMALL, "small.toml")
    assert instrument.known_from == date(2003, 5, 2)
    assert [clause.kind for clause in instrument.clause] == ["effect", "none"]
    price = instrument.clause[0].effects[1]
    assert isinstance(price, Rate)
    assert (price.per_minute, price.from_, price.through) == (Decimal("0.0010"), date(2003, 6, 1), None)


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_instrument_says_where_and_what(name: str) -> None:
    change, clause, field, message = SPOILED[name]
    data = copy.deepcopy(SMALL)
    change(data)
    with pytest.raises(TermsError) as caught:
        parse(data, "small.toml")
    error = caught.value
    assert (error.file, error.clause, error.field) == ("small.toml", clause, field)
    assert message in error.message
    assert error.index == ({"": None, "1": 0, "2": 1, "clause 2": 1}[clause] if name != "ref twice" else 1)


def test_an_error_reads_as_one_line() -> None:
    assert str(TermsError("x.toml", "2.6", "ratio", "found 3", 4)) == "x.toml: clause 2.6: ratio: found 3"
    assert str(TermsError("x.toml", "clause 2", "ref", "found nothing")) == "x.toml: clause 2: ref: found nothing"
    assert str(TermsError("x.toml", "", "", "found nothing")) == "x.toml: found nothing"


def test_parsing_leaves_its_input_alone() -> None:
    data = copy.deepcopy(SMALL)
    parse(data, "small.toml")
    assert data == SMALL


@given(whole=st.integers(0, 10**6), places=st.text("0123456789", max_size=14))
def test_decimals_keep_their_digits_or_are_refused(whole: int, places: str) -> None:
    text = f"{whole}.{places}" if places else str(whole)
    data = copy.deepcopy(SMALL)
    rate(per_minute=text)(data)
    if places[9:].strip("0"):
        with pytest.raises(TermsError, match="at most 9 places"):
            parse(data, "small.toml")
    else:
        price = parse(data, "small.toml").clause[0].effects[1]
        assert isinstance(price, Rate)
        assert str(price.per_minute) == text


def test_every_effect_type_has_its_word() -> None:
    assert EFFECTS["rate"] is Rate
    assert EFFECTS["replace_schedule"] is model.ReplaceSchedule
    assert len(EFFECTS) == 29
