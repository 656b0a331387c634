"""The command line as a whole; each command loads what it needs when it is called."""

from collections.abc import Sequence
from typing import Annotated

import typer

from rating.faults import RoundingNotKept
from stream.cli import (
    backout_command,
    books_commands,
    demo_command,
    kafka_commands,
    rate_commands,
    reconcile_commands,
    report_commands,
    suspense_commands,
    terms_commands,
    whatif_commands,
    workspace_commands,
)
from stream.errors import BadInput, WrongUsage

__all__ = ["app", "run"]

app = typer.Typer(
    name="ratestream",
    help="Settle telephone traffic between carriers: rate call records, close months, and say for every cent which "
    "clause of which contract made it so.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        from stream.version import VERSION

        typer.echo(f"ratestream {VERSION}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Settle telephone traffic between carriers."""


demo_command.register(app)
workspace_commands.register(app)
rate_commands.register(app)
books_commands.register(app)
backout_command.register(app)
suspense_commands.register(app)
terms_commands.register(app)
whatif_commands.register(app)
reconcile_commands.register(app)
report_commands.register(app)
kafka_commands.register(app)


def _with_default(argv: Sequence[str], option: str, default: str) -> list[str]:
    """Give an option that may stand without a value its default: ``--issued`` alone is the last."""
    out: list[str] = []
    for position, word in enumerate(argv):
        out.append(word)
        following = argv[position + 1] if position + 1 < len(argv) else ""
        if word == option and not following.isdigit():
            out.append(default)
    return out


def run(argv: Sequence[str]) -> int:
    """Run a command line; return its exit code."""
    command = typer.main.get_command(app)
    try:
        code = command.main(_with_default(argv, "--issued", "0"), prog_name="ratestream", standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except typer.Abort:
        return 130
    except RoundingNotKept as error:
        raise BadInput(str(error), field="policy.rounding") from None
    except Exception as error:
        shown = getattr(error, "format_message", None)
        if shown is None:
            raise
        raise WrongUsage(f"{shown()} (see --help)") from None
    return code if isinstance(code, int) else 0
