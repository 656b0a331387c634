"""Trunk groups as the tables know them on a day."""

from datetime import date

from rating.facts import Facts
from rating.reference.rows import TrunkGroup

__all__ = ["trunk_group_on"]


def trunk_group_on(facts: Facts, name: str, day: date) -> TrunkGroup | None:
    """Return the row of a trunk group in force on a day."""
    index: dict[str, list[TrunkGroup]] | None = facts.memo.get("trunk_groups")
    if index is None:
        index = facts.memo["trunk_groups"] = {}
        for row in facts.tables.trunk_groups or ():
            index.setdefault(row.trunk_group, []).append(row)
    for row in index.get(name, ()):
        if (row.from_ is None or row.from_ <= day) and (row.through is None or day <= row.through):
            return row
    return None
