"""What the illustrative base agreement prices, to the last unit; its prices are invented and marked so."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from rating.codes import TrafficClass
from rating.names import Names
from rating.reference.rows import TrunkGroup
from rating.terms.events import LawOrder, WrittenNotice
from rating.terms.model import Rounding, UnidentifiedTerm
from rating.usage import Cells
from stream.terms.load import load_packaged
from tests.rating.facts import MINUTE, direction, facts, usage

BASE = load_packaged(("illustrative-ica",))
TRUNKS = tuple(
    TrunkGroup(trunk_group=name, agreement="sbc-kmc-wi", kind=kind, tandem="T1", end_office="", trunks=24, line=2)
    for name, kind in (("d1", "direct"), ("t1", "tandem"))
)


def lines(names: Names, cells: list[Cells], payee: str = "kmc", **more: Any) -> dict[str, dict[str, Any]]:
    """Return May 2003's lines by class."""
    known = facts(names, cells, instruments=BASE, trunk_groups=TRUNKS, **more)
    found: list[dict[str, Any]] = list(direction(known, "2003-05", payee)["lines"])
    assert len({line["class"] for line in found}) == len(found)
    assert all(line["illustrative"] for line in found)
    return {line["class"]: line for line in found}


def unrounded(line: dict[str, Any]) -> Fraction:
    return Fraction(line["unrounded"])


@pytest.mark.clause("illustrative-ica 1.1", "illustrative-ica 2.1", "illustrative-ica 2.2", "illustrative-ica 2.3")
@pytest.mark.parametrize(
    ("trunk", "minute"),
    [("d1", Fraction(25, 10_000)), ("t1", Fraction(25 + 13 + 12, 10_000))],
)
def test_a_call_pays_set_up_end_office_and_what_its_way_takes(trunk: str, minute: Fraction) -> None:
    names = Names()
    kinds = (
        TrafficClass.LOCAL,
        TrafficClass.VIRTUAL_FX,
        TrafficClass.MANDATORY_EAS,
        TrafficClass.OPTIONAL_EAS,
    )
    found = lines(names, [usage(names, "2003-05-06", 7 * MINUTE, kind=kind, trunk=trunk, calls=2) for kind in kinds])
    assert set(found) == {"local", "virtual_fx", "mandatory_eas", "optional_eas"}
    for line in found.values():
        assert unrounded(line) == 2 * Fraction(30, 10_000) + 7 * minute


@pytest.mark.clause("illustrative-ica 3.1", "illustrative-ica 3.2", "illustrative-ica 4.1")
@pytest.mark.parametrize(
    ("kind", "payee", "minute"),
    [
        (TrafficClass.INTRALATA_TOLL, "kmc", "0.0180"),
        (TrafficClass.ORIGINATING_8YY, "sbc", "0.0170"),
        (TrafficClass.TRANSIT, "sbc", "0.0022"),
    ],
)
def test_access_and_transit_pay_by_the_minute_to_the_right_side(kind: TrafficClass, payee: str, minute: str) -> None:
    names = Names()
    names.code("party", "sbc")
    ways = ("kmc", "third") if kind is TrafficClass.TRANSIT else ("sbc", "kmc")
    cell = usage(names, "2003-05-06", 9 * MINUTE, kind=kind, payer=ways[0], payee=ways[1])
    (line,) = lines(names, [cell], payee).values()
    assert unrounded(line) == 9 * Fraction(minute)


@pytest.mark.clause("illustrative-ica 5.1")
def test_time_is_priced_to_the_millisecond_and_rounded_once() -> None:
    names = Names()
    (line,) = lines(names, [usage(names, "2003-05-06", 59_999, kind=TrafficClass.INTRALATA_TOLL)]).values()
    exact = Fraction(59_999, 60_000) * Fraction("0.0180")
    assert (line["ms"], line["amount"]) == (59_999, "0.02")
    assert abs(unrounded(line) - exact) < Fraction(1, 10**9)
    (rounding,) = (e for c in BASE[0].clause for e in c.effects if isinstance(e, Rounding))
    assert rounding.method == "exact"


@pytest.mark.clause("illustrative-ica 5.2")
@pytest.mark.parametrize(("identified", "each"), [(91, "0.0025"), (90, "0.0180")])
def test_who_is_not_identified_is_spread_or_pays_as_toll(identified: int, each: str) -> None:
    names = Names()
    cells = [
        usage(names, "2003-05-06", identified * MINUTE, calls=identified, trunk="d1"),
        usage(names, "2003-05-06", (100 - identified) * MINUTE, calls=100 - identified, trunk="d1",
              kind=TrafficClass.UNIDENTIFIED, center=""),
    ]  # fmt: skip
    found = lines(names, cells)["unidentified"]
    rest = 100 - identified
    set_up = rest * Fraction("0.0030") if each == "0.0025" else 0
    assert unrounded(found) == rest * Fraction(each) + set_up
    (term,) = (e for c in BASE[0].clause for e in c.effects if isinstance(e, UnidentifiedTerm))
    assert (term.measure, term.threshold, term.strict) == ("calls", Decimal("0.9"), True)


@pytest.mark.clause("illustrative-ica 6.1")
def test_a_change_of_law_acts_at_the_written_notice() -> None:
    names = Names()
    order = LawOrder(
        id="o",
        on=date(2003, 5, 8),
        order="x",
        body="court",
        action="invalidates",
        affects=("rate",),
        final=False,
        effective=date(2003, 6, 1),
    )
    notice = WrittenNotice(id="n", on=date(2003, 5, 10), agreement="sbc-kmc-wi", order="x", by="sbc")
    cells = [usage(names, f"2003-05-{number:02d}", MINUTE) for number in (9, 10)]
    known = facts(names, cells, instruments=BASE, events=[order, notice])
    found = [(line["through"], line["outcome"]) for line in direction(known, "2003-05")["lines"]]
    assert sorted(found) == [("2003-05-09", "compensable"), ("2003-05-31", "terms_missing")]
    without = facts(names, cells, instruments=BASE, events=[order])
    assert {line["outcome"] for line in direction(without, "2003-05")["lines"]} == {"compensable"}
