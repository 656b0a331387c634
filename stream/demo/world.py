"""The demo's workspace, and the empty one that a newcomer fills in."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from stream.errors import BadInput

__all__ = ["DATA", "SKELETON", "write_skeleton", "write_workspace"]

DATA: Final[Traversable] = files("stream.demo") / "data"
"""The invented workspace as it ships: settings, events and reference tables."""

SKELETON: Final[Traversable] = files("stream.demo") / "skeleton"
"""Settings with comments, the headers of the needed tables and an empty list of events."""


def write_workspace(folder: Path) -> None:
    """Write the demo's workspace: settings, `terms/`, `reference/*.csv` and `events.ndjson`.

    Parameters
    ----------
    folder : Path
        Made if it is not there. Nothing in it is overwritten.

    Raises
    ------
    BadInput
        If it holds one of the workspace's files already; nothing is written then.

    """
    _write(DATA, folder)


def write_skeleton(folder: Path) -> None:
    """Write an empty workspace: commented settings, `terms/`, the needed tables' headers, no events.

    Parameters
    ----------
    folder : Path
        Made if it is not there. Nothing in it is overwritten.

    Raises
    ------
    BadInput
        If it holds one of the workspace's files already; nothing is written then.

    """
    _write(SKELETON, folder)


def _write(tree: Traversable, folder: Path) -> None:
    parts = list(_walk(tree, Path()))
    for place, _ in parts:
        if (folder / place).exists():
            raise BadInput("the file is there already, expected a folder without a workspace", file=folder / place)
    (folder / "terms").mkdir(parents=True, exist_ok=True)
    for place, file in parts:
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_bytes(file.read_bytes())


def _walk(tree: Traversable, under: Path) -> list[tuple[Path, Traversable]]:
    found = []
    for entry in sorted(tree.iterdir(), key=lambda entry: entry.name):
        place = under / entry.name
        found += _walk(entry, place) if entry.is_dir() else [(place, entry)]
    return found
