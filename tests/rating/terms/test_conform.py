"""The conformed contract: operations on the made lighthouse contract, and what does not fit it."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.terms import model
from rating.terms.conform import View, conform, to_conform
from rating.terms.events import Rejected, Signed
from rating.terms.model import Clause, Effect, Instrument
from rating.terms.operations import NOT_AT_HAND, find_words
from rating.terms.passages import Origin, is_beneath
from rating.terms.text import TextDefinition, TextSection
from tests.naive import conform as naive
from tests.rating.terms.lighthouse import (
    BASE,
    DAY,
    ROWS,
    SIGNED,
    amendment,
    only_finding,
    read,
    section,
    sentence,
    table,
    term,
    text_of,
    words,
)

LATER = date(1901, 6, 1)


def test_without_amendments_it_is_the_base() -> None:
    found = read()
    assert {p.state for p in found.passages} == {"as_base"}
    assert {p.origin.instrument for p in found.passages} == {"lighthouse"}
    assert [(p.kind, p.place, p.name or p.sentence) for p in found.passages[:4]] == [
        ("section", "1", "Words"),
        ("definition", "1", "Dusk"),
        ("definition", "1", "Wick"),
        ("section", "2", "The lamp"),
    ]
    assert text_of(found, "2") == list(BASE.text[1].sentences)
    assert found.passages[-1].rows == ROWS
    assert (found.applied, found.left, found.findings) == ((), (), ())


def test_a_section_is_replaced_with_what_is_beneath_it() -> None:
    found = read(amendment(section("2", "The lamp burns always.", "Oil is free.")))
    new = [p for p in found.passages if p.place == "2"]
    assert [(p.text, p.state, p.sentence, p.name) for p in new] == [
        ("The lamp burns always.", "replaced", 1, "The lamp"),
        ("Oil is free.", "replaced", 2, "The lamp"),
    ]
    assert {p.origin for p in new} == {Origin("first", "1")}
    assert new[0].was == (*BASE.text[1].sentences, "A barrel costs one crown.")
    assert text_of(found, "2(a)") == []
    assert text_of(found, "20") == ["The horn costs one crown. "]
    assert found.findings == ()


def test_a_section_with_definitions_takes_them_along() -> None:
    found = read(amendment(section("1", "Words mean what they mean.")))
    assert not [p for p in found.passages if p.kind == "definition"]
    assert found.passages[0].text == "Words mean what they mean."


def test_a_section_may_stand_in_paraphrase() -> None:
    (new,) = (p for p in read(amendment(section("2"))).passages if p.place == "2")
    assert (new.text, new.paraphrased, new.sentence) == ("written anew", True, 0)


def test_words_that_stand_once_are_changed() -> None:
    found = read(amendment(words("one crown")))
    (new,) = (p for p in found.passages if p.place == "2(a)")
    assert (new.text, new.state, new.origin) == ("A barrel costs two crowns.", "amended", Origin("first", "1"))
    assert new.was == ("A barrel costs one crown.",)
    assert text_of(found, "2") == list(BASE.text[1].sentences)


def test_a_sentence_is_replaced_by_its_number() -> None:
    found = read(amendment(sentence(2, text="The keeper trims the wick.")))
    new = [p for p in found.passages if p.place == "2"]
    assert [p.state for p in new] == ["as_base", "replaced", "as_base"]
    assert (new[1].text, new[1].was, new[1].sentence) == (
        "The keeper trims the wick.",
        ("Nobody touches the wick.",),
        2,
    )


@pytest.mark.parametrize(
    ("name", "amend", "state", "after"),
    [
        ("Barrel", "depends_on_base", "inserted", ["Barrel", "Dusk", "Wick"]),
        ("Lamp", "insert", "inserted", ["Dusk", "Lamp", "Wick"]),
        ("Wreck", "depends_on_base", "inserted", ["Dusk", "Wick", "Wreck"]),
        ("Dusk", "depends_on_base", "amended", ["Dusk", "Wick"]),
        ("Wick", "amend", "amended", ["Dusk", "Wick"]),
    ],
)
def test_a_definition_is_inserted_or_amended_as_the_base_has_it(
    name: str, amend: str, state: str, after: list[str]
) -> None:
    found = read(amendment(term(name, amend=amend, text="A thing of its own.")))
    defined = [p for p in found.passages if p.kind == "definition"]
    assert [p.name for p in defined] == after
    (new,) = (p for p in defined if p.name == name)
    assert (new.state, new.text, new.origin, bool(new.was)) == (
        state,
        "A thing of its own.",
        Origin("first", "1"),
        state == "amended",
    )


def test_a_definition_where_none_stands_yet_follows_the_sentences() -> None:
    found = read(amendment(term("Lamp", section="20")))
    assert [(p.kind, p.name) for p in found.passages if p.place == "20"] == [
        ("section", "The horn"),
        ("definition", "Lamp"),
    ]


def test_a_schedule_is_replaced_and_its_totals_go_on() -> None:
    swapped = (msgspec.structs.replace(ROWS[0], shares=25), msgspec.structs.replace(ROWS[1], shares=25))
    new = read(amendment(table(rows=swapped))).passages[-1]
    assert (new.state, new.rows, new.totals, new.finding) == ("replaced", swapped, BASE.schedule[0].totals, "")
    stated = model.ScheduleTotals(shares=51, warrants=5, price=500, unit_price=10)
    found = read(amendment(table(totals=stated)))
    assert (found.passages[-1].totals, found.passages[-1].finding) == (stated, "shares add up to 50, expected 51")
    assert found.findings == (found.passages[-1],)
    fewer = read(amendment(table(rows=ROWS[:1]))).passages[-1]
    assert fewer.finding.startswith("shares add up to 30, expected 50; warrants add up to 3, expected 5")


@pytest.mark.parametrize(
    ("effect", "finding"),
    [
        (words("two crowns"), "found the words 0 times in 2, expected them exactly once"),
        (words("the"), "found the words 2 times in 2, expected them exactly once"),
        (words("row"), "found the words 0 times in 2, expected them exactly once"),
        (words("wick. Oil"), "found the words across two sentences of 2, expected them in one"),
        (words("x", section="3"), "found no section 3, expected one with the words in it"),
        (sentence(4), "found 3 sentences in 2, expected one numbered 4"),
        (sentence(1, section="1"), "found 0 sentences in 1, expected one numbered 1"),
        (sentence(1, section="3"), "found no section 3, expected it in the text"),
        (section("3"), "found no section 3, expected one to replace"),
        (term("Lamp", section="3"), "found no section 3, expected it in the text"),
        (term("Lamp", amend="amend"), "found no such term in 1, expected one to amend"),
        (term("Dusk", amend="insert"), "found the term defined in 1 already, expected none before it is inserted"),
        (term("Dusk", section="2"), "found the term defined in 1, expected it in 2"),
        (table(schedule="Schedule II"), "found no Schedule II, expected a schedule to replace"),
    ],
)
def test_what_does_not_fit_changes_nothing_and_says_why(effect: Effect, finding: str) -> None:
    found = read(amendment(effect))
    waiting = only_finding(found)
    assert (waiting.state, waiting.finding, waiting.origin) == ("conflict", finding, Origin("first", "1"))
    assert found.findings == (waiting,)
    assert [p for p in found.passages if p.is_text] == list(read().passages)


def test_a_finding_stands_behind_its_place() -> None:
    places = [(p.place, p.state) for p in read(amendment(sentence(4))).passages]
    assert places.index(("2", "conflict")) == places.index(("2(a)", "as_base")) + 1


@pytest.mark.parametrize("effect", [words("crown", section="2"), sentence(1), term("Lamp", section="2")])
def test_what_stands_in_paraphrase_waits_for_its_words(effect: Effect) -> None:
    later = amendment(effect, name="second", signed=LATER)
    waiting = only_finding(read(amendment(section("2")), later))
    assert (waiting.state, waiting.finding) == ("pending_base", "2 stands in paraphrase since first 1")
    assert read(amendment(section("2")), later).findings == ()


def test_one_sentence_in_paraphrase_leaves_the_others_known() -> None:
    later = amendment(sentence(3, text="Oil is free."), name="second", signed=LATER)
    assert text_of(read(amendment(sentence(2)), later), "2")[1:] == ["put otherwise", "Oil is free."]


def test_the_later_controls_and_may_change_what_the_earlier_wrote() -> None:
    first = amendment(section("2", "Oil costs one crown.", "It burns."))
    second = amendment(words("one crown"), sentence(2, text="It glows."), name="second", signed=LATER)
    for order in permutations((first, second)):
        found = read(*order)
        assert text_of(found, "2") == ["Oil costs two crowns.", "It glows."]
        assert found.applied == ("first", "second")
        assert [p.origin.instrument for p in found.passages if p.place == "2"] == ["second", "second"]


def test_of_equal_rank_neither_is_chosen() -> None:
    pair = (amendment(sentence(1, text="One.")), amendment(sentence(1, text="Two."), name="second"))
    waiting = only_finding(read(*pair))
    assert waiting.state == "conflict"
    assert waiting.finding == "first 1 has changed it too, and neither controls over the other"
    apart = read(pair[0], amendment(sentence(2, text="Two."), name="second"))
    assert text_of(apart, "2")[:2] == ["One.", "Two."]


def test_one_instrument_exchanges_a_passage_once() -> None:
    waiting = only_finding(read(amendment(sentence(1), sentence(1))))
    assert (waiting.finding, waiting.origin) == ("first 1 has changed it already", Origin("first", "2"))
    twice = read(amendment(words("one crown"), words("A barrel", "A cask")))
    assert text_of(twice, "2(a)") == ["A cask costs two crowns."]


def test_what_is_untouched_says_by_whom_it_survives() -> None:
    found = read(amendment(model.Survives(), sentence(1)))
    assert {p.survives for p in found.passages if p.state == "as_base"} == {(Origin("first", "1"),)}
    assert {p.survives for p in found.passages if p.state != "as_base"} == {()}
    assert {p.survives for p in read(amendment(sentence(1))).passages} == {()}


def test_what_is_provided_beside_the_text_is_inserted() -> None:
    found = read(amendment(model.Tag(when="voip", tag="x"), section("2"), model.Controls(over="base")))
    beside = [(p.state, p.origin.clause, p.text) for p in found.passages if p.kind == "provision"]
    assert beside == [("inserted", "1", "x"), ("inserted", "3", "x")]
    duty = model.SettlementDuty(who="originator", third_party=("clec",), exception="e")
    quoted = Clause(ref="2", says="the new section itself", effects=(duty,))
    one = amendment(clause=(Clause(ref="1", says="x", effects=(section("2"),)), quoted))
    assert not [p for p in read(one).passages if p.kind == "provision"]


def test_the_day_and_what_is_known_then_decide() -> None:
    one = amendment(sentence(1), effective=date(1901, 4, 1), effective_through=date(1901, 12, 31))
    assert read(one, on=date(1901, 12, 31)).applied == ("first",)
    assert read(one, on=DAY).left == (("first", "in force from 1901-04-01 to 1901-12-31"),)
    assert read(one, on=date(1901, 3, 31)).passages == read().passages
    unknown = read(one, on=date(1901, 5, 1), known=date(1901, 2, 28))
    assert unknown.left == (("first", "not in force as known at 1901-02-28"),)
    open_ended = amendment(sentence(1))
    assert read(open_ended, on=date(1901, 3, 31)).left == (("first", "in force from 1901-04-01"),)


def test_events_move_what_is_known() -> None:
    signed = Signed(id="s", on=LATER, instrument="first", party="keeper")
    one = amendment(sentence(1), model.Contingent(upon="approved", true_up_from=SIGNED))
    early = date(1901, 5, 1)
    assert conform(BASE, [one], View(early, early)).applied == ("first",)
    late = replace(View(LATER, LATER), events=(signed,))
    assert conform(BASE, [one], late).applied == ("first",)
    before = Signed(id="s", on=LATER, known_at="1901-04-15", instrument="first", party="keeper")
    assert conform(BASE, [one], replace(View(early, early), events=(before,))).applied == ()
    rejected = Rejected(id="r", on=LATER, instrument="first", state="WI")
    seen = View(DAY, DAY, "WI", "", (rejected,))
    assert conform(BASE, [one], seen).left == (("first", f"not in force as known at {DAY}"),)


@pytest.mark.parametrize("base", [None, msgspec.structs.replace(BASE, text=(), definition=(), schedule=())])
def test_without_its_text_everything_waits_for_the_base(base: Instrument | None) -> None:
    effects = (
        section("2"),
        sentence(1),
        words("a", "b"),
        term("Lamp"),
        table(),
        model.Survives(),
        model.Tag(when="voip", tag="x"),
    )
    found = conform(base, [amendment(*effects)], View(DAY, DAY))
    assert [(p.kind, p.origin.clause) for p in found.passages] == [
        ("section", "1"),
        ("section", "2"),
        ("section", "3"),
        ("definition", "4"),
        ("schedule", "5"),
        ("whole", "6"),
        ("provision", "7"),
    ]
    assert {(p.state, p.finding) for p in found.passages} == {("pending_base", NOT_AT_HAND)}
    assert found.passages[2].text == '"a" becomes "b"'
    assert found.passages[4].rows == ROWS
    assert found.findings == ()
    assert found.base == ("" if base is None else "lighthouse")


def test_which_contracts_an_instrument_stands_for() -> None:
    first, second = amendment(sentence(1)), amendment(sentence(2), name="second", amends="base")
    stranger = amendment(sentence(1), name="stranger", parties=("harbour", "pilot"), amends="base")
    every = (second, first, BASE, stranger)
    assert to_conform(BASE, every) == [(BASE, (second, first))]
    assert to_conform(first, every) == [(BASE, (second, first))]
    assert to_conform(second, every) == [(BASE, (second, first))]
    assert to_conform(stranger, every) == [(None, (stranger,))]
    bare = msgspec.structs.replace(BASE, text=(), definition=(), schedule=())
    assert to_conform(first, (first, bare)) == [(None, (first,))]
    assert to_conform(bare, (first, bare)) == [(bare, (first,))]
    own = msgspec.structs.replace(first, text=BASE.text)
    assert to_conform(own, (own, BASE)) == [(BASE, (own,)), (own, ())]


@pytest.mark.parametrize(
    ("place", "above", "beneath"),
    [("2(a)", "2", True), ("2.1", "2", True), ("20", "2", False), ("2", "2", False), ("2(a)(i)", "2(a)", True)],
)
def test_beneath_is_by_number(place: str, above: str, *, beneath: bool) -> None:
    assert is_beneath(place, above) is beneath


@pytest.mark.parametrize(
    ("text", "find", "at"),
    [
        ("aha aha", "aha aha", [0]),
        ("a a a", "a a", [0, 2]),
        ("oil, oil.", "oil", [0, 5]),
        ("oils", "oil", []),
        ("one ($1) each", "one ($1)", [0]),
        ("boil oil", "oil", [5]),
        ("x", "y", []),
    ],
)
def test_words_are_found_whole_and_every_time(text: str, find: str, at: list[int]) -> None:
    assert find_words(text, find) == at


VOCABULARY = st.lists(st.sampled_from(["oil", "lamp", "wick", "boil"]), min_size=1, max_size=4).map(" ".join)
PLACES = st.sampled_from(["1", "2", "2(a)", "3"])
TERMS = st.sampled_from(["Lamp", "Oil", "Wick"])
OWN_WORDS = st.one_of(st.just(""), VOCABULARY)
EFFECTS = st.one_of(
    st.builds(
        model.ReplaceSection,
        section=PLACES,
        paraphrase=VOCABULARY,
        sentences=st.lists(VOCABULARY, max_size=3).map(tuple),
    ),
    st.builds(
        model.InsertDefinition,
        section=PLACES,
        term=TERMS,
        paraphrase=VOCABULARY,
        text=OWN_WORDS,
        amend=st.sampled_from(["insert", "amend", "depends_on_base"]),
    ),
    st.builds(model.SubstituteWords, section=PLACES, find=VOCABULARY, replace=VOCABULARY),
    st.builds(model.ReplaceSentence, section=PLACES, sentence=st.integers(1, 4), paraphrase=VOCABULARY, text=OWN_WORDS),
)
SECTIONS = st.lists(
    st.builds(
        TextSection,
        section=PLACES,
        sentences=st.lists(VOCABULARY, min_size=1, max_size=3).map(tuple),
    ),
    max_size=3,
    unique_by=lambda section: section.section,
).map(tuple)
DEFINITIONS = st.lists(
    st.builds(TextDefinition, section=PLACES, term=TERMS, text=VOCABULARY),
    max_size=2,
    unique_by=lambda definition: definition.term,
).map(tuple)
BASES = st.builds(
    lambda text, definition: msgspec.structs.replace(BASE, text=text, definition=definition, schedule=()),
    SECTIONS,
    DEFINITIONS,
).filter(lambda base: base.has_text)
DAYS = st.sampled_from([date(1901, 1, 1), date(1901, 2, 1), date(1901, 3, 1)])
AMENDMENTS = st.lists(st.tuples(DAYS, st.lists(EFFECTS, min_size=1, max_size=3)), max_size=4).map(
    lambda drawn: [amendment(*effects, name=f"n{at}", signed=day) for at, (day, effects) in enumerate(drawn)]
)


def as_items(base: Instrument) -> list[naive.Item]:
    """Return a base for the naive twin, definitions behind the sentences of their section."""
    numbers = {s.section for s in base.text}
    items = [naive.Item(d.section, d.term, d.text) for d in base.definition if d.section not in numbers]
    for one in base.text:
        items += [naive.Item(one.section, "", text) for text in one.sentences]
        items += [naive.Item(d.section, d.term, d.text) for d in base.definition if d.section == one.section]
    return items


def as_operations(one: Instrument) -> tuple[str, date, list[tuple[str, dict[str, Any]]]]:
    operations = [(c.ref, msgspec.to_builtins(effect)) for c in one.clause for effect in c.effects]
    assert one.known_from is not None
    return one.id, one.known_from, operations


@given(BASES, AMENDMENTS)
def test_operations_equal_the_naive_twin(base: Instrument, amendments: list[Instrument]) -> None:
    found = conform(base, amendments, View(DAY, DAY))
    twin = naive.amend(as_items(base), [as_operations(one) for one in amendments])
    said = [
        (p.place, p.name if p.kind == "definition" else "", p.text, p.origin.instrument)
        for p in found.passages
        if p.is_text
    ]
    assert said == [(i.place, i.term, i.text, i.by or "lighthouse") for i in twin.items]
    refused = [(p.origin.instrument, p.origin.clause) for p in found.passages if not p.is_text]
    assert sorted(refused) == sorted(twin.refused)


@given(BASES, AMENDMENTS, st.randoms(use_true_random=False))
def test_the_order_of_files_changes_nothing(base: Instrument, amendments: list[Instrument], random: Any) -> None:
    shuffled = random.sample(amendments, len(amendments))
    assert conform(base, shuffled, View(DAY, DAY)) == conform(base, amendments, View(DAY, DAY))


@given(BASES, AMENDMENTS)
def test_every_passage_has_one_origin_and_every_operation_shows(base: Instrument, amendments: list[Instrument]) -> None:
    found = conform(base, amendments, View(DAY, DAY))
    clauses = {Origin(one.id, clause.ref) for one in amendments for clause in one.clause}
    for passage in found.passages:
        assert (passage.origin in clauses) == (passage.state != "as_base")
        assert bool(passage.finding) == (not passage.is_text)
        assert passage.state != "as_base" or passage.origin == Origin(base.id, passage.place)
    untouched = [p for p in found.passages if p.state == "as_base"]
    assert all(passage in read_of(base) for passage in untouched)


def read_of(base: Instrument) -> tuple[Any, ...]:
    return conform(base, (), View(DAY, DAY)).passages
