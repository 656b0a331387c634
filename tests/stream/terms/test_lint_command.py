"""`terms lint` as a command: what it prints of the packaged instruments, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAD = """\
id = "{id}"
title = "Made for a test"
domain = "traffic"
source = "made for a test"
parties = ["sbc", "kmc"]
states = ["WI"]
effective = 2003-06-01
signed = {{ sbc = 2003-05-01 }}

[[clause]]
ref = "1"
says = "A price."
effects = [{{ effect = "rate", traffic = "transit", per_minute = "{price}" }}]
"""


def lint(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", "from stream.cli.entry import main; main()", "terms", "lint", *arguments],
        cwd=folder,
        env={**{k: v for k, v in os.environ.items() if k != "RATESTREAM_WORKSPACE"}, "NO_COLOR": "1", "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_packaged_ones_have_warnings_and_no_error(tmp_path: Path) -> None:
    status, text = lint(tmp_path)
    assert status == 0
    assert text.splitlines()[-1] == "0 error, 5 warning, 24 info"
    assert max(map(len, text.splitlines())) <= 80
    assert lint(tmp_path, "--strict")[0] == 1


@pytest.mark.parametrize(("prices", "status"), [(("0.001", "0.001"), 0), (("0.001", "0.002"), 3)])
def test_an_error_is_bad_input(tmp_path: Path, prices: tuple[str, str], status: int) -> None:
    (tmp_path / "reference").mkdir()
    (tmp_path / "reference" / "agreements.csv").write_text("agreement\n", encoding="utf-8")
    (tmp_path / "ratestream.toml").write_text("[terms]\npackaged = []\n", encoding="utf-8")
    (tmp_path / "terms").mkdir()
    for name, price in zip(("one", "two"), prices, strict=True):
        (tmp_path / "terms" / f"{name}.toml").write_text(HEAD.format(id=name, price=price), encoding="utf-8")
    code, text = lint(tmp_path, "--json")
    assert code == status
    errors = [(f["instrument"], f["message"]) for f in json.loads(text) if f["severity"] == "error"]
    assert errors == ([("two", "prices transit otherwise than one 1, and neither controls")] if status else [])
