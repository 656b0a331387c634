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
