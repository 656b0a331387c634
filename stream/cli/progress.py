"""A progress bar for work that takes over a second: records, rate and time left."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from stream.errors import WrongUsage
from stream.files.rate import Rated, call_files, rate_files
from stream.workspace.load import Workspace

__all__ = ["rate_with_progress"]

_PATIENCE_S: Final = 1.0


def rate_with_progress(workspace: Workspace, paths: Iterable[Path], *, quiet: bool) -> Rated:
    """Rate files; show how far it is, where standard error is a terminal."""
    files = list(call_files(paths))
    if not files:
        raise WrongUsage("FILES: found no call files, expected .ndjson, .ndjson.gz or .ndjson.zst")
    if quiet or not sys.stderr.isatty():
        return rate_files(workspace, files)
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    sizes = {path: path.stat().st_size if path.exists() else 0 for path in files}
    begun = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[records]:>12,} records  {task.fields[pace]:>9,}/s"),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("rating", total=sum(sizes.values()), records=0, pace=0)
    records = 0
    finished: dict[Path, int] = {}
    started = False

    def moved(path: Path, _size: int, share: float, more: int) -> None:
        nonlocal records, started
        records += more
        finished[path] = int(sizes.get(path, 0) * share)
        spent = time.monotonic() - begun
        if not started and spent > _PATIENCE_S:
            started = True
            bar.start()
        bar.update(task, completed=sum(finished.values()), records=records, pace=int(records / max(spent, 0.001)))

    try:
        return rate_files(workspace, files, moved)
    finally:
        if started:
            bar.stop()
