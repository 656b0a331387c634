"""A random world played through the books: files, events, closes and true-ups in whatever order they come."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

from rating.terms.model import Instrument
from stream.books import snapshots
from stream.books.closing import close_month
from stream.books.store import Store, open_store
from stream.books.trueup import true_up
from stream.desk.checks.probe import check_month
from stream.desk.statements import current_statements
from stream.files import rate
from stream.terms import load
from stream.workspace import load as loading
from stream.workspace.load import Workspace, load_workspace
from tests.world_events import KNOWN
from tests.worlds import FAR, World

__all__ = ["Played", "play", "played_at_random"]


_PACKAGED: Final = Path(load.__file__).parent / "packaged"
_KNOWN: dict[bytes, Instrument] = {}


def _parsed(path: Path) -> Instrument:
    """Return the instrument of a file, parsed once a content."""
    content = path.read_bytes()
    if content not in _KNOWN:
        _KNOWN[content] = load.load_file(path)
    return _KNOWN[content]


@dataclass
class Played:
    """A world's workspace while it is played; the workspace is read anew for every action, as by a command."""

    folder: Path
    world: World
    done: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Workspace:
        """The workspace as its files are now."""
        return load_workspace(self.folder)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store."""
        store = open_store(self.workspace)
        try:
            yield store
        finally:
            store.close()

    def rate(self, lines: list[bytes]) -> None:
        """Rate a file of lines."""
        path = self.folder.parent / f"{len(self.done)}.ndjson"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        with patch.object(rate, "now_ms", lambda: self.world.receipt_ms):
            rate.rate_files(self.workspace, [path])
        self.done.append(f"rate {len(lines)} lines")

    def tell(self, events: list[Mapping[str, Any]]) -> None:
        """Append events to the log."""
        with (self.folder / "events.ndjson").open("a") as log:
            log.writelines(json.dumps(event) + "\n" for event in events)
        self.done.append(f"tell {[event['id'] for event in events]}")

    def close(self, month: str, known: date) -> None:
        """Close a month as known on a day."""
        with self.store() as store:
            close_month(self.workspace, store, month, known, probe=partial(check_month, self.workspace, store, month))
        self.done.append(f"close {month} as known at {known}")

    def true_up(self, known: date) -> None:
        """True up as known on a day."""
        with self.store() as store:
            true_up(self.workspace, store, known)
        self.done.append(f"true up as known at {known}")

    def months(self) -> list[tuple[str, str]]:
        """Return the (agreement, month) pairs that have usage and an agreement."""
        with self.store() as store:
            names = store.names()
            pairs = [(names.name("agreement", code), month) for code, month in store.months()]
        known = {row.agreement for row in self.workspace.tables.agreements}
        return sorted(pair for pair in pairs if pair[0] in known)

    def statements(self, known: date) -> dict[tuple[str, str], dict[str, Any]]:
        """Return a statement made now of every month that has usage, as known on a day."""
        pairs, workspace = self.months(), self.workspace
        with self.store() as store:
            return {
                (name, month): document
                for month in sorted({month for _, month in pairs})
                for names in [[name for name, of_month in pairs if of_month == month]]
                for name, document in zip(names, current_statements(workspace, store, names, month, known), strict=True)
            }


@contextmanager
def play(world: World) -> Iterator[Played]:
    """Yield a world with nothing in its books and log yet, and with illustrative prices below the ratio.

    Instruments are parsed once a content: a play reads its workspace dozens of times. How calls are rounded is
    told before all else: calls that were rated before cannot be rounded without being rated again.
    """
    with (
        TemporaryDirectory() as name,
        patch.object(loading, "load_file", _parsed),
        patch.object(loading, "load_packaged", lambda names: tuple(_parsed(_PACKAGED / f"{n}.toml") for n in names)),
        patch.object(snapshots, "load_file", _parsed),
    ):
        folder = world.write(Path(name) / "w")
        (folder / "events.ndjson").write_text("")
        roundings = [event for event in world.events if event.get("policy") == "rounding"]
        (folder / "terms").mkdir()
        (folder / "terms" / "base.toml").write_bytes((_PACKAGED / "illustrative-ica.toml").read_bytes())
        played = Played(folder, replace(world, events=[event for event in world.events if event not in roundings]))
        played.tell(roundings)
        yield played


def _told_together(world: World) -> list[list[Mapping[str, Any]]]:
    """Return the events, those that name each other together."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for event in world.events:
        groups.setdefault(event["id"][:-1], []).append(event)
    return list(groups.values())


def played_at_random(played: Played, dice: Random) -> None:
    """Play a world's lines, events, closes and some true-ups in a random order, then close and true up all of it."""
    world = played.world
    lines = list(world.lines)
    dice.shuffle(lines)
    cut = sorted(dice.sample(range(len(lines) + 1), 2))
    files = [lines[: cut[0]], lines[cut[0] : cut[1]], lines[cut[1] :]]
    actions: list[Callable[[], None]] = [lambda file=file: played.rate(file) for file in files if file]  # type: ignore[misc]
    actions += [lambda group=group: played.tell(group) for group in _told_together(world)]  # type: ignore[misc]
    for month in world.months:
        known = dice.choice((*KNOWN, FAR))
        actions.append(lambda month=month, known=known: played.close(month, known))  # type: ignore[misc]
    between = dice.choice(KNOWN)
    actions.append(lambda: played.true_up(between))
    dice.shuffle(actions)
    for action in actions:
        action()
    for month in sorted({month for _, month in played.months()}):
        played.close(month, FAR)
    played.true_up(FAR)
