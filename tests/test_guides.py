"""The guides under docs/: their files are written, their commands run, and their output is what they show.

A fenced block whose first line names a file after the language is that file, or one more part of it. In a
``console`` block every line that begins with ``$ `` is a command, and what follows is all that it prints, on
standard output and then on standard error; a line ``...`` stands for any lines.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rating.terms.parse import EFFECTS
from tests.stream.files import worlds

DOCS = Path(__file__).resolve().parents[1] / "docs"
FENCE = re.compile(r"^```(?P<language>[a-z]+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<to>[^)#:]+)\)")


def commands(body: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that it is said to print."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *lines = part.rstrip("\n").split("\n")
        yield command, lines


def run(command: str) -> list[str]:
    """Run a command where the process is, our own in it; return the lines that it prints."""
    words = shlex.split(command)
    if words[0] == "ratestream":
        ran = worlds.cli(*words[1:], COLUMNS="80", NO_COLOR="1")
        return [line.rstrip() for line in (ran.out + ran.err).splitlines()]
    if words[0] == "cd":
        os.chdir(words[1])
        return []
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    return (done.stdout + done.stderr).splitlines()


def fits(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines printed are those shown, with any lines in the place of each ``...``."""
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


GUIDES = [page for page in sorted(DOCS.glob("*.md")) if "```console" in page.read_text(encoding="utf-8")]


def test_the_guides_are_found() -> None:
    assert [page.name for page in GUIDES] == [
        "encode-your-amendment.md",
        "from-the-mail-to-the-dispute.md",
    ]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_a_guide_does_as_it_says(guide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = guide.read_text(encoding="utf-8")
    blocks = list(FENCE.finditer(text))
    assert len(blocks) * 2 == len(re.findall(r"^```", text, re.MULTILINE)), "a block is not closed, or not understood"
    written: set[str] = set()
    ran = 0
    for block in blocks:
        if block["language"] == "console":
            for command, shown in commands(block["body"]):
                printed = run(command)
                ran += 1
                assert fits(shown, printed), f"$ {command}\n" + "\n".join(printed)
        elif block["file"]:
            path = Path(block["file"])
            with path.open("a" if block["file"] in written else "w", encoding="utf-8") as file:
                file.write(block["body"])
            written.add(block["file"])
    assert ran, "no command was run"


@pytest.mark.parametrize("guide", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_a_guide_s_links_lead_somewhere(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    assert [link["to"] for link in LINK.finditer(text) if not (guide.parent / link["to"]).exists()] == []


def test_the_effects_of_the_guide_to_amendments_exist() -> None:
    text = (DOCS / "encode-your-amendment.md").read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    fields = {"isp_bound", "poi", "deot", "why", "effects = []"}
    named = {word for line in table for word in re.findall(r"`([^`]+)`", line)} - fields
    reasons = {"recital", "construction", "reservation", "signature", "heading"}
    assert reasons <= named
    assert named - reasons <= set(EFFECTS)


def test_shown_lines_are_compared_to_the_letter() -> None:
    assert fits(["a", "...", "d"], ["a", "b", "c", "d"])
    assert fits(["a", "...", "d"], ["a", "d"])
    assert not fits(["a", "d"], ["a", "b", "d"])
    assert not fits(["a", "..."], ["b"])
    assert not fits(["a.c"], ["abc"])
    assert not fits([], ["a"])
