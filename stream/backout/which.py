"""Which file is meant: by its path, by its content, or by the beginning of its SHA-256."""

import re
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from stream.books import tables as t
from stream.books.store import Store
from stream.errors import BadInput

__all__ = ["find_file"]

_DIGEST: Final = re.compile(r"[0-9a-f]{6,64}")
_MOST_NAMED: Final = 3


def find_file(store: Store, word: str) -> Any:
    """Return the row of the file that is meant; one that stands before one that was backed out.

    Parameters
    ----------
    word : str
        A path, or at least six digits of a SHA-256. A file that is there at the path is known by its
        content, whatever it was called when it was rated; else by the path under which it was rated.

    Raises
    ------
    BadInput
        If there is none, or several, or the file at the path is another than was rated from there.
    """
    with store.reading() as c:
        rows = list(c.execute(select(t.files).order_by(t.files.c.file)))
    found = _of_digest(rows, word.lower()) or _of_path(rows, Path(word))
    shas = sorted({row.sha256 for row in found})
    if not found:
        known = ", ".join(f"{row.path} ({row.sha256[:12]})" for row in rows[-_MOST_NAMED:]) or "none yet"
        raise BadInput.found(word, f"the path or SHA-256 of a file that was rated: {known}", field="FILE")
    if len(shas) > 1:
        raise BadInput.found(word, f"one file; name it by its SHA-256: {', '.join(shas)}", field="FILE")
    standing = [row for row in found if row.backout is None]
    return (standing or found)[-1]


def _of_digest(rows: list[Any], word: str) -> list[Any]:
    return [row for row in rows if row.sha256.startswith(word)] if _DIGEST.fullmatch(word) else []


def _of_path(rows: list[Any], path: Path) -> list[Any]:
    named = [row for row in rows if Path(row.path) == path or Path(row.path).absolute() == path.absolute()]
    if not path.is_file():
        return named
    with path.open("rb") as handle:
        digest = file_digest(handle, "sha256").hexdigest()
    found = [row for row in rows if row.sha256 == digest]
    if not found and named:
        raise BadInput(
            f"found another content than was rated from there, expected the file; name it by its SHA-256: "
            f"{', '.join(sorted({row.sha256 for row in named}))}",
            file=path,
        )
    return found
