"""What lint finds, on instruments built for it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.terms import model
from rating.terms.lint import LintFinding, lint
from rating.terms.model import Clause, Effect, Instrument, Rate


def instrument(*effects: Effect, **fields: Any) -> Instrument:
    """Return an instrument with the effects in one clause."""
    given_fields: dict[str, Any] = {
        "id": "one",
        "title": "t",
        "domain": "traffic",
        "source": "s",
        "parties": ("a", "b"),
        "states": ("WI", "IL"),
        "effective": date(2003, 6, 1),
        "effective_through": date(2003, 12, 31),
        "signed": {"a": date(2003, 5, 1)},
        "clause": (Clause(ref="1", says="x", effects=effects),),
    }
    return Instrument(**{**given_fields, **fields})


def ordered(*refs: str) -> Instrument:
    return instrument(clause=tuple(Clause(ref=ref, says="x", why="heading") for ref in refs))


def messages(*instruments: Instrument) -> list[tuple[str, str]]:
    return [(finding.severity, finding.message) for finding in lint(instruments)]


def local(**fields: Any) -> Rate:
    return Rate(**{"traffic": "local", "per_minute": Decimal("0.001"), **fields})


def test_nothing_to_say() -> None:
    assert lint([instrument(local())]) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amends": "two"}, ("error", "amends: found 'two', which is not among the instruments")),
        ({"supersedes": ("two",)}, ("error", "supersedes: found 'two', which is not among the instruments")),
        (
            {"simultaneous_with": ("two",)},
            ("warning", "simultaneous_with: found 'two', which is not among the instruments"),
        ),
        ({"supersedes": ("one",)}, ("error", "supersedes: found the instrument itself, expected another")),
        ({"amends": "base"}, None),
        (
            {"effective": date(2004, 6, 1)},
            ("error", "effective 2004-06-01 is after effective_through 2003-12-31"),
        ),
        (
            {"signed": {"a": date(2003, 6, 2)}},
            (
                "info",
                "signed 2003-06-02, 1 day after it takes effect on 2003-06-01: what was billed between is trued up",
            ),
        ),
        ({"assumed": "so it is."}, ("info", "assumed: so it is.")),
    ],
)
def test_the_head(fields: dict[str, Any], expected: tuple[str, str] | None) -> None:
    assert messages(instrument(**fields)) == ([expected] if expected else [])


def test_references_are_looked_up_among_all() -> None:
    assert lint([instrument(amends="two"), instrument(id="two")]) == []


def test_one_id_twice() -> None:
    assert messages(instrument(), instrument()) == [("error", "found 2 instruments with this id, expected one")]


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (
            model.Eligibility(test="deot", payee="a", of="tclt", share=Decimal("0.7"), months=2),
            ("error", "of: found 'tclt', expected a class or a group that this instrument names"),
        ),
        (
            model.Exclude(classes=("transit",), outside=("tclt", "growth_cap"), governed_by="base"),
            ("error", "outside: found 'tclt', expected a class or a group that this instrument names"),
        ),
        (
            model.NewMarket(of="isp_bound", exchanged_before=date(2001, 4, 18)),
            ("warning", "of: found isp_bound, which no instrument prices"),
        ),
        (
            local(from_=date(2003, 8, 1), through=date(2003, 7, 1)),
            ("error", "from 2003-08-01 is after through 2003-07-01"),
        ),
        (local(states=("TX", "WI")), ("warning", "rate: states TX are none of the instrument's")),
        (
            local(through=date(2003, 5, 1)),
            ("warning", "rate: ends 2003-05-01, before the instrument takes effect on 2003-06-01"),
        ),
        (
            local(from_=date(2004, 1, 1)),
            ("warning", "rate: begins 2004-01-01, after the instrument's last day 2003-12-31"),
        ),
        (
            local(from_=date(2003, 5, 31)),
            ("warning", "rate: begins 2003-05-31, before the instrument takes effect on 2003-06-01"),
        ),
        (
            local(through=date(2004, 1, 1)),
            ("warning", "rate: ends 2004-01-01, after the instrument's last day 2003-12-31"),
        ),
        (
            model.LawWaiver(subjects=("poi",), from_=date(2002, 6, 1), through=date(2003, 5, 31)),
            ("info", "law_waiver: ends 2003-05-31, before the instrument takes effect on 2003-06-01"),
        ),
        (
            model.SubstituteWords(section="2.1", find="a", replace="b"),
            ("info", "pending_base: substitute_words of 2.1, the text it changes is not at hand"),
        ),
    ],
)
def test_an_effect(effect: Effect, expected: tuple[str, str]) -> None:
    assert messages(instrument(effect)) == [expected]


def test_isp_bound_may_be_priced_elsewhere() -> None:
    market = instrument(model.NewMarket(of="isp_bound", exchanged_before=date(2001, 4, 18)))
    assert lint([market, instrument(local(traffic="isp_bound"), id="two")]) == []


def test_the_base_text_may_be_at_hand() -> None:
    change = instrument(model.ReplaceSection(section="66", paraphrase="x"), amends="base")
    base = instrument(id="base-one", domain="base", clause=(Clause(ref="66", says="x", why="operations"),))
    elsewhere = instrument(id="base-two", domain="base", states=("TX",), clause=base.clause)
    assert messages(change, elsewhere)[0][1].startswith("pending_base: replace_section of 66")
    assert lint([change, base]) == []


SPLIT = local(from_=date(2003, 6, 1), through=date(2003, 6, 14))


@pytest.mark.parametrize(
    ("first", "second", "collide"),
    [
        (local(), local(), True),
        (local(), local(traffic="virtual_fx"), False),
        (local(), local(traffic="both"), True),
        (SPLIT, local(from_=date(2003, 6, 15)), False),
        (SPLIT, local(from_=date(2003, 6, 14)), True),
        (local(element="a"), local(element="b"), False),
        (local(route="direct"), local(route="tandem"), False),
        (local(route="direct"), local(), True),
        (local(jurisdiction="interstate"), local(jurisdiction="intrastate"), False),
        (local(states=("WI",)), local(states=("IL",)), False),
        (local(states=("WI",)), local(), True),
        (local(payee="a"), local(payee="b"), False),
        (local(payee="a"), local(), True),
        (local(), local(per_minute=None, per_call=Decimal("0.003")), False),
        (local(), local(per_call=Decimal("0.003")), True),
    ],
)
def test_overlapping_prices(first: Rate, second: Rate, collide: bool) -> None:
    group = model.TrafficGroup(group="both", classes=("local", "mandatory_eas"))
    found = messages(instrument(group, first, second))
    assert found == messages(instrument(group, second, first))
    assert found == ([("error", "prices local on days, places and an element that 1 prices too")] if collide else [])


@pytest.mark.parametrize(
    ("refs", "faults"),
    [
        (("preamble", "recital 2", "recital 10", "1", "1.2", "1.10", "2", "signatures", "Schedule I"), []),
        (
            (
                "4.1",
                "4.1(a)",
                "4.1(a)(i)",
                "4.1(a)(ii)",
                "4.1(a)(iv)",
                "4.1(a)(ix)",
                "4.1(b)",
                "4.2",
                "5.3",
                "6.0",
                "7.1",
            ),
            [],
        ),
        (("2", "2 Amending Agreement", "2 Zebra", "3"), []),
        (("1.10", "1.2"), [("1.2", "stands after 1.10, expected the clauses in their order")]),
        (("4.1(b)", "4.1(a)"), [("4.1(a)", "stands after 4.1(b), expected the clauses in their order")]),
        (("1", "recital 1"), [("recital 1", "stands after 1, expected the clauses in their order")]),
        (
            ("Schedule I", "signatures"),
            [("signatures", "stands after Schedule I, expected the clauses in their order")],
        ),
        (("1", "1"), [("1", "found a second time, expected each reference once")]),
    ],
)
def test_the_order_of_clauses(refs: tuple[str, ...], faults: list[tuple[str, str]]) -> None:
    assert [(finding.clause, finding.message) for finding in lint([ordered(*refs)])] == faults


def test_a_quoted_section_keeps_the_base_number() -> None:
    replace = model.ReplaceSection(section="66.2.1", paraphrase="x")
    quoted = Clause(ref="66.2.1", says="x", why="construction")
    rest = Clause(ref="3.1", says="x", why="construction")
    clauses = (Clause(ref="2", says="x", effects=(replace,)), quoted, rest)
    assert [finding.severity for finding in lint([instrument(clause=clauses)])] == ["info"]
    assert [finding.clause for finding in lint([instrument(clause=(quoted, rest))])] == ["3.1"]


def row(series: str, shares: int, price: int) -> model.ScheduleRow:
    return model.ScheduleRow(purchaser=f"{series} buyer", series=series, shares=shares, warrants=1, price=price)


def schedule(**totals: Any) -> Instrument:
    stated = model.ScheduleTotals(**{"shares": 5, "warrants": 2, "price": 50, "unit_price": 10, **totals})
    return instrument(
        model.ReplaceSchedule(schedule="Schedule I", rows=(row("A", 2, 21), row("B", 3, 29)), totals=stated)
    )


def test_a_schedule_that_adds_up_with_rows_that_do_not() -> None:
    found = messages(schedule(by_series={"A": 2, "B": 3}))
    assert found[:2] == [
        ("warning", "Schedule I: A buyer: 2 shares x $10 minus the stated $21 is -1 dollars"),
        ("warning", "Schedule I: B buyer: 3 shares x $10 minus the stated $29 is +1 dollars"),
    ]
    assert ("info", "Schedule I: 2 of 2 rows differ, by 0 dollars net; nothing is corrected") in found


@pytest.mark.parametrize(
    ("totals", "message"),
    [
        ({"shares": 6}, "Schedule I: shares add up to 5, expected 6"),
        ({"warrants": 3}, "Schedule I: warrants add up to 2, expected 3"),
        ({"price": 51}, "Schedule I: price add up to 50, expected 51"),
        ({"by_series": {"A": 2, "B": 2}}, "Schedule I: shares of series B add up to 3, expected 2"),
        ({"by_series": {"A": 2, "B": 3, "C": 1}}, "Schedule I: shares of series C add up to 0, expected 1"),
    ],
)
def test_a_schedule_that_does_not_add_up(totals: dict[str, Any], message: str) -> None:
    assert messages(schedule(**totals))[0] == ("error", message)


def test_a_schedule_without_stated_sums_is_left_alone() -> None:
    bare = instrument(model.ReplaceSchedule(schedule="Schedule I", rows=(row("A", 2, 21),)))
    assert [severity for severity, _ in messages(bare)] == ["info"]


@given(st.permutations([instrument(local(), local()), instrument(id="two", assumed="x"), schedule()]))
def test_the_gravest_come_first(instruments: list[Instrument]) -> None:
    severities = [finding.severity for finding in lint(instruments)]
    assert severities == sorted(severities, key=("error", "warning", "info").index)
    assert all(isinstance(finding, LintFinding) for finding in lint(instruments))
