"""A workspace compiled to what a batch is decided with."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from rating.names import Names
from rating.reference.plan import Plan, compile_plan
from stream.workspace.calendar import FIRST_DAY, midnights
from stream.workspace.load import Workspace

__all__ = ["Rules", "compile_rules"]

_UTC: Final = "UTC"


@dataclass(frozen=True)
class Rules:
    """The number plan and tables as arrays, the names that routing points may have, and rounding units in use."""

    plan: Plan
    places: dict[str, int]
    names: Names
    first_day: date
    units_ms: tuple[int, ...] = ()


def compile_rules(workspace: Workspace, names: Names) -> Rules:
    """Compile a workspace; names that are new to the store are added to `names`."""
    zones = dict.fromkeys([_UTC, *(row.time_zone for row in workspace.tables.agreements)])
    names_of_agreements = ("", *(row.agreement for row in workspace.tables.agreements))
    by_connect = frozenset(
        name for name in names_of_agreements if workspace.policy(name, date.max).rate_date == "connect"
    )
    plan, places = compile_plan(
        workspace.tables, names, {zone: midnights(zone) for zone in zones}, FIRST_DAY, by_connect
    )
    return Rules(plan, places, names, FIRST_DAY, workspace.rounding_units)
