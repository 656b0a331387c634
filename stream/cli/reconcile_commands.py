"""reconcile: the other carrier's bill against the books."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from stream.cli.console import AsKnownAt, Json, Strict, WorkspaceDir, emit, known_day, printer
from stream.errors import WrongUsage

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reconcile")(reconcile)


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"{option}: found {text!r}, expected a day as 2003-06-14") from None


def reconcile(
    invoice: Annotated[Path, typer.Argument(metavar="INVOICE", help="The bill: CSV, or a statement as JSON.")],
    agreement: Annotated[str | None, typer.Option("--agreement", help="Of which agreement it is.")] = None,
    biller: Annotated[
        str | None, typer.Option("--biller", metavar="PARTY", help="Who bills (default: who these books are not of).")
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", metavar="FILE", help="Its columns (default invoices/BILLER.toml).")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Its first day (default: its lines say).")
    ] = None,
    last: Annotated[str | None, typer.Option("--through", metavar="DATE", help="Its last day.")] = None,
    calls: Annotated[
        Path | None, typer.Option("--calls", metavar="FILE", help="Its calls, NDJSON or CSV: matched one by one.")
    ] = None,
    connect_within: Annotated[
        float,
        typer.Option("--connect-within", metavar="SECONDS", min=0, max=3600, help="One call, after clock offset."),
    ] = 5.0,
    duration_within: Annotated[
        float, typer.Option("--duration-within", metavar="SECONDS", min=0, max=3600, help="One length.")
    ] = 2.0,
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a spreadsheet (extra: desk).")
    ] = None,
    letter: Annotated[
        Path | None, typer.Option("--letter", metavar="FILE", help="Write the dispute, .md or .html.")
    ] = None,
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Match the other carrier's bill with the books: what differs, by how much, and why."""
    from stream.books.store import open_store
    from stream.cli.reconcile_render import render_reconciliation
    from stream.desk.reconcile.letter import write_letter
    from stream.desk.reconcile.read import read_bill
    from stream.desk.reconcile.run import reconcile as match
    from stream.desk.reconcile.run import window_of
    from stream.desk.reconcile.scope import Recordings, Tolerance
    from stream.desk.reconcile.sheet import write_sheet
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    read = read_bill(loaded, invoice, agreement=agreement, biller=biller, map_file=map_file)
    days = window_of(read.bill, _day(first, "--from"), _day(last, "--through"))
    recordings = None
    if calls is not None:
        within = Tolerance(connect=round(connect_within * 1000), duration=round(duration_within * 1000))
        recordings = Recordings(calls, read.how, within)
    found = match(loaded, open_store(loaded), read.bill, read.agreement, *days, known_day(as_known_at), recordings)
    if xlsx is not None:
        write_sheet(found, xlsx)
    if letter is not None:
        write_letter(found, letter)
    if as_json:
        emit(found)
    else:
        render_reconciliation(found, printer())
    if strict and found["differences"]:
        raise typer.Exit(1)
