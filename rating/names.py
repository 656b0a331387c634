"""Names as small integers that stay the same for the life of a store."""

from collections.abc import Iterable
from typing import Final

__all__ = ["KINDS", "LIMITS", "NameSpaceFullError", "Names"]

KINDS: Final = ("agreement", "party", "ocn", "rate_center", "lata", "state", "trunk_group", "source", "end_office")

LIMITS: Final = {
    "agreement": 1 << 16,
    "party": 1 << 16,
    "ocn": 1 << 20,
    "rate_center": 1 << 24,
    "lata": 1 << 16,
    "state": 1 << 10,
    "trunk_group": 1 << 20,
    "source": 1 << 20,
    "end_office": 1 << 20,
}
"""How many names of a kind a key has room for, of a usage cell or an hour (`rating.kernel.cells`, `.hours`)."""


class NameSpaceFullError(ValueError):
    """More names of one kind than a cell's key can tell apart."""


class Names:
    """Codes for names, by kind; code 0 is the empty name, and codes are only ever added.

    Cells hold codes, so a code must mean the same name for as long as the store exists: the
    store keeps the list, and a reference table that changes only appends to it.
    """

    def __init__(self, known: Iterable[tuple[str, int, str]] = ()) -> None:
        self._names: dict[str, list[str]] = {kind: [""] for kind in KINDS}
        self._codes: dict[str, dict[str, int]] = {kind: {"": 0} for kind in KINDS}
        self._saved: dict[str, int] = dict.fromkeys(KINDS, 1)
        for kind, code, name in sorted(known):
            if code != len(self._names[kind]):
                raise ValueError(f"name {name!r} of kind {kind} has code {code}, expected {len(self._names[kind])}")
            self._add(kind, name)
            self._saved[kind] = code + 1

    def _add(self, kind: str, name: str) -> int:
        code = len(self._names[kind])
        if code >= LIMITS[kind]:
            raise NameSpaceFullError(f"more than {LIMITS[kind] - 1} names of kind {kind}; the next is {name!r}")
        self._names[kind].append(name)
        self._codes[kind][name] = code
        return code

    def code(self, kind: str, name: str) -> int:
        """Return the code of `name`, giving it the next one if it is new."""
        code = self._codes[kind].get(name)
        return self._add(kind, name) if code is None else code

    def find(self, kind: str, name: str) -> int:
        """Return the code of `name`, or -1 if it has none."""
        return self._codes[kind].get(name, -1)

    def name(self, kind: str, code: int) -> str:
        """Return the name behind a code."""
        return self._names[kind][code]

    def all(self, kind: str) -> list[str]:
        """Return all names of a kind; the position is the code."""
        return self._names[kind]

    def count(self, kind: str) -> int:
        """Return how many codes of a kind there are, the empty name included."""
        return len(self._names[kind])

    def unsaved(self) -> list[tuple[str, int, str]]:
        """Return (kind, code, name) of what was added since `mark_saved`."""
        return [
            (kind, code, self._names[kind][code])
            for kind in KINDS
            for code in range(self._saved[kind], len(self._names[kind]))
        ]

    def mark_saved(self) -> None:
        """Remember that all names so far are in the store."""
        for kind in KINDS:
            self._saved[kind] = len(self._names[kind])
