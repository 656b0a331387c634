"""Erlang B against published tables, and against its definition in fractions."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rating.trunks import BLOCKING, blocking, erlangs, needs_at_least, trunks_needed
from tests.naive.trunks import erlang_b, trunks_for

PUBLISHED = {
    1: "0.0101", 2: "0.153", 3: "0.455", 5: "1.36", 10: "4.46", 15: "8.11", 20: "12.0", 24: "15.3", 30: "20.3",
    50: "37.9", 100: "84.1",
}  # fmt: skip
"""Erlangs that so many trunks carry at 1 % blocking, as tables print them: rounded to three digits."""

LOADS = st.builds(Fraction, st.integers(0, 60 * 3_600_000 * 30), st.just(3_600_000 * 30)) | st.fractions(0, 30)


@pytest.mark.parametrize(("trunks", "printed"), PUBLISHED.items())
def test_published_values_at_one_per_cent(trunks: int, printed: str) -> None:
    half = Fraction(5, 10 ** (len(printed.partition(".")[2]) + 1))
    assert trunks_needed(Fraction(printed) - half) == trunks
    assert trunks_needed(Fraction(printed) + half) == trunks + 1


@given(LOADS, st.sampled_from((BLOCKING, Fraction(1, 1000), Fraction(1, 3), Fraction(1))))
@example(Fraction(1, 99), BLOCKING)
def test_trunks_equal_the_definition(load: Fraction, allowed: Fraction) -> None:
    wanted = trunks_for(load, allowed)
    assert trunks_needed(load, allowed) == wanted
    for asked in (1, wanted, wanted + 1, 24):
        assert needs_at_least(asked, load, allowed) == (wanted >= asked)


@given(LOADS, st.integers(0, 40))
def test_blocking_equals_the_definition(load: Fraction, trunks: int) -> None:
    assert blocking(load, trunks) == (erlang_b(load, trunks) if load else 0)


def test_a_load_that_blocks_exactly_as_many_as_allowed_is_enough() -> None:
    # One trunk blocks A / (1 + A): 1 % at 1/99 erlang.
    assert trunks_needed(Fraction(1, 99)) == 1
    assert trunks_needed(Fraction(1, 99) + Fraction(1, 10**60)) == 2
    assert not needs_at_least(2, Fraction(1, 99))


def test_where_the_bounds_leave_it_open_the_exact_value_decides() -> None:
    # The threshold is the blocking itself, and then a hair less, closer than the bounds can tell.
    load = Fraction(37, 7)
    allowed = erlang_b(load, 12)
    assert trunks_needed(load, allowed) == 12
    assert trunks_needed(load, allowed - Fraction(1, 2**200)) == 13


def test_a_load_of_an_hour_is_one_erlang() -> None:
    assert erlangs(3_600_000, 1) == 1
    assert erlangs(30 * 1_800_000, 30) == Fraction(1, 2)


def test_a_large_load_has_its_first_number_of_trunks() -> None:
    load = Fraction(2000)
    found = trunks_needed(load)
    assert blocking(load, found) <= BLOCKING < blocking(load, found - 1)
