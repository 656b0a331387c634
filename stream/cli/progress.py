"""A progress bar for work that takes over a second: records, rate and time left."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from stream.books.store import open_store
from stream.errors import WrongUsage
from stream.files.rate import Rated, call_files, rate_files
from stream.workspace.load import Workspace

if TYPE_CHECKING:
    from stream.rerate.run import Rerated

__all__ = ["rate_with_progress", "rerate_with_progress"]

_PATIENCE_S: Final = 1.0


class _Show(Protocol):
    def __call__(self, done: int, records: int, total: int | None = None) -> None:
        """Show how much is done, how many records that was, and the whole where it was not known before."""


@contextmanager
def _bar(what: str, total: int | None, *, quiet: bool) -> Iterator[_Show | None]:
    """Show a bar after a second; None where there is no terminal to show it on."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    begun = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[records]:>12,} records  {task.fields[pace]:>9,}/s"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=total, records=0, pace=0)
    started = False

    def moved(done: int, records: int, total: int | None = None) -> None:
        nonlocal started
        spent = time.monotonic() - begun
        if not started and spent > _PATIENCE_S:
            started = True
            bar.start()
        bar.update(task, completed=done, total=total, records=records, pace=int(records / max(spent, 0.001)))

    try:
        yield moved
    finally:
        if started:
            bar.stop()


def rate_with_progress(workspace: Workspace, paths: Iterable[Path], *, quiet: bool) -> Rated:
    """Rate files; show how far it is, where standard error is a terminal."""
    files = list(call_files(paths))
    if not files:
        raise WrongUsage("FILES: found no call files, expected .ndjson, .ndjson.gz or .ndjson.zst")
    sizes = {path: path.stat().st_size if path.exists() else 0 for path in files}
    finished: dict[Path, int] = {}
    records = 0
    with _bar("rating", sum(sizes.values()), quiet=quiet) as show:
        if show is None:
            return rate_files(workspace, files)

        def moved(path: Path, _size: int, share: float, more: int) -> None:
            nonlocal records
            records += more
            finished[path] = int(sizes.get(path, 0) * share)
            show(sum(finished.values()), records)

        return rate_files(workspace, files, moved)


def rerate_with_progress(workspace: Workspace, months: Sequence[str], *, quiet: bool) -> "Rerated":
    """Decide archived calls again; show how far it is, where standard error is a terminal."""
    from stream.rerate.run import rerate

    with closing(open_store(workspace)) as store, _bar("deciding again", None, quiet=quiet) as show:
        if show is None:
            return rerate(workspace, store, months)
        return rerate(workspace, store, months, lambda read, total: show(read, read, total))
