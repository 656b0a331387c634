"""Files that are missing by their names alone."""

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream.desk.checks.sequence import Named, cut, file_gaps, sequences
from tests.naive.checks import missing_numbers

DAY = 86_400_000


def missing(names: list[str], *empty: str, month: tuple[int, int] = (0, 1_000 * DAY)) -> list[tuple[str, str, int]]:
    """Return the gaps of files that have their calls on one day each, in the order in which they are named."""
    mine = [Named(name, (i * DAY, i * DAY + DAY - 1)) for i, name in enumerate(names)]
    others = [Named(name, None) for name in empty]
    found = [gap for run in sequences(mine, others) for gap in file_gaps("mke-1", run, *month)]
    return [(gap.first, gap.last, gap.missing) for gap in found]


def days(*numbers: int, name: str = "mke-1-2003-06-{:02d}.ndjson") -> list[str]:
    return [name.format(number) for number in numbers]


@pytest.mark.parametrize(
    ("names", "gaps"),
    [
        (days(1, 2, 3, 4, 5, 6), []),
        (days(1, 2, 3, 5, 6, 7), [("mke-1-2003-06-04", "mke-1-2003-06-04", 1)]),
        (days(1, 2, 3, 4, 5, 9), [("mke-1-2003-06-06", "mke-1-2003-06-08", 3)]),
        (days(7, 3, 1, 2, 6, 5), [("mke-1-2003-06-04", "mke-1-2003-06-04", 1)]),  # in whatever order they came
        (days(1, 2, 3, 5), []),  # four are no sequence
        (days(1, 3, 5, 7, 9, 11), []),  # nor are steps of two
        (days(1, 2, 4, 5, 7, 8), []),  # nor steps by one that are too few
        ([*days(28, 29, 30), "mke-1-2003-07-01.ndjson", "mke-1-2003-07-02.ndjson"], []),
        (days(1, 2, 3, 5, 6, 7, name="mke200306{:02d}.ndjson.gz"), [("mke20030604", "mke20030604", 1)]),
        (days(8, 9, 10, 12, 13, 14, name="cdr_{}.ndjson.zst"), [("cdr_11", "cdr_11", 1)]),
        (days(996, 997, 998, 999, 0, 1, 2, name="cdr{:03d}.ndjson"), []),  # the counter begins anew
        (days(996, 997, 998, 999, 0, 1, 3, 4, 5, name="cdr{:03d}.ndjson"), [("cdr002", "cdr002", 1)]),
        (["2003-01", "2003-02", "2003-03", "2003-04", "2003-06", "2003-07"], [("2003-05", "2003-05", 1)]),
        (["2002-10", "2002-11", "2002-12", "2003-01", "2003-02"], []),
        # A number that no two files share runs over all of them, whatever the day beside it.
        (
            ["a-20030601-17", "a-20030601-18", "a-20030602-19", "a-20030602-20", "a-20030603-22", "a-20030603-23"],
            [("a-*-21", "a-*-21", 1)],
        ),
        # One that begins anew each day does not, and each day has too few.
        (["a-20030601-1", "a-20030601-2", "a-20030602-1", "a-20030602-2", "a-20030603-1", "a-20030604-2"], []),
        # Each hour's files go on from day to day.
        (
            [f"b-2003-06-{day:02d}T{hour:02d}" for day in range(1, 8) for hour in range(3) if (day, hour) != (4, 1)],
            [("b-2003-06-04T01", "b-2003-06-04T01", 1)],
        ),
        (["2003-02-29a", "2003-02-30a", "2003-02-31a", "2003-02-32a", "2003-02-35a"], []),  # no dates at all
        (["today", "yesterday", "before"], []),
    ],
)
def test_gaps_of_names(names: list[str], gaps: list[tuple[str, str, int]]) -> None:
    assert missing(names) == gaps


@given(st.sets(st.integers(0, 24), max_size=20), st.sampled_from(["day", "number", "padded"]), st.randoms())
@example({0, 1, 2, 3, 5}, "number", Random(1))
@example({7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20, 21}, "day", Random(1))
def test_the_gaps_are_those_of_the_rule(numbers: set[int], kind: str, random: Random) -> None:
    def named(number: int) -> str:
        if kind == "day":
            return f"mke-1.{date(2003, 6, 20) + timedelta(days=number)}"
        return f"mke-1.{number:04d}" if kind == "padded" else f"mke-1.{number}"

    files = [Named(named(number), (number * DAY, number * DAY + DAY - 1)) for number in numbers]
    random.shuffle(files)
    gaps = [gap for run in sequences(files, []) for gap in file_gaps("mke-1", run, 0, 1_000 * DAY)]
    expected = missing_numbers(numbers)
    assert sum(gap.missing for gap in gaps) == len(expected)
    assert {named(number) for number in expected} >= {name for gap in gaps for name in (gap.first, gap.last)}
    # A gap is as long as it can be: no file on either side of it is missing.
    assert len(gaps) == len([number for number in expected if number - 1 in numbers])


def test_an_empty_file_is_not_a_missing_one() -> None:
    assert missing(days(1, 2, 3, 5, 6, 7), "mke-1-2003-06-04.ndjson.gz") == []
    assert missing(days(1, 2, 3, 5, 6, 7), "mad-1-2003-06-04.ndjson") == [("mke-1-2003-06-04", "mke-1-2003-06-04", 1)]


def test_a_gap_is_of_the_month_in_which_its_files_would_be() -> None:
    names = days(1, 2, 3, 4, 5, 10)  # the fifth day's calls end when the tenth file's begin: five days' files between
    mine = [Named(name, (i * DAY, i * DAY + DAY - 1)) for i, name in enumerate([*names[:5]])]
    mine.append(Named(names[5], (9 * DAY, 10 * DAY - 1)))
    (run,) = [run for run in sequences(mine, []) if run.is_sequence]
    one, other = (file_gaps("mke-1", run, *month) for month in ((0, 7 * DAY), (7 * DAY, 30 * DAY)))
    assert [(gap.first, gap.last, gap.missing) for gap in one] == [("mke-1-2003-06-06", "mke-1-2003-06-07", 2)]
    assert [(gap.first, gap.last, gap.missing) for gap in other] == [("mke-1-2003-06-08", "mke-1-2003-06-09", 2)]
    assert file_gaps("mke-1", run, 30 * DAY, 60 * DAY) == []


def test_a_name_is_cut_at_its_numbers_and_dates() -> None:
    literals, tokens = cut("mke-1_2003-06-14T0230.ndjson.zst")
    assert literals == ["mke-", "_", "T", ""]
    assert [(token.kind, token.text) for token in tokens] == [
        ("number", "1"),
        ("day", "2003-06-14"),
        ("number", "0230"),
    ]
    assert [token.written(token.value + 1) for token in tokens] == ["2", "2003-06-15", "0231"]
