"""Bills to reconcile: the worked months' statements, as they are and changed."""

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.stream.files import worlds

HEADINGS = "class,lata,from,through,minutes,rate,amount"
JULY = "local,356,2004-07-01,2004-07-31,150000.0,.000500,$75.00"
"""What the incumbent bills for July 2004: all of its line in the books."""


def write(path: Path, *lines: str, headings: str = HEADINGS) -> Path:
    """Write a bill."""
    path.write_text("\n".join([headings, *lines]) + "\n", encoding="utf-8")
    return path


def statement(root: Path, month: str) -> list[dict[str, str]]:
    """Return the lines of a month's statement as its CSV has them."""
    return list(csv.DictReader(io.StringIO(worlds.ok("statement", "all", month, "--format", "csv", "-w", root).out)))


def save(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write such lines again."""
    kept = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(kept[0]))
        writer.writeheader()
        writer.writerows(kept)
    return path


def changed(path: Path, root: Path, month: str, change: Callable[[dict[str, str]], dict[str, str] | None]) -> Path:
    """Write a month's statement with each line changed, or left out."""
    return save(path, (line for row in statement(root, month) if (line := change(dict(row))) is not None))


def reconciled(path: Path, root: Path, *words: object) -> Any:
    """Return what the command prints with ``--json``."""
    return worlds.ok("reconcile", path, "-w", root, "--json", "--as-known-at", "2004-12-01", *words).document


def differing(found: Any) -> list[tuple[str, str, str]]:
    """Return class, what and dollars of the rows that differ."""
    return [
        (row["class"], row["what"], row["difference"])
        for row in found["lines"]
        if row["what"] not in ("same", "unbilled")
    ]


def causes(found: Any) -> list[tuple[str, str]]:
    """Return each cause with its dollars."""
    return [(cause["cause"], cause["amount"]) for cause in found["causes"]]
