"""The conformed contract on a terminal and as JSON; the command in and outside a workspace."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rating.terms import model
from rating.terms.conform import Conformed, View, conform, to_conform
from rating.terms.model import Instrument
from stream.cli.conform_render import conformed_to_json, render_conformed
from stream.terms.load import load_packaged
from tests.rating.terms.lighthouse import BASE, DAY, amendment, section, sentence, table, term, words

SEEDS = ("sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-second", "sbc-kmc-wi-isp")
PACKAGED = load_packaged(SEEDS)
WIDTHS = pytest.mark.parametrize("width", [80, 120])
BASE_TOML = """\
id = "lighthouse"
title = "On keeping the light"
domain = "corporate"
source = "made for a test"
parties = ["harbour", "keeper"]
effective = 1900-01-01
signed = { harbour = 1899-12-01 }

[[text]]
section = "2"
heading = "The lamp"
sentences = ["The lamp burns from dusk.", "Oil costs one crown."]
"""
AMENDMENT_TOML = """\
id = "lighthouse-1"
title = "On the price of oil"
domain = "corporate"
source = "made for a test"
parties = ["harbour", "keeper"]
amends = "lighthouse"
effective = 1901-04-01
signed = { keeper = 1901-03-01 }

[[clause]]
ref = "1"
says = "Oil gets dearer."
effects = [{ effect = "substitute_words", section = "2", find = "one crown", replace = "two crowns" }]
"""


def shown(conformed: Conformed, named: Instrument, width: int) -> str:
    out = Console(file=io.StringIO(), width=width, color_system=None)
    render_conformed(conformed, named, out)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    return text


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@WIDTHS
@pytest.mark.parametrize("instrument", PACKAGED, ids=lambda instrument: instrument.id)
def test_a_packaged_amendment_of_an_absent_base(instrument: Instrument, width: int) -> None:
    day = instrument.effective
    assert day is not None
    ((base, amendments),) = to_conform(instrument, PACKAGED)
    found = conform(base, amendments, View(day, DAY.replace(year=2005)))
    assert (base, found.applied) == (None, (instrument.id,))
    assert {passage.state for passage in found.passages} == {"pending_base"}
    operating = {clause.ref for clause in instrument.clause if clause.kind != "none"} - {"66.2.1"}
    assert {passage.origin.clause for passage in found.passages} == operating
    text = shown(found, instrument, width)
    assert f"what {instrument.id} amends, whose text is not at hand" in " ".join(text.split())
    for passage in found.passages:
        assert squeezed(passage.text) in squeezed(text)
        assert squeezed(f"< {instrument.id} {passage.origin.clause}") in squeezed(text)


@WIDTHS
def test_every_state_is_shown_with_its_origin(width: int) -> None:
    one = amendment(
        model.Survives(),
        sentence(1, text="It burns."),
        words("one crown"),
        term("Lamp", text="What burns."),
        table(),
        sentence(9),
        section("20"),
    )
    found = conform(BASE, [one, amendment(sentence(1), name="late", effective=None)], View(DAY, DAY))
    text = squeezed(shown(found, one, width))
    for part in (
        "lighthouse\n",
        "amended by first (the last controls)",
        "not applied: late, not in force as known at 1902-01-01",
        "The lamp: It burns.\n< first 2",
        '"Lamp": What burns.\n< first 4',
        "Nobody touches the wick.\n< lighthouse 2; stays in force by first 1",
        "sentence 9: put otherwise (in paraphrase)\n! found 3 sentences in 2, expected one numbered 9\n< first 6",
        "North Pier: A, 30 shares, 3 warrants, $300\n",
        "in all 50 shares, 5 warrants, $500\n< first 5",
        "The horn: written anew (in paraphrase)\n< first 7",
        "5 as_base, 3 replaced, 1 inserted, 1 amended, 1 conflict",
    ):
        assert squeezed(part) in text


def test_nothing_to_show() -> None:
    bare = amendment(name="bare", clause=(), amends="")
    text = shown(conform(bare, (), View(DAY, DAY)), bare, 80)
    assert text.splitlines()[-1] == "nothing amends it, and no text of it is at hand"


def test_as_plain_dicts() -> None:
    one = amendment(sentence(1, text="It burns."), sentence(9))
    plain = json.loads(json.dumps(conformed_to_json(conform(BASE, [one], View(DAY, DAY)))))
    assert (plain["base"], plain["on"], plain["as_known_at"]) == ("lighthouse", "1902-01-01", "1902-01-01")
    assert (plain["applied"], plain["not_applied"]) == (["first"], [])
    changed = [p for p in plain["passages"] if p["state"] == "replaced"]
    assert [(p["text"], p["origin"], p["was"]) for p in changed] == [
        ("It burns.", {"instrument": "first", "clause": "1"}, ["The lamp burns from dusk."])
    ]
    assert plain["passages"][-1]["totals"]["shares"] == 50
    assert conformed_to_json(conform(None, [one], View(DAY, DAY)))["base"] is None


def ratestream(folder: Path, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from stream.cli.entry import main; main()", *arguments],
        cwd=folder,
        env={**{k: v for k, v in os.environ.items() if k != "RATESTREAM_WORKSPACE"}, "NO_COLOR": "1", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done.stdout or done.stderr


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conforming")
    ratestream(folder, "init", "world", "--example")
    (folder / "world" / "terms").mkdir(exist_ok=True)
    (folder / "world" / "terms" / "base.toml").write_text(BASE_TOML, encoding="utf-8")
    (folder / "world" / "terms" / "one.toml").write_text(AMENDMENT_TOML, encoding="utf-8")
    return folder


def passages(folder: Path, *arguments: str, status: int = 0) -> list[dict[str, Any]]:
    text = ratestream(folder, "terms", "conform", *arguments, "--json", "-w", "world", status=status)
    (contract,) = json.loads(text)
    found: list[dict[str, Any]] = contract["passages"]
    return found


def test_the_command_reads_a_workspace(workspace: Path) -> None:
    for named in ("lighthouse", "lighthouse-1"):
        found = passages(workspace, named)
        assert [(p["text"], p["state"]) for p in found] == [
            ("The lamp burns from dusk.", "as_base"),
            ("Oil costs two crowns.", "amended"),
        ]
    before = passages(workspace, "lighthouse", "--as-known-at", "1901-02-28")
    assert [p["state"] for p in before] == ["as_base", "as_base"]
    # An amendment is shown on the nearest of its own days; the base on the day as known at.
    assert [p["state"] for p in passages(workspace, "lighthouse-1", "--as-known-at", "1901-03-01")][1] == "amended"
    assert [p["state"] for p in passages(workspace, "lighthouse", "--on", "1901-03-31")][1] == "as_base"


def test_strict_minds_what_does_not_fit(workspace: Path) -> None:
    own = workspace / "world" / "terms" / "one.toml"
    own.write_text(AMENDMENT_TOML.replace("one crown", "nine crowns"), encoding="utf-8")
    try:
        assert passages(workspace, "lighthouse")[-1]["state"] == "conflict"
        assert passages(workspace, "lighthouse", "--strict", status=1)[-1]["state"] == "conflict"
    finally:
        own.write_text(AMENDMENT_TOML, encoding="utf-8")


def test_what_is_not_signed_yet_is_not_applied(workspace: Path) -> None:
    text = ratestream(workspace, "terms", "conform", "sbc-kmc-wi-isp", "-w", "world", "--on", "2003-06-14")
    assert "amended by sbc-kmc-wi-isp" in text
    early = ratestream(workspace, "terms", "conform", "sbc-kmc-wi-isp", "-w", "world", "--as-known-at", "2003-07-05")
    assert "not applied: sbc-kmc-wi-isp, not in force as known at 2003-07-05" in early


def test_the_command_outside_a_workspace(tmp_path: Path) -> None:
    text = ratestream(tmp_path, "terms", "conform", "sprint-icg-mo-1")
    assert "what sprint-icg-mo-1 amends, whose text is not at hand" in text
    assert "expected one of" in ratestream(tmp_path, "terms", "conform", "nothing", status=3)
    assert "--on" in ratestream(tmp_path, "terms", "conform", "sprint-icg-mo-1", "--on", "x", status=2)
