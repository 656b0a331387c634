"""What a bill is once it is read, from whatever file."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

__all__ = ["Bill", "BillLine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line as it was billed.

    Parameters
    ----------
    number : int
        Line of the file, from 1; of a statement in JSON the position among its lines.
    name : str
        What the biller calls the line, "" where it has no name.
    kind : str
        The traffic class, in our word.
    rate : str
        Dollars a minute, without needless zeros; "" where the line says none, ``elements`` for several.
    ms, slack_ms : int
        Time billed, and how far it may be off because it was printed to so many places.
    cents : int
        Dollars billed, in cents, half away from zero; negative for a credit.
    first, last : date or None
        Both None where the lines of the bill have no days.
    copy_of : int
        The number of an earlier line that is the same in every cell, 0 where there is none.
    """

    number: int
    payer: str
    payee: str
    kind: str
    lata: str
    rate: str
    ms: int
    slack_ms: int
    cents: int
    first: date | None
    last: date | None
    name: str = ""
    copy_of: int = 0


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill: where it was read from, its lines, and the days that it says it is for."""

    file: Path
    lines: tuple[BillLine, ...]
    agreement: str = ""

    @property
    def days(self) -> tuple[date, date] | None:
        """The first and the last day of any line; None where no line has days."""
        first = [line.first for line in self.lines if line.first is not None]
        last = [line.last for line in self.lines if line.last is not None]
        return (min(first), max(last)) if first and last else None
