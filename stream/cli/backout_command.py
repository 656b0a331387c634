"""backout: a file's records out again."""

from typing import Annotated

import typer

from stream.cli.console import Json, WorkspaceDir, emit, printer
from stream.errors import WrongUsage

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backout")(backout)


def backout(
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="The file's path, or six digits or more of its SHA-256.")
    ] = None,
    workspace: WorkspaceDir = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")] = None,
    log: Annotated[bool, typer.Option("--log", help="Show what was backed out, when, by whom and why.")] = False,
    as_json: Json = False,
) -> None:
    """Take a file's records out again, so that it can be rated anew. Books nothing: `true-up` does."""
    if log == (file is not None):
        raise WrongUsage("FILE: expected a file to take out, or --log alone")
    if file is not None and not (reason or "").strip():
        raise WrongUsage("--reason: found nothing, expected why the file is taken out, for the log")
    if file is None:
        _log(workspace, as_json=as_json)
        return
    from stream.backout.run import backout as take_out
    from stream.books.store import open_store
    from stream.cli.numbers import counted, minutes
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    done = take_out(loaded, open_store(loaded), file, reason or "")
    if as_json:
        emit(
            {
                "file": done.path,
                "sha256": done.sha256,
                "run": done.run,
                "already": done.already,
                "records": done.records,
                "ms": done.ms,
                "offered": done.offered,
            }
        )
        return
    console = printer()
    how = "was backed out before" if done.already else "is out again"
    console.print(
        f"{done.path} {how}: {counted(done.records, 'record')}, {minutes(done.ms)} minutes (run {done.run})",
        soft_wrap=True,
    )
    for outcome, count in done.offered.items():
        console.print(f"  offered again, of other files: {count:,} {outcome}")
    if not done.already:
        console.print("closed months are corrected by `true-up`; `rate` takes the file anew")


def _log(workspace: WorkspaceDir, *, as_json: bool) -> None:
    from rich.text import Text

    from stream.books.log import backout_log
    from stream.books.store import open_store
    from stream.workspace.load import load_workspace

    rows = backout_log(open_store(load_workspace(workspace)))
    if as_json:
        emit(rows)
        return
    console = printer()
    if not rows:
        console.print("no file was backed out")
    for row in rows:
        said = f"run {row['run']}, {row['at']}, {row['by']}: {row['path']} ({row['sha256'][:12]}): {row['reason']}"
        console.print(Text(said, overflow="fold"))
