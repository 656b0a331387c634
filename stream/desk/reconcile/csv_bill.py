"""A bill as CSV, by a column map: every cell is understood, or an error that says where it stands."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from rating.money import dollars_text
from stream.desk.reconcile.bill import Bill, BillLine
from stream.desk.reconcile.column_map import CLASSES, ColumnMap
from stream.desk.reconcile.values import cents_of, day_of, decimal_of, minutes_of, rate_of
from stream.errors import BadInput
from stream.workspace.nearest import one_of

__all__ = ["MOST_CHARACTERS", "find_columns", "read_csv", "rows_of"]

MOST_CHARACTERS: Final = 65_536
"""The longest line that is taken for one of a bill."""

_T = TypeVar("_T")
_SHOWN: Final = 60
_CURRENCIES: Final = "$€£¥₩₹"


def rows_of(path: Path, delimiter: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the headings and the rows with their line numbers; blank rows are left out.

    Raises
    ------
    BadInput
        If the file cannot be read, has no headings or a line is too long.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"found the byte 0x{error.object[error.start]:02x}, expected UTF-8", file=path) from error
    headings: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if number == 1:
            headings = [cell.strip() for cell in line.split(delimiter)]
        if len(line) > MOST_CHARACTERS:
            cells = line.split(delimiter)
            at = max(range(len(cells)), key=lambda i: len(cells[i]))
            raise BadInput(
                f"found {len(cells[at]):,} characters, expected a line of at most {MOST_CHARACTERS:,}",
                file=path, line=number, field=headings[at] if at < len(headings) and number > 1 else None,
            )  # fmt: skip
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headings = [cell.strip() for cell in next(reader, [])]
        if not any(headings):
            raise BadInput.found(None, "a line of headings", file=path, line=1)
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"is no CSV: {error}", file=path, line=reader.line_num) from error
    return headings, rows


def find_columns(
    headings: list[str], wanted: Mapping[str, tuple[str, ...]], needed: tuple[tuple[str, ...], ...], path: Path
) -> dict[str, int]:
    """Return the position of each column that is there; BadInput where none of some that are needed is."""
    folded = [heading.casefold() for heading in headings]
    found = {}
    for name, choices in wanted.items():
        at = next((folded.index(c.casefold()) for c in choices if c.casefold() in folded), None)
        if at is not None:
            found[name] = at
    for names in needed:
        if not any(name in found for name in names):
            expected = " or ".join(repr(choice) for name in names for choice in wanted[name])
            shown = ", ".join(headings)
            raise BadInput(
                f"found the columns {shown[:300]}, expected {expected}; a map says what else a column is called",
                file=path, line=1, field=" or ".join(names),
            )  # fmt: skip
    return found


class _Row:
    """One row, its cells by what they are."""

    def __init__(self, path: Path, number: int, cells: list[str], at: Mapping[str, int], headings: list[str]) -> None:
        self.path, self.number, self._cells, self._at, self._headings = path, number, cells, at, headings

    def text(self, name: str) -> str:
        return self._cells[self._at[name]].strip() if name in self._at else ""

    def take(self, name: str, read: Callable[[str], _T]) -> _T:
        try:
            return read(self.text(name))
        except ValueError as error:
            raise self.wrong(name, str(error)) from None

    def wrong(self, name: str, expected: str) -> BadInput:
        text = self.text(name)
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        return BadInput.found(shown, expected, file=self.path, line=self.number, field=self._headings[self._at[name]])


def read_csv(path: Path, how: ColumnMap, payer: str, payee: str, parties: tuple[str, ...]) -> Bill:
    """Read a bill.

    Parameters
    ----------
    payer, payee : str
        Who pays whom where the lines do not say.
    parties : tuple of str
        The names that the columns ``payer`` and ``payee`` may hold.

    Raises
    ------
    BadInput
        With file, line, field, what was found and what was expected.
    """
    headings, rows = rows_of(path, how.delimiter)
    at = find_columns(headings, how.columns, (("class",), ("amount",), ("minutes", "ms")), path)
    lines: list[BillLine] = []
    seen: dict[tuple[str, ...], int] = {}
    total = Decimal(0)
    for number, cells in rows:
        if len(cells) != len(headings):
            raise BadInput.found(len(cells), f"{len(headings)} cells as the headings have", file=path, line=number)
        row = _Row(path, number, cells, at, headings)
        amount = row.take("amount", lambda text: _money(text, how.currency))
        if row.text("class").casefold() == how.total.casefold():
            if amount != total:
                raise row.wrong("amount", f"${dollars_text(cents_of(total))}, the sum of the lines above")
            continue
        total += amount
        line = _line(row, how, amount, payer, payee, parties)
        key = tuple(cells)
        lines.append(replace(line, copy_of=seen.get(key, 0)))
        seen.setdefault(key, number)
    if not lines:
        raise BadInput.found(None, "lines under the headings", file=path, line=2)
    return Bill(path, tuple(lines), how.agreement)


def _money(text: str, currency: str) -> Decimal:
    other = [sign for sign in _CURRENCIES if sign in text and sign != currency]
    if other:
        raise ValueError(f"an amount in {currency}, not in {other[0]}")
    return decimal_of(text, currency)


def _line(row: _Row, how: ColumnMap, amount: Decimal, payer: str, payee: str, parties: tuple[str, ...]) -> BillLine:
    word = row.text("class")
    kind = how.classes.get(word.casefold(), word.casefold())
    if kind not in CLASSES:
        raise row.wrong("class", f"{one_of(kind, CLASSES)}; [classes] of a map says what another word stands for")
    ms, slack = (
        (row.take("ms", _whole), 0) if row.text("ms") else row.take("minutes", lambda t: minutes_of(decimal_of(t)))
    )
    who = {}
    for name, default in (("payer", payer), ("payee", payee)):
        who[name] = row.text(name) or default
        if who[name] not in parties:
            raise row.wrong(name, one_of(who[name], parties))
    first, last = (
        row.take(name, lambda t: day_of(t, how.date)) if row.text(name) else None for name in ("from", "through")
    )
    if (first is None) != (last is None):
        raise row.wrong("from" if first is None else "through", "a day, as the line has one of the two")
    if first is not None and last is not None and first > last:
        raise row.wrong("through", f"a day from {first} on")
    rate = row.take("rate", lambda t: rate_of(decimal_of(t, how.currency))) if row.text("rate") else ""
    return BillLine(
        number=row.number, name=row.text("line"), payer=who["payer"], payee=who["payee"], kind=kind,
        lata=row.text("lata").removeprefix("-"), rate="" if rate == "0" else rate, ms=ms, slack_ms=slack,
        cents=cents_of(amount), first=first, last=last,
    )  # fmt: skip


def _whole(text: str) -> int:
    value = decimal_of(text)
    if value != int(value):
        raise ValueError("whole milliseconds")
    return int(value)
