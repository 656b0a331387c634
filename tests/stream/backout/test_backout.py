"""A file's records out again: usage, identities and what stood behind them; the books as if it had never come."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.books.store import open_store
from stream.rerate.run import settled
from stream.workspace.load import load_workspace
from tests.stream.books.worlds import HOUR, Desk
from tests.stream.files.worlds import (
    TABLES,
    add_row,
    books,
    call,
    cli,
    ndjson,
    ok,
    orphans,
    outcomes,
    statements,
    tamper,
    workspace,
)

MONTH = "2004-07"
UNKNOWN = {"called": "3122001000"}


def by_outcome(folder: Path) -> dict[str, Any]:
    """Return records by outcome, all of it."""
    with closing(open_store(load_workspace(folder))) as store:
        found: dict[str, Any] = store.tally().summary()["records"]
    return found


def mixed(first: int) -> list[dict[str, Any] | bytes]:
    """Return records of every kind: three calls, one twice, one that waits, one filtered, one rejected."""
    calls = [call(first + n, duration_ms=HOUR) for n in range(3)]
    return [*calls, calls[0], call(first + 3, **UNKNOWN), call(first + 4, called="911"), b"{]"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a workspace in which two files of every kind of record were rated."""
    made = workspace(tmp_path / "w")
    for name, first in (("one", 1), ("two", 11)):
        ok("rate", ndjson(tmp_path / f"{name}.ndjson", mixed(first)), "--quiet", "-w", made)
    return made


def backout(folder: Path, file: object, reason: str = "sent by mistake") -> dict[str, Any]:
    """Back a file out."""
    found: dict[str, Any] = ok("backout", file, "--reason", reason, "--json", "-w", folder).document
    return found


def test_every_record_of_the_file_moves_and_none_comes_in(folder: Path, tmp_path: Path) -> None:
    before = by_outcome(folder)
    done = backout(folder, tmp_path / "one.ndjson")
    assert (done["records"], done["already"], done["run"]) == (7, False, 1)
    assert by_outcome(folder) == {
        "in": before["in"], "rated": 3, "duplicate": 1, "filtered": {"short_code": 1}, "backed_out": 7,
        "suspended": {"unknown_called_block": 1}, "rejected": {"not_json": 1},
    }  # fmt: skip
    assert outcomes(folder)["in"] == outcomes(folder)["out"]
    [document] = ok("statement", "all", MONTH, "--format", "json", "-w", folder).document
    assert [(row["calls"], row["ms"]) for row in document["usage"]] == [(3, 3 * HOUR)]
    assert orphans(folder) == ([], [])
    assert len(ok("suspense", "list", "--rejected", "--json", "-w", folder).document) == 1
    assert len(ok("suspense", "list", "--json", "-w", folder).document) == 1
    [log] = ok("backout", "--log", "--json", "-w", folder).document
    assert (log["reason"], log["records"], log["path"]) == ("sent by mistake", 7, str(tmp_path / "one.ndjson"))
    assert log["at"] and log["by"]


def test_again_it_does_nothing(folder: Path, tmp_path: Path) -> None:
    first = backout(folder, tmp_path / "one.ndjson")
    before = books(folder)
    assert backout(folder, first["sha256"][:8], "again") == {**first, "already": True}
    assert books(folder) == before


def test_the_log_is_append_only(folder: Path, tmp_path: Path) -> None:
    backout(folder, tmp_path / "one.ndjson")
    for change in ("update backouts set reason = ''", "delete from backouts"):
        with pytest.raises(Exception, match="backouts is append-only"):
            tamper(folder, change)


def test_rated_backed_out_and_rated_again_is_rated_once(tmp_path: Path) -> None:
    once, thrice = Desk(tmp_path / "once"), Desk(tmp_path / "thrice")
    for desk in (once, thrice):
        desk.traffic("2003-06-10", 8, 1)
        desk.close("2003-06", "2003-07-05")
    late = [call(n, connect_time="2003-06-20T09:00:00-05:00", duration_ms=HOUR) for n in range(100, 104)]
    file = ndjson(tmp_path / "late.ndjson", late)
    for desk in (once, thrice):
        ok("rate", file, "--quiet", "-w", desk.folder)
        desk.true_up("2003-07-06")
    backout(thrice.folder, file)
    [out] = thrice.true_up("2003-07-06")
    assert list(out["by_cause"]) == ["backout"]
    assert (
        thrice.statement("2003-06", "2003-07-06")["directions"] == json.loads(thrice.issued("2003-06", 1))["directions"]
    )
    ok("rate", file, "--quiet", "-w", thrice.folder)
    [back] = thrice.true_up("2003-07-06")
    assert list(back["by_cause"]) == ["late_usage"]
    assert statements(thrice.folder) == statements(once.folder)
    assert thrice.issued("2003-06") == once.issued("2003-06")
    assert [e["cause"] for e in thrice.entries() if e["number"] and e["number"] > 1 and e["ms"]] != []
    assert {e["cause"] for e in thrice.entries()} == {"close", "late_usage", "backout"}
    for desk in (once, thrice):
        desk.balanced("2003-07-06", "2003-06")
        assert desk.faults() == {}
        with closing(open_store(load_workspace(desk.folder))) as store, store.writing():
            assert settled(load_workspace(desk.folder), store, ["2003-06"])
    assert by_outcome(thrice.folder) == {"in": 17, "rated": 13, "backed_out": 4}
    found = ok("explain", "r100", "--json", "-w", thrice.folder).document
    assert "taken out with its file" in json.dumps(found)


def test_a_duplicate_and_a_conflict_of_other_files_are_offered_again_in_order(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w")
    records = {
        "one": [call(1, duration_ms=HOUR), call(2), call(3, **UNKNOWN)],
        "two": [call(1, duration_ms=HOUR), call(3, **UNKNOWN), call(2, duration_ms=1)],
        "three": [call(1, duration_ms=HOUR), call(2), call(2, duration_ms=1)],
    }
    for name, of in records.items():
        ok("rate", ndjson(tmp_path / f"{name}.ndjson", of), "--quiet", "-w", folder)
    assert by_outcome(folder) == {
        "in": 9, "rated": 2, "duplicate": 4, "suspended": {"id_conflict": 2, "unknown_called_block": 1},
    }  # fmt: skip
    done = backout(folder, tmp_path / "one.ndjson")
    # r1 and r3 of the second file stand now, and its r2, which differs: so the third's r2 is the conflict.
    assert done["offered"] == {"duplicate": 2, "rated": 2, "suspended": 2}
    assert by_outcome(folder) == {
        "in": 9, "rated": 2, "duplicate": 2, "backed_out": 3,
        "suspended": {"id_conflict": 1, "unknown_called_block": 1},
    }  # fmt: skip
    fresh = workspace(tmp_path / "fresh")
    for name in ("two", "three"):
        ok("rate", tmp_path / f"{name}.ndjson", "--quiet", "-w", fresh)
    assert statements(folder) == statements(fresh)
    # And the second file's too: what the third has of it stands, without a table having changed.
    done = backout(folder, tmp_path / "two.ndjson")
    fresh = workspace(tmp_path / "last")
    ok("rate", tmp_path / "three.ndjson", "--quiet", "-w", fresh)
    assert statements(folder) == statements(fresh)
    assert by_outcome(folder) == {"in": 9, "rated": 2, "suspended": {"id_conflict": 1}, "backed_out": 6}
    for name in ("one", "two"):
        ok("rate", tmp_path / f"{name}.ndjson", "--quiet", "-w", folder)
        ok("rate", tmp_path / f"{name}.ndjson", "--quiet", "-w", fresh)
    assert statements(folder) == statements(fresh)
    assert {k: v for k, v in by_outcome(folder).items() if k not in ("in", "backed_out")} == {
        k: v for k, v in by_outcome(fresh).items() if k != "in"
    }
    assert ok("ledger", "verify", "--json", "-w", folder).code == 0
    ok("rerate", "-w", folder)


def test_what_was_recycled_goes_out_with_its_file(folder: Path, tmp_path: Path) -> None:
    add_row(folder, "number_blocks", "312200,2588,MILWAUKEE,356,WI,,,")
    assert ok("suspense", "recycle", "--json", "-w", folder).document["moved"] == {"rated": 2}
    backout(folder, tmp_path / "one.ndjson")
    assert by_outcome(folder)["rated"] == 4 and by_outcome(folder)["backed_out"] == 7
    [document] = ok("statement", "all", MONTH, "--format", "json", "-w", folder).document
    assert sum(row["calls"] for row in document["usage"]) == 4
    ok("rate", tmp_path / "one.ndjson", "--quiet", "-w", folder)
    assert by_outcome(folder)["rated"] == 8
    assert ok("rerate", "--json", "-w", folder).document["changed"] == 0


def test_tables_that_changed_do_not_matter_where_no_correction_did(folder: Path, tmp_path: Path) -> None:
    workspace(folder, number_blocks=TABLES["number_blocks"].replace("414200,9327", "414200,7003"))
    backout(folder, tmp_path / "one.ndjson")
    backout(folder, tmp_path / "two.ndjson")
    with closing(open_store(load_workspace(folder))) as store:
        for agreement, month in store.months():
            assert len(store.cells(agreement, month)) == 0


def test_corrected_calls_want_a_rerate_where_tables_changed_since(folder: Path, tmp_path: Path) -> None:
    workspace(folder, number_blocks=TABLES["number_blocks"].replace("414300,2588,MILWAUKEE", "414300,2588,RACINE"))
    assert ok("rerate", "--json", "-w", folder).document["changed"] == 6
    workspace(folder)
    before = books(folder)
    ran = cli("backout", tmp_path / "one.ndjson", "--reason", "late", "-w", folder)
    assert ran.code == 3 and "ratestream rerate" in ran.err
    assert books(folder) == before
    ok("rerate", "-w", folder)
    backout(folder, tmp_path / "one.ndjson")
    backout(folder, tmp_path / "two.ndjson")
    with closing(open_store(load_workspace(folder))) as store:
        for agreement, month in store.months():
            assert len(store.cells(agreement, month)) == 0


@pytest.mark.parametrize("words", [(), ("one.ndjson",), ("one.ndjson", "--reason", " "), ("one.ndjson", "--log")])
def test_a_file_and_a_reason_are_wanted(folder: Path, words: tuple[str, ...]) -> None:
    assert cli("backout", *words, "-w", folder).code == 2


def test_what_is_no_file_that_was_rated_is_named(folder: Path, tmp_path: Path) -> None:
    before = books(folder)
    for word in ("nothing.ndjson", "abcdef0123"):
        ran = cli("backout", word, "--reason", "x", "-w", folder)
        assert ran.code == 3 and "expected the path or SHA-256 of a file that was rated" in ran.err
    ndjson(tmp_path / "one.ndjson", [call(99)])
    ran = cli("backout", tmp_path / "one.ndjson", "--reason", "x", "-w", folder)
    assert ran.code == 3 and "found another content than was rated from there" in ran.err
    assert books(folder) == before
    (tmp_path / "one.ndjson").unlink()
    assert backout(folder, tmp_path / "one.ndjson")["records"] == 7
