"""A month's cells summed to what tells lines apart."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rating.codes import Evidence, Jurisdiction, TrafficClass
from rating.month import Row, by_pairs, summed
from rating.usage import Cells

GIVEN: dict[str, Any] = {
    "originator": 3,
    "terminator": 65_000,
    "kind": TrafficClass.LOCAL,
    "lata": 65_535,
    "day": 10,
    "jurisdiction": Jurisdiction.INTERSTATE,
    "evidence": Evidence.ABSENT,
    "voip": False,
    "center": 1,
}
ROW = Row(
    originator=3,
    terminator=65_000,
    traffic_class=TrafficClass.LOCAL,
    lata=65_535,
    sub=0,
    bucket=(2, 2),
    isp=False,
    voip=False,
    gate=0,
    actual=0,
    calls=2,
    answered=1,
    ms=5,
    billed_ms=9,
)


def rows_of(
    *cells: dict[str, Any], starts: tuple[int, ...] = (0, 14), route: int = 2, gate: int = 0, actual: int = 0
) -> list[Row]:
    """Return the sums of cells that have 2 calls, 1 answered, 5 ms, 9 billed each."""
    keys = []
    for cell in cells:
        one = {**GIVEN, **cell}
        k0 = (one["originator"] << 27) | (one["terminator"] << 11) | (one["kind"] << 7) | (one["jurisdiction"] << 5)
        keys.append(
            [
                k0 | (one["evidence"] << 3) | (one["voip"] << 2),
                (one["center"] << 36) | (one["lata"] << 20),
                one["day"] << 40,
            ]
        )
    number = len(cells)
    table = Cells(np.array(keys, np.int64).reshape(-1, 3), np.array([[2, 1, 5]] * number, np.int64).reshape(-1, 3))
    same = [np.full(number, value, np.int64) for value in (route, gate, actual, 9)]
    return summed(table, starts, *same)


def test_what_differs_in_nothing_that_a_line_shows_is_one_row() -> None:
    twice = replace(ROW, calls=4, answered=2, ms=10, billed_ms=18)
    assert rows_of({}, {"center": 9}) == [twice]
    assert rows_of({"day": 3}, {"day": 13}) == [twice]
    assert rows_of() == []


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ({"originator": 65_535}, {"originator": 65_535}),
        ({"terminator": 4}, {"terminator": 4}),
        ({"kind": TrafficClass.INTRALATA_TOLL}, {"traffic_class": TrafficClass.INTRALATA_TOLL}),
        ({"lata": 7}, {"lata": 7}),
        ({"day": 14}, {"sub": 1}),
        ({"jurisdiction": Jurisdiction.UNKNOWN}, {"bucket": (2, 0)}),
        ({"jurisdiction": Jurisdiction.INTRASTATE}, {"bucket": (2, 1)}),
        ({"evidence": Evidence.ISP}, {"isp": True}),
        ({"voip": True}, {"voip": True}),
    ],
)
def test_whatever_a_line_shows_keeps_rows_apart(cell: dict[str, Any], shown: dict[str, Any]) -> None:
    found = rows_of(cell, {}, cell)
    twice = replace(ROW, calls=4, answered=2, ms=10, billed_ms=18, **shown)
    assert sorted(found, key=str) == sorted([ROW, twice], key=str)


def test_identified_as_no_internet_traffic_is_not_identified_as_such() -> None:
    assert rows_of({"evidence": Evidence.NOT_ISP}) == [ROW]


@pytest.mark.parametrize("route", [0, 1, 2])
@pytest.mark.parametrize("gate", [0, 1, 2])
@pytest.mark.parametrize("actual", [0, 3, 7])
def test_marks_of_a_cell_come_out_as_they_went_in(route: int, gate: int, actual: int) -> None:
    for voip in (False, True):
        for isp in (False, True):
            found = rows_of(
                {"voip": voip, "evidence": Evidence.ISP if isp else Evidence.ABSENT, "day": 40},
                route=route,
                gate=gate,
                actual=actual,
                starts=(0, 14, 30, 39),
            )
            assert found == [replace(ROW, sub=3, bucket=(route, 2), gate=gate, actual=actual, isp=isp, voip=voip)]


def test_each_pair_is_computed_once() -> None:
    asked: list[tuple[int, int]] = []

    def value(a: int, b: int) -> int:
        asked.append((a, b))
        return a * 1000 + b

    a, b = np.array([7, 1, 7, 2**30], np.int64), np.array([5, 2, 5, 2**32 - 1], np.int64)
    assert by_pairs(a, b, value).tolist() == [7_005, 1_002, 7_005, 2**30 * 1000 + 2**32 - 1]
    assert sorted(asked) == [(1, 2), (7, 5), (2**30, 2**32 - 1)]
    nothing = by_pairs(a[:0], b[:0], value)
    assert (len(nothing), nothing.dtype) == (0, np.dtype(np.int64))
