"""A rerate that is killed has done nothing, or all: begun again it comes to what an undisturbed one comes to."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.stream.files.worlds import TABLES, books, call, ndjson, ok, orphans, outcomes, sql, statements, workspace

COUNT: Final = 40
MOMENTS: Final = (
    "write_again:1",
    "write_again:3",
    "add_cells:1",
    "add_identities:1",
    "add_tally:1",
    "set_positions:1",
    "to_suspense:1",
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
from stream.rerate import run
name, at = os.environ["DIE_AT"].split(":")
left = int(at)

def die():
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

written = []
if name.startswith("commit"):
    saved = run.to_suspense
    run.to_suspense = lambda *words: (saved(*words), written.append(1))
    event.listen(Engine, "commit", lambda connection: written and name == "commit" and die())
    finish = run.Engine.commit
    run.Engine.commit = lambda self: (written and name == "committed" and die(), finish(self))
else:
    inner = getattr(run, name)
    setattr(run, name, lambda *words, **more: (die(), inner(*words, **more))[1])
from stream.cli.entry import main
main()
"""

CHANGED: Final = TABLES["number_blocks"].replace("414200,9327,MILWAUKEE", "414200,9327,RACINE").replace(
    "262200,9327,RACINE,356,WI,,,\n", ""
)  # fmt: skip


def rated(folder: Path) -> Path:
    """Make a workspace with calls of three months in several segments, and change its tables."""
    made = workspace(folder)
    days = ("2004-06-14T12:00:00-05:00", "2004-06-30T23:59:59-05:00", "2004-07-06T15:00:00-05:00")
    for part in (0, 1):
        calls = [
            call(n, connect_time=days[n % 3], duration_ms=90_000 + n, calling=("4142002000", "2622002000")[n % 5 == 0])
            for n in range(part * COUNT, (part + 1) * COUNT)
        ]
        ok("rate", ndjson(folder.parent / f"{folder.name}-{part}.ndjson", calls), "-w", made)
    return workspace(folder, number_blocks=CHANGED)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_begun_again(tmp_path: Path, moment: str) -> None:
    killed, let_be = rated(tmp_path / "killed"), rated(tmp_path / "let-be")
    ok("rerate", "-w", let_be)
    before = books(killed)
    words = [sys.executable, "-c", KILLED, "rerate", "--quiet", "-w", str(killed)]
    done = subprocess.run(words, env=os.environ | {"DIE_AT": moment}, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == -9
    if moment == "committed:1":
        assert sql(killed, "select count(*) from cells where layer = 'rerate:1'") != [(0,)]
    else:
        assert books(killed) == before
        assert ok("rerate", "-w", killed, "--json").document["layer"] == "rerate:1"
    assert ok("rerate", "-w", killed, "--json").document["layer"] is None
    assert orphans(killed) == ([], [])
    assert statements(killed) == statements(let_be)
    assert outcomes(killed) == outcomes(let_be)
    waiting = "select reason, source, record_id, connect_ms, duration_ms, state, raw from suspense order by record_id"
    assert sql(killed, waiting) == sql(let_be, waiting)
    assert len(sql(killed, waiting)) == 2 * COUNT // 5
    manifest = "select layer, month, sum(rows) from archive group by 1, 2 order by 1, 2"
    assert sql(killed, manifest) == sql(let_be, manifest)
