"""Probable twins: every pair that the rule names, and none that it does not."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from stream.desk.checks.twins import pairs
from tests.naive.checks import Recorded, twins

RECORDS = st.builds(
    Recorded,
    source=st.integers(0, 2),
    called=st.sampled_from([4143001000, 4143001001]),
    calling=st.sampled_from([None, 4142002000, 4142002001]),
    connect_ms=st.integers(0, 12).map(lambda step: 1_055_653_170_000 + step * 1_250),
    duration_ms=st.integers(0, 6).map(lambda step: step * 1_000),
)
ONE = Recorded(0, 4143001000, 4142002000, 1_055_653_170_000, 60_000)


def found(records: list[Recorded]) -> list[tuple[int, int]]:
    """Return the pairs of rows, as they are found."""
    columns = [
        np.array([-1 if value is None else value for value in column], np.int64)
        for column in zip(*records, strict=True)
    ]
    source, called, calling, connect_ms, duration_ms = columns or [np.zeros(0, np.int64)] * 5
    first, second = pairs(called, calling, connect_ms, duration_ms, source)
    return list(zip(first.tolist(), second.tolist(), strict=True))


@given(st.lists(RECORDS, max_size=24))
@example([])
@example([ONE])
@example([ONE, ONE._replace(source=1)])
# Between a record and its twin stand others of the same numbers, of the same source or of another length.
@example([ONE, *[ONE._replace(connect_ms=ONE.connect_ms + step) for step in range(4)], ONE._replace(source=1)])
@example([ONE._replace(duration_ms=0, source=1), ONE, ONE._replace(source=2, connect_ms=ONE.connect_ms + 5_000)])
@example([ONE, ONE._replace(source=1, calling=None), ONE._replace(source=2, calling=None)])
def test_the_pairs_are_those_of_the_rule(records: list[Recorded]) -> None:
    listed = found(records)
    assert {frozenset(pair) for pair in listed} == twins(records)
    assert len(listed) == len({frozenset(pair) for pair in listed})
    assert all(records[one].connect_ms <= records[other].connect_ms for one, other in listed)
    assert [records[one].connect_ms for one, _ in listed] == sorted(records[one].connect_ms for one, _ in listed)


def test_the_limits_are_within() -> None:
    for late, longer, twin in ((5_000, 2_000, True), (5_001, 0, False), (0, 2_001, False), (-5_000, -2_000, True)):
        other = ONE._replace(source=1, connect_ms=ONE.connect_ms + late, duration_ms=ONE.duration_ms + longer)
        assert bool(found([ONE, other])) is twin
