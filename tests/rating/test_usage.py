"""Cells add up like a counter, and merge to the same bits in any order."""

from collections import Counter
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rating.kernel.cells import accumulate
from rating.usage import EMPTY, MEASURED, Cells, merge
from tests import naive

PLACED = (
    "agreement",
    "originator",
    "terminator",
    "traffic_class",
    "jurisdiction",
    "rate_center",
    "lata",
    "orig_ocn",
    "term_ocn",
)
ROW_OF = {"traffic_class": 2, "originator": 4, "terminator": 5, "orig_ocn": 6, "term_ocn": 7}
ROW_OF |= {"rate_center": 8, "lata": 9, "jurisdiction": 10, "agreement": 14}
LARGEST = dict.fromkeys(("agreement", "originator", "terminator", "lata"), 2**16 - 1)
LARGEST |= {
    "traffic_class": 11,
    "jurisdiction": 2,
    "rate_center": 2**24 - 1,
    "orig_ocn": 2**20 - 1,
    "term_ocn": 2**20 - 1,
}


def numbers(largest: int) -> st.SearchStrategy[int]:
    """Return few values, the ends among them, so that keys collide."""
    return st.sampled_from((0, 1, 2, largest - 1, largest))


SEGMENTS = st.lists(
    st.tuples(
        st.fixed_dictionaries({name: numbers(LARGEST[name]) for name in PLACED}),
        st.sampled_from((-1, 0, 1)),  # evidence
        st.integers(0, 1),  # voip
        numbers(2**20 - 1) | st.sampled_from((-2, -1)),  # trunk group
        numbers(42_000),  # day
        st.integers(0, 2),  # carried
        st.sampled_from((0, 1, 86_400_000)),
    ),
    max_size=30,
)


@given(SEGMENTS, st.sets(st.sampled_from((1, 6_000, 60_000)), max_size=2), st.data())
def test_accumulate_equals_a_counter(
    segments: list[tuple[dict[str, int], int, int, int, int, int, int]], chosen: set[int], data: st.DataObject
) -> None:
    n, units = len(segments), tuple(sorted(chosen))
    duration = [data.draw(st.sampled_from((0, 1, 59_999, 60_000, 86_400_000))) for _ in segments]
    placed = np.zeros((15, n), np.int32)
    for i, (codes, *_) in enumerate(segments):
        for name, value in codes.items():
            placed[ROW_OF[name], i] = value
    evidence, voip, trunk, day, carried, ms = (np.array([s[k] for s in segments], np.int64) for k in range(1, 7))
    slots = np.full(max(8, 1 << (2 * n).bit_length()), -1, np.int32)
    keys, values = np.empty((n, 3), np.int64), np.empty((n, MEASURED + 2 * len(units)), np.int64)
    size = accumulate(
        placed,
        evidence.astype(np.int8),
        voip.astype(np.int8),
        trunk,
        np.array(duration, np.int64),
        np.array(units, np.int64),
        np.arange(n),
        day,
        carried,
        ms,
        slots,
        keys,
        values,
    )
    cells = Cells(keys[:size], values[:size], units)
    names = (*PLACED, "evidence", "voip", "trunk_group", "day", "carried")
    found = zip(*(cells.field(name).tolist() for name in names), strict=True)
    got = dict(zip(found, map(tuple, cells.values.tolist()), strict=True))
    wanted: dict[tuple[int, ...], Counter[str]] = {}
    for (codes, seen, over_ip, group, on, later, used), whole in zip(segments, duration, strict=True):
        key = (*(codes[name] for name in PLACED), seen + 1, over_ip, max(group, 0), on, later)
        into = wanted.setdefault(key, Counter())
        into["calls"] += later == 0
        into["answered"] += later == 0 and used > 0
        into["ms"] += used
        for unit in units:
            into[f"rounded {unit}"] += used + naive.up(whole, unit) - whole
    columns = ("calls", "answered", "ms", *(name for unit in units for name in (f"rounded {unit}", "ms")))
    assert got == {key: tuple(sums[name] for name in columns) for key, sums in wanted.items()}
    assert size == len(got)


def _table(units: tuple[int, ...]) -> st.SearchStrategy[Cells]:
    width = MEASURED + 2 * len(units)
    rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3, *[st.integers(-5, 5)] * width), max_size=6)
    return rows.map(
        lambda found: Cells(
            np.array([r[:3] for r in found], np.int64).reshape(-1, 3),
            np.array([r[3:] for r in found], np.int64).reshape(-1, width),
            units,
        )
    )


TABLES = st.lists(st.sampled_from(((), (6_000,), (6_000, 60_000), (1_000,))).flatmap(_table), max_size=6)


@given(TABLES, st.randoms(use_true_random=True))
def test_merge_takes_any_order_and_grouping(parts: list[Cells], random: Random) -> None:
    whole = merge(parts)
    shuffled = list(parts)
    random.shuffle(shuffled)
    cut = random.randint(0, len(parts))
    assert merge([merge(shuffled[:cut]), merge(shuffled[cut:])]).to_bytes() == whole.to_bytes()
    assert whole.digest() == merge(shuffled).digest()
    assert Cells.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()


@given(TABLES)
def test_negated_cells_take_everything_out_again(parts: list[Cells]) -> None:
    assert merge([*parts, *(part.negated() for part in parts)]).to_bytes() == EMPTY.to_bytes()


def test_a_table_names_its_columns_and_its_units() -> None:
    table = Cells(np.zeros((2, 3), np.int64), np.array([[5, 4, 70, 120, 60, 90, 50], [1, 0, 0, 0, 0, 0, 0]]), (60, 90))
    assert [column.tolist() for column in (table.calls, table.answered, table.ms)] == [[5, 1], [4, 0], [70, 0]]
    assert [column.tolist() for column in table.rounded(60)] == [[120, 0], [60, 0]]
    assert [column.tolist() for column in table.rounded(90)] == [[90, 0], [50, 0]]
    assert [column.tolist() for column in table.rounded(30)] == [[0, 0], [0, 0]]


def test_units_that_nothing_was_rounded_to_are_left_out() -> None:
    keys = np.array([[1, 2, 3]], np.int64)
    one = Cells(keys, np.array([[1, 1, 50, 60, 50, 90, 50]]), (60, 90))
    other = Cells(keys, np.array([[1, 1, 50, 60, 50]]), (60,))
    found = merge([one, other.negated()])
    assert (found.units, found.values.tolist()) == ((90,), [[0, 0, 0, 90, 50]])


def test_large_numbers_keep_their_last_bit() -> None:
    keys = np.array([[2**62 - 1, 2**60 - 1, 2**59 + 1]], np.int64)
    one = Cells(keys, np.array([[2**60 + 1, 1, 2**61 + 1, 2**60 + 3, 5]]), (60,))
    back = Cells.from_bytes(one.to_bytes())
    assert [column.dtype for column in (back.keys, back.values)] == [np.dtype(np.int64)] * 2
    assert (back.keys.tolist(), back.values.tolist(), back.units) == (one.keys.tolist(), one.values.tolist(), (60,))
    wide = merge([one, Cells(keys + 1, np.array([[1, 1, 1, 7, 1]]), (90,))])
    assert wide.values.dtype == np.dtype(np.int64)
    assert wide.values.tolist() == [[2**60 + 1, 1, 2**61 + 1, 2**60 + 3, 5, 0, 0], [1, 1, 1, 0, 0, 7, 1]]
    assert one.rounded(30)[0].dtype == np.dtype(np.int64)
