"""Instruments from files: those that ship with the package, and a workspace's own."""

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from rating.terms.model import Instrument
from rating.terms.parse import TermsError, parse
from stream.errors import BadInput

__all__ = ["load_file", "load_packaged", "packaged_ids"]

_SUFFIX: Final = ".toml"
_SYNTAX: Final = re.compile(r"^(?P<said>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_CLAUSE: Final = re.compile(r"^\s*\[\[\s*clause\s*\]\]")
_REF: Final = re.compile(r"^\s*ref\s*=")


def packaged_ids() -> tuple[str, ...]:
    """Return the ids of the instruments that ship with the package, in alphabetical order."""
    return tuple(sorted(item.name.removesuffix(_SUFFIX) for item in _folder().iterdir() if item.name.endswith(_SUFFIX)))


def load_packaged(ids: Iterable[str]) -> tuple[Instrument, ...]:
    """Return packaged instruments in the order asked for.

    Parameters
    ----------
    ids : iterable of str
        As in the settings' ``[terms] packaged``.

    Raises
    ------
    BadInput
        For an id that no packaged instrument has, naming those there are, and for one asked for twice.
    """
    wanted = tuple(ids)
    available = packaged_ids()
    for position, name in enumerate(wanted):
        if name not in available:
            raise BadInput.found(name, f"one of {', '.join(available)}", field="terms.packaged")
        if name in wanted[:position]:
            raise BadInput.found(name, "each instrument once", field="terms.packaged")
    return tuple(_read(_folder().joinpath(name + _SUFFIX), f"packaged {name}{_SUFFIX}") for name in wanted)


def load_file(path: Path) -> Instrument:
    """Return the instrument in a file.

    Parameters
    ----------
    path : Path
        A TOML file of one instrument (``rating.terms.model``).

    Raises
    ------
    BadInput
        If the file cannot be read, is not UTF-8 or not TOML (with the line), or is not an instrument
        (with the line of the clause and the field at fault).
    """
    return _read(path, str(path))


def _folder() -> Traversable:
    return resources.files("stream.terms").joinpath("packaged")


def _read(source: Traversable | Path, name: str) -> Instrument:
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror or error}, expected an instrument's file", file=name
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise BadInput(f"found byte 0x{raw[error.start]:02x}, expected UTF-8", file=name, line=line) from error
    try:
        return parse(_toml(text, name), name)
    except TermsError as error:
        field = ": ".join(part for part in (_titled(error.clause), error.field) if part)
        raise BadInput(error.message, file=name, line=_line_of(text, error.index), field=field or None) from error


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _SYNTAX.match(str(error))
        if match is None:
            raise BadInput(f"{error}, expected TOML", file=name) from error
        line = int(match["line"]) if match["line"] else text.count("\n") + 1
        column = f" at column {match['column']}" if match["column"] else " at the end of the file"
        raise BadInput(f"{match['said']}{column}, expected TOML", file=name, line=line) from error


def _titled(clause: str) -> str:
    return clause if not clause or clause.startswith("clause") else f"clause {clause}"


def _line_of(text: str, index: int | None) -> int | None:
    """Return the line of a clause's reference, or of its heading where it has none."""
    if index is None:
        return None
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines, start=1) if _CLAUSE.match(line)]
    if index >= len(heads):
        return None
    end = heads[index + 1] - 1 if index + 1 < len(heads) else len(lines)
    block = range(heads[index], end + 1)
    return next((number for number in block if _REF.match(lines[number - 1])), heads[index])
