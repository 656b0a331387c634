"""What a month earns, where lines have to be told apart: LATAs, gates, sub-periods, days of a rebuttal or an order."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from rating.codes import TrafficClass
from rating.growth_cap import Use
from rating.names import Names
from rating.policy import Policy, Rounding
from rating.reference.rows import LocalArea, NumberBlock, Ocn, Poi, TrunkGroup
from rating.settle import _conserved, settle
from rating.terms.events import Event, LawOrder, WrittenNotice, WrittenRequest
from rating.terms.model import Clause, Instrument, LawChange, Rate
from rating.usage import Cells
from stream.terms.load import load_file
from tests.rating.facts import INSTRUMENTS, MINUTE, direction, facts, usage

TOLL = TrafficClass.INTRALATA_TOLL


def shown(way: Mapping[str, Any], *fields: str) -> list[tuple[Any, ...]]:
    """Return fields of a direction's lines, in the statement's order."""
    return [tuple(line[name] for name in fields) for line in way["lines"]]


def base(*rates: Rate) -> Instrument:
    """Return a base agreement of these rates, a clause each."""
    return Instrument(
        id="base",
        title="t",
        domain="base",
        source="made for a test",
        parties=("sbc", "kmc"),
        states=("WI",),
        effective=date(2001, 1, 1),
        signed={"sbc": date(2001, 1, 1), "kmc": date(2001, 1, 1)},
        clause=tuple(Clause(ref=str(n), says="x", effects=(rate,)) for n, rate in enumerate(rates, 1)),
    )


NO_POI: dict[str, Any] = {
    "ocns": (Ocn(ocn="K001", party="kmc", line=2),),
    "number_blocks": (
        NumberBlock(npa_nxx="414200", ocn="K001", rate_center="ALPHA", lata="356", state="WI", line=2),
        NumberBlock(npa_nxx="414300", ocn="K001", rate_center="BETA", lata="350", state="WI", line=3),
    ),
    "local_areas": (LocalArea(state="WI", area="SOUTH", rate_center="BETA", line=2),),
    "pois": (Poi(agreement="sbc-kmc-wi", party="kmc", kind="area", area="SOUTH", tandem="", v=None, h=None, line=2),),
}
"""Calls from BETA have their point of interconnection, those from ALPHA have none."""


@pytest.mark.clause("sbc-kmc-second 5.2", "sbc-kmc-second 4.4")
def test_internet_calls_outside_of_local_areas_may_be_in_the_total_with_its_gates() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", ms, kind=kind, isp=isp, lata=lata, center=f"WI|{center}")
        for ms, kind, isp, lata, center in (
            (60_000, TOLL, True, "356", "ALPHA"),
            (120_000, TOLL, True, "350", "BETA"),
            (7_000, TOLL, False, "350", "BETA"),
            (180_000, TrafficClass.LOCAL, True, "350", "BETA"),
            (240_000, TrafficClass.INTERLATA_TOLL, True, "350", "BETA"),
        )
    ]
    fields = ("class", "outcome", "reason", "lata", "ms", "rate", "clauses")
    total = ["sbc-kmc-second 6.0"]
    asides = {
        ("interlata_toll", "excluded", "meet_point_billing", "350", 240_000, None),
        ("local", "compensable", "tclt", "350", 180_000, "0.0005"),
    }
    wide = shown(direction(facts(names, cells, policy=Policy(isp_outside_local=True), **NO_POI), "2004-07"), *fields)
    assert {row[:6] for row in wide} == asides | {
        ("intralata_toll", "compensable", "tclt", "350", 120_000, "0.0005"),
        ("intralata_toll", "not_entitled", "no_poi", "356", 60_000, None),
        ("intralata_toll", "terms_missing", "switched_access", "350", 7_000, None),
    }
    assert {row[0]: row[6] for row in wide if row[1] == "compensable"} == {"intralata_toll": total, "local": total}
    (gated,) = (row[6] for row in wide if row[1] == "not_entitled")
    assert gated == ["sbc-kmc-second 4.1", "sbc-kmc-second 4.1(b)(i)"]
    narrow = shown(direction(facts(names, cells, **NO_POI), "2004-07"), *fields)
    assert {row[:6] for row in narrow} == asides | {
        ("intralata_toll", "terms_missing", "switched_access", "350", 127_000, None),
        ("intralata_toll", "terms_missing", "switched_access", "356", 60_000, None),
    }


def test_what_is_left_after_isp_is_split_over_gates_by_time() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 40_000, center="WI|ALPHA"),
        usage(names, "2004-07-06", 60_000, lata="356", center="WI|BETA"),
        usage(names, "2004-07-06", 25_000, payer="kmc", payee="sbc"),
        usage(names, "2004-07-06", 0, lata="350", center="WI|ALPHA", calls=3),
    ]
    known = facts(names, cells, policy=Policy(sa_over_xa=False), **NO_POI)
    # 100,000 - 3 x 25,000 are ISP-bound; of the 75,000 that are left two fifths have no point.
    assert shown(direction(known, "2004-07"), "outcome", "reason", "lata", "ms", "calls") == [
        ("compensable", "isp", "356", 25_000, 1),
        ("compensable", "tclt", "350", 0, 3),
        ("compensable", "tclt", "356", 45_000, 1),
        ("not_entitled", "no_poi", "356", 30_000, 0),
    ]


def test_rounded_time_follows_measured_time_where_a_rule_splits_it() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 40_000, center="WI|ALPHA"),
        usage(names, "2004-07-06", 50_000, center="WI|BETA"),
        usage(names, "2004-07-06", 20_000, payer="kmc", payee="sbc"),
    ]
    policy = Policy(sa_over_xa=False, rounding=Rounding("trunk_group_month_up"))
    way = direction(facts(names, cells, policy=policy, **NO_POI), "2004-07")
    # 90,000 go up by 30,000: 30,000 are ISP-bound and have 10,000 of it, 33,333 are entitled and 26,667 not.
    fields = ("outcome", "reason", "ms", "unrounded")
    assert shown(way, *fields) == [
        ("compensable", "isp", 30_000, "0.00035"),
        ("compensable", "tclt", 33_333, "0.000277775"),
        ("compensable", "rounding", 0, "0.000092591667"),  # 11,111 ms at .0005
        ("compensable", "rounding", 0, "0.000116666667"),
        ("not_entitled", "no_poi", 26_667, "0"),
    ]


def test_each_line_is_of_its_lata() -> None:
    names = Names()
    kinds = (TrafficClass.LOCAL, TOLL, TrafficClass.IXC_INTRALATA_TOLL, TrafficClass.UNIDENTIFIED)
    cells = [
        usage(names, "2005-02-10", (1 + n) * 1_000, kind=kind, lata=lata)
        for n, (kind, lata) in enumerate((kind, lata) for kind in kinds for lata in ("350", "356"))
    ]
    way = direction(facts(names, cells, instruments=(base(),)), "2005-02")
    assert sorted(shown(way, "class", "lata", "ms")) == [
        ("intralata_toll", "350", 3_000),
        ("intralata_toll", "356", 4_000),
        ("ixc_intralata_toll", "350", 5_000),
        ("ixc_intralata_toll", "356", 6_000),
        ("local", "350", 1_000),
        ("local", "356", 2_000),
        ("unidentified", "350", 7_000),
        ("unidentified", "356", 8_000),
    ]


def test_a_group_s_rounding_stands_behind_the_measured_lines_of_its_class() -> None:
    names = Names()
    ica = base(*(Rate(traffic=name, per_minute=Decimal("0.06")) for name in ("local", "virtual_fx")))
    cells = [
        usage(names, "2003-05-06", ms, kind=kind, lata=lata)
        for ms, kind, lata in (
            (30_000, TrafficClass.LOCAL, "350"),
            (15_000, TrafficClass.LOCAL, "356"),
            (5_000, TrafficClass.VIRTUAL_FX, "350"),
        )
    ]
    policy = Policy(rounding=Rounding("trunk_group_month_up"))
    way = direction(facts(names, cells, instruments=(ica,), policy=policy), "2003-05")
    # 50,000 go up by 10,000.
    assert [
        (line["class"], line["reason"], line["lata"], line["ms"], line.get("billed_ms")) for line in way["lines"]
    ] == [
        ("local", "local", "350", 30_000, None),
        ("local", "local", "356", 15_000, None),
        ("local", "rounding", "350", 0, 6_000),
        ("local", "rounding", "356", 0, 3_000),
        ("virtual_fx", "virtual_fx", "350", 5_000, None),
        ("virtual_fx", "rounding", "350", 0, 1_000),
    ]
    assert [line["amount"] for line in way["lines"]] == ["0.03", "0.02", "0.01", "0.00", "0.01", "0.00"]


def test_the_unidentified_come_by_no_route() -> None:
    names = Names()
    rates = (
        Rate(traffic="local", per_minute=Decimal("0.0100"), element="office"),
        Rate(traffic="local", per_minute=Decimal("0.0010"), element="direct", route="direct"),
        Rate(traffic="local", per_minute=Decimal("0.0001"), element="tandem", route="tandem"),
    )
    trunk = TrunkGroup(
        trunk_group="d1", agreement="sbc-kmc-wi", kind="direct", tandem="", end_office="", trunks=1, line=2
    )
    cells = [
        usage(names, "2003-05-06", MINUTE, trunk="d1", calls=99),
        usage(names, "2003-05-06", MINUTE, trunk="d1", kind=TrafficClass.UNIDENTIFIED),
        usage(names, "2003-05-06", MINUTE, trunk="d1", kind=TrafficClass.UNIDENTIFIED, lata="350"),
    ]
    way = direction(facts(names, cells, instruments=(base(*rates),), trunk_groups=(trunk,)), "2003-05")
    assert shown(way, "class", "outcome", "lata", "unrounded") == [
        ("unidentified", "compensable", "356", "0.01"),
        ("unidentified", "terms_missing", "350", "0"),  # nothing to spread over there, and no price of access
        ("local", "compensable", "356", "0.011"),
    ]


def names_of(cells: Iterable[Cells], names: Names) -> list[tuple[str, str]]:
    settled = settle(facts(names, cells), "sbc-kmc-wi", "2003-05")
    return [(way.payer, way.payee) for way in settled.directions]


def test_directions_stand_by_name_and_both_own_ones_are_always_there() -> None:
    names = Names()
    for name in ("sbc", "third", "kmc"):
        names.code("party", name)
    transit = usage(names, "2003-05-06", 7, payer="third", payee="kmc", kind=TrafficClass.TRANSIT)
    own = [("kmc", "sbc"), ("sbc", "kmc")]
    assert names_of([transit], names) == [*own, ("third", "sbc")]
    assert names_of([], names) == own


def test_on_net_time_is_settled_nowhere() -> None:
    names = Names()
    cells = [usage(names, "2003-05-06", 7, kind=kind) for kind in (TrafficClass.ON_NET, TrafficClass.LOCAL)]
    settled = settle(facts(names, cells, instruments=INSTRUMENTS), "sbc-kmc-wi", "2003-05")
    assert [row.traffic_class for row in settled.rows] == [TrafficClass.LOCAL]


def no_rate(effect: str = "rate") -> tuple[Event, ...]:
    said: dict[str, Any] = {"order": "x", "body": "fcc", "final": True, "effective": date(2004, 6, 1)}
    return (
        LawOrder(id="o", on=date(2004, 6, 1), action="invalidates", affects=(effect,), **said),
        WrittenNotice(id="n", on=date(2004, 6, 1), agreement="sbc-kmc-wi", order="x", by="sbc"),
        WrittenRequest(id="r", on=date(2004, 6, 1), agreement="sbc-kmc-wi", order="x", by="sbc"),
    )


def test_a_fallen_rate_leaves_lines_without_a_price_in_their_latas() -> None:
    names = Names()
    days = ("2004-07-06", "2005-02-10")
    cells = [usage(names, day, ms, lata=lata) for day in days for ms, lata in ((8, "350"), (2, "356"))]
    known = facts(names, cells, events=no_rate())
    fields = ("outcome", "reason", "lata", "ms", "clauses")
    assert shown(direction(known, "2004-07"), *fields) == [
        ("terms_missing", "tclt", "350", 8, []),
        ("terms_missing", "tclt", "356", 2, []),
    ]
    assert shown(direction(known, "2005-02"), *fields) == [
        ("terms_missing", "isp", "350", 8, ["sbc-kmc-wi-isp 2.6"]),
        ("terms_missing", "isp", "356", 2, ["sbc-kmc-wi-isp 2.6"]),
    ]


def test_a_fallen_rate_without_a_word_of_its_own_has_the_class_s() -> None:
    names = Names()
    own = base(Rate(traffic="local", per_minute=Decimal("0.01")))
    law = LawChange(notice="written_notice", takes_effect="notice", negotiation_days=60)
    own = structs.replace(own, clause=(*own.clause, Clause(ref="9", says="x", effects=(law,))))
    cells = [usage(names, "2004-07-06", 8)]
    known = facts(names, cells, instruments=(own,), events=no_rate())
    assert shown(direction(known, "2004-07"), "outcome", "reason") == [("terms_missing", "local")]


def test_a_cap_by_lata_leaves_what_its_latas_leave() -> None:
    names = Names()
    cells = [usage(names, "2006-01-10", ms * MINUTE, lata=lata) for ms, lata in ((250, "350"), (400, "356"))]
    plan = load_file(Path(__file__).parents[1] / "instruments" / "quarter-cap.toml")
    settled = settle(facts(names, cells, instruments=(plan,)), "sbc-kmc-wi", "2006-01")
    (capped,) = (way.capped for way in settled.directions if way.capped is not None)
    # 300 minutes a LATA, and nothing before January: 600 are left for the two.
    assert capped.use == Use(0, 550 * MINUTE, 600 * MINUTE)
    assert capped.latas == {
        "350": Use(0, 250 * MINUTE, 300 * MINUTE),
        "356": Use(0, 300 * MINUTE, 300 * MINUTE),
    }


def test_tiers_stand_in_their_order_whatever_their_clauses() -> None:
    names = Names()
    tiers = [Rate(traffic="local", per_minute=Decimal(p), over_minutes=n) for p, n in (("0.001", 100), ("0.002", 0))]
    way = direction(facts(names, [usage(names, "2003-05-06", 150 * MINUTE)], instruments=(base(*tiers),)), "2003-05")
    assert [(line["tier"]["over_minutes"], line["clauses"]) for line in way["lines"]] == [
        (0, ["base 2"]),
        (100, ["base 1"]),
    ]


def test_lines_that_lose_or_make_time_are_refused() -> None:
    names = Names()
    known = facts(names, [usage(names, "2003-05-06", 7, calls=2)])
    settled = settle(known, "sbc-kmc-wi", "2003-05")
    (line,) = (line for way in settled.directions for line in way.lines)
    _conserved(settled.rows, [line], Rounding())
    for changed, off in ((replace(line, ms=6), "[1, 0, 0]"), (replace(line, calls=4), "[0, -2, 0]")):
        with pytest.raises(AssertionError, match=re.escape(f"{{'local': {off}}}")):
            _conserved(settled.rows, [changed], Rounding())
    with pytest.raises(AssertionError, match=re.escape("{'local': [0, 0, 3]}")):
        _conserved(settled.rows, [replace(line, billed_ms=4)], Rounding())
    _conserved(settled.rows, [replace(line, billed_ms=4)], Rounding("trunk_group_month_up"))


def test_a_fallen_rate_leaves_the_unidentified_without_a_price_too() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 8, calls=99),
        usage(names, "2004-07-06", 2, kind=TrafficClass.UNIDENTIFIED),
    ]
    way = direction(facts(names, cells, events=no_rate()), "2004-07")
    assert shown(way, "class", "outcome", "reason", "ms", "rate", "clauses") == [
        ("unidentified", "terms_missing", "unidentified", 2, None, []),
        ("local", "terms_missing", "tclt", 8, None, []),
    ]
