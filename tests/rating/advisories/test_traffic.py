"""Advisories of transit without an arrangement and of callers who cannot be told."""

from datetime import date

import pytest

from rating.codes import TrafficClass
from rating.names import Names
from rating.policy import Policy, Unidentified
from rating.reference.rows import Agreement, Arrangement, PartyRow
from rating.usage import Cells
from tests.rating.advisories.reading import told
from tests.rating.facts import facts, usage

MISSOURI = Agreement(
    agreement="sprint-icg-mo",
    party_a="sprint-mo",
    party_b="icg",
    incumbent="sprint-mo",
    state="MO",
    time_zone="America/Chicago",
    line=2,
)
PARTIES = tuple(
    PartyRow(party=party, kind=kind, name=party, line=2)
    for party, kind in (("sprint-mo", "ilec"), ("icg", "clec"), ("third", "ico"))
)


def transit(names: Names, day: str, ms: int) -> Cells:
    return usage(names, day, ms, payer="icg", payee="third", kind=TrafficClass.TRANSIT, agreement="sprint-icg-mo")


def missing(cells: list[Cells], names: Names, *rows: Arrangement) -> list[dict[str, object]]:
    known = facts(names, cells, agreement=MISSOURI, parties=PARTIES, arrangements=rows)
    return told(known, "2003-06", "arrangement_missing", "sprint-icg-mo")


@pytest.mark.clause("sprint-icg-mo-1 66.2.1")
def test_transit_without_an_arrangement_since_its_first_day() -> None:
    names = Names()
    cells = [transit(names, "2003-06-20", 7), transit(names, "2003-06-12", 5)]
    assert missing(cells, names) == [
        {"originator": "icg", "third_party": "third", "since": "2003-06-12", "calls": 2, "ms": 12,
         "clause": "sprint-icg-mo-1 66.2.1"}
    ]  # fmt: skip
    row = Arrangement(originator="icg", third_party="third", state="MO", from_=date(2003, 6, 15), line=2)
    assert [(found["since"], found["ms"]) for found in missing(cells, names, row)] == [("2003-06-12", 5)]
    always = Arrangement(originator="icg", third_party="third", state="MO", line=2)
    assert missing(cells, names, always) == []


def calls(names: Names, day: str, known: int, unknown: int, trunk: str = "", ms: int = 1_000) -> list[Cells]:
    return [
        usage(names, day, known * ms, calls=known, trunk=trunk),
        usage(names, day, unknown * ms, calls=unknown, trunk=trunk, kind=TrafficClass.UNIDENTIFIED),
    ]


@pytest.mark.parametrize(("known", "unknown", "over"), [(9, 1, False), (89, 11, True), (899, 101, True), (0, 1, True)])
def test_a_tenth_is_not_over_a_tenth(known: int, unknown: int, over: bool) -> None:
    names = Names()
    found = told(facts(names, calls(names, "2004-07-06", known, unknown)), "2004-07", "unidentified_share")
    assert [(row["unidentified_calls"], row["total_calls"]) for row in found] == [(unknown, known + unknown)] * over


def test_share_by_trunk_group_since_the_first_day_over_it() -> None:
    names = Names()
    cells = [
        *calls(names, "2004-07-01", 90, 10, "d1"),
        *calls(names, "2004-07-09", 8, 2, "d1"),
        *calls(names, "2004-07-02", 99, 1, "d2"),
        usage(names, "2004-07-02", 10**6, calls=99, kind=TrafficClass.TRANSIT, trunk="d1"),
    ]
    assert told(facts(names, cells), "2004-07", "unidentified_share") == [
        {"originator": "sbc", "terminator": "kmc", "trunk_group": "d1", "since": "2004-07-09",
         "unidentified_calls": 12, "total_calls": 110, "clause": "base agreement; DOMAIN section 9"},
    ]  # fmt: skip


def test_share_by_minutes_where_the_agreement_measures_them() -> None:
    names = Names()
    cells = [*calls(names, "2004-07-01", 95, 5), usage(names, "2004-07-01", 10**6, kind=TrafficClass.UNIDENTIFIED)]
    by_minutes = Policy(unidentified=Unidentified(measure="minutes"))
    assert told(facts(names, cells), "2004-07", "unidentified_share") == []
    found = told(facts(names, cells, policy=by_minutes), "2004-07", "unidentified_share")
    assert [(row["unidentified_ms"], row["total_ms"], row["trunk_group"]) for row in found] == [
        (1_005_000, 1_100_000, None)
    ]
