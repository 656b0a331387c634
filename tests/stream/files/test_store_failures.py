"""A store that cannot be reached or written: exit code 4, and the same command goes on once it can."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.books import tables as t
from stream.books.store import open_store
from stream.errors import InvariantBroken, StoreUnreachable
from stream.workspace.load import load_workspace
from tests.stream.files.worlds import (
    AGREEMENT,
    books,
    call,
    cli,
    ndjson,
    ok,
    orphans,
    outcomes,
    sql,
    statements,
    tamper,
    workspace,
)

SMALL = "[limits]\nmax_line_bytes = 4096\nbatch_bytes = 65536\n"
MAIN = f"{sys.executable} -c 'from stream.cli.entry import main; main()'"
READERS = ("status", "statement all 2004-07", "ledger show", "ledger verify", "suspense list")

HOLD = """\
import sys
from pathlib import Path
from stream import compile_cache
compile_cache.place()
from stream.files.rate import rate_files
from stream.workspace.load import load_workspace
def wait(*_):
    print("batch", flush=True)
    sys.stdin.readline()
rate_files(load_workspace(Path(sys.argv[1])), [Path(sys.argv[2])], wait)
"""


def calls_of(folder: Path, count: int) -> Path:
    """Write calls of two months both ways, some of them suspended or broken."""
    ways: tuple[dict[str, Any], ...] = (
        {},
        {"called": "4142002000", "calling": "4143000001"},
        {"connect_time": "2004-06-14T23:59:30-05:00"},
    )
    records: list[dict[str, object] | bytes] = [call(n, **ways[n % 3]) for n in range(count)]
    records[::100] = [call(n, called="9999999999") for n in range(len(records[::100]))]
    records[50::100] = [b"broken"] * len(records[50::100])
    return ndjson(folder / "calls.ndjson", records)


def in_namespace(script: str, *words: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a mount namespace of its own; skip where that is refused."""
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("mounts in a namespace of one's own are refused here")
    command = ["unshare", "-rm", "sh", "-eu", "-c", script, "sh", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"RATE": MAIN})


def test_a_workspace_that_cannot_be_written_is_told_and_stays_as_it_was(tmp_path: Path) -> None:
    folder, fresh = workspace(tmp_path / "w"), workspace(tmp_path / "fresh")
    ok("rate", ndjson(tmp_path / "before.ndjson", [call(1), call(2)]), "-w", folder)
    more = ndjson(tmp_path / "more.ndjson", [call(3)])
    before = books(folder)
    script = 'mount --bind "$1" "$1"; mount -o remount,ro,bind "$1"; eval "$RATE" rate "$2" -w "$1"'
    for target in (folder, fresh):
        ran = in_namespace(script, target, more)
        assert (ran.returncode, ran.stdout) == (4, "")
        assert ran.stderr.startswith(f"ratestream: {target}: ")
        assert ran.stderr.count("\n") == 1
    assert books(folder) == before
    assert not (fresh / "books.db").exists()
    assert ok("rate", more, "-w", folder, "--json").document["records"] == {"in": 1, "rated": 1}


def test_a_full_disk_stops_the_run_and_space_lets_it_go_on(tmp_path: Path) -> None:
    count = 12_000
    folder, fresh = workspace(tmp_path / "w", SMALL), workspace(tmp_path / "fresh", SMALL)
    calls = calls_of(tmp_path, count)
    stopped, after = tmp_path / "stopped", tmp_path / "after"
    script = """
        disk="$3.disk"; mkdir "$disk"
        mount -t tmpfs -o size=1200k none "$disk"
        cp -a "$1/." "$disk"
        code=0; eval "$RATE" rate "$2" -w "$disk" || code=$?
        echo "$code"
        cp -a "$disk" "$3"
        mount -o remount,size=100m "$disk"
        eval "$RATE" rate "$2" -w "$disk" --quiet >&2
        cp -a "$disk" "$4"
    """
    ran = in_namespace(script, folder, calls, stopped, after)
    assert (ran.returncode, ran.stdout) == (0, "4\n"), ran
    assert ran.stderr.startswith("ratestream: /"), ran.stderr
    # Some batches were in when it stopped, each of them whole.
    [(records, done)] = sql(stopped, "select records, done from files")
    assert 0 < records < count
    assert done == 0
    assert outcomes(stopped)["in"][0] == records
    assert outcomes(stopped)["in"] == outcomes(stopped)["out"]
    assert orphans(stopped)[1] == []

    ok("rate", calls, "-w", fresh)
    assert outcomes(after) == outcomes(fresh)
    assert statements(after) == statements(fresh)
    assert orphans(after) == ([], [])
    columns = "reason, source, record_id, connect_ms, duration_ms, line, raw"
    for query in (
        f"select {columns} from suspense order by line",
        "select reason, line, raw from rejected order by line",
    ):
        assert sql(after, query) == sql(fresh, query)


def test_a_second_writer_is_sent_away_while_the_first_is_at_work(tmp_path: Path) -> None:
    folder, calls = workspace(tmp_path / "w", SMALL), calls_of(tmp_path, 2000)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(calls)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdin is not None and first.stdout is not None
    try:
        assert first.stdout.readline() == "batch\n"
        before = books(folder)
        for command in (["rate", calls], ["close", "2004-07"], ["suspense", "recycle"]):
            ran = cli(*command, "-w", folder)
            assert (ran.code, ran.out) == (4, "")
            assert ran.err == (
                f"ratestream: {folder}: another process is writing into this workspace; try again when it is done\n"
            )
        assert books(folder) == before
        # Readers are not kept out.
        assert ok("status", "-w", folder, "--json").document["files"] == {
            "known": 1,
            "done": 0,
            "last_received_ms": sql(folder, "select received_ms from files")[0][0],
        }
        first.stdin.write("\n" * 100)
        first.stdin.flush()
    finally:
        first.communicate()
    assert first.returncode == 0
    assert "was rated before" in ok("rate", calls, "-w", folder).err


@pytest.mark.parametrize("command", ["rate CALLS", *READERS])
def test_a_store_that_cannot_be_opened_is_told(tmp_path: Path, command: str) -> None:
    folder, calls = workspace(tmp_path / "w"), ndjson(tmp_path / "calls.ndjson", [call(1)])
    (folder / "books.db").mkdir()
    ran = cli(*(calls if word == "CALLS" else word for word in command.split()), "-w", folder)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err == f"ratestream: {folder}: the store does not answer: unable to open database file\n"


@pytest.mark.parametrize("command", ["rate CALLS", *READERS])
def test_a_file_that_is_no_store_is_told_and_left_alone(tmp_path: Path, command: str) -> None:
    folder, calls = workspace(tmp_path / "w"), ndjson(tmp_path / "calls.ndjson", [call(1)])
    (folder / "books.db").write_text("a shopping list\n" * 100)
    ran = cli(*(calls if word == "CALLS" else word for word in command.split()), "-w", folder)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == f"ratestream: {folder}/books.db: found something else, expected a ratestream store\n"
    assert (folder / "books.db").read_text() == "a shopping list\n" * 100


def test_a_damaged_store_is_told(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w")
    ok("rate", ndjson(tmp_path / "a.ndjson", [call(n) for n in range(50)]), "-w", folder)
    tamper(folder, "vacuum")
    content = bytearray((folder / "books.db").read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    (folder / "books.db").write_bytes(content)
    for command in READERS:
        ran = cli(*command.split(), "-w", folder)
        assert (ran.code, ran.out) == (4, "")
        assert ran.err == f"ratestream: {folder}: the store is damaged: database disk image is malformed\n"


def test_a_store_of_another_version_is_told(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w")
    ok("status", "-w", folder)
    tamper(folder, "update meta set value = '99' where key = 'schema'")
    ran = cli("status", "-w", folder)
    assert (ran.code, ran.err) == (
        3,
        f"ratestream: {folder}/books.db: found '99', expected a store of version {t.SCHEMA_VERSION}\n",
    )


def test_an_address_of_another_kind_of_store_is_told_without_its_password(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "w", '[store]\nurl = "postgresql://me:hush@db/books"\n')
    ran = cli("status", "-w", folder)
    assert ran.code == 3
    assert "store.url: found 'postgresql://me:***@db/books', expected a file" in ran.err
    assert "hush" not in ran.err


def test_a_store_whose_making_was_cut_short_is_made(tmp_path: Path) -> None:
    loaded = load_workspace(workspace(tmp_path / "w"))
    (loaded.folder / "books.db").touch()
    with closing(open_store(loaded)) as store:
        assert store.months() == []
        assert len(store.key()) == 2


def test_the_making_of_a_store_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load_workspace(workspace(tmp_path / "w"))

    def fails(_: int) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("secrets.token_hex", fails)
        open_store(loaded)
    assert sql(loaded.folder, "select name from sqlite_master") == []
    with closing(open_store(loaded)) as store:
        assert store.tally().intake == {}


def test_a_store_that_is_locked_by_another_program_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = workspace(tmp_path / "w")
    ok("rate", ndjson(tmp_path / "a.ndjson", [call(1)]), "-w", folder)
    monkeypatch.setattr("stream.books.store._BUSY_MS", 1)
    before = books(folder)
    with closing(sqlite3.connect(folder / "books.db", isolation_level=None)) as other:
        other.execute("begin immediate")
        ran = cli("rate", ndjson(tmp_path / "b.ndjson", [call(2)]), "-w", folder)
        assert (ran.code, ran.err) == (4, f"ratestream: {folder}: the store does not answer: database is locked\n")
    assert books(folder) == before
    ok("rate", tmp_path / "b.ndjson", "-w", folder)
    assert orphans(folder) == ([], [])


def test_what_breaks_the_books_own_rules_is_an_invariant(tmp_path: Path) -> None:
    loaded = load_workspace(workspace(tmp_path / "w"))
    with closing(open_store(loaded)) as store:
        row = {"entry": 1, "side": "left", "account": AGREEMENT, "cents": 1}
        with pytest.raises(InvariantBroken, match="CHECK constraint failed"), store.transaction() as c:
            c.execute(t.postings.insert().values(**row))
        with store.writing(), pytest.raises(StoreUnreachable, match="another process is writing"):
            with closing(open_store(loaded)) as second, second.writing():
                pass
