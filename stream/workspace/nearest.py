"""A hint for a misspelled name."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest", "one_of"]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, or None if none comes near."""
    matches = get_close_matches(name.lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def one_of(name: str, known: Iterable[str]) -> str:
    """Return what to expect instead of a name that is not known: the nearest one, else all of them."""
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return f"{near!r} perhaps"
    return f"one of {', '.join(names)}" if names else "none: there are none"
