"""Call files that are damaged, moved, replaced, cut short or written to: nothing is lost and nothing counts twice."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import zstandard

from stream.errors import BadInput
from stream.files import rate as rating
from stream.files.rate import call_files, rate_files
from stream.files.reader import open_call_file
from stream.workspace.load import load_workspace
from tests.stream.files.worlds import (
    books,
    call,
    cli,
    gzipped,
    ndjson,
    ok,
    orphans,
    outcomes,
    sql,
    statements,
    workspace,
)

SMALL = "[limits]\nmax_line_bytes = 4096\nbatch_bytes = 4096\n"
"""Settings under which a hundred records are several batches."""


def zstd(path: Path) -> bytes:
    return zstandard.compress(path.read_bytes())


PACKED: dict[str, Callable[[Path], bytes]] = {".gz": gzipped, ".zst": zstd}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Return a workspace of small batches in which ten calls are rated."""
    folder = workspace(tmp_path / "w", SMALL)
    ok("rate", ndjson(tmp_path / "before.ndjson", [call(n) for n in range(10)]), "-w", folder)
    return folder


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Return a file of 300 calls of two months, both ways."""
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"called": "4142002000", "calling": "4143000001"},
        {"connect_time": "2004-06-14T23:59:30-05:00"},
    )
    return ndjson(tmp_path / "calls.ndjson", [call(n, source="mke-2", **ways[n % 3]) for n in range(300)])


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("kept", ["head", "half", "all but its last byte"])
def test_a_cut_off_file_changes_nothing(tmp_path: Path, world: Path, calls: Path, suffix: str, kept: str) -> None:
    whole = PACKED[suffix](calls)
    part = whole[: {"head": 12, "half": len(whole) // 2, "all but its last byte": len(whole) - 1}[kept]]
    damaged = tmp_path / f"calls.ndjson{suffix}"
    damaged.write_bytes(part)
    before = books(world)
    # The whole file beside it stays unrated too: all are checked before the first.
    ran = cli("rate", calls, damaged, "-w", world)
    assert ran.code == 3
    assert ran.err.startswith(f"ratestream: {damaged}: found damaged or cut-off ")
    assert ran.err.count("\n") == 1
    assert books(world) == before
    assert orphans(world) == ([], [])


@pytest.mark.parametrize("suffix", PACKED)
def test_what_is_no_compressed_data_is_told(tmp_path: Path, world: Path, calls: Path, suffix: str) -> None:
    shutil.copy(calls, tmp_path / f"calls.ndjson{suffix}")
    ran = cli("rate", tmp_path / f"calls.ndjson{suffix}", "-w", world)
    assert ran.code == 3
    assert "expected a whole file" in ran.err


@pytest.mark.parametrize("suffix", PACKED)
def test_a_compressed_file_gives_what_the_plain_one_gives(tmp_path: Path, calls: Path, suffix: str) -> None:
    packed = tmp_path / f"packed.ndjson{suffix}"
    half = calls.read_bytes().index(b"\n", 20_000) + 1
    for position, part in enumerate((calls.read_bytes()[:half], calls.read_bytes()[half:])):
        (tmp_path / f"part{position}").write_bytes(part)
    # Two members, as two files put together.
    packed.write_bytes(PACKED[suffix](tmp_path / "part0") + PACKED[suffix](tmp_path / "part1"))
    one, other = workspace(tmp_path / "one", SMALL), workspace(tmp_path / "other", SMALL)
    assert ok("rate", calls, "-w", one, "--json").out == ok("rate", packed, "-w", other, "--json").out
    assert statements(one) == statements(other)


def test_a_renamed_file_is_known_and_another_under_the_same_path_is_not(
    tmp_path: Path, world: Path, calls: Path
) -> None:
    ok("rate", calls, "-w", world)
    before, said = books(world), statements(world)
    calls.rename(tmp_path / "renamed.ndjson")
    ran = ok("rate", tmp_path / "renamed.ndjson", "-w", world)
    assert ran.err == f"{tmp_path}/renamed.ndjson: was rated before (as {calls}), nothing to do\n"
    assert books(world) == before

    ndjson(calls, [call(n, source="mke-2") for n in range(1000, 1005)])  # rotated: the path, another content
    assert ok("rate", calls, "-w", world, "--json").document["records"] == {"in": 5, "rated": 5}
    assert sql(world, f"select count(*), count(distinct sha256) from files where path = '{calls}'") == [(2, 2)]
    assert statements(world) != said


def test_a_file_named_twice_counts_once(world: Path, calls: Path) -> None:
    assert ok("rate", calls, calls, "-w", world, "--json").document["records"] == {"in": 300, "rated": 300}


def test_the_same_records_in_another_file_are_duplicates(tmp_path: Path, world: Path, calls: Path) -> None:
    ok("rate", calls, "-w", world)
    said = statements(world)
    backwards = ndjson(tmp_path / "backwards.ndjson", calls.read_bytes().splitlines()[::-1])
    assert ok("rate", backwards, "-w", world, "--json").document["records"] == {"in": 300, "duplicate": 300}
    assert statements(world) == said


def test_a_file_appended_to_while_it_is_rated_is_refused_and_rates_whole_later(tmp_path: Path, calls: Path) -> None:
    folder, fresh = workspace(tmp_path / "w", SMALL), workspace(tmp_path / "fresh", SMALL)
    more = ndjson(tmp_path / "more", [call(n, source="mke-2") for n in range(300, 310)]).read_bytes()
    seen: list[int] = []

    def appends(path: Path, _size: int, _share: float, records: int) -> None:
        seen.append(records)
        if len(seen) == 2:
            with path.open("ab") as handle:
                handle.write(more)

    with pytest.raises(BadInput, match="was written to while it was being rated") as error:
        rate_files(load_workspace(folder), [calls], appends)
    assert error.value.exit_code == 3
    assert error.value.file == str(calls)
    # Two batches are in, whole, and nothing of the third.
    assert sql(folder, "select records, done from files") == [(sum(seen), 0)]
    assert outcomes(folder)["in"] == outcomes(folder)["out"] == (sum(seen), sum(seen) * 60_000)

    again = ok("rate", calls, "-w", folder, "--json").document["records"]
    assert again == {"in": 310, "rated": 310 - sum(seen), "duplicate": sum(seen)}
    ok("rate", calls, "-w", fresh)
    assert statements(folder) == statements(fresh)
    assert orphans(folder) == ([], [])


def test_a_file_written_to_in_its_first_batch_leaves_no_trace(world: Path, calls: Path) -> None:
    before = books(world)
    whole = rating.write_segments  # type: ignore[attr-defined]

    def touches(*args: object, **more: object) -> object:
        with calls.open("ab") as handle:
            handle.write(b"\n")
        return whole(*args, **more)  # type: ignore[arg-type]

    with patch.object(rating, "write_segments", touches):
        ran = cli("rate", calls, "-w", world)
    assert ran.code == 3
    assert ran.err == f"ratestream: {calls}: was written to while it was being rated; rate it again when it is whole\n"
    assert books(world) == before
    ok("rate", calls, "-w", world)
    assert orphans(world) == ([], [])


def test_a_path_given_to_another_file_meanwhile_changes_nothing(tmp_path: Path, calls: Path) -> None:
    folder, fresh = workspace(tmp_path / "w", SMALL), workspace(tmp_path / "fresh", SMALL)
    ok("rate", shutil.copy(calls, tmp_path / "copy.ndjson"), "-w", fresh)
    other = ndjson(tmp_path / "other", [call(1, called="911")])
    moved: list[Path] = []

    def replaces(path: Path, _size: int, _share: float, _records: int) -> None:
        if not moved:
            moved.append(other.replace(path))

    done = rate_files(load_workspace(folder), [calls], replaces)
    assert done.tally.summary()["records"] == {"in": 300, "rated": 300}
    assert statements(folder) == statements(fresh)


def test_a_folder_stands_for_its_call_files_by_name(tmp_path: Path) -> None:
    names = ["b.ndjson", "a.ndjson.gz", "c.2004.ndjson.zst", "notes.txt", "d.ndjson.part", "e.ndjson.gz.tmp", "f.json"]
    for name in names:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).touch()
    (tmp_path / "in" / "g.ndjson").mkdir()
    found = [path.name for path in call_files([tmp_path / "in", tmp_path / "z"])]
    assert found == ["a.ndjson.gz", "b.ndjson", "c.2004.ndjson.zst", "z"]


def test_a_folder_of_files_is_rated_and_one_without_is_wrong_usage(tmp_path: Path, world: Path, calls: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = cli("rate", tmp_path / "empty", "-w", world)
    assert (ran.code, ran.out) == (2, "")
    assert "found no call files, expected .ndjson, .ndjson.gz or .ndjson.zst" in ran.err
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(calls, folder / "one.ndjson")
    ndjson(folder / "two.ndjson", [call(1, source="x")])
    assert ok("rate", folder, "-w", world, "--json").document["records"] == {"in": 301, "rated": 301}


def test_a_file_that_is_not_there_or_a_folder_is_told(tmp_path: Path, world: Path, calls: Path) -> None:
    before = books(world)
    ran = cli("rate", calls, tmp_path / "none.ndjson", "-w", world)
    assert (ran.code, ran.err) == (
        3,
        f"ratestream: {tmp_path}/none.ndjson: cannot be read: No such file or directory\n",
    )
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        open_call_file(tmp_path)
    assert books(world) == before


def test_a_chunk_is_about_as_long_as_asked_and_chunks_are_the_file(calls: Path) -> None:
    whole = calls.read_bytes()
    for offset in (0, whole.index(b"\n") + 1):
        with closing(open_call_file(calls)) as file:
            chunks = list(file.chunks(offset, 4096))
        assert b"".join(chunk.buffer.tobytes() for chunk in chunks) == whole[offset:]
        assert all(chunk.buffer[-1] == 10 and chunk.buffer.size < 2 * 4096 for chunk in chunks)
        assert [chunk.offset for chunk in chunks] == [offset, *(chunk.end for chunk in chunks[:-1])]
        assert np.all([chunk.end - chunk.offset == chunk.buffer.size for chunk in chunks])


def test_progress_tells_the_share_of_the_content_that_is_done(tmp_path: Path, calls: Path) -> None:
    folder, packed = workspace(tmp_path / "w", SMALL), tmp_path / "calls.ndjson.gz"
    packed.write_bytes(gzipped(calls))
    told: list[tuple[int, float, int]] = []
    rate_files(load_workspace(folder), [packed], lambda _path, *values: told.append(values))
    assert {size for size, _, _ in told} == {packed.stat().st_size}
    shares = [share for _, share, _ in told]
    assert shares == sorted(shares) and len(shares) > 3
    assert shares[-1] == pytest.approx(1)
    assert sum(records for _, _, records in told) == 300
