"""What can stop a command, each kind with its exit code."""

from pathlib import Path
from typing import ClassVar

__all__ = ["BadInput", "ChecksFailed", "InvariantBroken", "RatestreamError", "StoreUnreachable", "WrongUsage"]


class RatestreamError(Exception):
    """Something that a command reports in one line and ends with; never shown as a traceback."""

    exit_code: ClassVar[int] = 1


class WrongUsage(RatestreamError):
    """The command line asks for something that the command does not do."""

    exit_code: ClassVar[int] = 2


class BadInput(RatestreamError):
    """A file, a line or a field is not what it has to be; nothing was changed.

    Parameters
    ----------
    message : str
        What was found and what was expected.
    file : path or str, optional
        Where; for a setting that came from the environment, the variable's name stands in `field` alone.
    line : int, optional
        Line in the file, counted from 1.
    field : str, optional
        Column, field or setting.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self, message: str, *, file: Path | str | None = None, line: int | None = None, field: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.field = field

    def __str__(self) -> str:
        """Return one line: ``FILE:LINE: FIELD: MESSAGE``, leaving out what is not known."""
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        text = ": ".join(part for part in (place, self.field, self.message) if part)
        return " ".join(text.split("\n"))

    @classmethod
    def found(
        cls,
        found: object,
        expected: str,
        *,
        file: Path | str | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> "BadInput":
        """Return the error that says what was found and what was expected."""
        shown = "nothing" if found is None or found == "" else repr(found)
        return cls(f"found {shown}, expected {expected}", file=file, line=line, field=field)


class ChecksFailed(RatestreamError):
    """Something is not in order that has to be mended or accepted first; nothing was changed."""

    exit_code: ClassVar[int] = 1


class StoreUnreachable(RatestreamError):
    """The store or the broker does not answer."""

    exit_code: ClassVar[int] = 4


class InvariantBroken(RatestreamError):
    """Sums do not agree, or another worker has taken over: stopped, nothing committed."""

    exit_code: ClassVar[int] = 5
