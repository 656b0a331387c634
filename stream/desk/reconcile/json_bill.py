"""A bill as the project's own statement: one document, or an array of them."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson

from rating.money import dollars_text
from stream.desk.reconcile.bill import Bill, BillLine
from stream.desk.reconcile.values import cents_of, decimal_of, rate_of
from stream.errors import BadInput

__all__ = ["read_statement"]


def read_statement(path: Path, agreement: str) -> Bill:
    """Read what ``statement --format json`` prints, of one agreement.

    Raises
    ------
    BadInput
        If it is no such document, a line lacks a field, or a direction's total is not the sum of its lines.
    """
    try:
        document = orjson.loads(path.read_bytes())
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    except orjson.JSONDecodeError as error:
        raise BadInput(f"is no JSON: {error}", file=path, line=error.lineno) from error
    documents = document if isinstance(document, list) else [document]
    lines: list[BillLine] = []
    try:
        found = {str(one["agreement"]) for one in documents}
        for one in documents:
            if one["agreement"] == agreement:
                for way in one["directions"]:
                    _direction(way, lines, path)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"found a document without {error}, expected a statement as schemas say", file=path) from error
    if agreement not in found:
        raise BadInput.found(", ".join(sorted(found)), f"a statement of {agreement}", file=path, field="agreement")
    return Bill(path, tuple(lines), agreement)


def _direction(way: dict[str, Any], lines: list[BillLine], path: Path) -> None:
    before = len(lines)
    for row in way["lines"]:
        lines.append(_line(way, row, len(lines) + 1, path))
    total = sum(line.cents for line in lines[before:])
    if _cents(way["total"], "total", path) != total:
        who = f"{way['payer']} pays {way['payee']}: total"
        raise BadInput.found(way["total"], f"{dollars_text(total)}, the sum of its lines", file=path, field=who)


def _cents(text: object, field: str, path: Path) -> int:
    try:
        return cents_of(decimal_of(str(text)))
    except ValueError as error:
        raise BadInput.found(text, str(error), file=path, field=field) from None


def _line(way: dict[str, Any], row: dict[str, Any], number: int, path: Path) -> BillLine:
    try:
        rate = "elements" if row.get("elements") else rate_of(decimal_of(row["rate"])) if row["rate"] else ""
        first, last = date.fromisoformat(row["from"]), date.fromisoformat(row["through"])
    except ValueError as error:
        raise BadInput(f"found a rate or a day that is none, expected {error}", file=path, field=row["line"]) from None
    if isinstance(row["ms"], bool) or not isinstance(row["ms"], int):
        raise BadInput.found(row["ms"], "whole milliseconds", file=path, field="ms")
    return BillLine(
        number=number, name=str(row["line"]), payer=way["payer"], payee=way["payee"], kind=row["class"],
        lata=row["lata"] or "", rate="" if rate == "0" else rate, ms=row["ms"], slack_ms=0,
        cents=_cents(row["amount"], "amount", path), first=first, last=last,
    )  # fmt: skip
