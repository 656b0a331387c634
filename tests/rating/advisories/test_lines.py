"""Advisories tell; they change no line, no total and no position."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from rating import statement as module
from rating.advisories.collect import advisories
from rating.codes import TrafficClass
from rating.facts import Facts
from rating.names import Names
from rating.settle import settle
from rating.statement import statement
from tests.rating.facts import facts, usage
from tests.rating.test_deot import TRUNKS

MONTHS = ("2003-05", "2003-06", "2004-06", "2004-07", "2005-02")
CALLS = st.lists(
    st.tuples(
        st.sampled_from([f"{month}-{day}" for month in MONTHS for day in ("01", "14", "15", "28")]),
        st.integers(0, 10**12),
        st.booleans(),
        st.sampled_from(list(TrafficClass)[2:]),
        st.sampled_from(("", "d1", "t1")),
    ),
    max_size=12,
)


def made(calls: list[tuple[str, int, bool, TrafficClass, str]]) -> Facts:
    names = Names()
    cells = [
        usage(names, day, ms, payer=("kmc", "sbc")[to], payee=("sbc", "kmc")[to], kind=kind, trunk=trunk)
        for day, ms, to, kind, trunk in calls
    ]
    return facts(names, cells, trunk_groups=TRUNKS, pois=())


def shown(known: Facts, month: str) -> dict[str, Any]:
    return statement(known, "sbc-kmc-wi", month, status="provisional", digests={"terms": "test"})


def without(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "advisories"}


@settings(deadline=None)
@given(CALLS)
def test_advisories_change_no_line(calls: list[tuple[str, int, bool, TrafficClass, str]]) -> None:
    for month in MONTHS:
        with patch.object(module, "advisories", lambda *_: []):
            silent = shown(made(calls), month)
        known = made(calls)
        assert without(shown(known, month)) == without(silent)
        # Nor what is settled after them from the same facts, whose memory they share.
        assert without(shown(known, month)) == without(silent)


def days(row: dict[str, Any]) -> Iterator[str]:
    yield row["since"]
    yield from (row[key] for key in ("forecast", "through") if key in row)


@settings(deadline=None)
@given(CALLS)
def test_every_advisory_says_since_when_and_by_which_clause(
    calls: list[tuple[str, int, bool, TrafficClass, str]],
) -> None:
    known = made(calls)
    for month in MONTHS:
        document = shown(known, month)
        for row in document["advisories"]:
            assert row["code"] and row["clause"]
            assert all(len(day) == len("2003-06-01") for day in days(row))
        assert document["advisories"] == advisories(known, settle(known, "sbc-kmc-wi", month))
