"""rate, rerate, status, explain: calls in, and where they stand."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.console import AsKnownAt, Json, Quiet, Strict, WorkspaceDir, emit, known_day, note, parse_month, printer

if TYPE_CHECKING:
    from stream.files.rate import Rated

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group's commands."""
    app.command("rate")(rate)
    app.command("rerate")(rerate)
    app.command("status")(status)
    app.command("explain")(explain)


def rate(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Call files (.ndjson, .gz, .zst) or folders of them.")
    ],
    workspace: WorkspaceDir = None,
    as_json: Json = False,
    strict: Strict = False,
    quiet: Quiet = False,
) -> None:
    """Rate call files into the workspace's books, exactly once: a file that was rated is left alone."""
    from stream.cli.progress import rate_with_progress
    from stream.workspace.load import load_workspace

    rated = rate_with_progress(load_workspace(workspace), files, quiet=quiet)
    summary = rated.tally.summary()
    if as_json:
        emit(summary)
    else:
        _show(rated, summary, quiet=quiet)
    if strict and ("suspended" in summary["records"] or "rejected" in summary["records"]):
        raise typer.Exit(1)


def _show(rated: "Rated", summary: dict[str, Any], *, quiet: bool) -> None:
    from stream.cli.tally_render import render_tally

    for file in rated.files:
        if file.known:
            where = "" if file.known == str(file.path) else f" (as {file.known})"
            note(f"{file.path}: was rated before{where}, nothing to do", quiet=quiet)
    if rated.tally.intake:
        render_tally(summary, printer())


def rerate(
    months: Annotated[
        list[str] | None, typer.Argument(metavar="[MONTH...]", help="Local months, as 2003-06; all if none is named.")
    ] = None,
    workspace: WorkspaceDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Decide place and class of archived calls again under today's reference data. Books nothing: `true-up` does."""
    from stream.cli.progress import rerate_with_progress
    from stream.cli.rerate_render import document_of, render_rerate
    from stream.workspace.load import load_workspace

    named = [parse_month(month) for month in months or ()]
    done = rerate_with_progress(load_workspace(workspace), named, quiet=quiet)
    if as_json:
        emit(document_of(done, named))
    else:
        render_rerate(done, printer())


def status(workspace: WorkspaceDir = None, as_known_at: AsKnownAt = None, as_json: Json = False) -> None:
    """Show each carrier-state's minutes, T:O, ISP-bound share and cap by month, suspense and freshness."""
    from stream.books.store import open_store
    from stream.cli.status_render import render_status
    from stream.desk.status import status_of
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    found = status_of(loaded, open_store(loaded), known_day(as_known_at))
    if as_json:
        emit(found)
    else:
        render_status(found, printer())


def explain(
    what: Annotated[str, typer.Argument(metavar="RECORD or LINE", help="A record id, or a statement line's id.")],
    workspace: WorkspaceDir = None,
    source: Annotated[
        str | None, typer.Option("--source", help="The recording office, where several use the same id.")
    ] = None,
    as_known_at: AsKnownAt = None,
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="All of a line's calls, not the first few.")] = False,
) -> None:
    """Show every step from a call to its price with the clause in force, or a line's calls."""
    from stream.explain.command import run

    known = known_day(as_known_at) if as_known_at else None
    code = run(workspace, what, source, known, printer(), json_out=as_json, limit=None if everything else 20)
    if code:
        raise typer.Exit(code)
