from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.demo.clock import BUSINESS, DIAL_UP, MONTHS, TALK, Month, connects, lengths
from stream.demo.exchange import Exchange, apportion
from stream.demo.network import FAR, LOCAL, MANDATORY, OPTIONAL, TOLL, load_network

CENTRAL = ZoneInfo("America/Chicago")


def exchange(month: Month = MONTHS[0]) -> Exchange:
    return Exchange(np.random.default_rng(1), month, MONTHS.index(month), load_network(month.first), {})


@given(st.integers(0, 10**6), st.dictionaries(st.text(), st.floats(0.01, 10), min_size=1))
def test_apportioned_numbers_sum_to_the_whole(n: int, shares: dict[str, float]) -> None:
    counts = apportion(n, shares)
    assert sum(counts.values()) == n
    assert all(count >= 0 for count in counts.values())


@pytest.mark.parametrize("month", MONTHS)
def test_calls_connect_within_the_local_month(month: Month) -> None:
    for at in connects(np.random.default_rng(2), month, DIAL_UP, 3_000).tolist():
        assert f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(CENTRAL):%Y-%m}" == month.name


def test_month_shares_are_a_whole() -> None:
    assert sum(month.share for month in MONTHS) == pytest.approx(1)


def test_unanswered_calls_have_no_length() -> None:
    drawn = lengths(np.random.default_rng(3), TALK, 20_000)
    assert 0.19 < np.mean(drawn == 0) < 0.24
    assert drawn[drawn > 0].min() >= 1_000
    assert 2.4 < drawn[drawn > 0].mean() / 60_000 < 3.5


def test_a_pair_without_a_pull_is_an_error() -> None:
    here = exchange()
    weights = here.pull({"HARBORMILL": 1.0}, {"CLEARTIMBR": 1.0}, {LOCAL: 1.0})
    with pytest.raises(ValueError, match="sbc to kmc: found no pair"):
        here.draw(1, "sbc", "kmc", weights, BUSINESS, TALK)


def test_callers_are_their_partys_and_never_in_a_pooled_thousand() -> None:
    network = load_network(date(2003, 7, 1))
    center = network.at["SOUTHFORGE"]
    incumbents, pooled = network.subscribers["sbc", center], network.subscribers["kmc", center]
    assert set((pooled // 1000).tolist()) == {2_622_304}
    assert not set(incumbents.tolist()) & set(pooled.tolist())
    assert np.unique(incumbents).size == incumbents.size


def test_relations_hold_both_ways_and_from_their_day() -> None:
    june, july = load_network(date(2003, 6, 30)), load_network(date(2003, 7, 1))
    bay, fox = june.at["BAYLANTERN"], june.at["FOXMARSH"]
    assert (june.relation[bay, fox], july.relation[bay, fox]) == (TOLL, OPTIONAL)
    assert np.array_equal(july.relation, july.relation.T)
    assert july.relation[bay, july.at["PAPERFALLS"]] == LOCAL
    assert july.relation[july.at["NORTHLOCK"], july.at["WESTQUARRY"]] == MANDATORY
    assert july.relation[bay, july.at["HARBORMILL"]] == FAR


def test_a_group_that_has_ended_carries_nothing() -> None:
    ended = load_network(date(2003, 7, 1))
    assert ended.at["SOUTHFORGE"] in load_network(date(2003, 6, 1)).direct
    assert ended.at["SOUTHFORGE"] not in ended.direct
