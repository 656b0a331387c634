"""Which column of another carrier's bill is what: TOML, a file a carrier, kept with the workspace.

`schemas/invoices.md` documents the format.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rating.codes import TrafficClass, name_of
from stream.errors import BadInput
from stream.workspace.nearest import one_of

__all__ = ["BILL_COLUMNS", "CALL_COLUMNS", "CLASSES", "FOLDER", "ColumnMap", "load_map"]

FOLDER: Final = "invoices"

BILL_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "class": ("class", "traffic_class", "usage_type"),
    "amount": ("amount", "amount_usd", "charge"),
    "minutes": ("minutes", "mou"),
    "ms": ("ms",),
    "lata": ("lata",),
    "rate": ("rate", "rate_usd_per_minute"),
    "from": ("from", "from_date"),
    "through": ("through", "thru", "to", "through_date"),
    "payer": ("payer",),
    "payee": ("payee",),
    "line": ("line", "item"),
}
"""By what a column is, the headings under which it is looked for where the map does not say."""

CALL_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "calling": ("calling", "orig_number", "from_number"),
    "called": ("called", "term_number", "to_number"),
    "connect": ("connect_time", "connect"),
    "seconds": ("seconds", "duration_s"),
    "ms": ("duration_ms", "ms"),
    "source": ("source", "switch"),
    "record": ("record_id", "id"),
    "class": ("class", "traffic_class"),
}
"""Likewise of a file of calls."""

CLASSES: Final = tuple(name_of(kind) for kind in TrafficClass)
_TOP: Final = {"agreement", "biller", "delimiter", "date", "currency", "total", "columns", "classes", "calls"}


@dataclass(frozen=True)
class ColumnMap:
    """How to read one carrier's bill.

    Parameters
    ----------
    agreement, biller : str
        "" where the map does not say.
    date : str
        As `datetime.strptime` reads it.
    currency : str
        The sign that an amount may begin with.
    total : str
        The word in the class column of a row that holds the sum of the amounts above it, any case.
    columns, calls : mapping of field to headings
    classes : mapping
        From the biller's word, lower case, to a class of ours.
    """

    file: Path | None = None
    agreement: str = ""
    biller: str = ""
    delimiter: str = ","
    date: str = "%Y-%m-%d"
    currency: str = "$"
    total: str = "total"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: BILL_COLUMNS)
    calls: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CALL_COLUMNS)
    classes: Mapping[str, str] = field(default_factory=dict)


def load_map(workspace: Path, biller: str, file: Path | None = None) -> ColumnMap:
    """Return the map of a carrier: a file that is named, else ``invoices/BILLER.toml``, else the default.

    Raises
    ------
    BadInput
        If the file is no such map: it says which key, what was found and what was expected.
    """
    path = file or workspace / FOLDER / f"{biller}.toml"
    if file is None and not path.is_file():
        return ColumnMap()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", file=path) from error
    except ValueError as error:
        raise BadInput(f"is no TOML: {error}", file=path) from error
    for key in raw:
        if key not in _TOP:
            raise BadInput.found(key, one_of(key, _TOP), file=path, field=key)
    texts = {
        key: _text(raw[key], key, path)
        for key in ("agreement", "biller", "delimiter", "date", "currency", "total")
        if key in raw
    }
    if len(texts.get("delimiter", ",")) != 1:
        raise BadInput.found(texts["delimiter"], "one character", file=path, field="delimiter")
    calls = _table(raw.get("calls", {}), "calls", path)
    return ColumnMap(
        file=path,
        **texts,
        columns=_columns(_table(raw.get("columns", {}), "columns", path), BILL_COLUMNS, "columns", path),
        calls=_columns(_table(calls.get("columns", {}), "calls.columns", path), CALL_COLUMNS, "calls.columns", path),
        classes=_classes(_table(raw.get("classes", {}), "classes", path), path),
    )


def _text(value: object, key: str, path: Path) -> str:
    if not isinstance(value, str) or not value:
        raise BadInput.found(value, "a text in quotes", file=path, field=key)
    return value


def _table(value: object, key: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput.found(value, f"a table, [{key}]", file=path, field=key)
    return value


def _columns(
    raw: Mapping[str, Any], known: Mapping[str, tuple[str, ...]], table: str, path: Path
) -> dict[str, tuple[str, ...]]:
    out = dict(known)
    for name, value in raw.items():
        if name not in known:
            raise BadInput.found(name, one_of(name, known), file=path, field=f"{table}.{name}")
        headings = value if isinstance(value, list) else [value]
        if not headings or not all(isinstance(heading, str) and heading for heading in headings):
            raise BadInput.found(value, "a heading in quotes, or a list of them", file=path, field=f"{table}.{name}")
        out[name] = tuple(headings)
    return out


def _classes(raw: Mapping[str, Any], path: Path) -> dict[str, str]:
    for word, kind in raw.items():
        if kind not in CLASSES:
            raise BadInput.found(kind, one_of(str(kind), CLASSES), file=path, field=f"classes.{word}")
    return {word.casefold(): kind for word, kind in raw.items()}
