"""Direct end-office trunking by tandem and month (SA 4.4, DOMAIN section 8)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.eligibility import deot_fails, is_below, waived
from rating.facts import Facts
from rating.names import Names
from rating.policy import Policy
from rating.reference.rows import NumberBlock, Ocn, TrunkGroup
from rating.terms.events import Approved, IncumbentFailure, InterconnectionStarted, LawOrder, WrittenRequest
from rating.terms.interval import Ruled
from rating.terms.model import Eligibility, Waiver
from tests.rating.facts import direction, facts, sums, usage

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


def group(name: str, kind: str, *, trunks: int | None = None, **more: Any) -> TrunkGroup:
    """Return a trunk group's row at tandem T1 unless said otherwise."""
    given: dict[str, Any] = {"agreement": "sbc-kmc-wi", "tandem": "T1", "end_office": "", "line": 2}
    return TrunkGroup(trunk_group=name, kind=kind, trunks=trunks, **{**given, **more})


def counted(rows: tuple[TrunkGroup, ...], month: str = "2004-08") -> bool:
    """Return whether tandem T1 fails in a month by trunk-days."""
    known = facts(Names(), [], trunk_groups=rows, policy=Policy(deot_measure="trunks"))
    return deot_fails(known, "sbc-kmc-wi", failing_rule(), (), "T1", month)


def test_trunk_days_may_be_measured_instead() -> None:
    # Both months have 31 days: 70 of 100 trunks are just enough, 69 are not.
    assert not counted((group("d", "direct", trunks=70), group("t", "tandem", trunks=30)))
    assert counted((group("d", "direct", trunks=69), group("t", "tandem", trunks=31)))
    # What is elsewhere, or has no number of trunks, does not count; two rows add up.
    strangers = (
        group("x", "direct", trunks=900, agreement="other"),
        group("y", "direct", trunks=900, tandem="T2"),
        group("z", "direct"),
    )
    assert counted((*strangers, group("d", "direct", trunks=69), group("t", "tandem", trunks=31), *strangers))
    assert not counted((*(group(f"d{i}", "direct", trunks=35) for i in (1, 2)), group("t", "tandem", trunks=30)))
    assert not counted(strangers)


def test_trunk_days_are_those_of_the_row_in_the_month() -> None:
    # August: 10 trunks on 31 days by tandem are 310; 25 direct ones on 29 days are 725 of 1035, on 28 700 of 1010.
    always = group("t", "tandem", trunks=10)
    july = group("d", "direct", trunks=1, through=date(2004, 7, 31))
    for days, fails in ((29, False), (28, True)):
        early = group("d", "direct", trunks=25, from_=date(2004, 8, 1), through=date(2004, 8, days))
        late = group("d", "direct", trunks=25, from_=date(2004, 8, 32 - days), through=date(2004, 10, 1))
        assert counted((always, early, july)) is fails, days
        assert counted((always, late, july)) is fails, days
    # A row that ended before the month, or begins after it, has no days in it.
    over = group("d", "direct", trunks=900, through=date(2004, 6, 30))
    ahead = group("d", "direct", trunks=900, from_=date(2004, 9, 1))
    assert counted((always, over, ahead, group("e", "direct", trunks=1)))


def test_which_time_is_weighed_is_a_reading() -> None:
    names = Names()
    cells = [
        cell
        for month in MONTHS[:2]
        for cell in (
            usage(names, f"{month}-10", 69_000, trunk="d1"),
            usage(names, f"{month}-10", 31_000, trunk="t1"),
            usage(names, f"{month}-10", 10_000, trunk="d1", kind=TrafficClass.INTERLATA_TOLL),
            usage(names, f"{month}-10", 90_000, trunk="t1", kind=TrafficClass.ON_NET),
            usage(names, f"{month}-10", 10_000, trunk="", kind=TrafficClass.LOCAL),
            usage(names, f"{month}-10", 10_000, trunk="unlisted", kind=TrafficClass.LOCAL),
        )
    ]
    # 69 of 100 seconds by the clause's classes; 79 of 110 with interLATA toll, never the on-net ones.
    for base, wanted in (("local_and_intralata_toll", ["2004-07"]), ("all", [])):
        known = facts(names, cells, trunk_groups=TRUNKS, policy=Policy(deot_base=base))  # type: ignore[arg-type]
        assert failing(known) == wanted


def test_intralata_toll_and_the_other_direction_weigh_too() -> None:
    names = Names()
    cells = [
        cell
        for month in MONTHS[:2]
        for cell in (
            usage(names, f"{month}-10", 30_000, trunk="d1", payer="kmc", payee="sbc"),
            usage(names, f"{month}-10", 40_000, trunk="d1", kind=TrafficClass.INTRALATA_TOLL),
            usage(names, f"{month}-10", 30_000, trunk="t1"),
        )
    ]
    assert failing(facts(names, cells, trunk_groups=TRUNKS)) == []


GATED_JULY = (  # by trunk group: July's milliseconds; T1 has 60 per cent direct in June and July, T2 all of it
    ("d1", 60_000),
    ("t1", 40_000),
    ("d2", 7_000),
    ("", 500),
)


def billed(events: tuple[Any, ...] = ()) -> dict[tuple[str, str], int]:
    """Return July's milliseconds to the payee by outcome and reason."""
    names = Names()
    rows = (*TRUNKS, group("d2", "direct", tandem="T2"))
    cells = [usage(names, f"{month}-10", ms, trunk=trunk) for month in MONTHS[:2] for trunk, ms in GATED_JULY]
    return sums(direction(facts(names, cells, trunk_groups=rows, events=events), "2004-07"))


@pytest.mark.clause("sbc-kmc-second 4.4", "sbc-kmc-second 4.5", "sbc-kmc-second 4.6")
def test_a_failing_month_closes_what_came_by_the_tandem_s_trunk_groups() -> None:
    assert billed() == {("not_entitled", "deot"): 100_000, ("compensable", "tclt"): 7_500}
    days = {"on": date(2004, 7, 10), "through": date(2004, 7, 10), "agreement": "sbc-kmc-wi"}
    everything = {("compensable", "tclt"): 107_500}
    assert billed((IncumbentFailure(id="f", **days),)) == everything  # type: ignore[arg-type]
    assert billed((IncumbentFailure(id="f", tandem="T1", **days),)) == everything  # type: ignore[arg-type]
    assert billed((IncumbentFailure(id="f", tandem="T2", **days),)) == billed()  # type: ignore[arg-type]
    other = {**days, "agreement": "sbc-kmc-il"}
    assert billed((IncumbentFailure(id="f", **other),)) == billed()  # type: ignore[arg-type]


@pytest.mark.clause("sbc-kmc-second 4.5")
@pytest.mark.parametrize(
    ("began", "first_gated"),
    [
        ("2003-12-31", "2004-07"),  # through 29 June: June has no 31st, and its 30th is the day six months later
        ("2004-01-01", "2004-07"),  # through 30 June
        ("2004-01-02", "2004-08"),  # through 1 July
        ("2004-02-01", "2004-08"),
    ],
)
def test_half_a_year_ends_the_day_before_the_same_day(began: str, first_gated: str) -> None:
    start = InterconnectionStarted(id="i", on=date.fromisoformat(began), agreement="sbc-kmc-wi")
    known = shares((60, 60, 60, 60, 60), events=[start])
    waivers = known.timeline("sbc-kmc-wi").on(date(2004, 7, 1)).waivers
    one_month = Eligibility(test="deot", payee="kmc", of="tclt", share=failing_rule().share, months=1)
    gated = [m for m in MONTHS if deot_fails(known, "sbc-kmc-wi", one_month, waivers, "T1", m)]
    assert gated[0] == first_gated


def test_a_millisecond_decides() -> None:
    for direct, fails in ((699_999, True), (700_000, False)):
        names = Names()
        cells = [
            usage(names, f"{month}-10", ms, trunk=trunk)
            for month in MONTHS[:2]
            for trunk, ms in (("d1", direct), ("t1", 1_000_000 - direct))
        ]
        assert failing(facts(names, cells, trunk_groups=TRUNKS)) == (["2004-07"] if fails else [])
    share = failing_rule().share
    assert share is not None
    assert is_below(0, 1, share)
    assert not is_below(0, 0, share)


def test_a_day_of_a_trunk_decides() -> None:
    july = group("j", "tandem", trunks=9, through=date(2004, 7, 31))
    six = group("d", "direct", trunks=1, from_=date(2004, 8, 1), through=date(2004, 8, 6))
    three = group("t", "tandem", trunks=1, from_=date(2004, 8, 1), through=date(2004, 8, 3))
    assert counted((july, six, three))  # six of nine; seven of ten would do
    assert not counted((july, six, group("t", "tandem", trunks=1, from_=date(2004, 8, 30))))
    # A group that does not say how many trunks it has counts for none.
    assert not counted((group("d", "direct", trunks=70), group("t", "tandem", trunks=30), group("u", "tandem")))


def test_time_is_weighed_as_the_trunk_group_was_that_day() -> None:
    names = Names()
    rows = (
        group("a", "tandem", through=date(2004, 7, 9)),
        group("a", "direct", from_=date(2004, 7, 10)),
    )
    cells = [usage(names, f"2004-{day}", ms, trunk="a") for day, ms in (("06-10", 1), ("07-09", 40), ("07-10", 60))]
    assert failing(facts(names, cells, trunk_groups=rows)) == ["2004-07"]
    cells = [usage(names, f"2004-{day}", ms, trunk="a") for day, ms in (("06-10", 1), ("07-09", 30), ("07-10", 70))]
    assert failing(facts(names, cells, trunk_groups=rows)) == []


def test_a_test_of_one_month_and_one_without_a_share() -> None:
    known = shares((60, 80, 60, 60, 80))

    def fails(**fields: Any) -> list[str]:
        rule = Eligibility(test="deot", payee="kmc", of="tclt", **fields)
        return [month for month in MONTHS if deot_fails(known, "sbc-kmc-wi", rule, (), "T1", month)]

    share = failing_rule().share
    assert fails(share=share) == ["2004-06", "2004-08", "2004-09"]
    assert fails(share=share, months=2) == ["2004-09"]
    assert fails() == []


def test_a_failure_on_the_first_of_the_next_month_excuses_nothing() -> None:
    day = {"on": date(2004, 8, 1), "through": date(2004, 8, 1), "agreement": "sbc-kmc-wi"}
    failure = IncumbentFailure(id="f", **day)  # type: ignore[arg-type]
    assert failing(shares((60, 60, 60, 60, 60), events=[failure])) == ["2004-07", "2004-10"]


def excused(
    day: str, *events: Any, cause: Any = "new_interconnection", months: int | None = 6, of: tuple[Any, ...] = ("deot",)
) -> bool:
    """Return whether the test of direct trunks at T1 is off on a day."""
    waivers = [
        Ruled(Waiver(of=("poi",), cause=cause), "one 1", "one"),
        Ruled(Waiver(of=of, cause=cause, months=months), "one 2", "one"),
    ]
    known = facts(Names(), [], events=events)
    return waived(known, "sbc-kmc-wi", waivers, "deot", "T1", date.fromisoformat(day))


def test_each_cause_excuses_by_its_own_events() -> None:
    strangers = (
        IncumbentFailure(id="a", on=date(2004, 1, 1), through=date(2005, 1, 1), agreement="other"),
        InterconnectionStarted(id="b", on=date(2004, 1, 1), agreement="sbc-kmc-wi", tandem="T2"),
    )
    start = InterconnectionStarted(id="s", on=date(2004, 2, 10), agreement="sbc-kmc-wi")
    days = ("2004-02-09", "2004-02-10", "2004-08-09", "2004-08-10")
    assert [excused(day, *strangers, start) for day in days] == [False, True, True, False]
    assert not any(excused(day, *strangers, start, months=None) for day in days)
    assert not any(excused(day, *strangers, start, cause="incumbent_failure") for day in days)
    assert not any(excused(day, *strangers, start, of=("poi",)) for day in days)
    failure = IncumbentFailure(id="f", on=date(2004, 2, 10), through=date(2004, 8, 9), agreement="sbc-kmc-wi")
    found = [excused(day, *strangers, failure, cause="incumbent_failure") for day in days]
    assert found == [False, True, True, False]
    assert not any(excused(day, *strangers, failure) for day in days)


def test_a_missing_point_is_excused_for_calls_of_the_tandem_that_failed() -> None:
    names = Names()
    cells = [usage(names, "2004-07-10", ms, trunk=trunk) for trunk, ms in (("d1", 6), ("d2", 70), ("", 800))]
    tables: dict[str, Any] = {
        "ocns": (Ocn(ocn="K001", party="kmc", line=2),),
        "number_blocks": (
            NumberBlock(npa_nxx="414200", ocn="K001", rate_center="ALPHA", lata="356", state="WI", line=2),
        ),
        "pois": (),
        "trunk_groups": (*TRUNKS, group("d2", "direct", tandem="T2")),
    }
    days: dict[str, Any] = {"on": date(2004, 7, 10), "through": date(2004, 7, 10), "agreement": "sbc-kmc-wi"}
    for tandem, excused_ms in (("T1", 6), ("T2", 70), (None, 876)):
        known = facts(names, cells, events=[IncumbentFailure(id="f", tandem=tandem, **days)], **tables)
        found = sums(direction(known, "2004-07"))
        assert found["compensable", "tclt"] == excused_ms
        assert found.get(("not_entitled", "no_poi"), 0) == 876 - excused_ms


NO_POINT: dict[str, Any] = {
    "ocns": (Ocn(ocn="K001", party="kmc", line=2),),
    "number_blocks": (NumberBlock(npa_nxx="414200", ocn="K001", rate_center="ALPHA", lata="356", state="WI", line=2),),
    "pois": (),
}


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_gates_close_the_payee_s_receipts_on_the_days_of_the_clause() -> None:
    names = Names()
    days = ("01", "14", "15", "31")
    cells = [usage(names, f"2004-07-{day}", int(day)) for day in days]
    cells += [usage(names, f"2004-07-{day}", 100, payer="kmc", payee="sbc") for day in days]
    order = LawOrder(
        id="o", on=date(2004, 7, 1), order="x", body="fcc", action="invalidates", affects=("eligibility",), final=True,
        effective=date(2004, 7, 15),
    )  # fmt: skip
    asked = WrittenRequest(id="r", on=date(2004, 7, 2), agreement="sbc-kmc-wi", order="x", by="kmc")
    known = facts(names, cells, events=[order, asked], **NO_POINT)
    found = sums(direction(known, "2004-07"))
    assert found == {("not_entitled", "no_poi"): 1 + 14, ("compensable", "tclt"): 15 + 31}
    assert sums(direction(known, "2004-07", "sbc")) == {("compensable", "tclt"): 400}


@pytest.mark.clause("sbc-kmc-second 1.5", "sbc-kmc-second 4.4")
def test_gates_begin_with_the_instrument() -> None:
    names = Names()
    cells = [usage(names, f"2004-07-{day}", int(day)) for day in ("08", "09", "31")]
    events = [
        Approved(id="b", on=date(2004, 7, 9), instrument="base", agreement="sbc-kmc-wi", state="WI"),
        Approved(id="a", on=date(2004, 8, 1), instrument="sbc-kmc-second", state="WI"),
    ]
    found = sums(direction(facts(names, cells, events=events, **NO_POINT), "2004-07"))
    assert found.pop(("not_entitled", "no_poi")) == 9 + 31
    assert sum(found.values()) == 8


def test_a_gate_asks_for_the_trunk_group_s_row_of_the_day() -> None:
    names = Names()
    rows = (
        *TRUNKS,
        group("x", "direct", tandem="T2", through=date(2004, 7, 9)),
        group("x", "direct", tandem="T1", from_=date(2004, 7, 10)),
    )
    cells = [usage(names, f"{month}-20", ms, trunk=trunk) for month in MONTHS[:2] for trunk, ms in GATED_JULY[:2]]
    cells += [usage(names, f"2004-07-{day}", ms, trunk="x") for day, ms in (("09", 7), ("10", 8))]
    found = sums(direction(facts(names, cells, trunk_groups=rows), "2004-07"))
    assert found == {("not_entitled", "deot"): 100_008, ("compensable", "tclt"): 7}
