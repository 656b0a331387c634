"""Call by call: every planted difference is found, priced and named, and none is invented."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.desk.reconcile.call_match import Calls, match_calls, twins_within
from stream.desk.reconcile.scope import Tolerance
from tests.naive import call_match as naive
from tests.stream.desk.reconcile import planted as p
from tests.stream.desk.reconcile.bills import reconciled
from tests.stream.files import worlds

SEED = 20040706
NUMBER = 3_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[p.Planted, Any, Path]:
    folder = tmp_path_factory.mktemp("planted")
    planted = p.plant(SEED, NUMBER)
    root, theirs = p.world(folder, planted)
    found = reconciled(p.bill_of(folder / "bill.csv", planted.ms()), root, "--biller", "sbc", "--calls", theirs)
    return planted, found, root


def test_every_planted_difference_is_found_and_none_is_invented(made: tuple[p.Planted, Any, Path]) -> None:
    planted, found, _ = made
    print(f"seed {SEED}")  # noqa: T201  # shown where the test fails, so that it can be repeated
    assert {cause: calls for cause, (calls, _) in p.by_cause(found).items()} == planted.counts
    calls = found["calls"]
    assert calls["clock_offset_ms"] == pytest.approx(p.OFFSET_MS, abs=200)
    same = NUMBER - sum(planted.counts[k] for k in ("missing_day", "only_here", "only_there", "length", "other_period"))
    assert calls["same"] == same


def test_each_has_the_time_that_was_planted(made: tuple[p.Planted, Any, Path]) -> None:
    planted, found, _ = made
    clean = {call["record_id"]: call for call in p.calls(SEED, NUMBER)}
    ours, theirs = ({c["record_id"]: c for c in side} for side in (planted.ours, planted.theirs))
    time = p.by_cause(found)
    only_there = sum(c["duration_ms"] for n, c in clean.items() if n not in ours)
    assert time["missing_day"][1] + time["only_there"][1] == only_there
    assert time["only_here"][1] == -sum(c["duration_ms"] for n, c in clean.items() if f"t{n[1:]}" not in theirs)
    assert time["recorded_twice_there"][1] == sum(c["duration_ms"] for n, c in theirs.items() if n[0] == "w")
    assert time["length"][1] == sum(
        theirs[f"t{n[1:]}"]["duration_ms"] - c["duration_ms"] for n, c in clean.items() if f"t{n[1:]}" in theirs
    )
    assert "mad-1 on this day" in next(c["words"] for c in found["causes"] if c["cause"] == "missing_day")
    assert "2004-07-13" in next(c["words"] for c in found["causes"] if c["cause"] == "missing_day")


def test_the_causes_account_for_every_dollar(made: tuple[p.Planted, Any, Path]) -> None:
    _, found, _ = made
    [way] = found["directions"]
    # Calls of another class have no price here: the bill has them at the local rate, which stays without a cause.
    assert abs(round(float(way["unexplained"]) * 100)) <= 60
    for cause in found["causes"]:
        assert cause["evidence"]
        assert all(row["called"].startswith("414") and row["record_id"] for row in cause["evidence"])


@pytest.mark.parametrize(
    "kind", ["missing_day", "recorded_twice_there", "recorded_twice_here", "length", "only_here", "only_there"]
)
def test_one_kind_alone_is_named_alone_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    planted = p.plant(SEED + 7, 1_200, kinds=frozenset({kind}))
    root, theirs = p.world(tmp_path, planted)
    found = reconciled(p.bill_of(tmp_path / "bill.csv", planted.ms()), root, "--biller", "sbc", "--calls", theirs)
    assert {cause: calls for cause, (calls, _) in p.by_cause(found).items()} == planted.counts
    assert [abs(float(way["unexplained"])) <= 0.01 for way in found["directions"]] == [True]


def test_an_office_that_records_a_call_now_and_then_is_not_missed(tmp_path: Path) -> None:
    clean = p.calls(SEED, 800)
    lost = [call for n, call in enumerate(clean) if n % 20 < 18 and n // 20 < 4]
    kept = [call for call in clean if call not in lost]
    again = [call | {"source": "mkt-2"} for n, call in enumerate(kept) if n % 20 >= 18]
    root, theirs = p.world(tmp_path, p.Planted([*kept, *again], clean, {}))
    found = reconciled(p.bill_of(tmp_path / "bill.csv", 0), root, "--biller", "sbc", "--calls", theirs)
    calls = {cause: count for cause, (count, _) in p.by_cause(found).items() if count}
    assert calls == {"only_there": len(lost), "recorded_twice_here": len(again)}


def test_our_own_calls_give_no_difference(tmp_path: Path) -> None:
    planted = p.plant(SEED, 800, kinds=frozenset())
    root, _ = p.world(tmp_path, planted)
    found = reconciled(
        p.bill_of(tmp_path / "bill.csv", planted.ms()), root, "--biller", "sbc", "--calls", tmp_path / "ours.ndjson"
    )
    assert (found["differences"], found["causes"], found["days"]) == (0, [], [])
    assert found["calls"]["same"] == 800
    assert found["calls"]["clock_offset_ms"] == 0


def test_rounding_by_the_call_is_named_with_its_unit(tmp_path: Path) -> None:
    planted = p.plant(SEED, 600, kinds=frozenset())
    root, _ = p.world(tmp_path, planted)
    for call in planted.theirs:
        call["duration_ms"] = -(-call["duration_ms"] // 6_000) * 6_000
    theirs = worlds.ndjson(tmp_path / "rounded.ndjson", planted.theirs)
    words = ("--biller", "sbc", "--calls", theirs, "--duration-within", "6")
    found = reconciled(p.bill_of(tmp_path / "bill.csv", planted.ms()), root, *words)
    [cause] = [cause for cause in found["causes"] if cause["cause"] == "rounding_by_call"]
    assert cause["words"] == "the other carrier rounds each call up to 6 s"
    assert [way["unexplained"] for way in found["directions"]] == ["0.00"]


def test_a_call_file_as_csv_by_the_map(tmp_path: Path) -> None:
    planted = p.plant(SEED, 400, kinds=frozenset({"only_there"}))
    root, _ = p.world(tmp_path, planted)
    (root / "invoices").mkdir()
    (root / "invoices" / "sbc.toml").write_text('[calls.columns]\ncalling = "ANI"\nseconds = "Sec"\n')
    rows = [f"{c['calling']},{c['called']},{c['connect_time']},{c['duration_ms'] / 1000:.3f}" for c in planted.theirs]
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("\n".join(["ANI,called,connect,Sec", *rows]) + "\n")
    bill = p.bill_of(tmp_path / "bill.csv", planted.ms())
    found = reconciled(bill, root, "--biller", "sbc", "--calls", theirs)
    assert {cause: calls for cause, (calls, _) in p.by_cause(found).items()} == planted.counts
    theirs.write_text("ANI,called,connect,Sec\n4143000001,4142000001,1089100000000,1:30\n")
    ran = worlds.cli("reconcile", bill, "-w", root, "--biller", "sbc", "--calls", theirs)
    assert (ran.code, "theirs.csv:2: seconds: found '1:30', expected seconds as 90" in ran.err) == (3, True), ran
    theirs.write_text("ANI,called,connect,Sec\n4143000001,4142000001,yesterday,90\n")
    ran = worlds.cli("reconcile", bill, "-w", root, "--biller", "sbc", "--calls", theirs)
    assert (ran.code, "theirs.csv:2: connect_time: found" in ran.err) == (3, True), ran
    theirs.write_text("ANI,connect,Sec\n1,2,3\n")
    ran = worlds.cli("reconcile", bill, "-w", root, "--biller", "sbc", "--calls", theirs)
    assert (ran.code, "theirs.csv:1: called: found the columns ANI, connect, Sec" in ran.err) == (3, True), ran


recordings = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60_000), st.integers(0, 12_000)), min_size=0, max_size=14
)
WITHIN = Tolerance(connect=5_000, duration=2_000)


def columns(rows: list[tuple[int, int, int]]) -> Calls:
    number, connect, length = (np.array([row[i] for row in rows], np.int64) for i in range(3))
    return Calls(number, number, connect + 10**12, length)


@given(recordings, recordings)
def test_pairs_are_one_to_one_and_within_the_tolerance(ours: list[Any], theirs: list[Any]) -> None:
    found = match_calls(columns(ours), columns(theirs), WITHIN)
    assert sorted([*found.here.tolist(), *found.only_here.tolist()]) == list(range(len(ours)))
    assert sorted([*found.there.tolist(), *found.only_there.tolist()]) == list(range(len(theirs)))
    for a, b, same in zip(found.here.tolist(), found.there.tolist(), found.same.tolist(), strict=True):
        assert naive.may_be_one(ours[a], theirs[b], WITHIN)
        assert not same or naive.as_long(ours[a], theirs[b], WITHIN)
    left = naive.pairs(
        [ours[n] for n in found.only_here.tolist()], [theirs[n] for n in found.only_there.tolist()], WITHIN
    )
    assert left == []


@given(st.lists(st.integers(0, 500), unique=True, max_size=20), st.integers(-900, 900))
def test_calls_far_apart_are_paired_as_a_reader_would(seconds: list[int], shift: int) -> None:
    ours = [(1, second * 20_000, 60_000) for second in seconds]
    theirs = [(number, connect + shift, length) for number, connect, length in reversed(ours)]
    found = match_calls(columns(ours), columns(theirs), WITHIN)
    assert sorted(zip(found.here.tolist(), found.there.tolist(), strict=True)) == sorted(
        naive.pairs(ours, theirs, WITHIN)
    )


@given(recordings)
def test_one_more_recording_is_what_has_a_twin_before_it(rows: list[Any]) -> None:
    alone = [n for n in range(len(rows)) if not any(
        m != n and naive.may_be_one(rows[n], rows[m], WITHIN) and naive.as_long(rows[n], rows[m], WITHIN)
        for m in range(len(rows))
    )]  # fmt: skip
    found = twins_within(columns(rows), np.arange(len(rows)), WITHIN)
    assert not set(found.tolist()) & set(alone)
