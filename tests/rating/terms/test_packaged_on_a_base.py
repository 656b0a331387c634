"""The packaged amendments' operations on made bases: the sections they name, with words of our own in them."""

from datetime import date

import msgspec
import pytest

from rating.terms.conform import Conformed, View, conform
from rating.terms.model import Instrument
from rating.terms.passages import Passage
from rating.terms.text import ScheduleRow, ScheduleTotals, TextDefinition, TextSchedule, TextSection
from stream.terms.load import load_packaged

A1, PA, XA = load_packaged(("sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-wi-isp"))
DAY = date(2003, 6, 1)


def section(number: str, *sentences: str) -> TextSection:
    return TextSection(section=number, sentences=sentences)


MISSOURI = Instrument(
    id="mo-base",
    title="A made base",
    domain="base",
    source="made for a test",
    parties=("sprint-mo", "icg"),
    states=("MO",),
    effective=date(2002, 5, 1),
    text=(
        section("66.2", "Transit has a heading."),
        section("66.2.1", "Transit is a matter for later."),
        section("66.2.2", "A minute of it has a price."),
    ),
)
OLD_ROW = ScheduleRow(purchaser="One buyer", series="A", shares=750_000, warrants=10_000_000, price=750_000_000)
PURCHASE = Instrument(
    id="purchase",
    title="A made purchase agreement",
    domain="corporate",
    source="made for a test",
    parties=PA.parties,
    effective=date(2000, 2, 27),
    text=(
        section("recital 1", "The company sells stock of one series."),
        section("recital 2", "The buyers want it."),
        section("I(a)", "Words mean this:"),
        section("2.1", "Stock is sold.", "It costs one thousand dollars ($1,000) per share at closing."),
        section("5.2(a)", "The first group names a director."),
        section("5.2(b)(i)", "The second group names one too."),
        section("5.2(b)(ii)", "With more stock it names two."),
        section("5.2(c)", "Directors are indemnified."),
        section("5.16", "Buyers may buy along.", "In proportion.", "Never in an exchange.", "They say so in ten days."),
    ),
    definition=(
        TextDefinition(section="I(a)", term="Closing", text="The day of sale."),
        TextDefinition(section="I(a)", term="Equity Documents", text="This paper and the warrants."),
        TextDefinition(section="I(a)", term="Registration Rights Agreement", text="A paper of February."),
    ),
    schedule=(
        TextSchedule(
            schedule="Schedule I",
            rows=(OLD_ROW,),
            totals=ScheduleTotals(shares=750_000, warrants=10_000_000, price=750_000_000, unit_price=1_000),
        ),
    ),
)


def read(base: Instrument, amendment: Instrument) -> Conformed:
    found = conform(base, [amendment], View(DAY, DAY))
    assert found.applied == (amendment.id,)
    assert found.findings == ()
    return found


def by_clause(found: Conformed, amendment: Instrument) -> dict[str, Passage]:
    """Return what each clause of an amendment brought; none of them two passages."""
    own = [p for p in found.passages if p.origin.instrument == amendment.id]
    out = {p.origin.clause: p for p in own}
    assert len(out) == len(own)
    return out


@pytest.mark.clause("sprint-icg-mo-1 2", "sprint-icg-mo-1 3.1")
def test_missouri_exchanges_one_section_and_leaves_its_neighbours() -> None:
    found = read(MISSOURI, A1)
    places = [(p.place, p.state, p.origin.instrument) for p in found.passages if p.kind == "section"]
    assert places == [
        ("66.2", "as_base", "mo-base"),
        ("66.2.1", "replaced", A1.id),
        ("66.2.2", "as_base", "mo-base"),
    ]
    new = by_clause(found, A1)["2"]
    assert new.was == ("Transit is a matter for later.",)
    untouched = [p for p in found.passages if p.state == "as_base"]
    assert {(o.instrument, o.clause) for p in untouched for o in p.survives} == {(A1.id, "3.1")}


@pytest.mark.clause("sbc-kmc-wi-isp 4.4")
def test_wisconsin_s_plan_stands_beside_a_base_that_goes_on() -> None:
    base = msgspec.structs.replace(MISSOURI, id="wi-base", parties=("sbc", "kmc"), states=("WI",))
    found = conform(base, [XA], View(date(2005, 2, 1), date(2005, 2, 1)))
    text = [p for p in found.passages if p.kind == "section"]
    assert {p.state for p in text} == {"as_base"}
    assert {(o.instrument, o.clause) for p in text for o in p.survives} == {(XA.id, "4.4")}
    beside = {p.origin.clause: p.state for p in found.passages if p.kind == "provision"}
    assert {"2.2.2", "2.3.1", "2.6"} <= set(beside)
    assert set(beside.values()) == {"inserted"}


@pytest.mark.clause("icg-stock-purchase-1 1", "icg-stock-purchase-1 4(a)", "icg-stock-purchase-1 4(b)")
@pytest.mark.clause("icg-stock-purchase-1 4(c)")
def test_the_purchase_s_recital_and_board_sections_are_exchanged() -> None:
    found = by_clause(read(PURCHASE, PA), PA)
    places = {"1": "recital 1", "4(a)": "5.2(a)", "4(b)": "5.2(b)(i)", "4(c)": "5.2(b)(ii)"}
    assert {ref: (found[ref].place, found[ref].state) for ref in places} == {
        ref: (place, "replaced") for ref, place in places.items()
    }
    assert found["1"].was == ("The company sells stock of one series.",)


@pytest.mark.clause(
    "icg-stock-purchase-1 2 Amending Agreement",
    "icg-stock-purchase-1 2 Equity Documents",
    "icg-stock-purchase-1 2 HMTF Issued Series A Preferred Shares",
    "icg-stock-purchase-1 2 Liberty Issued Series A Preferred Shares",
    "icg-stock-purchase-1 2 Registration Rights Agreement",
    "icg-stock-purchase-1 2 Series A-1 Preferred Stock",
    "icg-stock-purchase-1 2 Series A-2 Preferred Stock",
    "icg-stock-purchase-1 2 Series A-3 Preferred Stock",
)
def test_eight_definitions_go_in_or_are_amended_as_the_base_has_them() -> None:
    defined = [p for p in read(PURCHASE, PA).passages if p.kind == "definition"]
    assert [(p.name, p.state) for p in defined] == [
        ("Amending Agreement", "inserted"),
        ("Closing", "as_base"),
        ("Equity Documents", "amended"),
        ("HMTF Issued Series A Preferred Shares", "inserted"),
        ("Liberty Issued Series A Preferred Shares", "inserted"),
        ("Registration Rights Agreement", "amended"),
        ("Series A-1 Preferred Stock", "inserted"),
        ("Series A-2 Preferred Stock", "inserted"),
        ("Series A-3 Preferred Stock", "inserted"),
    ]
    assert all(p.origin.clause == f"2 {p.name}" for p in defined if p.state != "as_base")


@pytest.mark.clause("icg-stock-purchase-1 3")
def test_the_price_of_a_share_changes_in_the_one_place_where_it_stands() -> None:
    new = by_clause(read(PURCHASE, PA), PA)["3"]
    assert (new.place, new.sentence) == ("2.1", 2)
    assert new.text == "It costs ten thousand dollars ($10,000) per share at closing."
    twice = msgspec.structs.replace(
        PURCHASE, text=(*PURCHASE.text, section("2.1(a)", "Again one thousand dollars ($1,000) per share."))
    )
    (finding,) = conform(twice, [PA], View(DAY, DAY)).findings
    assert finding.finding == "found the words 2 times in 2.1, expected them exactly once"


@pytest.mark.clause("icg-stock-purchase-1 5")
def test_the_third_sentence_on_buying_along_is_exchanged() -> None:
    found = [p for p in read(PURCHASE, PA).passages if p.place == "5.16"]
    assert [p.state for p in found] == ["as_base", "as_base", "replaced", "as_base"]
    assert (found[2].origin.clause, found[2].was) == ("5", ("Never in an exchange.",))


@pytest.mark.clause("icg-stock-purchase-1 6")
def test_the_schedule_is_exchanged_with_its_totals() -> None:
    new = by_clause(read(PURCHASE, PA), PA)["6"]
    assert (new.kind, new.place, len(new.rows)) == ("schedule", "Schedule I", 8)
    assert new.totals is not None
    assert (new.totals.shares, new.totals.price) == (75_000, 750_000_000)
    assert sum(row.shares for row in new.rows) == 75_000


@pytest.mark.clause("icg-stock-purchase-1 7")
def test_nothing_else_in_the_purchase_agreement_moves() -> None:
    untouched = [p for p in read(PURCHASE, PA).passages if p.state == "as_base"]
    assert [p.place for p in untouched] == ["recital 2", "I(a)", "I(a)", "2.1", "5.2(c)", "5.16", "5.16", "5.16"]
    assert {(o.instrument, o.clause) for p in untouched for o in p.survives} == {(PA.id, "7")}
