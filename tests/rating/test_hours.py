"""Calls cut at the hours of their days, against the twin that uses the standard library."""

from collections import Counter
from datetime import date, timedelta
from random import Random
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.hours import GROUP_OF, GROUPS, NO_HOURS, Hours, merge_hours
from rating.kernel.cells import split
from rating.kernel.classify import OUT_COLUMNS
from rating.kernel.hours import accumulate_hours
from tests import naive
from tests.naive.hours import COUNTED, hours_in_use

ZONES = (ZoneInfo("America/Chicago"), ZoneInfo("America/Los_Angeles"))
DAYS = [date(2003, 3, 1) + timedelta(days=i) for i in range(400)]  # both clock changes
MIDNIGHTS = np.array([[naive.midnight_ms(day, zone) for day in DAYS] for zone in ZONES])
HOUR = 3_600_000
SPAN = st.integers(int(MIDNIGHTS[:, 0].max()), int(MIDNIGHTS[:, -5].min()))
EDGE = st.builds(
    lambda day, zone, hour, off: naive.midnight_ms(day, ZONES[zone]) + hour * HOUR + off,
    st.sampled_from(DAYS[1:-5]), st.integers(0, 1), st.integers(0, 25), st.sampled_from((-1, 0, 1)),
)  # fmt: skip
CALLS = st.lists(
    st.tuples(
        SPAN | EDGE,
        st.integers(0, 86_400_000) | st.sampled_from((0, 1, HOUR, 86_400_000)),
        st.integers(0, 1),  # zone
        st.sampled_from(list(TrafficClass)),
        st.integers(0, 2),  # end office
        st.sampled_from((1, 2**16 - 1)),  # agreement
    ),
    max_size=12,
)
Call = tuple[int, int, int, TrafficClass, int, int]


def hours_of(calls: list[Call], *, by_connect: bool = False) -> Hours:
    """Return the kernel's rows of calls, split at midnights first as the engine does it."""
    n = len(calls)
    connect, duration = (np.array([call[k] for call in calls], np.int64) for k in (0, 1))
    placed = np.zeros((len(OUT_COLUMNS), n), np.int32)
    for name, column in (("zone", 2), ("traffic_class", 3), ("end_office", 4), ("agreement", 5)):
        placed[OUT_COLUMNS.index(name)] = [call[column] for call in calls]
    out = np.empty((4, 3 * n), np.int64)
    zone = placed[OUT_COLUMNS.index("zone")]
    m = split(MIDNIGHTS, np.array([by_connect]), np.arange(n), connect, duration, zone, np.zeros(n, np.int32), *out)
    for room in (0, 1, 7, 26 * n):  # too few are said to be, and nothing is written beyond them
        keys, ms = np.empty(room, np.int64), np.empty(room, np.int64)
        slots = np.full(1 << (2 * room).bit_length(), -1, np.int32)
        rows = accumulate_hours(MIDNIGHTS, placed, GROUP_OF, connect, *out[:, :m], slots, keys, ms)
        if rows >= 0:
            return Hours(keys[:rows], ms[:rows])
    raise AssertionError("a call of a day touches no more than 26 hours")


def twin(calls: list[Call]) -> Counter[tuple[int, int, str, date, int, int]]:
    used: Counter[tuple[int, int, str, date, int, int]] = Counter()
    for connect, duration, zone, kind, office, agreement in calls:
        group = COUNTED.get(kind.name.lower())
        if office and group:
            for (day, hour), ms in hours_in_use(connect, duration, ZONES[zone]).items():
                carried = (day - naive.local_day(connect, ZONES[zone])).days
                used[agreement, office, group, day, carried, hour] += ms
    return used


@pytest.mark.parametrize("by_connect", [False, True])
@given(CALLS)
@example([(naive.midnight_ms(date(2003, 10, 26), ZONES[0]), 86_400_000, 0, TrafficClass.LOCAL, 1, 1)])  # 25 hours
@example([(naive.midnight_ms(date(2003, 4, 6), ZONES[0]) - 1, 86_400_000, 0, TrafficClass.LOCAL, 1, 1)])  # 23 hours
def test_hours_equal_the_naive_twin(by_connect: bool, calls: list[Call]) -> None:
    # Whatever day a call is rated on, it is in use when it is in use.
    found = hours_of(calls, by_connect=by_connect)
    columns = [found.field(name).tolist() for name in ("agreement", "end_office", "group", "day", "carried", "hour")]
    got = {
        (agreement, office, GROUPS[group], DAYS[day], carried, hour): ms
        for agreement, office, group, day, carried, hour, ms in zip(*columns, found.ms.tolist(), strict=True)
    }
    assert got == twin(calls)
    assert len(got) == len(found)


def test_a_day_of_25_hours_has_25_and_one_of_23_has_23() -> None:
    for day, hours in ((date(2003, 10, 26), 25), (date(2003, 4, 6), 23), (date(2003, 7, 1), 24)):
        start = naive.midnight_ms(day, ZONES[0])
        calls: list[Call] = [(start, 12 * HOUR, 0, TrafficClass.LOCAL, 1, 1)]
        calls.append((start + 12 * HOUR, (hours - 12) * HOUR, 0, TrafficClass.INTRALATA_TOLL, 1, 1))
        found = hours_of(calls)
        assert sorted(found.field("hour").tolist()) == list(range(hours))
        assert set(found.ms.tolist()) == {HOUR}


TABLES = st.lists(
    st.lists(st.tuples(st.integers(0, 5), st.integers(-5, 5)), max_size=6).map(
        lambda rows: Hours(np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.int64))
    ),
    max_size=6,
)


@given(TABLES, st.randoms(use_true_random=True))
def test_merge_takes_any_order_and_grouping(parts: list[Hours], random: Random) -> None:
    whole = merge_hours(parts)
    shuffled = list(parts)
    random.shuffle(shuffled)
    cut = random.randint(0, len(parts))
    assert merge_hours([merge_hours(shuffled[:cut]), merge_hours(shuffled[cut:])]).digest() == whole.digest()
    assert Hours.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()
    sums: Counter[int] = Counter()
    for part in parts:
        for key, ms in zip(part.keys.tolist(), part.ms.tolist(), strict=True):
            sums[key] += ms
    assert dict(zip(whole.keys.tolist(), whole.ms.tolist(), strict=True)) == {k: v for k, v in sums.items() if v}


@given(TABLES)
def test_negated_hours_take_everything_out_again(parts: list[Hours]) -> None:
    assert merge_hours([*parts, *(part.negated() for part in parts)]).to_bytes() == NO_HOURS.to_bytes()
