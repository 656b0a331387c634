"""What the commands share: where they print, how they read days and months, the common options."""

import re
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from stream.errors import WrongUsage

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "AsKnownAt",
    "Json",
    "Month",
    "Quiet",
    "Strict",
    "WorkspaceDir",
    "emit",
    "known_day",
    "note",
    "on_day",
    "parse_month",
    "printer",
]

_MONTH: Final = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])")  # weeks, 2003-W23, are dates of ISO 8601 too

WorkspaceDir = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="The workspace (else RATESTREAM_WORKSPACE, else the current folder)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 where something was found that is not in order.")]
AsKnownAt = Annotated[
    str | None,
    typer.Option("--as-known-at", metavar="DATE", help="Terms and events as known on this day (default today)."),
]
Month = Annotated[str, typer.Argument(metavar="MONTH", help="A month, as 2003-06.")]


def printer(*, error: bool = False) -> "Console":
    """Return a console on standard output, or on standard error; NO_COLOR is minded by rich itself."""
    from rich.console import Console

    return Console(stderr=error, highlight=False, soft_wrap=False)


def emit(document: Any) -> None:
    """Print a document as JSON on standard output."""
    import orjson

    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.stdout.flush()


def note(text: str, *, quiet: bool = False) -> None:
    """Print a remark on standard error."""
    if not quiet:
        sys.stderr.write(text + "\n")


def known_day(text: str | None) -> date:
    """Return the day of ``--as-known-at``, today where it is not given."""
    from stream.clock import today

    if text is None:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"--as-known-at: found {text!r}, expected a day as 2004-07-05") from None


def on_day(text: str | None) -> date | None:
    """Return the day of ``--on``; None where it is not given."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"--on: found {text!r}, expected a day as 2003-06-14") from None


def parse_month(text: str) -> str:
    """Return a month as written; WrongUsage if it is none."""
    if _MONTH.fullmatch(text) is None:
        raise WrongUsage(f"MONTH: found {text!r}, expected a month as 2003-06")
    return text
