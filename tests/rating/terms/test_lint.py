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
from rating.terms.text import TextSection


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


def cap(*years: model.CapYear, **fields: Any) -> model.GrowthCap:
    rows = years or (model.CapYear(year=2003, of="2002-Q4"),)
    return model.GrowthCap(**{"of": "local", "years": rows, "counts_from": date(2003, 1, 1), **fields})


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
            model.Exclude(classes=("transit",), outside=("tclt",), governed_by="base"),
            ("error", "outside: found 'tclt', expected a class or a group that this instrument names"),
        ),
        (
            model.Exclude(classes=("transit",), outside=("growth_cap",), governed_by="base"),
            ("warning", "outside: found growth_cap, which no instrument has"),
        ),
        (model.RateBy(classes=("vfx",), place="rate_centers"), ("error", "classes: found no class 'vfx'")),
        (local(payee="c"), ("error", "payee: found 'c', which is none of the parties")),
        (
            model.Retroactive(
                upon="approved", to="base_approved", not_before=date(2003, 6, 1), not_before_signature_of="c"
            ),
            ("error", "not_before_signature_of: found 'c', which is none of the parties"),
        ),
        (
            model.Retroactive(upon="approved", to="base_approved", not_before=date(2004, 1, 1)),
            ("warning", "not_before 2004-01-01 is after the instrument's last day 2003-12-31"),
        ),
        (
            model.Contingent(upon="approved", true_up_from=date(2003, 5, 31)),
            ("warning", "true_up_from 2003-05-31 is before the instrument takes effect on 2003-06-01"),
        ),
        (
            model.NewMarket(of="local", exchanged_before=date(2003, 6, 2)),
            ("warning", "exchanged_before 2003-06-02 is after the instrument's first day 2003-06-01"),
        ),
        (
            model.LawWaiver(subjects=("poi",), not_before=date(2003, 7, 1), through=date(2003, 6, 30)),
            ("warning", "not_before 2003-07-01 is after through 2003-06-30"),
        ),
        (
            cap(model.CapYear(year=2003, of="2002"), counts_from=date(2003, 1, 1)),
            ("error", "years: 2003 is reckoned of 2002, for which no earlier row is there"),
        ),
        (
            cap(counts_from=date(2004, 1, 1)),
            ("warning", "counts_from 2004-01-01 is after the instrument's last day 2003-12-31"),
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


@pytest.mark.parametrize(
    "effect",
    [
        model.RateBy(classes=("virtual_fx",), place="rate_centers"),
        local(payee="a"),
        model.Retroactive(
            upon="approved", to="base_approved", not_before=date(2003, 12, 31), not_before_signature_of="b"
        ),
        model.Contingent(upon="approved", true_up_from=date(2003, 6, 1)),
        model.NewMarket(of="local", exchanged_before=date(2003, 6, 1)),
        model.LawWaiver(subjects=("poi",), not_before=date(2003, 6, 30), through=date(2003, 6, 30)),
        cap(model.CapYear(year=2002, of="2002-Q1"), model.CapYear(year=2003, of="2002")),
        cap(counts_from=date(2003, 12, 31)),
    ],
)
def test_an_effect_that_is_in_order(effect: Effect) -> None:
    assert lint([instrument(effect)]) == []


def test_a_limit_that_some_instrument_has() -> None:
    outside = instrument(model.Exclude(classes=("transit",), outside=("growth_cap",), governed_by="base"))
    assert lint([outside, instrument(cap(), id="two", states=("TX",))]) == []


def test_a_switch_names_a_clause() -> None:
    switches = (model.Switch(policy="rate_date", clause="1", says="x"),)
    assert lint([instrument(local(), switches=switches)]) == []
    gone = (model.Switch(policy="rate_date", clause="9", says="x"),)
    assert messages(instrument(local(), switches=gone)) == [
        ("error", "switch rate_date: found no clause '9' in this instrument")
    ]


def test_those_who_sign_are_parties() -> None:
    assert messages(instrument(local(), signed={"c": date(2003, 5, 1)})) == [
        ("error", "signed: found 'c', which is none of the parties")
    ]


@pytest.mark.parametrize("field", ["amends", "supersedes"])
def test_nothing_changes_what_is_signed_later(field: str) -> None:
    first = instrument(local(), **{field: "two" if field == "amends" else ("two",)})
    second = instrument(id="two", states=("TX",), signed={"a": date(2003, 5, 2)})
    assert messages(first, second) == [("error", f"{field} two, which is signed later, on 2003-05-02")]
    assert lint([first, instrument(id="two", states=("TX",))]) == []


def test_isp_bound_may_be_priced_elsewhere() -> None:
    market = instrument(model.NewMarket(of="isp_bound", exchanged_before=date(2001, 4, 18)))
    assert lint([market, instrument(local(traffic="isp_bound"), id="two")]) == []


def test_the_base_text_may_be_at_hand() -> None:
    change = instrument(model.ReplaceSection(section="66", paraphrase="x"), amends="base")
    base = instrument(id="base-one", domain="base", text=(TextSection(section="66", sentences=("It was so.",)),))
    elsewhere = instrument(id="base-two", domain="base", states=("TX",), text=base.text)
    assert messages(change, elsewhere)[0][1].startswith("pending_base: replace_section of 66")
    assert lint([change, base]) == []
    bare = instrument(id="base-one", domain="base", clause=(Clause(ref="66", says="x", why="operations"),))
    assert messages(change, bare)[0][1].startswith("pending_base: replace_section of 66")


def test_operations_are_tried_on_a_text_at_hand() -> None:
    base = instrument(id="base-one", domain="base", text=(TextSection(section="66", sentences=("It was so.",)),))
    swap = model.SubstituteWords(section="66", find="so", replace="not so")
    assert lint([instrument(swap, amends="base"), base]) == []
    missing = model.SubstituteWords(section="66", find="thus", replace="not so")
    assert messages(instrument(missing, amends="base"), base) == [
        ("error", "base-one: found the words 0 times in 66, expected them exactly once")
    ]
    blurred = (model.ReplaceSection(section="66", paraphrase="x"), swap)
    assert messages(instrument(*blurred, amends="base"), base) == [
        ("info", "base-one: 66 stands in paraphrase since one 1")
    ]


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


def excluded(governed_by: Any, *classes: str, **fields: Any) -> model.Exclude:
    return model.Exclude(classes=classes, outside=("local",), governed_by=governed_by, **fields)


def duty(exception: str, **fields: Any) -> model.SettlementDuty:
    return model.SettlementDuty(who="originator", third_party=("clec", "ico"), exception=exception, **fields)


def deot(share: str, **fields: Any) -> model.Eligibility:
    given_fields = {"test": "deot", "payee": "a", "of": "local", "share": Decimal(share), "months": 2}
    return model.Eligibility(**{**given_fields, **fields})


JUNE, JULY = (
    {"from_": date(2003, 6, 1), "through": date(2003, 6, 30)},
    {"from_": date(2003, 7, 1), "through": date(2003, 7, 31)},
)


@pytest.mark.parametrize(
    ("first", "second", "about"),
    [
        (excluded("base", "transit"), excluded("switched_access", "transit", "on_net"), "exclude local transit"),
        (excluded("base", "transit"), excluded("base", "transit"), ""),
        (excluded("base", "transit"), excluded("switched_access", "on_net"), ""),
        (duty("x"), duty("y"), "settlement_duty originator clec; settlement_duty originator ico"),
        (duty("x", states=("WI",)), duty("y", states=("IL",)), ""),
        (duty("x", **JUNE), duty("y", **JULY), ""),
        (duty("x", **JUNE), duty("y", from_=date(2003, 6, 30)), "settlement_duty originator clec; settlement_duty"),
        (deot("0.7"), deot("0.8"), "eligibility a local deot"),
        (deot("0.7"), deot("0.8", test="poi", satisfied_by="area"), ""),
        (deot("0.7", payee="a"), deot("0.8", payee="b"), ""),
        (cap(), cap(excess="bill_and_keep"), ""),
        (cap(), cap(counts_from=date(2003, 2, 1)), "growth_cap local"),
        (cap(), cap(of="optional_eas", counts_from=date(2003, 2, 1)), ""),
        (
            model.RateBy(classes=("virtual_fx",), place="rate_centers"),
            model.RateBy(classes=("virtual_fx", "local"), place="routing_point"),
            "rate_by virtual_fx",
        ),
        (model.Rounding(method="exact"), model.Rounding(method="trunk_group_month_up"), "rounding"),
        (model.Tag(when="voip", tag="x"), model.Tag(when="voip", tag="y"), "tag voip"),
        (
            model.TrafficGroup(group="g", classes=("local",)),
            model.TrafficGroup(group="g", classes=("transit",)),
            "traffic_group g",
        ),
        (
            model.Waiver(of=("poi", "deot"), cause="new_interconnection", months=6),
            model.Waiver(of=("deot",), cause="new_interconnection", months=7),
            "waiver deot new_interconnection",
        ),
        (model.Rounding(method="exact"), model.Tag(when="voip", tag="x"), ""),
    ],
)
def test_two_effects_of_one_kind(first: Effect, second: Effect, about: str) -> None:
    found = [text for text in messages(instrument(local(), first, second)) if "says otherwise" in text[1]]
    if not about:
        assert found == []
        return
    ((severity, message),) = found
    assert severity == "error"
    assert message.startswith(about)
    assert message.endswith("says otherwise than 1 for the same days and places")


def rivals(first: Effect, second: Effect, **fields: Any) -> list[LintFinding]:
    return lint([instrument(first), instrument(second, **{"id": "two", **fields})])


def test_two_instruments_of_equal_rank() -> None:
    (price,) = rivals(local(), local(per_minute=Decimal("0.002")))
    assert (price.severity, price.instrument, price.clause) == ("error", "two", "1")
    assert price.message == "prices local otherwise than one 1, and neither controls"
    (limit,) = rivals(cap(), cap(counts_from=date(2003, 2, 1)))
    assert limit.message == (
        "growth_cap local: says otherwise than one 1 for the same days and places, and neither controls"
    )
    assert rivals(local(), local()) == []
    assert rivals(cap(), cap()) == []
    # What is about an instrument's own words is its own affair.
    assert rivals(model.Tag(when="voip", tag="x"), model.Tag(when="voip", tag="y")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"signed": {"a": date(2003, 5, 2)}},
        {"states": ("TX",)},
        {"parties": ("a", "c")},
        {"effective": date(2004, 1, 1), "effective_through": None},
        {"domain": "corporate"},
    ],
)
def test_two_instruments_that_do_not_meet_or_have_an_order(fields: dict[str, Any]) -> None:
    dearer = local(per_minute=Decimal("0.002"))
    assert [f for f in rivals(local(), dearer, **fields) if "neither controls" in f.message] == []


LATER: dict[str, Any] = {"signed": {"a": date(2003, 5, 2)}}
CHEAP = local(per_minute=Decimal("0.0001"))


@pytest.mark.parametrize(
    ("effect", "fields"),
    [
        (CHEAP, LATER),
        (CHEAP, {**LATER, "effective": date(2003, 5, 15), "effective_through": None}),
        (local(traffic="local", states=("WI", "IL"), route="direct"), LATER),
    ],
)
def test_wholly_outranked(effect: Rate, fields: dict[str, Any]) -> None:
    (found,) = (f for f in rivals(local(), effect, **fields) if f.severity != "info")
    assert (found.severity, found.instrument, found.clause) == ("warning", "one", "1")
    assert found.message == "rate: outranked on all its days and in all its states by two"


@pytest.mark.parametrize(
    ("effect", "fields"),
    [
        (CHEAP, {"signed": {"a": date(2003, 4, 30)}, "domain": "base"}),  # lower itself
        (local(from_=date(2003, 6, 2)), LATER),  # a day is left
        (local(through=date(2003, 12, 30)), LATER),
        (local(states=("WI",)), LATER),  # a state is left
        (local(traffic="virtual_fx"), LATER),  # another class
        (local(when="offer_accepted"), LATER),  # perhaps never
    ],
)
def test_not_wholly_outranked(effect: Rate, fields: dict[str, Any]) -> None:
    found = rivals(local(), effect, **fields)
    assert [f for f in found if f.instrument == "one" and "outranked" in f.message] == []


def test_outranked_by_several_taken_together() -> None:
    june = instrument(local(through=date(2003, 6, 30)), id="two", **LATER)
    rest = instrument(local(from_=date(2003, 7, 1)), id="three", signed={"a": date(2003, 5, 3)})
    found = [f for f in lint([instrument(local()), june, rest]) if "outranked" in f.message]
    assert [(f.instrument, f.message) for f in found] == [
        ("one", "rate: outranked on all its days and in all its states by three, two")
    ]


def test_isp_bound_time_is_outranked_with_the_classes_it_is_presumed_of() -> None:
    plan: tuple[Effect, ...] = (
        local(traffic="isp_bound"),
        model.Presumption(of="isp_bound", base=("local", "virtual_fx"), ratio=Decimal(3)),
        cap(of="isp_bound"),
    )
    every = model.Controls(over="all")
    group = model.TrafficGroup(group="both", classes=("local", "virtual_fx"))
    single = instrument(group, local(traffic="both"), every, id="two")
    found = [f.message.partition(":")[0] for f in lint([instrument(*plan), single]) if "outranked" in f.message]
    assert found == ["rate", "presumption", "growth_cap"]
    # By level, not by a later signature; and all classes under the presumption.
    later = instrument(group, local(traffic="both"), id="two", **LATER)
    half = instrument(local(), every, id="two")
    for other in (later, half):
        assert [f for f in lint([instrument(*plan), other]) if "outranked" in f.message] == []
    # One that has such time itself only needs to be higher.
    again = instrument(local(traffic="isp_bound", per_minute=Decimal("0.002")), id="two", **LATER)
    assert len([f for f in lint([instrument(*plan), again]) if "outranked" in f.message]) == 3


def test_a_test_of_what_the_instrument_does_not_price() -> None:
    group = model.TrafficGroup(group="both", classes=("local", "virtual_fx"))
    assert messages(instrument(group, deot("0.7", of="both"))) == [
        ("warning", "eligibility: this instrument prices nothing of both, so nothing depends on the test")
    ]
    assert lint([instrument(group, local(), deot("0.7", of="both"))]) == []


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
