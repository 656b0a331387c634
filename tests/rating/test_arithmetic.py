"""Apportioning, money and the 3:1 excess on bare integers, against exact fractions and the twin."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rating.apportion import largest_remainder, largest_remainder_by_group
from rating.codes import TrafficClass
from rating.money import UNITS_PER_CENT, UNITS_PER_DOLLAR, cents, decimal_text, dollars_text, nano, unrounded_text
from rating.presumption import Part, presumed, spread
from tests import naive

WEIGHTS = st.lists(st.integers(0, 10**18) | st.integers(0, 3), min_size=1, max_size=6)
SMALL = st.lists(st.integers(0, 10**12) | st.integers(0, 3), min_size=1, max_size=5)
TIMES = st.integers(0, 10**15)
PARTS = st.dictionaries(
    st.tuples(
        st.sampled_from(("350", "356", "56")),
        st.integers(0, 2),
        st.sampled_from(
            (TrafficClass.LOCAL, TrafficClass.VIRTUAL_FX, TrafficClass.MANDATORY_EAS, TrafficClass.OPTIONAL_EAS)
        ),
    ),
    st.integers(0, 100),
    max_size=8,
)


@given(TIMES, WEIGHTS)
@example(1, [1, 1, 1])
def test_shares_are_the_twin_s_and_lose_nothing(total: int, weights: list[int]) -> None:
    if not sum(weights):
        assert largest_remainder(0, weights) == [0] * len(weights)
        with pytest.raises(ValueError, match="nothing to apportion"):
            largest_remainder(total + 1, weights)
        return
    shares = largest_remainder(total, weights)
    assert shares == naive.apportion(total, weights)
    assert sum(shares) == total
    assert all(
        abs(share * sum(weights) - total * weight) < sum(weights) for share, weight in zip(shares, weights, strict=True)
    )


@given(
    st.lists(st.lists(st.integers(0, 10**12) | st.integers(0, 3), min_size=1, max_size=5), min_size=1, max_size=5),
    st.data(),
)
def test_many_small_totals_are_split_at_once(groups: list[list[int]], data: st.DataObject) -> None:
    totals = [data.draw(st.integers(0, 59_999)) if any(weights) else 0 for weights in groups]
    numbered = [(number, weight) for number, weights in enumerate(groups) for weight in weights]
    data.draw(st.randoms(use_true_random=False)).shuffle(numbered)
    group, weights = (np.array(column, np.int64) for column in zip(*numbered, strict=True))
    got = largest_remainder_by_group(np.array(totals, np.int64), weights, group).tolist()
    for number, total in enumerate(totals):
        mine = [(weight, share) for (of, weight), share in zip(numbered, got, strict=True) if of == number]
        assert [share for _, share in mine] == naive.apportion(total, [weight for weight, _ in mine])


@pytest.mark.clause("sbc-kmc-wi-isp 2.6")
@given(TIMES, TIMES)
@example(3, 1)
@example(4, 1)
@example(5, 0)
def test_only_the_excess_over_three_to_one_is_presumed(t_ms: int, o_ms: int) -> None:
    assert presumed(t_ms, o_ms, Decimal(3)) == naive.presume(t_ms, o_ms)


@given(PARTS, st.data())
def test_excess_is_spread_over_places_then_classes(weights: dict[Part, int], data: st.DataObject) -> None:
    excess = data.draw(st.integers(0, sum(weights.values())))
    shares = spread(excess, weights)
    assert sum(shares.values()) == excess
    places = sorted({part[:2] for part in weights})
    of_place = [sum(ms for part, ms in weights.items() if part[:2] == place) for place in places]
    for place, share in zip(places, naive.apportion(excess, of_place), strict=True):
        parts = sorted(part for part in weights if part[:2] == place)
        wanted = naive.apportion(share, [weights[part] for part in parts])
        assert [shares.get(part, 0) for part in parts] == wanted


@given(st.integers(-(10**20), 10**20))
@example(UNITS_PER_CENT // 2)
@example(-UNITS_PER_CENT // 2)
@example(UNITS_PER_CENT // 2 - 1)
def test_a_cent_is_half_up_and_a_credit_cancels_its_charge(units: int) -> None:
    exact = Decimal(units) / Decimal(UNITS_PER_CENT)
    assert abs(cents(units)) == int(abs(exact).quantize(Decimal(1), ROUND_HALF_UP))
    assert cents(-units) == -cents(units)
    if units >= 0:
        assert cents(units) == naive.cents(Fraction(units, UNITS_PER_DOLLAR))


@given(st.integers(-(10**24), 10**24))
def test_unrounded_text_is_within_half_of_its_last_place(units: int) -> None:
    text = unrounded_text(units)
    assert abs(Fraction(text) - Fraction(units, UNITS_PER_DOLLAR)) <= Fraction(1, 2 * 10**12)
    assert Fraction(text) == round(Fraction(units, UNITS_PER_DOLLAR), 12)


@given(st.integers(-(10**12), 10**12))
def test_dollars_text_says_the_cents(amount: int) -> None:
    assert Fraction(dollars_text(amount)) == Fraction(amount, 100)
    assert dollars_text(amount)[-3] == "."


@given(st.integers(0, 10**12))
def test_nano_is_exact_or_refused(rate: int) -> None:
    assert nano(Decimal(rate).scaleb(-9)) == rate
    with pytest.raises(ValueError, match="at most 9 places"):
        nano(Decimal(rate * 10 + 1).scaleb(-10))


@given(st.integers(0, 86_400_000), st.sampled_from(("0.0010", "0.0007", "0.0005", "0.000000001")))
def test_a_charge_is_whole_in_units(ms: int, rate: str) -> None:
    assert Fraction(ms * nano(Decimal(rate)), UNITS_PER_DOLLAR) == naive.charge(ms, rate)


@pytest.mark.parametrize(
    ("units", "text"),
    [
        (0, "0"),
        (1, "0"),
        (30, "0"),
        (31, "0.000000000001"),
        (90, "0.000000000002"),
        (150, "0.000000000002"),
        (-90, "-0.000000000002"),
    ],
)
def test_twelve_places_are_rounded_half_to_even(units: int, text: str) -> None:
    assert unrounded_text(units) == text  # 60 units are one of the twelfth place


def test_a_decimal_has_no_more_places_than_it_needs() -> None:
    assert [decimal_text(value, 2) for value in (0, 1, 100, -1, -120, 1_000)] == [
        *("0", "0.01", "1", "-0.01", "-1.2", "10")
    ]
