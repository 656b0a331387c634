"""A month's advisories, by code, each with no field but those that are published."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import schemas
from rating.advisories.collect import advisories
from rating.facts import Facts
from rating.settle import settle

__all__ = ["published", "told"]

_COMMON = {"code", "since", "clause"}


@cache
def published() -> dict[str, frozenset[str]]:
    """Return the fields of each code, as ``schemas/advisories.md`` tables them."""
    text = (Path(schemas.__file__).parent / "advisories.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:4] for line in text.splitlines() if line.startswith("| `")]
    return {code.strip(" `"): frozenset(re.findall(r"`([a-z_]+)`", fields)) for code, _, fields in rows}


def told(known: Facts, month: str, code: str, agreement: str = "sbc-kmc-wi") -> list[dict[str, Any]]:
    """Return the advisories of one code, without it."""
    found = advisories(known, settle(known, agreement, month))
    for row in found:
        assert _COMMON <= row.keys() <= _COMMON | published()[row["code"]], row
    return [{k: v for k, v in row.items() if k != "code"} for row in found if row["code"] == code]
