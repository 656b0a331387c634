"""Direct end-office trunking by tandem and month (SA 4.4, DOMAIN section 8)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.eligibility import deot_fails, is_below
from rating.facts import Facts
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import TrunkGroup
from rating.terms.events import IncumbentFailure, InterconnectionStarted
from rating.terms.model import Eligibility
from tests.rating.facts import facts, usage

MONTHS = ("2004-06", "2004-07", "2004-08", "2004-09", "2004-10")
TRUNKS = tuple(
    TrunkGroup(trunk_group=name, agreement="sbc-kmc-wi", kind=kind, tandem="T1", end_office="", trunks=24, line=2)
    for name, kind in (("d1", "direct"), ("t1", "tandem"))
)


def shares(percents: tuple[int, ...], **more: Any) -> Facts:
    """Return facts in which so many hundredths of each month went direct."""
    names = Names()
    cells = [
        usage(names, f"{month}-10", ms * 60_000, trunk=trunk)
        for month, percent in zip(MONTHS, percents, strict=False)
        for trunk, ms in (("d1", percent), ("t1", 100 - percent))
        if percent >= 0
    ]
    return facts(names, cells, trunk_groups=TRUNKS, **more)


def failing(known: Facts) -> list[str]:
    """Return the months in which the tandem fails."""
    out = []
    for month in MONTHS:
        interval = known.timeline("sbc-kmc-wi").on(date.fromisoformat(f"{month}-10"))
        rules: list[Eligibility] = [gate.effect for gate in interval.gates if gate.effect.test == "deot"]
        if deot_fails(known, "sbc-kmc-wi", rules[0], interval.waivers, "T1", month):
            out.append(month)
    return out


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_only_the_fourth_of_five_months_fails() -> None:
    assert failing(shares((69, 71, 69, 68, 70))) == ["2004-09"]


@pytest.mark.parametrize(("onset", "wanted"), [("second_month", ["2004-07", "2004-08"]), ("next_month", ["2004-08"])])
def test_when_it_begins_is_a_reading(onset: str, wanted: list[str]) -> None:
    assert failing(shares((69, 69, 69, 70, 70), policy=Policy(deot_onset=onset))) == wanted  # type: ignore[arg-type]


def test_a_month_without_time_is_not_below() -> None:
    assert failing(shares((69, -1, 69, 68, -1))) == ["2004-09"]


@pytest.mark.clause("sbc-kmc-second 4.5", "sbc-kmc-second 4.6")
def test_a_month_with_a_waived_day_is_not_below() -> None:
    failure = IncumbentFailure(
        id="f", on=date(2004, 8, 31), agreement="sbc-kmc-wi", through=date(2004, 8, 31), tandem="T1"
    )
    assert failing(shares((60, 60, 60, 60, 60), events=[failure])) == ["2004-07", "2004-10"]
    start = InterconnectionStarted(id="i", on=date(2004, 1, 31), agreement="sbc-kmc-wi")
    assert failing(shares((60, 60, 60, 60, 60), events=[start])) == ["2004-09", "2004-10"]


@pytest.mark.clause("sbc-kmc-second 4.4")
@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_seventy_per_cent_is_not_below(direct: int, rest: int) -> None:
    rule = failing_rule()
    assert rule.share is not None
    assert is_below(direct, direct + rest, rule.share) == (direct * 10 < (direct + rest) * 7)


def failing_rule() -> Eligibility:
    """Return the clause's own test."""
    gates = facts(Names(), []).timeline("sbc-kmc-wi").on(date(2004, 7, 1)).gates
    return next(gate.effect for gate in gates if gate.effect.test == "deot")
