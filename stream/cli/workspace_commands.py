"""init, config show, reference check: the workspace."""

from pathlib import Path
from typing import Annotated

import typer

from stream.cli.console import Json, Strict, WorkspaceDir, emit, note, printer
from stream.errors import WrongUsage

__all__ = ["register"]

_LINES = 4


def register(app: typer.Typer) -> None:
    """Add the group's commands."""
    app.command("init")(init)
    config = typer.Typer(help="The settings in force, and where each came from.", no_args_is_help=True)
    config.command("show")(config_show)
    app.add_typer(config, name="config")
    reference = typer.Typer(help="The reference tables.", no_args_is_help=True)
    reference.command("check")(reference_check)
    app.add_typer(reference, name="reference")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    example: Annotated[bool, typer.Option("--example", help="With the demo's data, ready to rate.")] = False,
) -> None:
    """Make a workspace: settings with comments, and the tables that are needed."""
    from stream.demo.world import write_skeleton, write_workspace

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WrongUsage(f"{folder}: is there already and not empty; name a new folder")
    (write_workspace if example else write_skeleton)(folder)
    note(f"made {folder}: settings in ratestream.toml, tables in reference/, your instruments in terms/")
    if example:
        note(f"next: ratestream reference check -w {folder}")
    else:
        note(
            f"next: fill reference/agreements.csv, parties.csv, ocns.csv and number_blocks.csv, then check them: "
            f"ratestream reference check -w {folder}"
        )


def config_show(workspace: WorkspaceDir = None, as_json: Json = False) -> None:
    """Print each setting and where it came from; secrets are masked."""
    from stream.workspace.settings import effective, find_workspace, read_settings

    rows = effective(read_settings(find_workspace(workspace)))
    if as_json:
        emit([{"key": key, "value": value, "from": origin} for key, value, origin in rows])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("setting", "value", "from"):
        table.add_column(column, overflow="fold")
    for key, value, origin in rows:
        table.add_row(Text(key), Text(str(value)), Text(origin, style="dim" if origin == "default" else ""))
    printer().print(table)


def reference_check(workspace: WorkspaceDir = None, as_json: Json = False, strict: Strict = False) -> None:
    """Check the reference tables as a whole, and say which rules are off and why."""
    from rating.reference.check import check
    from stream.workspace.settings import find_workspace
    from stream.workspace.tables import read_tables

    tables = read_tables(find_workspace(workspace))
    findings = check(tables)
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = sum(finding.severity == "warning" for finding in findings)
    if as_json:
        emit(
            [
                {"severity": f.severity, "table": f.table, "lines": list(f.lines), "code": f.code, "message": f.message}
                for f in findings
            ]
        )
    else:
        from rich.table import Table
        from rich.text import Text

        console = printer()
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "table", "lines"):
            table.add_column(column, no_wrap=column != "lines", overflow="fold")
        table.add_column("finding", overflow="fold", ratio=1)
        style = {"error": "bold red", "warning": "yellow", "info": "cyan"}
        for f in findings:
            lines = ", ".join(map(str, f.lines[:_LINES])) + (" ..." if len(f.lines) > _LINES else "")
            table.add_row(Text(f.severity, style=style[f.severity]), f.table, lines, Text(f.message))
        if findings:
            console.print(table)
        console.print(
            f"{len(tables.number_blocks):,} number blocks, {len(tables.agreements):,} agreements: "
            f"{errors} errors, {warnings} warnings"
        )
    if errors:
        raise typer.Exit(3)
    if warnings and strict:
        raise typer.Exit(1)
