"""A run that is killed at any moment and begun again gives the books of one that was let be."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
import pytest

from rating.codes import Outcome
from tests.stream.files.worlds import call, ndjson, ok, orphans, outcomes, sql, statements, workspace

COUNT: Final = 60_000
KILLS: Final = 10
SETTINGS: Final = "[limits]\nmax_line_bytes = 4096\nbatch_bytes = 262144\n"
MAIN: Final = "from stream.cli.entry import main; main()"
MOST_S: Final = 60
"""A run that has not come to its moment by then is stuck."""


def calls_of(folder: Path) -> Path:
    """Write calls of three months, both ways, over midnights; some wait, some are broken, some come twice."""
    days = ("2003-06-14T23:59:30-05:00", "2004-06-30T23:59:59-05:00", "2004-07-06T15:00:00-05:00")
    ways: tuple[dict[str, Any], ...] = (
        {},
        {},
        {"called": "4142002000", "calling": "4143000001"},
        {"called": "2622002000", "calling": "4143000001"},
    )
    records: list[dict[str, object] | bytes] = [
        call(n, source=f"s{n % 7}", connect_time=days[n % 3], duration_ms=n, **ways[n % 4]) for n in range(COUNT)
    ]
    for n in range(0, COUNT, 50):
        records[n] = call(n, called="9999999999")
        records[n + 1] = b"broken"
        records[n + 2] = records[n // 2 + 3]
    return ndjson(folder / "calls.ndjson", records)


def start(folder: Path, calls: Path) -> subprocess.Popen[bytes]:
    words = ["rate", str(calls), "--quiet", "-w", str(folder)]
    return subprocess.Popen([sys.executable, "-c", MAIN, *words], stdout=subprocess.DEVNULL)


def segments(folder: Path) -> int:
    """Count what the run has written to its archive, whole or not."""
    return sum(len(files) for _, _, files in os.walk(folder / "archive"))


def run_and_kill(folder: Path, calls: Path, dice: random.Random) -> None:
    """Begin a run and kill it: while it starts, or once it has written so many segments, and a little later."""
    begun = time.monotonic()
    written = segments(folder)
    early = dice.random() < 0.2
    after_s, after_segments = dice.uniform(0, 1.5), dice.randint(1, 15)
    run = start(folder, calls)
    try:
        while run.poll() is None:
            spent = time.monotonic() - begun
            assert spent < MOST_S, "the run does not come on"
            if spent > after_s if early else segments(folder) - written >= after_segments:
                time.sleep(dice.uniform(0, 0.03))
                break
            time.sleep(0.001)
    finally:
        run.kill()
        run.wait()


def whole(folder: Path, where: str) -> None:
    """Hold what holds after every commit: sums agree, and what the manifest names is there."""
    if not (folder / "books.db").is_file() or not sql(folder, "select 1 from sqlite_master where name = 'files'"):
        return
    sums = outcomes(folder)
    assert sums["in"] == sums["out"], where
    [(records,)] = sql(folder, "select coalesce(sum(records), 0) from files")
    assert sums["in"][0] == records, where
    assert orphans(folder)[1] == [], where


def test_killed_runs_give_the_books_of_an_uninterrupted_one(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seed = request.config.getoption("randomly_seed", None)
    seed = seed if isinstance(seed, int) else random.randrange(2**32)
    dice = random.Random(seed)
    calls = calls_of(tmp_path)
    killed, let_be = workspace(tmp_path / "killed", SETTINGS), workspace(tmp_path / "let-be", SETTINGS)
    ok("rate", calls, "-w", let_be)
    for number in range(KILLS):
        run_and_kill(killed, calls, dice)
        whole(killed, f"seed {seed}, kill {number}")
    where = f"seed {seed}"
    ok("rate", calls, "-w", killed)

    assert statements(killed) == statements(let_be), where
    assert outcomes(killed) == outcomes(let_be), where
    assert outcomes(killed)["in"] == outcomes(killed)["out"], where
    by_outcome = "select source, outcome, reason, sum(records), sum(ms) from outcomes group by 1, 2, 3"
    kept = "select reason, source, record_id, connect_ms, duration_ms, line, raw from suspense order by line, reason"
    broken = "select reason, line, raw from rejected order by line"
    for query in (by_outcome, kept, broken, "select sha256, bytes, offset, records, lines, done from files"):
        assert sorted(sql(killed, query)) == sorted(sql(let_be, query)), where

    assert orphans(killed) == ([], []), where
    manifest = sql(killed, "select path, rows, bytes from archive")
    assert [
        (path, pq.read_metadata(killed / path).num_rows, (killed / path).stat().st_size) for path, _, _ in manifest
    ] == manifest, where
    placed = f"({int(Outcome.RATED)}, {int(Outcome.VERIFICATION)})"
    [(decided,)] = sql(killed, f"select sum(records) from outcomes where outcome in {placed}")
    assert sum(rows for _, rows, _ in manifest) == decided, where
    # And it knows that it is done.
    assert "was rated before" in ok("rate", calls, "-w", killed).err
