"""The second axis of a day's terms: on which day each of them became known."""

from datetime import date
from pathlib import Path

import orjson
import pytest

from stream.cli.app import run
from stream.demo.world import write_workspace
from stream.desk.timelines import days_of_knowledge
from stream.workspace.load import load_workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_workspace(tmp_path / "w")
    return tmp_path / "w"


def test_june_2003_became_known_in_three_steps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["terms", "timeline", "sbc-kmc-wi", "--on", "2003-06-20", "--json", "-w", str(folder)]) == 0
    steps = orjson.loads(capsys.readouterr().out)["knowledge"]
    assert [(step["known_from"], step["in_force"]) for step in steps] == [
        ("2001-01-02", ["illustrative-ica"]),
        ("2004-05-26", ["sbc-kmc-wi-isp", "illustrative-ica"]),
        ("2004-07-20", ["sbc-kmc-wi-isp", "illustrative-ica"]),
    ]
    signed, approved = steps[1:]
    assert {"what": "ISP-bound", "how": "$.000700", "clause": "sbc-kmc-wi-isp 2.2.2"} in signed["new"]
    assert (signed["gone"], len(signed["provisional"]), approved["new"]) == ([], 1, [])
    assert (approved["provisional"], approved["final"]) == ([], signed["provisional"])


def test_what_is_not_known_yet_is_not_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["terms", "timeline", "sbc-kmc-wi", "--on", "2003-06-20", "--as-known-at", "2004-05-25", "-w", str(folder)]
    assert run(words) == 0
    shown = capsys.readouterr().out
    assert "how the terms of 2003-06-20 became known\n2001-01-02  illustrative-ica" in shown
    assert "2.2.2" not in shown


def test_ninety_days_of_silence_are_a_day_of_knowledge(folder: Path) -> None:
    event = {"id": "s", "event": "submitted", "on": "2004-06-01", "instrument": "sbc-kmc-second", "state": "WI"}
    (folder / "events.ndjson").write_bytes(orjson.dumps(event) + b"\n")
    days = days_of_knowledge(load_workspace(folder), date(2004, 12, 31))
    assert {date(2004, 6, 1), date(2004, 8, 30)} <= set(days)
    assert date(2004, 8, 30) not in days_of_knowledge(load_workspace(folder), date(2004, 8, 29))
