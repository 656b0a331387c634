"""suspense list, suspense recycle, suspense resolve: what waits."""

from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import Json, WorkspaceDir, emit, printer
from stream.errors import WrongUsage

if TYPE_CHECKING:
    from rating.codes import Reason

__all__ = ["register"]

Why = Annotated[str | None, typer.Option("--reason", help="Only what waits for this reason, as unknown_ocn.")]


def register(app: typer.Typer) -> None:
    """Add the group's commands."""
    suspense = typer.Typer(help="What waits, why, and trying it again.", no_args_is_help=True)
    suspense.command("list")(suspense_list)
    suspense.command("recycle")(suspense_recycle)
    suspense.command("resolve")(suspense_resolve)
    app.add_typer(suspense, name="suspense")


def suspense_list(
    workspace: WorkspaceDir = None,
    reason: Why = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="What was rejected, instead of what waits.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what waits no longer, and what was done about it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List what waits in suspense, why, and what would mend it."""
    from stream.books.store import open_store
    from stream.suspense.listing import rejected_rows, waiting_rows
    from stream.workspace.load import load_workspace

    store = open_store(load_workspace(workspace))
    rows = rejected_rows(store) if rejected else waiting_rows(store, _reason(reason), everything=everything)
    if as_json:
        emit(rows)
        return
    from stream.cli.suspense_render import render_suspense

    render_suspense(rows, printer(), "rejected" if rejected else "in suspense" if everything else "waiting")


def suspense_recycle(workspace: WorkspaceDir = None, reason: Why = None, as_json: Json = False) -> None:
    """Try what waits again under today's reference data."""
    from stream.books.store import open_store
    from stream.suspense.recycle import recycle
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    done = recycle(loaded, open_store(loaded), _reason(reason))
    if as_json:
        emit({"tried": done.tried, "moved": done.moved, "waiting": done.waiting})
        return
    from stream.cli.numbers import counted

    console = printer()
    console.print(f"{counted(done.tried, 'record')} tried again")
    for outcome, count in sorted(done.moved.items()):
        console.print(f"  {count:,} now {outcome}")
    for why, count in sorted(done.waiting.items()):
        console.print(f"  {count:,} still waiting: {why}")


def suspense_resolve(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="A record id, or # and its number in suspense.")],
    workspace: WorkspaceDir = None,
    take: Annotated[
        bool, typer.Option("--accept", help="A record that conflicts with an earlier one is another call: rate it.")
    ] = False,
    drop: Annotated[bool, typer.Option("--write-off", help="Nobody will settle it.")] = False,
    stay: Annotated[
        bool, typer.Option("--keep", help="It stands instead of the record that it conflicts with, which goes out.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the log.")] = "",
    source: Annotated[str | None, typer.Option("--source", help="The recording office.")] = None,
    as_json: Json = False,
) -> None:
    """Decide about a record that waits; who did it, when and why is kept. Books nothing: `true-up` does."""
    from stream.books.store import open_store
    from stream.suspense.keep import keep
    from stream.suspense.resolve import accept, write_off
    from stream.workspace.load import load_workspace

    chosen = [how for how, asked in ((accept, take), (write_off, drop), (keep, stay)) if asked]
    if len(chosen) != 1:
        raise WrongUsage("expected one of --accept, --write-off and --keep")
    if not reason.strip():
        raise WrongUsage("--reason: found nothing, expected why, for the log")
    loaded = load_workspace(workspace)
    done = chosen[0](loaded, open_store(loaded), record, source, reason)
    if as_json:
        emit(
            {
                "id": done.id,
                "source": done.source,
                "record_id": done.record_id,
                "state": done.state,
                "rated_as": done.rated_as,
                "already": done.already,
            }
        )
        return
    before = " before" if done.already else ""
    named = f", rated as {done.rated_as}" if done.rated_as else ""
    state = done.state.replace("_", " ")
    printer().print(f"{done.source} {done.record_id}: {state}{before}{named}", soft_wrap=True)


def _reason(text: str | None) -> "Reason | None":
    from rating.codes import Reason, name_of, reason_named

    if text is None:
        return None
    try:
        reason = reason_named(text)
    except KeyError:
        reason = Reason.NONE
    if reason < Reason.ID_CONFLICT:
        known = ", ".join(name_of(r) for r in Reason if r >= Reason.ID_CONFLICT)
        raise WrongUsage(f"--reason: found {text!r}, expected one of {known}")
    return reason
