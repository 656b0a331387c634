"""what-if, exposure: the same months under other terms and readings; nothing is booked."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from stream.cli.console import AsKnownAt, Json, WorkspaceDir, emit, known_day, note, parse_month, printer
from stream.errors import BadInput, WrongUsage

if TYPE_CHECKING:
    from stream.workspace.load import Workspace

__all__ = ["register"]

_MONTH: Final = re.compile(r"[0-9]{4}-[0-9]{2}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("what-if")(what_if)
    app.command("exposure")(exposure)


def _names(loaded: "Workspace", wanted: str) -> list[str]:
    names = [row.agreement for row in loaded.tables.agreements]
    if wanted == "all":
        return names
    if wanted not in names:
        raise BadInput.found(wanted, f"all, or one of {', '.join(names)}", field="AGREEMENT")
    return [wanted]


def what_if(
    agreement: Annotated[
        str | None, typer.Argument(metavar="[AGREEMENT|all]", help="An agreement (default all).")
    ] = None,
    months: Annotated[
        list[str] | None, typer.Argument(metavar="[MONTH...]", help="Months, as 2003-06 (default all with usage).")
    ] = None,
    terms: Annotated[
        list[Path] | None,
        typer.Option("--terms", metavar="FILE", help="An instrument to add, or to put in place of the one of its id."),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="[AGREEMENT:]NAME=VALUE", help="A switch to read otherwise."),
    ] = None,
    lines: Annotated[bool, typer.Option("--lines", help="Line by line (a single month is shown so anyway).")] = False,
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    as_json: Json = False,
) -> None:
    """Show the same months under other terms or another reading, side by side; nothing is booked."""
    from stream.books.store import open_store
    from stream.cli.whatif_render import render_what_if
    from stream.desk.variants import parse_choice
    from stream.desk.whatif import load_drafts
    from stream.desk.whatif import what_if as compare
    from stream.workspace.load import load_workspace

    if not terms and not policy:
        raise WrongUsage("found no other terms and no other reading, expected --terms FILE or --policy NAME=VALUE")
    wanted, asked = agreement or "all", list(months or ())
    if _MONTH.fullmatch(wanted):  # months alone are months of all agreements
        wanted, asked = "all", [wanted, *asked]
    for month in asked:
        parse_month(month)
    loaded = load_workspace(workspace)
    names = _names(loaded, wanted)
    found = compare(
        loaded,
        open_store(loaded),
        names,
        asked,
        instruments=load_drafts(loaded, terms or ()),
        choices=[parse_choice(text, names) for text in policy or ()],
        as_known_at=known_day(as_known_at),
    )
    if as_json:
        emit(found)
        return
    if not found["agreements"]:
        note("no usage yet, nothing to compare; rate call files with: ratestream rate FILES...")
        return
    render_what_if(found, printer(), lines=lines or len(asked) == 1)


def exposure(
    agreement: Annotated[str, typer.Argument(metavar="AGREEMENT", help="An agreement of agreements.csv.")],
    first: Annotated[str, typer.Argument(metavar="FROM", help="The first month, as 2003-05.")],
    last: Annotated[str, typer.Argument(metavar="THROUGH", help="The last month, as 2004-06.")],
    workspace: WorkspaceDir = None,
    as_known_at: AsKnownAt = None,
    as_json: Json = False,
) -> None:
    """Show what every open reading is worth: the one chosen, each other one, and the dollars between them."""
    from stream.books.store import open_store
    from stream.cli.exposure_render import render_exposure
    from stream.desk.exposure import exposure as value
    from stream.workspace.load import load_workspace

    if parse_month(first) > parse_month(last):
        raise WrongUsage(f"FROM THROUGH: found {first} after {last}, expected the earlier month first")
    loaded = load_workspace(workspace)
    names = [row.agreement for row in loaded.tables.agreements]
    if agreement not in names:
        raise BadInput.found(agreement, f"one of {', '.join(names)}", field="AGREEMENT")
    found = value(loaded, open_store(loaded), agreement, first, last, known_day(as_known_at))
    if as_json:
        emit(found)
        return
    render_exposure(found, printer())
