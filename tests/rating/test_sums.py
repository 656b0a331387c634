"""What marks the days of a month: a rebuttal's method, an order that has the presumption down, the way time came."""

from dataclasses import replace
from datetime import date
from typing import Any, Literal

import pytest

from rating.names import Names
from rating.reference.rows import TrunkGroup
from rating.sums import actual_from, month_rows
from rating.terms.events import Event, LawOrder, RebuttalDecided, RebuttalFiled, WrittenNotice
from tests.rating.facts import MINUTE, WISCONSIN, direction, facts, usage


def filed(day: str, name: str, *, payee: str = "kmc", agreement: str = "sbc-kmc-wi") -> RebuttalFiled:
    return RebuttalFiled(id=name, on=date.fromisoformat(day), agreement=agreement, payee=payee, by="kmc")


def decided(
    rebuttal: str, *, method: Literal["actual", "presumed"] = "actual", approved: bool = True
) -> RebuttalDecided:
    return RebuttalDecided(
        id=f"d-{rebuttal}",
        on=date(2004, 1, 1),
        rebuttal=rebuttal,
        approved=approved,
        method=method if approved else None,
        by="commission",
    )


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
def test_of_two_granted_rebuttals_the_earlier_filing_counts() -> None:
    def found(*events: Event, payee: str = "kmc") -> date | None:
        return actual_from(facts(Names(), [], events=events), "sbc-kmc-wi", payee)

    one, two = filed("2003-07-20", "a"), filed("2003-07-10", "b")
    assert found(one, two) is None
    assert found(one, decided("a")) == one.on
    assert found(one, two, decided("a"), decided("b")) == two.on
    assert found(one, two, decided("b"), decided("a")) == two.on
    assert found(one, two, decided("a"), decided("b", approved=False)) == one.on
    assert found(one, decided("elsewhere")) is None
    assert found(one, decided("a"), payee="sbc") is None
    assert found(filed("2003-07-20", "a", agreement="sbc-kmc-il"), decided("a")) is None


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
@pytest.mark.parametrize(("payee", "bit"), [("sbc", 1), ("kmc", 2)])
def test_days_of_a_rebuttal_are_those_from_its_filing(payee: str, bit: int) -> None:
    names = Names()
    cells = [usage(names, f"2003-07-{day}", MINUTE * int(day)) for day in ("09", "10", "11")]
    known = facts(names, cells, events=[filed("2003-07-10", "a", payee=payee), decided("a")])
    assert {row.actual: row.ms // MINUTE for row in month_rows(known, "sbc-kmc-wi", "2003-07")} == {0: 9, bit: 21}
    both = [*known.events, filed("2003-07-11", "b", payee="kmc" if bit == 1 else "sbc"), decided("b")]
    found = month_rows(replace(known, events=tuple(both), memo={}), "sbc-kmc-wi", "2003-07")
    assert {row.actual: row.ms // MINUTE for row in found} == {0: 9, bit: 10, 3: 11}


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
def test_a_month_is_actual_if_its_last_day_is() -> None:
    def method(day: str) -> str:
        names = Names()
        known = facts(names, [usage(names, "2003-07-01", MINUTE)], events=[filed(day, "a"), decided("a")])
        return str(direction(known, "2003-07")["presumption"]["method"])

    assert [method(day) for day in ("2003-07-01", "2003-07-31", "2003-08-01")] == ["actual", "actual", "presumed"]


@pytest.mark.clause("sbc-kmc-wi-isp 4.6")
def test_days_on_which_an_order_has_the_presumption_down_are_marked() -> None:
    names = Names()
    cells = [usage(names, f"2003-07-{day}", MINUTE * int(day)) for day in ("09", "10", "19", "20", "21")]
    said: dict[str, Any] = {"order": "x", "body": "court", "final": False}
    events: tuple[Event, ...] = (
        LawOrder(id="o", on=date(2003, 7, 1), action="stays", affects=("presumption",), **said),
        WrittenNotice(id="n", on=date(2003, 7, 10), agreement="sbc-kmc-wi", order="x", by="sbc"),
        LawOrder(id="l", on=date(2003, 7, 15), action="lifts", effective=date(2003, 7, 20), **said),
        filed("2003-07-19", "a"),
        decided("a"),
    )
    found = month_rows(facts(names, cells, events=events), "sbc-kmc-wi", "2003-07")
    assert {row.actual: row.ms // MINUTE for row in found} == {0: 9, 4: 10, 6: 19, 2: 41}


def test_a_month_that_an_order_has_down_to_its_end_has_no_method() -> None:
    names = Names()
    events: tuple[Event, ...] = (
        LawOrder(
            id="o", on=date(2003, 6, 1), order="x", body="court", action="stays", affects=("presumption",), final=False
        ),
        WrittenNotice(id="n", on=date(2003, 7, 1), agreement="sbc-kmc-wi", order="x", by="sbc"),
    )
    known = facts(names, [usage(names, "2003-07-09", MINUTE)], events=events)
    assert direction(known, "2003-07")["presumption"] == {"method": "none", "t_ms": 0, "o_ms": 0, "isp_ms": 0}


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
@pytest.mark.parametrize("first", ["sbc", "kmc"])
@pytest.mark.parametrize("payee", ["sbc", "kmc"])
def test_a_rebuttal_is_of_one_payee_s_traffic(first: str, payee: str) -> None:
    names = Names()
    cells = [
        usage(names, "2003-07-20", ms * MINUTE, isp=isp, payer=payer, payee=to)
        for ms, isp, payer, to in ((37, False, "sbc", "kmc"), (3, True, "sbc", "kmc"), (2, True, "kmc", "sbc"))
    ]
    agreement = replace(WISCONSIN, party_a=first, party_b="kmc" if first == "sbc" else "sbc")
    events: list[Event] = [filed("2003-07-01", "a", payee=payee), decided("a")]
    made = {
        way: direction(facts(names, cells, events=events, agreement=agreement), "2003-07", way)
        for way in ("sbc", "kmc")
    }
    # 40 - 3 x 2 are presumed of KMC's and nothing of SBC's; 3 and 2 are identified.
    assert {way: document["presumption"]["isp_ms"] // MINUTE for way, document in made.items()} == {
        "sbc": 2 if payee == "sbc" else 0,
        "kmc": 3 if payee == "kmc" else 34,
    }


def test_rows_say_by_which_route_of_the_day_time_came() -> None:
    names = Names()
    dates = ((None, date(2003, 5, 5)), (date(2003, 5, 6), None))
    trunks = tuple(
        TrunkGroup(
            trunk_group="x", agreement="sbc-kmc-wi", kind=kind, tandem="", end_office="", trunks=1, from_=first,
            through=last, line=2,
        )
        for kind, (first, last) in zip(("direct", "tandem"), dates, strict=True)
    )  # fmt: skip
    cells = [
        usage(names, f"2003-05-0{day}", day, trunk=trunk)
        for day, trunk in ((5, "x"), (6, "x"), (7, "unlisted"), (8, ""))
    ]
    found = month_rows(facts(names, cells, trunk_groups=trunks), "sbc-kmc-wi", "2003-05")
    assert {row.bucket: row.ms for row in found} == {(1, 1): 5, (2, 1): 6, (0, 1): 15}
