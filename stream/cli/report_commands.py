"""report, sql: tables over books and usage; nothing is decided or changed."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream.cli.console import AsKnownAt, Json, Month, WorkspaceDir, emit, known_day, note, parse_month, printer
from stream.errors import BadInput, StoreUnreachable, WrongUsage

if TYPE_CHECKING:
    from stream.books.store import Store
    from stream.desk.reports.table import Report
    from stream.workspace.load import Workspace

__all__ = ["register"]


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    CSV = "csv"
    PARQUET = "parquet"


Form = Annotated[Format, typer.Option("--format", help="How to write it; parquet needs -o.")]
Out = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to (default standard output).")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    report = typer.Typer(help="Tables over the books and the usage.", no_args_is_help=True)
    for name, command in (
        ("aging", aging),
        ("unbilled", unbilled),
        ("routes", routes),
        ("margin", margin),
        ("position", position),
    ):
        report.command(name)(command)
    app.add_typer(report, name="report")
    app.command("sql")(sql)


def _open(workspace: Path | None) -> tuple["Workspace", "Store"]:
    from stream.books.store import open_store
    from stream.workspace.load import load_workspace

    loaded = load_workspace(workspace)
    return loaded, open_store(loaded)


def _agreed(form: Format, output: Path | None, *, as_json: bool) -> None:
    """Raise WrongUsage for options that do not go together."""
    if as_json and (form is not Format.TABLE or output is not None):
        raise WrongUsage("--json goes to standard output, without --format and -o")
    if form is Format.PARQUET and output is None:
        raise WrongUsage("--format parquet: expected -o FILE")
    if form is Format.TABLE and output is not None:
        raise WrongUsage("-o: expected --format csv or --format parquet with it")


def _print(report: "Report", nothing: str, form: Format, output: Path | None, *, as_json: bool) -> None:
    """Print a report, or write it."""
    import sys

    from stream.desk.reports.table import write_csv, write_parquet

    if as_json:
        emit(report.documents())
    elif form is Format.PARQUET:
        assert output is not None
        write_parquet(report, output)
    elif form is Format.CSV and output is None:
        write_csv(report, sys.stdout)
    elif form is Format.CSV:
        assert output is not None
        try:
            with output.open("w", encoding="utf-8", newline="") as handle:
                write_csv(report, handle)
        except OSError as error:
            raise StoreUnreachable(f"{output}: cannot be written to: {error.strerror}") from error
    else:
        from stream.cli.report_render import render_report

        render_report(report, printer(), nothing)


def aging(workspace: WorkspaceDir = None, form: Form = Format.TABLE, output: Out = None, as_json: Json = False) -> None:
    """Show what waits in suspense, by reason and by how long ago it was received."""
    from stream.clock import now_ms
    from stream.desk.reports.aging import aging as of_suspense

    _agreed(form, output, as_json=as_json)
    _, store = _open(workspace)
    _print(of_suspense(store, now_ms()), "nothing waits in suspense", form, output, as_json=as_json)


def unbilled(
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    form: Form = Format.TABLE,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Show usage that is on no bill: months that are not closed, and lines without a price."""
    from stream.desk.reports.unbilled import unbilled as of_months

    _agreed(form, output, as_json=as_json)
    loaded, store = _open(workspace)
    _print(of_months(loaded, store, known_day(as_known_at)), "all usage is billed", form, output, as_json=as_json)


def routes(
    month: Month,
    workspace: WorkspaceDir = None,
    top: Annotated[int | None, typer.Option("--top", min=1, help="Only so many, the longest (default all).")] = None,
    form: Form = Format.TABLE,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Show a month's minutes by class and route, the longest first."""
    from stream.desk.reports.routes import routes as of_month

    _agreed(form, output, as_json=as_json)
    of = parse_month(month)
    _, store = _open(workspace)
    _print(of_month(store, of, top), f"{of}: no usage", form, output, as_json=as_json)


def margin(
    workspace: WorkspaceDir = None, form: Form = Format.TABLE, output: Out = None, as_json: Json = False
) -> None:
    """Show booked receivable, payable and margin of `[company] self` by agreement and month; neutral without it."""
    from stream.desk.reports.margin import margin as of_entries

    _agreed(form, output, as_json=as_json)
    loaded, store = _open(workspace)
    report = of_entries(store, loaded.settings.company.self_)
    _print(report, "nothing is booked", form, output, as_json=as_json)


def position(
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="An agreement.")],
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    form: Form = Format.TABLE,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Draw the ratio and the cap of each side of an agreement, a bar a month."""
    from stream.desk.reports.position import position as of_agreement

    _agreed(form, output, as_json=as_json)
    loaded, store = _open(workspace)
    names = [row.agreement for row in loaded.tables.agreements]
    if agreement not in names:
        raise BadInput.found(agreement, f"one of {', '.join(names)}", field="AGREEMENT")
    report = of_agreement(loaded, store, agreement, known_day(as_known_at))
    if as_json or form is not Format.TABLE:
        _print(report, "", form, output, as_json=as_json)
        return
    from stream.cli.report_render import render_position

    render_position(report, printer())


def sql(
    query: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help="One statement (default: read from standard input).")
    ] = None,
    workspace: WorkspaceDir = None,
    form: Form = Format.TABLE,
    output: Out = None,
    as_json: Json = False,
) -> None:
    """Ask the workspace in SQL, by DuckDB: calls, cells, lines, entries and suspense are views."""
    import sys

    from stream.desk.reports.sql import VIEWS, ask

    _agreed(form, output, as_json=as_json)
    if query is None:
        if sys.stdin.isatty():
            note(f"views: {', '.join(VIEWS)}; end the query with Ctrl-D")
        query = sys.stdin.read()
    if not query.strip():
        raise WrongUsage(f"QUERY: found nothing, expected a statement over {', '.join(VIEWS)}")
    _, store = _open(workspace)
    answer = ask(store, query)
    if form is Format.PARQUET:
        assert output is not None
        answer.to_parquet(output)
        return
    _print(answer.report(), "no rows", form, output, as_json=as_json)
