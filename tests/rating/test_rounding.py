"""A trunk group's month up to a whole minute, apportioned by hand (DOMAIN section 9)."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from rating.codes import TrafficClass
from rating.faults import RoundingNotKept
from rating.names import Names
from rating.policy import Policy, Rounding
from rating.reference.rows import NumberBlock, Ocn, Poi
from rating.rounding import billed_ms, rounding_of
from rating.terms.model import Clause, Instrument
from rating.terms.model import Rounding as RoundingTerm
from rating.usage import Cells
from tests.rating.facts import facts, usage

GROUP_UP = Policy(rounding=Rounding("trunk_group_month_up"))


def up(
    names: Names, cells: list[Cells], month: str = "2003-05", policy: Policy = GROUP_UP
) -> dict[tuple[str, ...], int]:
    """Return what each cell goes up by, by class, LATA, day of the month and trunk group."""
    known = facts(names, cells, policy=policy)
    mine = known.cells_of("sbc-kmc-wi", month)
    found: dict[tuple[str, ...], int] = {}
    more = (billed_ms(known, "sbc-kmc-wi", month) - mine.ms).tolist()
    columns = (mine.field(name).tolist() for name in ("traffic_class", "lata", "day", "trunk_group"))
    for kind, lata, day, trunk, ms in zip(*columns, more, strict=True):
        words = (TrafficClass(kind).name.lower(), names.name("lata", lata), f"{known.date(day):%d}")
        found[*words, names.name("trunk_group", trunk)] = ms
    return found


def test_each_group_goes_up_by_itself_and_none_is_a_group() -> None:
    names = Names()
    cells = [
        usage(names, "2003-05-06", 40_000, trunk="d1"),
        usage(names, "2003-05-06", 20_001, trunk="d1", lata="350"),
        usage(names, "2003-05-06", 59_999),
        usage(names, "2003-05-06", 120_000, trunk="d2"),
        usage(names, "2003-05-07", 1, trunk="d1", payer="kmc", payee="sbc"),
        usage(names, "2003-05-08", 0, trunk="d3"),
    ]
    # d1: 60,001 go up by 59,999: 39,998.67 and 20,000.33, the greater remainder has the last one.
    assert up(names, cells) == {
        ("local", "356", "06", "d1"): 39_999,
        ("local", "350", "06", "d1"): 20_000,
        ("local", "356", "06", ""): 1,
        ("local", "356", "06", "d2"): 0,
        ("local", "356", "07", "d1"): 59_999,
        ("local", "356", "08", "d3"): 0,
    }
    assert set(up(names, cells, policy=Policy()).values()) == {0}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # 60,000 / 7 leaves 3/7, five times that 1/7: of two equal ones the first named has the millisecond more.
        ({"lata": "350"}, {"lata": "356"}),
        ({"lata": "356"}, {"lata": "56"}),
        ({"day": "2003-06-14"}, {"day": "2003-06-15"}),
        ({}, {"kind": TrafficClass.VIRTUAL_FX}),
        ({"lata": "350", "day": "2003-06-15"}, {"day": "2003-06-14"}),
        ({"day": "2003-06-14", "kind": TrafficClass.VIRTUAL_FX}, {"day": "2003-06-15"}),
    ],
)
def test_ties_go_to_the_lower_lata_then_the_earlier_sub_period_then_the_class(
    first: dict[str, str], second: dict[str, str]
) -> None:
    given = {"day": "2003-06-14", "lata": "356"}
    names = Names()
    cells = [usage(names, **{**given, **parts}, ms=1) for parts in (second, first)]  # type: ignore[arg-type]
    cells += [usage(names, "2003-06-20", 5, lata="999")]
    found = sorted(up(names, cells, "2003-06").items(), key=lambda item: item[1])
    (later, fewer), (sooner, more), (_, most) = found
    assert (fewer, more, most) == (8_570, 8_571, 42_852)
    day, lata = first.get("day", given["day"]), first.get("lata", given["lata"])
    assert sooner[1:3] == (lata, day[-2:])
    assert sooner[0] == first.get("kind", TrafficClass.LOCAL).name.lower()  # type: ignore[union-attr]
    assert later != sooner


def test_a_group_is_of_who_pays_whom() -> None:
    names = Names()
    for name in ("sbc", "kmc", "third"):
        names.code("party", name)
    cells = [
        usage(names, "2003-05-06", 30_000, payer="kmc", payee="sbc", kind=TrafficClass.ORIGINATING_8YY),
        usage(names, "2003-05-06", 20_000),  # SBC pays KMC for both: 50,000 go up by 10,000
        usage(names, "2003-05-06", 15_000, payer="kmc", payee="third", kind=TrafficClass.TRANSIT),
        usage(names, "2003-05-06", 30_000, payer="kmc", payee="sbc", kind=TrafficClass.MANDATORY_EAS),
        usage(names, "2003-05-06", 61_000, payer="third", payee="kmc", kind=TrafficClass.TRANSIT, lata="350"),
        usage(names, "2003-05-06", 7, payer="kmc", payee="kmc", kind=TrafficClass.ON_NET),
    ]
    assert up(names, cells) == {
        ("originating_8yy", "356", "06", ""): 6_000,
        ("local", "356", "06", ""): 4_000,
        ("transit", "356", "06", ""): 5_000,  # KMC pays SBC 45,000: up by 15,000
        ("mandatory_eas", "356", "06", ""): 10_000,
        ("transit", "350", "06", ""): 59_000,
        ("on_net", "356", "06", ""): 0,
    }


def test_inside_a_line_it_goes_to_cells_by_their_time() -> None:
    names = Names()
    cells = [
        usage(names, "2003-05-06", 10_000, center="WI|ALPHA"),
        usage(names, "2003-05-07", 20_000, center="WI|BETA"),
        usage(names, "2003-05-07", 15_000, lata="350"),
    ]
    # 45,000 go up by 15,000: 10,000 for the line of 30,000, a third of it for the first cell.
    assert up(names, cells) == {
        ("local", "356", "06", ""): 3_333,
        ("local", "356", "07", ""): 6_667,
        ("local", "350", "07", ""): 5_000,
    }


GATED: dict[str, Any] = {
    "ocns": (Ocn(ocn="K001", party="kmc", line=2),),
    "number_blocks": (
        NumberBlock(npa_nxx="414200", ocn="K001", rate_center="ALPHA", lata="356", state="WI", line=2),
        NumberBlock(npa_nxx="414300", ocn="K001", rate_center="BETA", lata="356", state="WI", line=3),
    ),
    "pois": (Poi(agreement="sbc-kmc-wi", party="kmc", kind="area", area="BETA", tandem="", v=None, h=None, line=2),),
}
"""Calls from BETA have their point of interconnection, those from ALPHA have none."""


@pytest.mark.parametrize(
    ("kind", "isp", "wide", "apart"),
    [
        (TrafficClass.LOCAL, False, False, True),
        (TrafficClass.MANDATORY_EAS, False, False, True),
        (TrafficClass.INTRALATA_TOLL, False, False, False),
        (TrafficClass.INTRALATA_TOLL, True, False, False),
        (TrafficClass.INTRALATA_TOLL, False, True, False),
        (TrafficClass.INTRALATA_TOLL, True, True, True),
        (TrafficClass.INTERLATA_TOLL, True, True, False),
    ],
)
def test_what_gates_set_apart_is_apart_in_ties_entitled_time_first(
    kind: TrafficClass, isp: bool, wide: bool, apart: bool
) -> None:
    names = Names()
    cells = [usage(names, "2004-07-06", 1, kind=kind, isp=isp, center=f"WI|{center}") for center in ("ALPHA", "BETA")]
    cells.append(usage(names, "2004-07-06", 5, lata="999", center="WI|GAMMA"))
    policy = Policy(rounding=Rounding("trunk_group_month_up"), isp_outside_local=wide)
    known = facts(names, cells, policy=policy, **GATED)
    mine = known.cells_of("sbc-kmc-wi", "2004-07")
    more = (billed_ms(known, "sbc-kmc-wi", "2004-07") - mine.ms).tolist()
    places = [names.name("rate_center", code) for code in mine.field("rate_center").tolist()]
    found = dict(zip(places, more, strict=True))
    # One millisecond of 59,993 is left over: it is BETA's, whose line comes first, or the first cell's of one line.
    alpha, beta = (8_570, 8_571) if apart else (8_571, 8_570)
    assert found == {"WI|ALPHA": alpha, "WI|BETA": beta, "WI|GAMMA": 42_852}


def test_settings_come_before_terms_and_terms_before_the_default() -> None:
    def found(month: str = "2003-05", day: date = date(2001, 1, 1), **policy: Any) -> Rounding:
        term = RoundingTerm(method="per_call_up(6000)")
        base = Instrument(
            id="base", title="t", domain="base", source="made for a test", parties=("sbc", "kmc"), effective=day,
            signed={"sbc": date(2001, 1, 1)}, clause=(Clause(ref="1", says="x", effects=(term,)),),
        )  # fmt: skip
        return rounding_of(facts(Names(), [], instruments=(base,), policy=Policy(**policy)), "sbc-kmc-wi", month)

    said, chosen = Rounding("per_call_up", 6_000), Rounding("trunk_group_month_up")
    assert found() == said
    assert found(rounding=chosen) == chosen
    # The default holds against the terms where it was chosen.
    assert found(stated=frozenset({"rounding"})) == Rounding()
    assert found(stated=frozenset({"unidentified"})) == said
    # The terms of the month's first day.
    assert (found(day=date(2003, 5, 2)), found("2003-06", day=date(2003, 5, 2))) == (Rounding(), said)


def test_calls_that_were_not_added_up_in_the_unit_are_refused_by_their_time() -> None:
    names = Names()
    one = usage(names, "2003-05-06", 30_000)
    kept = Cells(one.keys, np.hstack([one.values, [[60_000, 30_000]]]), (60_000,))
    cells = [kept, usage(names, "2003-05-06", 700, lata="350")]
    policy = Policy(rounding=Rounding("per_call_up", 60_000))
    assert up(names, cells[:1], policy=policy) == {("local", "356", "06", ""): 30_000}
    with pytest.raises(RoundingNotKept) as refused:
        up(names, cells, policy=policy)
    assert str(refused.value) == (
        "sbc-kmc-wi 2003-05: found 700 ms of calls that were rated before per_call_up(60000) was asked for, expected "
        "each call's time in that unit; `ratestream rerate 2003-05` adds them up again"
    )
