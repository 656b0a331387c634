"""What waits is written off, or accepted as another call; who did it, when and why is kept."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.books.store import open_store
from stream.rerate.run import settled
from stream.workspace.load import load_workspace
from tests.stream.files.worlds import books, call, cli, ndjson, ok, orphans, outcomes, statements, workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a workspace with a call, another of its identity, and one to nowhere."""
    made = workspace(tmp_path / "w")
    records = [call(1), call(1, duration_ms=90_000, calling="2622002000"), call(2, called="3122001000")]
    ok("rate", ndjson(tmp_path / "calls.ndjson", records), "--quiet", "-w", made)
    return made


def resolve(folder: Path, record: str, how: str, why: str = "asked the switch") -> dict[str, Any]:
    """Resolve a record."""
    found: dict[str, Any] = ok("suspense", "resolve", record, how, "--reason", why, "--json", "-w", folder).document
    return found


def by_outcome(folder: Path) -> dict[str, Any]:
    """Return records by outcome."""
    with closing(open_store(load_workspace(folder))) as store:
        found: dict[str, Any] = store.tally().summary()["records"]
    return found


def test_an_accepted_conflict_is_rated_as_another_call(folder: Path, tmp_path: Path) -> None:
    done = resolve(folder, "r1", "--accept")
    assert (done["state"], done["rated_as"], done["already"]) == ("accepted", "r1#2", False)
    assert by_outcome(folder) == {"in": 3, "rated": 2, "suspended": {"unknown_called_block": 1}}
    assert outcomes(folder)["in"] == outcomes(folder)["out"]
    twin = workspace(tmp_path / "twin")
    other = call(1, record_id="r1#2", duration_ms=90_000, calling="2622002000")
    ok("rate", ndjson(tmp_path / "twin.ndjson", [call(1), other]), "--quiet", "-w", twin)
    assert statements(folder) == statements(twin)
    assert orphans(folder) == ([], [])
    with closing(open_store(load_workspace(folder))) as store, store.writing():
        assert settled(load_workspace(folder), store, ["2004-07"])
    before = books(folder)
    assert resolve(folder, "r1", "--accept", "again") == {**done, "already": True}
    assert books(folder) == before
    assert "accepted as r1#2" in json.dumps(ok("explain", "r1", "--json", "-w", folder).document)
    assert "90000" in json.dumps(ok("explain", "r1#2", "--json", "-w", folder).document)


def test_what_is_written_off_is_counted_so(folder: Path, tmp_path: Path) -> None:
    resolve(folder, "r2", "--write-off")
    resolve(folder, "r1", "--write-off")
    assert by_outcome(folder) == {"in": 3, "rated": 1, "written_off": 2}
    before = books(folder)
    assert resolve(folder, "r2", "--write-off")["already"]
    assert books(folder) == before
    assert ok("suspense", "list", "--json", "-w", folder).document == []
    rows = ok("suspense", "list", "--all", "--json", "-w", folder).document
    assert [row["state"] for row in rows] == ["written_off", "written_off"]
    assert {said["why"] for row in rows for said in row["log"]} == {"asked the switch"}
    assert all(said["by"] and said["at"] for row in rows for said in row["log"])
    again = ndjson(tmp_path / "again.ndjson", [call(2, called="3122001000")])
    ok("rate", again, "--quiet", "-w", folder)
    assert by_outcome(folder)["duplicate"] == 1


def test_a_file_with_resolved_records_goes_out_whole(folder: Path, tmp_path: Path) -> None:
    resolve(folder, "r1", "--accept")
    resolve(folder, "r2", "--write-off")
    ok("backout", tmp_path / "calls.ndjson", "--reason", "late", "-w", folder)
    assert by_outcome(folder) == {"in": 3, "backed_out": 3}
    ok("rate", tmp_path / "calls.ndjson", "--quiet", "-w", folder)
    assert resolve(folder, "r1", "--accept")["rated_as"] == "r1#2"
    assert by_outcome(folder)["rated"] == 2
    with closing(open_store(load_workspace(folder))) as store, store.writing():
        assert settled(load_workspace(folder), store, ["2004-07"])


def test_a_conflict_that_is_kept_stands_and_the_first_goes_out(folder: Path, tmp_path: Path) -> None:
    done = resolve(folder, "r1", "--keep")
    assert (done["state"], done["already"]) == ("kept", False)
    assert by_outcome(folder) == {"in": 3, "rated": 1, "written_off": 1, "suspended": {"unknown_called_block": 1}}
    twin = workspace(tmp_path / "twin")
    other = call(1, duration_ms=90_000, calling="2622002000")
    ok("rate", ndjson(tmp_path / "twin.ndjson", [other]), "--quiet", "-w", twin)
    assert statements(folder) == statements(twin)
    assert orphans(folder) == ([], [])
    with closing(open_store(load_workspace(folder))) as store, store.writing():
        assert settled(load_workspace(folder), store, ["2004-07"])
    before = books(folder)
    assert resolve(folder, "r1", "--keep", "again") == {**done, "already": True}
    assert books(folder) == before
    ok("rate", tmp_path / "twin.ndjson", "--quiet", "-w", folder)
    assert by_outcome(folder)["duplicate"] == 1
    assert "another was kept" in json.dumps(ok("explain", "r1", "--json", "-w", folder).document)
    ok("backout", tmp_path / "calls.ndjson", "--reason", "late", "-w", folder)
    assert by_outcome(folder) == {"in": 4, "rated": 1, "backed_out": 3}
    assert statements(folder) == statements(twin)


def test_a_true_up_books_it_as_resolved(folder: Path) -> None:
    ok("close", "2004-07", "--as-known-at", "2004-08-05", "-w", folder)
    resolve(folder, "r1", "--accept")
    [done] = ok("true-up", "--as-known-at", "2004-08-06", "--json", "-w", folder).document
    assert list(done["by_cause"]) == ["resolve"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("r1",), 2),
        (("r1", "--accept"), 2),
        (("r1", "--accept", "--write-off", "--reason", "x"), 2),
        (("r2", "--accept", "--reason", "x"), 3),
        (("r2", "--keep", "--reason", "x"), 3),
        (("r1", "--keep", "--accept", "--reason", "x"), 2),
        (("r9", "--write-off", "--reason", "x"), 3),
        (("#99", "--write-off", "--reason", "x"), 3),
        (("r1", "--write-off", "--reason", "x", "--source", "other"), 3),
    ],
)
def test_what_cannot_be_resolved_changes_nothing(folder: Path, words: tuple[str, ...], code: int) -> None:
    before = books(folder)
    assert cli("suspense", "resolve", *words, "-w", folder).code == code
    assert books(folder) == before
