"""Drive the engine in-process as file mode does, and keep what it decided of every record."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from rating.codes import Jurisdiction, Outcome, Reason, TrafficClass, name_of
from rating.statement import statement
from stream.books.store import Store, open_store
from stream.engine import Batch, Engine, Result
from stream.facts import make_facts
from stream.files import rate
from stream.workspace.calendar import FIRST_DAY
from stream.workspace.load import Workspace, load_workspace
from tests.worlds import World

__all__ = ["Driven", "drive"]

Fate = dict[str, Any]


class Driven:
    """A world that was rated: its fates in order of arrival, its statements on demand."""

    def __init__(self, workspace: Workspace, store: Store, summary: dict[str, Any], results: Sequence[Result]) -> None:
        self.workspace = workspace
        self.store = store
        self.summary = summary
        self._results = results

    def again(self) -> "Driven":
        """Return the same books under the workspace as its files say now."""
        return Driven(load_workspace(self.workspace.folder), self.store, self.summary, self._results)

    @property
    def batches(self) -> int:
        """How many batches the records came in."""
        return len(self._results)

    def fates(self) -> list[Fate]:
        """Return what was decided of each record."""
        return [fate for result in self._results for fate in self._fates(result)]

    def _fates(self, result: Result) -> Iterator[Fate]:
        names = self.store.names()
        used: dict[int, list[tuple[date, int]]] = {}
        for row, day, ms in zip(result.call.tolist(), result.day.tolist(), result.used_ms.tolist(), strict=True):
            if ms:
                used.setdefault(row, []).append((FIRST_DAY + timedelta(days=day), ms))
        for row, (outcome, reason) in enumerate(zip(result.outcome.tolist(), result.reason.tolist(), strict=True)):
            fate: Fate = {"outcome": name_of(Outcome(outcome)), "reason": name_of(Reason(reason)) if reason else ""}
            if outcome in (Outcome.RATED, Outcome.VERIFICATION):
                placed = result.placed[:, row].tolist()
                fate |= {
                    "class": name_of(TrafficClass(placed[2])),
                    "agreement": names.name("agreement", placed[3]),
                    "orig": names.name("party", placed[4]),
                    "term": names.name("party", placed[5]),
                    "orig_ocn": names.name("ocn", placed[6]),
                    "term_ocn": names.name("ocn", placed[7]),
                    "origin": names.name("rate_center", placed[8]),
                    "lata": names.name("lata", placed[9]),
                    "jurisdiction": name_of(Jurisdiction(placed[10])),
                    "destination": names.name("rate_center", placed[13]),
                }
            if outcome == Outcome.RATED:
                fate["segments"] = used.get(row, [])
            yield fate

    def statements(self, month: str, as_known_at: date) -> dict[str, dict[str, Any]]:
        """Return every agreement's statement of a month as known on a day."""
        facts = make_facts(self.workspace, self.store.names(), self.store, as_known_at)
        digests = {"terms": "test"}
        return {
            row.agreement: statement(facts, row.agreement, month, status="provisional", digests=digests)
            for row in self.workspace.tables.agreements
        }


@contextmanager
def drive(
    world: World, files: Sequence[Sequence[bytes]] | None = None, *, batch_bytes: int | None = None
) -> Iterator[Driven]:
    """Write a world as a workspace and rate its lines.

    Parameters
    ----------
    files : lists of lines, optional
        The call files in order; one of all the world's lines by default.
    batch_bytes : int, optional
        The limit of a batch, and of a line.
    """
    results: list[Result] = []
    process = Engine.process

    def kept(self: Engine, batch: Batch, **more: bool) -> Result:
        results.append(process(self, batch, **more))
        return results[-1]

    with TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        limits = "" if batch_bytes is None else f"max_line_bytes = {batch_bytes}\nbatch_bytes = {batch_bytes}"
        workspace = load_workspace(world.write(folder, limits))
        paths = []
        for number, lines in enumerate([world.lines] if files is None else files):
            paths.append(Path(name) / f"{number}.ndjson")
            paths[-1].write_bytes(b"".join(line + b"\n" for line in lines))
        with patch.object(rate, "now_ms", lambda: world.receipt_ms), patch.object(Engine, "process", kept):
            rated = rate.rate_files(workspace, paths)
        store = open_store(workspace)
        try:
            yield Driven(workspace, store, rated.tally.summary(), results)
        finally:
            store.close()
