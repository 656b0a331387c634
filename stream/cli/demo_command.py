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
    records: Annotated[int, typer.Option("--records", help="How many call records to make.")] = 250_000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the made traffic.")] = 20030614,
) -> None:
    """Show the whole line on made traffic: a workspace, calls, rating, closed months, statements, reasons."""
    from stream.demo.tour import tour

    tour(folder, records, seed)
