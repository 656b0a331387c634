"""What a cell of a reference table may say, and how it is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from rating.codes import TrafficClass, name_of
from stream.workspace.zones import EXPECTED_ZONE, zone_named

__all__ = ["BadCell", "Cell", "Memo", "one_of"]


class BadCell(ValueError):
    """A cell that says something it may not say."""


@dataclass(frozen=True)
class Cell:
    """One kind of cell: `read` turns its stripped text into a value or raises ValueError."""

    expected: str
    read: Callable[[str], object]


class Memo(dict[str, object]):
    """Cells of one column as values, each text read once: a plan has 152,000 blocks but 50 states."""

    __slots__ = ("cell",)

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def __missing__(self, text: str) -> object:
        """Read a text that is new here; BadCell if it may not stand in this column."""
        try:
            value = self.cell.read(text.strip())
        except ValueError as error:
            raise BadCell(text) from error
        self[text] = value
        return value


def _matching(pattern: str) -> Callable[[str], str]:
    match = re.compile(pattern).fullmatch

    def read(text: str) -> str:
        if match(text) is None:
            raise ValueError(text)
        return text

    return read


def one_of(*words: str) -> Cell:
    """Return a cell that says one of these words; an empty word stands for an empty cell."""
    named = [word or "nothing" for word in words]
    allowed = frozenset(words)

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return Cell(", ".join(named[:-1]) + f" or {named[-1]}", read)


_is_day = _matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_is_count = _matching(r"[0-9]{1,18}")
_is_integer = _matching(r"-?[0-9]{1,18}")
_is_money = _matching(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")


def _day(text: str) -> date:
    # date.fromisoformat alone would take 20030601 and 2003-W23-1 too.
    return date.fromisoformat(_is_day(text))


def _open_day(text: str) -> date | None:
    return _day(text) if text else None


def _maybe_count(text: str) -> int | None:
    return int(_is_count(text)) if text else None


def _money(text: str) -> Decimal:
    return Decimal(_is_money(text))


def _paid(text: str) -> Decimal | bool:
    words = {"": False, "no": False, "false": False, "yes": True, "true": True}
    word = words.get(text.lower())
    return _money(text) if word is None else word


def _zone(text: str) -> str:
    zone_named(text)
    return text


TEXT: Final = Cell("some text", _matching(r"(?s:.+)"))
ANY_TEXT: Final = Cell("any text", str)
STATE: Final = Cell("a state as two capital letters", _matching(r"[A-Z]{2}"))
OCN: Final = Cell("an operating company number of 4 characters", _matching(r"[!-~]{4}"))
BLOCK: Final = Cell("an NPA-NXX of 6 digits or a thousands-block of 7", _matching(r"[0-9]{6,7}"))
TRUNK_GROUP: Final = Cell("a name of 1 to 64 printable ASCII characters", _matching(r"[ -~]{1,64}"))
ZONE: Final = Cell(EXPECTED_ZONE, _zone)
DAY: Final = Cell("a day as YYYY-MM-DD", _day)
OPEN_DAY: Final = Cell("a day as YYYY-MM-DD, or nothing", _open_day)
MONTH: Final = Cell("a month as YYYY-MM", _matching(r"[0-9]{4}-(0[1-9]|1[0-2])"))
COUNT: Final = Cell("an integer that is not negative", lambda text: int(_is_count(text)))
MAYBE_COUNT: Final = Cell("an integer that is not negative, or nothing", _maybe_count)
INTEGER: Final = Cell("an integer", lambda text: int(_is_integer(text)))
MONEY: Final = Cell("an amount in dollars as 1234.56", _money)
PAID: Final = Cell("the amount paid, or yes or no for all or nothing of it", _paid)
CLASS: Final = one_of(*(name_of(traffic_class) for traffic_class in TrafficClass))
