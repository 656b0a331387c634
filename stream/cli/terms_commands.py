"""terms lint, show, timeline, conform: the contracts as data."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import AsKnownAt, Json, Strict, WorkspaceDir, emit, known_day, on_day, printer
from stream.errors import BadInput

if TYPE_CHECKING:
    from rating.terms.model import Instrument
    from stream.workspace.load import Workspace

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the group's commands."""
    terms = typer.Typer(help="The contracts as data: clauses, what is in force when, checks.", no_args_is_help=True)
    terms.command("show")(terms_show)
    terms.command("timeline")(terms_timeline)
    terms.command("lint")(terms_lint)
    terms.command("conform")(terms_conform)
    app.add_typer(terms, name="terms")


def terms_show(
    instrument: Annotated[
        str | None, typer.Argument(metavar="[INSTRUMENT]", help="One instrument, clause by clause.")
    ] = None,
    workspace: WorkspaceDir = None,
    as_json: Json = False,
) -> None:
    """Show the instruments, or one of them clause by clause with what each clause does."""
    from stream.cli.terms_render import render_instrument, render_instruments, to_json

    loaded = _instruments(workspace)
    if instrument is None:
        if as_json:
            emit([to_json(i) for i in loaded])
        else:
            render_instruments(loaded, printer())
        return
    found = _named(instrument, loaded)
    if as_json:
        emit(to_json(found))
    else:
        render_instrument(found, printer())


def _named(name: str, loaded: Sequence["Instrument"]) -> "Instrument":
    found = [instrument for instrument in loaded if instrument.id == name]
    if not found:
        raise BadInput.found(name, f"one of {', '.join(i.id for i in loaded)}", field="INSTRUMENT")
    return found[0]


def _instruments(workspace: Path | None) -> tuple["Instrument", ...]:
    """Return the workspace's instruments; outside a workspace, those that ship with the package."""
    from stream.terms.load import load_packaged, packaged_ids
    from stream.workspace.load import load_instruments
    from stream.workspace.settings import find_workspace, read_settings

    try:
        folder = find_workspace(workspace)
    except BadInput:
        if workspace is not None:
            raise
        return load_packaged(packaged_ids())
    return load_instruments(read_settings(folder))


def _world(workspace: Path | None) -> "Workspace | None":
    """Return the workspace with its events and tables; None outside of one."""
    from stream.workspace.load import load_workspace
    from stream.workspace.settings import find_workspace

    try:
        folder = find_workspace(workspace)
    except BadInput:
        if workspace is not None:
            raise
        return None
    return load_workspace(folder)


def terms_timeline(
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="An agreement of agreements.csv.")],
    workspace: WorkspaceDir = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Only the terms of this day, why, and how they became known."),
    ] = None,
    as_known_at: AsKnownAt = None,
    as_json: Json = False,
) -> None:
    """Show which terms were in force when and why, as known on a day."""
    from stream.cli.timeline_render import knowledge, render_knowledge, render_timeline, timeline_json
    from stream.desk.timelines import days_of_knowledge, timeline_of
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    names = [row.agreement for row in loaded.tables.agreements]
    if agreement not in names:
        raise BadInput.found(agreement, f"one of {', '.join(names)}", field="AGREEMENT")
    known = known_day(as_known_at)
    timeline, day = timeline_of(loaded, agreement, known), on_day(on)
    as_it_came = [timeline_of(loaded, agreement, each) for each in days_of_knowledge(loaded, known)] if day else []
    if as_json:
        document = timeline_json(timeline, day)
        emit(document if day is None else {**document, "knowledge": knowledge(as_it_came, day)})
        return
    console = printer()
    render_timeline(timeline, console, day)
    if day is not None:
        render_knowledge(as_it_came, day, console)


def terms_lint(workspace: WorkspaceDir = None, as_json: Json = False, strict: Strict = False) -> None:
    """Check the instruments: dangling references, overlaps, what cannot be reached, sums that do not hold."""
    from rating.terms.lint import lint
    from stream.cli.terms_render import findings_to_json, render_findings

    findings = lint(_instruments(workspace))
    if as_json:
        emit(findings_to_json(findings))
    else:
        render_findings(findings, printer())
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(3)
    if strict and any(finding.severity == "warning" for finding in findings):
        raise typer.Exit(1)


def terms_conform(
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="A base, or an amendment of one.")],
    workspace: WorkspaceDir = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="The contract of this day (default: the day as known at)."),
    ] = None,
    as_known_at: AsKnownAt = None,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Show the conformed contract: each passage with the clause that it comes from and what became of it."""
    from stream.cli.conform_render import conformed_to_json, render_conformed
    from stream.desk.conforming import conformed

    world = _world(workspace)
    loaded = _instruments(workspace) if world is None else world.instruments
    named = _named(instrument, loaded)
    contracts = conformed(named, loaded, world, on_day(on), known_day(as_known_at))
    if as_json:
        emit([conformed_to_json(contract) for contract in contracts])
    else:
        for contract in contracts:
            render_conformed(contract, named, printer())
    if strict and any(contract.findings for contract in contracts):
        raise typer.Exit(1)
