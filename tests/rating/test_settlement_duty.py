"""Missouri: who originates transit arranges with each third carrier; nothing else changes (A1 66.2.1, 3.1)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from rating.codes import TrafficClass
from rating.names import Names
from rating.reference import rows
from rating.statement import statement
from rating.terms.model import Clause, Instrument, Rate
from tests.rating.facts import INSTRUMENTS, MINUTE, facts, usage

MISSOURI = rows.Agreement(
    agreement="sprint-icg-mo", party_a="sprint-mo", party_b="icg", incumbent="sprint-mo", state="MO",
    time_zone="America/Chicago", line=2,
)  # fmt: skip
PARTIES = tuple(
    rows.PartyRow(party=party, kind=kind, name=party, line=2)
    for party, kind in (
        *(("sprint-mo", "ilec"), ("icg", "clec"), ("rural", "ico"), ("wireless", "cmrs")),
        *(("other", "clec"), ("bell", "ilec"), ("long-haul", "ixc")),
    )
)
BASE = Instrument(
    id="mo-base",
    title="t",
    domain="base",
    source="made for a test",
    parties=("sprint-mo", "icg"),
    states=("MO",),
    effective=date(2002, 5, 1),
    signed={"icg": date(2002, 5, 1)},
    clause=(Clause(ref="70", says="x", effects=(Rate(traffic="transit", per_minute=Decimal("0.0030")),)),),
)


def made(month: str, day: str, third: str, *, originator: str = "icg", **more: Any) -> dict[str, Any]:
    """Return the statement of a month with one minute of transit."""
    names = Names()
    names.code("party", "sprint-mo")
    cell = usage(
        names, day, MINUTE, payer=originator, payee=third, kind=TrafficClass.TRANSIT, agreement="sprint-icg-mo"
    )
    known = facts(names, [cell], agreement=MISSOURI, **{"parties": PARTIES, "arrangements": (), **more})
    return statement(known, "sprint-icg-mo", month, status="provisional", digests={"terms": "test"})


def missing(*arguments: Any, **more: Any) -> list[tuple[str, str, str]]:
    rows_of = made(*arguments, **more)["exceptions"]
    return [(row["code"], row["originator"], row["clause"]) for row in rows_of]


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
@pytest.mark.parametrize(
    ("third", "named"),
    [("rural", True), ("wireless", True), ("other", True), ("bell", True), ("long-haul", False)],
)
def test_an_originator_needs_an_arrangement_with_each_third_carrier(third: str, *, named: bool) -> None:
    found = [("arrangement_missing", "icg", "sprint-icg-mo-1 66.2.1")]
    assert missing("2003-05", "2003-05-12", third) == (found if named else [])
    assert missing("2003-05", "2003-05-11", third) == []
    arranged = rows.Arrangement(originator="icg", third_party=third, state="MO", line=2)
    assert missing("2003-05", "2003-05-12", third, arrangements=(arranged,)) == []
    elsewhere = rows.Arrangement(originator="icg", third_party=third, state="KS", line=2)
    assert missing("2003-05", "2003-05-12", third, arrangements=(elsewhere,)) == (found if named else [])


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_the_duty_is_both_parties_and_no_strangers() -> None:
    assert [code for code, *_ in missing("2003-06", "2003-06-02", "rural", originator="sprint-mo")] == [
        "arrangement_missing"
    ]
    assert missing("2003-06", "2003-06-02", "other", originator="rural") == []


@pytest.mark.clause("sprint-icg-mo-1 3.1")
def test_the_base_goes_on_pricing_what_the_amendment_does_not_touch() -> None:
    instruments = (*INSTRUMENTS, BASE)
    before = made("2003-04", "2003-04-10", "rural", instruments=instruments)
    after = made("2003-06", "2003-06-02", "rural", instruments=instruments)
    for document in (before, after):
        lines = [line for way in document["directions"] for line in way["lines"]]
        assert [(line["rate"], line["clauses"]) for line in lines] == [("0.003", ["mo-base 70"])]
    assert before["exceptions"] == []
    assert [row["clause"] for row in after["exceptions"]] == ["sprint-icg-mo-1 66.2.1"]


@pytest.mark.clause("sprint-icg-mo-1 3.1")
def test_the_amendment_wins_a_conflict_with_the_base() -> None:
    known = facts(Names(), [], agreement=MISSOURI, instruments=(BASE, *INSTRUMENTS), parties=PARTIES)
    assert known.timeline("sprint-icg-mo").on(date(2003, 6, 1)).in_force == ("sprint-icg-mo-1", "mo-base")
    assert known.timeline("sprint-icg-mo").on(date(2003, 5, 11)).in_force == ("mo-base",)


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_an_arrangement_holds_on_its_days() -> None:
    dated = rows.Arrangement(
        originator="icg", third_party="rural", state="MO", from_=date(2003, 6, 2), through=date(2003, 6, 20), line=2
    )
    days = ("2003-06-01", "2003-06-02", "2003-06-20", "2003-06-21")
    assert [bool(missing("2003-06", day, "rural", arrangements=(dated,))) for day in days] == [
        *(True, False, False, True)
    ]
    strangers = (
        rows.Arrangement(originator="icg", third_party="bell", state="MO", line=2),
        rows.Arrangement(originator="rural", third_party="icg", state="MO", line=3),
    )
    assert missing("2003-06", days[1], "rural", arrangements=strangers)
    assert missing("2003-06", days[1], "rural", arrangements=None) == []


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_what_was_sent_without_is_counted_by_third_party() -> None:
    names = Names()
    names.code("party", "sprint-mo")
    cells = [
        usage(names, day, ms, payer="icg", payee=third, kind=kind, agreement="sprint-icg-mo", calls=calls)
        for day, ms, third, kind, calls in (
            ("2003-06-03", 30_000, "rural", TrafficClass.TRANSIT, 2),
            ("2003-06-04", 10_000, "rural", TrafficClass.TRANSIT, 1),
            ("2003-06-04", 5_000, "rural", TrafficClass.INTERLATA_TOLL, 7),
            ("2003-06-05", 7_000, "bell", TrafficClass.TRANSIT, 1),
        )
    ]
    known = facts(names, cells, agreement=MISSOURI, parties=PARTIES, arrangements=())
    made = statement(known, "sprint-icg-mo", "2003-06", status="provisional", digests={"terms": "test"})
    same = {"code": "arrangement_missing", "originator": "icg", "clause": "sprint-icg-mo-1 66.2.1"}
    assert made["exceptions"] == [
        {**same, "third_party": "bell", "calls": 1, "ms": 7_000},
        {**same, "third_party": "rural", "calls": 3, "ms": 40_000},
    ]


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_strangers_before_a_party_and_latas_of_a_day_change_no_sum() -> None:
    names = Names()
    for name in ("rural", "other", "sprint-mo"):
        names.code("party", name)
    cells = [
        usage(names, "2003-06-03", ms, payer=payer, payee=payee, kind=TrafficClass.TRANSIT, lata=lata,
              agreement="sprint-icg-mo")
        for payer, payee, ms, lata in (
            ("rural", "other", 1_000, "520"),
            ("icg", "rural", 20, "520"),
            ("icg", "rural", 300, "522"),
            ("icg", "other", 4, "524"),
        )
    ]  # fmt: skip
    known = facts(names, cells, agreement=MISSOURI, parties=PARTIES, arrangements=())
    made = statement(known, "sprint-icg-mo", "2003-06", status="provisional", digests={"terms": "test"})
    assert [(row["third_party"], row["calls"], row["ms"]) for row in made["exceptions"]] == [
        ("other", 1, 4),
        ("rural", 2, 320),
    ]
