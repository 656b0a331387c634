"""Ratio and cap advisories: on, below and above the boundary, and from which day (XA 2.3, 2.6)."""

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.facts import Facts
from rating.names import Names
from rating.reference.rows import PartyRow, UsageHistory
from rating.terms.events import RebuttalDecided, RebuttalFiled
from rating.terms.model import GrowthCap, Presumption
from rating.usage import Cells
from tests.rating.advisories.reading import told
from tests.rating.facts import MINUTE, facts, usage

PRESUMED = "sbc-kmc-wi-isp 2.6"


def both(names: Names, day: str, t_ms: int, o_ms: int) -> list[Cells]:
    """Return what KMC terminates for SBC on a day, and what it originates to it."""
    return [usage(names, day, t_ms), usage(names, day, o_ms, payer="kmc", payee="sbc")]


def limit(minutes: int) -> tuple[UsageHistory, ...]:
    """Return a history under which 2003's limit is so many minutes."""
    rows = {"2001-Q1": 10**9, "2001": 10**9, "2002": minutes}
    return tuple(
        UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period=period, isp_ms=value * MINUTE, line=2)
        for period, value in rows.items()
    )


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
@pytest.mark.parametrize(
    ("t_ms", "crossed"),
    [(2_500, []), (2_501, ["2.5"]), (3_000, ["2.5"]), (3_001, ["2.5", "3"])],
)
def test_exactly_a_ratio_is_not_over_it(t_ms: int, crossed: list[str]) -> None:
    names = Names()
    found = told(facts(names, both(names, "2003-07-08", t_ms, 1_000)), "2003-07", "ratio")
    assert [row["threshold"] for row in found] == crossed
    assert all((row["payee"], row["t_ms"], row["o_ms"]) == ("kmc", t_ms, 1_000) for row in found)


def test_ratio_since_the_first_day_on_which_the_month_so_far_was_over() -> None:
    names = Names()
    cells = [
        *both(names, "2003-07-01", 1_000, 1_000),
        *both(names, "2003-07-09", 1_700, 0),
        *both(names, "2003-07-20", 400, 0),
        *both(names, "2003-06-30", 10_000, 0),
    ]
    assert told(facts(names, cells), "2003-07", "ratio") == [
        {"payer": "sbc", "payee": "kmc", "threshold": "2.5", "since": "2003-07-09", "t_ms": 3_100, "o_ms": 1_000,
         "clause": PRESUMED},
        {"payer": "sbc", "payee": "kmc", "threshold": "3", "since": "2003-07-20", "t_ms": 3_100, "o_ms": 1_000,
         "clause": PRESUMED},
    ]  # fmt: skip


def test_a_ratio_that_the_rest_of_the_month_took_back_is_not_told() -> None:
    names = Names()
    cells = [*both(names, "2003-07-01", 5_000, 0), *both(names, "2003-07-20", 0, 2_000)]
    assert told(facts(names, cells), "2003-07", "ratio") == []


def test_nothing_originated_is_over_every_ratio() -> None:
    names = Names()
    found = told(facts(names, both(names, "2003-07-03", 1, 0)), "2003-07", "ratio")
    assert [(row["threshold"], row["since"]) for row in found] == [("2.5", "2003-07-03"), ("3", "2003-07-03")]


def test_time_that_is_not_weighed_is_in_no_ratio() -> None:
    names = Names()
    cells = [*both(names, "2003-07-03", 100, 100), usage(names, "2003-07-03", 10**6, kind=TrafficClass.OPTIONAL_EAS)]
    assert told(facts(names, cells), "2003-07", "ratio") == []


def test_no_ratio_where_no_presumption_weighs() -> None:
    names = Names()
    filed = RebuttalFiled(id="f", on=date(2003, 7, 1), agreement="sbc-kmc-wi", payee="kmc", by="sbc")
    granted = RebuttalDecided(
        id="d", on=date(2003, 8, 1), rebuttal="f", approved=True, method="actual", by="commission"
    )
    assert told(facts(names, both(names, "2004-07-03", 9, 1)), "2004-07", "ratio") == []
    rebutted = facts(names, both(names, "2003-07-03", 9, 1), events=[filed, granted])
    assert told(rebutted, "2003-07", "ratio") == []
    wireless = tuple(PartyRow(party=p, kind=k, name=p, line=2) for p, k in (("sbc", "ilec"), ("kmc", "cmrs")))
    assert told(facts(names, both(names, "2003-07-03", 9, 1), parties=wireless), "2003-07", "ratio") == []


def cap(minutes_by_day: dict[str, int], month: str, of: int = 1_000, **more: Any) -> list[dict[str, Any]]:
    """Return the cap advisories of a month in which so many minutes a day are ISP-bound."""
    names = Names()
    cells = [usage(names, day, minutes * MINUTE) for day, minutes in minutes_by_day.items()]
    return told(facts(names, cells, usage_history=limit(of), **more), month, "cap")


@pytest.mark.parametrize(
    ("minutes", "percents"), [(799, []), (800, [80]), (899, [80]), (900, [80, 90]), (1_000, [80, 90, 100])]
)
def test_cap_is_told_from_its_parts_on(minutes: int, percents: list[int]) -> None:
    assert [row["percent"] for row in cap({"2003-07-08": minutes}, "2003-07")] == percents


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1")
def test_cap_since_a_day_of_an_earlier_month() -> None:
    found = cap({"2003-03-05": 500, "2003-04-10": 200, "2003-04-20": 150, "2003-07-08": 60}, "2003-07")
    shown = {"payer": "sbc", "payee": "kmc", "year": 2003, "limit_ms": 1_000 * MINUTE, "eligible_ms": 910 * MINUTE,
             "assumed": False, "clause": "sbc-kmc-wi-isp 2.3.1", "forecast": "2003-09-16"}  # fmt: skip
    # 60 minutes in 31 days leave 90 for 46.5 more days.
    assert found == [{"percent": 80, "since": "2003-04-20", **shown}, {"percent": 90, "since": "2003-07-08", **shown}]


def test_a_month_that_is_over_is_paced_as_a_whole() -> None:
    # 850 minutes in 31 days: the other 150 last for 5.47 days more.
    found = cap({"2003-07-10": 850}, "2003-07", as_known_at=date(2004, 6, 1))
    assert [row["forecast"] for row in found] == ["2003-08-06"]


def test_no_cap_where_the_single_rate_displaces_it() -> None:
    assert cap({"2004-06-30": 2_000}, "2004-06") == []


def test_an_open_month_is_paced_up_to_its_last_day_with_usage() -> None:
    found = cap({"2005-07-01": 500, "2005-07-10": 350}, "2005-07", as_known_at=date(2005, 7, 12))
    assert [(row["since"], row["forecast"]) for row in found] == [("2005-07-10", "2005-07-12")]


def test_cap_that_lasts_the_year_has_no_forecast() -> None:
    found = cap({"2003-01-10": 850, "2003-07-08": 1}, "2003-07")
    assert [row["percent"] for row in found] == [80] and "forecast" not in found[0]


def test_a_cap_used_up_has_no_forecast_and_shows_all_that_counts() -> None:
    found = cap({"2003-07-08": 1_500}, "2003-07")
    assert [(row["percent"], row["eligible_ms"], "forecast" in row) for row in found] == [
        (percent, 1_500 * MINUTE, False) for percent in (80, 90, 100)
    ]


def test_no_limit_is_never_used() -> None:
    names = Names()
    cells = [usage(names, "2003-07-08", 10**15)]
    assert told(facts(names, cells, usage_history=None), "2003-07", "cap") == []


def test_nothing_used_of_a_limit_of_nothing_is_not_told() -> None:
    assert cap({}, "2003-07", of=0) == []
    assert [row["percent"] for row in cap({"2003-07-08": 1}, "2003-07", of=0)] == [80, 90, 100]


def changed(known: Facts, kind: type, **values: Any) -> Facts:
    """Return facts in which a kind of effect says something else."""
    instruments = tuple(
        msgspec.structs.replace(
            instrument,
            clause=tuple(
                msgspec.structs.replace(
                    clause,
                    effects=tuple(
                        msgspec.structs.replace(effect, **values) if isinstance(effect, kind) else effect
                        for effect in clause.effects
                    ),
                )
                for clause in instrument.clause
            ),
        )
        for instrument in known.instruments
    )
    return replace(known, instruments=instruments, memo={})


def test_below_a_floor_no_ratio_is_told() -> None:
    names = Names()
    cells = [*both(names, "2003-07-03", 10 * MINUTE, 1), *both(names, "2003-07-09", 1, 0)]
    known = facts(names, cells)
    found = {
        minutes: [row["since"] for row in told(changed(known, Presumption, floor_minutes=minutes), "2003-07", "ratio")]
        for minutes in (9, 10, 11)
    }
    assert found == {9: ["2003-07-03"] * 2, 10: ["2003-07-09"] * 2, 11: []}


def test_a_cap_by_quarter_and_lata_is_told_of_each() -> None:
    names = Names()
    cells = [
        usage(names, day, minutes * MINUTE, lata=lata)
        for day, minutes, lata in (
            ("2005-03-30", 900, "356"), ("2005-04-10", 45, "356"), ("2005-05-11", 45, "356"), ("2005-05-20", 79, "350"),
        )
    ]  # fmt: skip
    known = changed(facts(names, cells), GrowthCap, minutes=100, period="quarter", scope="lata")
    shown = {"payer": "sbc", "payee": "kmc", "year": 2005, "period": "2005-Q2", "lata": "356", "limit_ms": 100 * MINUTE,
             "eligible_ms": 90 * MINUTE, "assumed": False, "clause": "sbc-kmc-wi-isp 2.3.1",
             "forecast": "2005-06-07"}  # fmt: skip
    assert told(known, "2005-05", "cap") == [{"percent": p, "since": "2005-05-11", **shown} for p in (80, 90)]
    # At a millisecond in 30 days the rest lasts beyond the quarter.
    slow = changed(facts(names, [*cells[:2], usage(names, "2005-05-11", 40 * MINUTE), usage(names, "2005-06-11", 1)]),
                   GrowthCap, minutes=100, period="quarter", scope="lata")  # fmt: skip
    assert ["forecast" in row for row in told(slow, "2005-06", "cap")] == [False]


USED = st.dictionaries(
    st.dates(date(2003, 1, 1), date(2003, 7, 31)).map(str), st.tuples(st.integers(0, 900), st.integers(0, 300)),
    max_size=8,
)  # fmt: skip


@given(USED, st.integers(1, 2_000))
def test_days_equal_the_naive_walk(used: dict[str, tuple[int, int]], of: int) -> None:
    names = Names()
    cells = [cell for day, (t, o) in used.items() for cell in both(names, day, t * MINUTE, o * MINUTE)]
    known = facts(names, cells, usage_history=limit(of))
    over: dict[str, str] = {}
    whole = total = 0
    for month in range(1, 8):
        t = o = 0
        for day in sorted(day for day in used if int(day[5:7]) == month):
            t, o = t + used[day][0], o + used[day][1]
            if month == 7 and 2 * t > 5 * o:
                over.setdefault("ratio", day)
        before, total = total, total + max(0, t - 3 * o)
        t = o = 0
        for day in sorted(day for day in used if int(day[5:7]) == month):
            t, o = t + used[day][0], o + used[day][1]
            so_far = before + max(0, t - 3 * o)
            for percent in (80, 90, 100):
                if total and so_far and total * 100 >= of * percent and so_far * 100 >= of * percent:
                    over.setdefault(f"cap {percent}", day)
        whole = 2 * t - 5 * o
    if whole <= 0:
        over.pop("ratio", None)
    found = {f"cap {row['percent']}": row["since"] for row in told(known, "2003-07", "cap")}
    for row in told(known, "2003-07", "ratio"):
        if (row["payee"], row["threshold"]) == ("kmc", "2.5"):
            found["ratio"] = row["since"]
    assert found == over
