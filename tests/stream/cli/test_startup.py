"""Commands that rate nothing start without the compiler, the archive and the brokers' clients."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numba", "llvmlite", "pyarrow", "duckdb", "faust", "aiohttp", "confluent_kafka"}

# What is loaded is asked as the process ends, however the command leaves it.
RUN = """\
import atexit, json, os, pathlib, sys
seen = pathlib.Path(os.environ["MODULES_SEEN"])
atexit.register(lambda: seen.write_text(json.dumps(sorted(sys.modules)), encoding="utf-8"))
sys.argv[0] = "ratestream"
from stream.cli.entry import main
main()
"""
CALL = {
    "source": "mke-1",
    "record_id": "r1",
    "connect_time": "2003-06-03T15:00:00-05:00",
    "duration_ms": 60_000,
    "called": "4142610000",
    "calling": "4142400000",
}


def loaded(folder: Path, *words: str) -> set[str]:
    """Run a command in a process of its own; return every module that it had loaded in the end."""
    seen = folder / "modules.json"
    seen.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "MODULES_SEEN": str(seen)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(seen.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a workspace, `world`, in which one call is rated."""
    folder = tmp_path_factory.mktemp("startup")
    loaded(folder, "init", "world", "--example")
    (folder / "calls.ndjson").write_text(json.dumps(CALL) + "\n", encoding="utf-8")
    # The proof that the question would be answered: this one does need the compiler.
    assert "numba" in loaded(folder, "rate", "calls.ndjson", "-w", "world")
    return folder


@pytest.mark.parametrize(
    "words",
    [
        *("--help", "--version", "rate --help", "rerate --help", "statement --help", "terms show --help"),
        *("what-if --help", "topics check --help", "broker --help", "report routes --help", "sql --help"),
    ],
)
def test_help_loads_nothing_that_computes(tmp_path: Path, words: str) -> None:
    assert loaded(tmp_path, *words.split()) & {*HEAVY, "numpy", "sqlalchemy", "rich"} == set()


@pytest.mark.parametrize(
    "words",
    [
        "config show",
        "reference check",
        "terms show",
        "terms show sbc-kmc-wi-isp",
        "terms lint",
        "terms conform sbc-kmc-second",
        "terms timeline sbc-kmc-wi",
        "status",
        "statement sbc-kmc-wi 2003-06",
        "statement all 2003-06 --format json",
        "ledger show",
        "suspense list",
        "what-if --lines --policy cap_2003=ceiling",
        "exposure sbc-kmc-wi 2003-06 2003-07",
        "report aging",
        "report unbilled",
        "report routes 2003-06 --json",
        "report margin",
        "report position sbc-kmc-wi",
    ],
)
def test_what_does_not_rate_loads_no_compiler_archive_or_client(rated: Path, words: str) -> None:
    assert loaded(rated, *words.split(), "-w", "world") & HEAVY == set()
