"""Trunks to an end office: busy hours of three months on end (SA 4.3.2)."""

from calendar import monthrange
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.advisories.demand import demands
from rating.facts import Facts
from rating.hours import GROUPS, Hours, merge_hours
from rating.names import Names
from rating.reference.rows import TrunkGroup
from tests.naive.trunks import trunks_for
from tests.rating.advisories.reading import told
from tests.rating.facts import FIRST_DAY, facts

HOUR = 3_600_000
WI = "sbc-kmc-wi"
Use = tuple[str, str, int, int, str]
"""Day, end office, hour, milliseconds, class group."""


def known(*uses: Use, **more: Any) -> Facts:
    """Return facts whose busy-hour sum is the uses."""
    names = Names()
    agreement = names.code("agreement", WI)
    by_month: dict[str, list[Hours]] = {}
    for day, office, hour, ms, group in uses:
        number = (date.fromisoformat(day) - FIRST_DAY).days
        key = (agreement << 45) | (names.code("end_office", office) << 25) | (GROUPS.index(group) << 23)
        key |= (number << 7) | hour
        by_month.setdefault(day[:7], []).append(Hours(np.array([key], np.int64), np.array([ms], np.int64)))
    return facts(names, [], hours_of=lambda _, month: merge_hours(by_month.get(month, [])), **more)


def load(month: str, erlangs: Fraction, office: str = "A", hour: int = 19) -> Use:
    """Return use on one day of so many erlangs in an hour, averaged over the month."""
    ms = erlangs * HOUR * monthrange(int(month[:4]), int(month[5:]))[1]
    assert ms.denominator == 1
    return (f"{month}-02", office, hour, int(ms), "tclt")


UNDER, OVER = Fraction("14.47"), Fraction("14.48")
MONTHS = ("2004-06", "2004-07", "2004-08", "2004-09")


def test_the_loads_lie_on_either_side_of_the_24th_trunk() -> None:
    assert (trunks_for(UNDER, Fraction(1, 100)), trunks_for(OVER, Fraction(1, 100))) == (23, 24)


@pytest.mark.clause("sbc-kmc-second 4.3.2")
@pytest.mark.parametrize(
    ("loads", "since"),
    [
        ((OVER, OVER, OVER, OVER), [None, None, "2004-08-31", "2004-08-31"]),
        ((OVER, UNDER, OVER, OVER), [None] * 4),
        ((UNDER, OVER, OVER, OVER), [None, None, None, "2004-09-30"]),
        ((OVER, OVER, OVER, UNDER), [None, None, "2004-08-31", None]),
    ],
)
def test_three_months_on_end_are_enough(loads: tuple[Fraction, ...], since: list[str | None]) -> None:
    found = known(*(load(month, erlangs) for month, erlangs in zip(MONTHS, loads, strict=True)))
    days = [[row["since"] for row in told(found, month, "trunks_24")] for month in MONTHS]
    assert days == [[] if day is None else [day] for day in since]


def test_what_is_told() -> None:
    uses = [load(month, OVER) for month in MONTHS[:2]]
    uses += [load("2004-08", Fraction(30), hour=10), load("2004-08", Fraction(29), hour=11)]
    trunks = tuple(
        TrunkGroup(trunk_group=name, agreement=WI, kind="direct", tandem="T", end_office="A", trunks=count, line=2,
                   through=through)
        for name, count, through in (("d1", 24, None), ("d2", 12, date(2004, 8, 30)))
    )  # fmt: skip
    assert told(known(*uses, trunk_groups=trunks), "2004-08", "trunks_24") == [
        {"end_office": "A", "since": "2004-08-31", "trunks": {"2004-06": 24, "2004-07": 24, "2004-08": 42},
         "busy_hour": 10, "busy_hour_ms": 30 * 31 * HOUR, "erlangs": "30.00", "direct_trunks": 24,
         "clause": "sbc-kmc-second 4.3.2"},
    ]  # fmt: skip
    assert told(known(*uses), "2004-08", "trunks_24")[0]["direct_trunks"] is None


@pytest.mark.clause("sbc-kmc-second 4.3.2")
def test_end_offices_are_not_added_up_and_class_groups_are() -> None:
    halves: list[Use] = [(day, office, hour, ms // 2, group) for month in MONTHS[:3]
                         for day, _, hour, ms, _ in [load(month, OVER)]
                         for office, group in (("A", "tclt"), ("B", "intralata_toll"), ("C", "tclt"),
                                               ("C", "intralata_toll"))]  # fmt: skip
    assert [row["end_office"] for row in told(known(*halves), "2004-08", "trunks_24")] == ["C"]


def test_hours_of_the_day_are_averaged_each_by_itself() -> None:
    # Enough in one hour on one day and in another on the next is not enough in either.
    uses = [(f"{month}-0{n}", "A", 10 + n, ms // 2 + 1, "tclt") for month in MONTHS[:3]
            for _, _, _, ms, _ in [load(month, OVER)] for n in (1, 2)]  # fmt: skip
    assert told(known(*uses), "2004-08", "trunks_24") == []
    same = [(day, office, 10, ms, group) for day, office, _, ms, group in uses]
    assert len(told(known(*same), "2004-08", "trunks_24")) == 1


def test_nothing_is_due_where_no_clause_asks_for_it() -> None:
    months = ("2004-03", "2004-04", "2004-05", "2004-06", "2004-12", "2005-01")
    found = known(*(load(month, OVER) for month in months))
    assert [row["since"] for row in told(found, "2004-06", "trunks_24")] == ["2004-06-01"]
    assert told(found, "2004-05", "trunks_24") == [] == told(found, "2005-01", "trunks_24")


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from("AB"), st.integers(0, 23), st.integers(1, 10**9))))
def test_busy_hours_equal_a_plain_sum(uses: list[tuple[int, str, int, int]]) -> None:
    found = known(*((f"2004-06-{day:02d}", office, hour, ms, "tclt") for day, office, hour, ms in uses))
    wanted: dict[str, dict[int, int]] = {office: {} for _, office, _, _ in uses}
    for _, office, hour, ms in uses:
        wanted[office][hour] = wanted[office].get(hour, 0) + ms
    got = {found.names.name("end_office", code): demand for code, demand in demands(found, WI, "2004-06").items()}
    assert got.keys() == wanted.keys()
    for office, by_hour in wanted.items():
        most = max(by_hour.values())
        assert (got[office].ms, got[office].load) == (most, Fraction(most, 30 * HOUR))
        assert got[office].hour == min(hour for hour, ms in by_hour.items() if ms == most)
