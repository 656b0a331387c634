"""A month's advisories, by code."""

from typing import Any

from rating.advisories.collect import advisories
from rating.facts import Facts
from rating.settle import settle


def told(known: Facts, month: str, code: str, agreement: str = "sbc-kmc-wi") -> list[dict[str, Any]]:
    """Return the advisories of one code, without it."""
    found = advisories(known, settle(known, agreement, month))
    return [{k: v for k, v in row.items() if k != "code"} for row in found if row["code"] == code]
