"""A backout that is killed has done nothing, or all: begun again it comes to what an undisturbed one comes to."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.stream.files.worlds import books, call, ndjson, ok, orphans, outcomes, sql, statements, workspace

MOMENTS: Final = (
    "write_backed_out:1",
    "add_cells:1",
    "add_identities:1",
    "add_tally:1",
    "set_positions:1",
    "commit:1",
    "committed:1",
)
"""Before which call of which function the process dies; the transaction's own commit, and right after it."""

KILLED: Final = """\
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from stream import compile_cache
compile_cache.place()
from stream.backout import run
name, at = os.environ["DIE_AT"].split(":")
left = int(at)

def die():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

written = []
if name.startswith("commit"):
    saved = run.set_positions
    run.set_positions = lambda *words: (saved(*words), written.append(1))
    event.listen(Engine, "commit", lambda connection: written and name == "commit" and die())
    finish = run._Run.run
    run._Run.run = lambda self: (done := finish(self), name == "committed" and die(), done)[2]
else:
    inner = getattr(run, name)
    setattr(run, name, lambda *words, **more: (die(), inner(*words, **more))[1])
from stream.cli.entry import main
main()
"""


def rated(folder: Path) -> tuple[Path, Path]:
    """Make a workspace with two files that share some calls; return it and the first."""
    made = workspace(folder)
    days = ("2004-06-14T12:00:00-05:00", "2004-06-30T23:59:59-05:00", "2004-07-06T15:00:00-05:00")
    files = []
    for first in (0, 20):
        calls = [call(n, connect_time=days[n % 3], duration_ms=90_000 + n) for n in range(first, first + 40)]
        files.append(ndjson(folder.parent / f"{folder.name}-{first}.ndjson", calls))
        ok("rate", files[-1], "--quiet", "-w", made)
    return made, files[0]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_begun_again(tmp_path: Path, moment: str) -> None:
    (killed, file), (let_be, other) = rated(tmp_path / "killed"), rated(tmp_path / "let-be")
    ok("backout", other, "--reason", "late", "-w", let_be)
    before = books(killed)
    words = [sys.executable, "-c", KILLED, "backout", str(file), "--reason", "late", "-w", str(killed)]
    done = subprocess.run(words, env=os.environ | {"DIE_AT": moment}, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == -9
    if moment != "committed:1":
        assert books(killed) == before
    again = ok("backout", file, "--reason", "late", "-w", killed, "--json").document
    assert again["already"] == (moment == "committed:1")
    assert orphans(killed) == ([], [])
    assert statements(killed) == statements(let_be)
    assert outcomes(killed) == outcomes(let_be)
    manifest = "select layer, month, sum(rows) from archive group by 1, 2 order by 1, 2"
    assert sql(killed, manifest) == sql(let_be, manifest)
    counted = "select outcome, reason, sum(records), sum(ms) from outcomes group by 1, 2 order by 1, 2"
    assert sql(killed, counted) == sql(let_be, counted)
