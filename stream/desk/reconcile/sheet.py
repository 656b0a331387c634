"""A reconciliation as a spreadsheet: what differs, why, by day, and the calls behind it.

openpyxl comes with the extra ``desk`` and is imported when a sheet is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rating.money import MS_PER_MINUTE
from stream.errors import StoreUnreachable, WrongUsage

__all__ = ["write_sheet"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_CONTROL: Final = {code: None for code in range(32) if code not in (9, 10, 13)}
_DOLLARS: Final = '"$"#,##0.00;-"$"#,##0.00'
_MINUTES: Final = "#,##0.0"
_RATE: Final = '"$".000000;-"$".000000'
_OF: Final = ("here", "there", "difference")
_WIDEST: Final = 60

Row = Sequence[Any]


def write_sheet(found: Mapping[str, Any], path: Path) -> None:
    """Write a workbook.

    Parameters
    ----------
    found : dict
        As `stream.desk.reconcile.run.reconcile` makes it.

    Raises
    ------
    WrongUsage
        If openpyxl is not installed.
    StoreUnreachable
        If the file cannot be written.
    """
    try:
        from openpyxl import Workbook  # noqa: PLC0415
    except ImportError:
        raise WrongUsage("--xlsx: found no openpyxl, expected the extra desk: pip install 'ratestream[desk]'") from None
    book = Workbook()
    book.remove(book.active)
    _page(book, "Summary", ("Payer", "Payee", "Books, $", "Billed, $", "Difference, $", "Without a cause, $"),
          ([w["payer"], w["payee"], *map(Decimal, (w["here"], w["there"], w["difference"], w["unexplained"]))]
           for w in found["directions"]))  # fmt: skip
    _page(book, "Causes", ("Cause", "Payer", "Payee", "What", "Calls", "Time, min", "Difference, $", "Clauses"),
          ([c["cause"], c["payer"], c["payee"], c["words"], c["calls"], _minutes(c["ms"]), Decimal(c["amount"]),
            "; ".join(c["clauses"])] for c in found["causes"]))  # fmt: skip
    _page(book, "Lines",
          ("Payer", "Payee", "Class", "LATA", "Differs in", "Books, min", "Billed, min", "Books, $/min",
           "Billed, $/min", "Books, $", "Billed, $", "Difference, $", "Lines of the bill", "Clauses"),
          ([r["payer"], r["payee"], r["class"], r["lata"], r["what"], _minutes(r["ms_here"]), _minutes(r["ms_there"]),
            _rate(r["rate_here"]), _rate(r["rate_there"]), Decimal(r["here"]), Decimal(r["there"]),
            Decimal(r["difference"]), ", ".join(map(str, r["bill_lines"])), "; ".join(r["clauses"])]
           for r in found["lines"]))  # fmt: skip
    _page(book, "Days", ("Day", "Payer", "Payee", "LATA", "Books, min", "Billed, min", "Difference, min"),
          ([d["day"], d["payer"], d["payee"], d["lata"], *(_minutes(d[f"ms_{of}"]) for of in _OF)]
           for d in found["days"]))  # fmt: skip
    _page(book, "Calls", ("Cause", "Source", "Record", "Connect, ms since 1970", "Calling", "Called", "Length, ms"),
          ([c["cause"], e["source"], e["record_id"], e["connect_ms"], e["calling"], e["called"], e["duration_ms"]]
           for c in found["causes"] for e in c["evidence"] if "record_id" in e))  # fmt: skip
    try:
        book.save(path)
    except OSError as error:
        raise StoreUnreachable(f"{path}: cannot be written: {error.strerror or error}") from error


def _minutes(ms: int) -> Decimal:
    return Decimal(ms) / MS_PER_MINUTE


def _rate(text: str | None) -> Decimal | str | None:
    return Decimal(text) if text and text[0].isdigit() else text


def _page(book: Any, title: str, headings: Sequence[str], rows: Iterable[Row]) -> None:
    """Write one page; what a cell shows as is goes by its heading."""
    from openpyxl.styles import Font  # noqa: PLC0415

    page = book.create_sheet(title)
    for column, heading in enumerate(headings, start=1):
        page.cell(1, column, heading).font = Font(bold=True)
    widths = [len(heading) for heading in headings]
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            _write(page.cell(number, column), value, headings[column - 1])
            widths[column - 1] = min(_WIDEST, max(widths[column - 1], len(str(value or ""))))
    for column, width in enumerate(widths, start=1):
        page.column_dimensions[page.cell(1, column).column_letter].width = width + 2
    page.freeze_panes = "A2"


def _write(cell: Any, value: Any, heading: str) -> None:
    if isinstance(value, str):
        # A text stays a text: also one that a program would take for a formula, whoever wrote it.
        cell.value = value.translate(_CONTROL)
        cell.data_type = "s"
        if value.startswith(_FORMULA):
            cell.quotePrefix = True
        return
    cell.value = value
    if isinstance(value, Decimal):
        cell.number_format = _RATE if "$/min" in heading else _DOLLARS if "$" in heading else _MINUTES
