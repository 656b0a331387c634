"""demo: the whole line in one go."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="Where to make the workspace (default ./ratestream-demo, made anew)."),
    ] = None,
    records: Annotated[
        int | None, typer.Option("--records", min=1, help="How many call records to make (default 250,000; 6,000).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the made traffic.")] = 20030614,
    wrong_bill: Annotated[
        bool, typer.Option("--dispute", help="Instead: a bill that is wrong in three ways, and what is found.")
    ] = False,
) -> None:
    """Show the whole line on made traffic: a workspace, calls, rating, closed months, statements, reasons."""
    if wrong_bill:
        from stream.demo.dispute import CALLS, dispute

        dispute(folder, records or CALLS, seed)
        return
    from stream.demo.tour import tour

    tour(folder, records or 250_000, seed)
