"""How a call without a caller's place is priced: by its direction and trunk group (DOMAIN section 9)."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from rating.codes import TrafficClass, name_of
from rating.facts import Facts
from rating.unidentified import mostly_identified, unidentified_of
from stream.explain.call import Decision

__all__ = ["Group", "group_of"]


@dataclass(frozen=True, slots=True)
class Group:
    """A direction and trunk group in a month.

    Parameters
    ----------
    says : str
        How much of it is identified and what follows, in a sentence.
    classes : tuple of TrafficClass
        The classes over which unidentified time of the call's LATA and sub-period is spread; empty where
        all of it is priced as switched access.
    """

    says: str
    classes: tuple[TrafficClass, ...]


def group_of(facts: Facts, agreement: str, decision: Decision, trunk: str | None, sub: tuple[date, date]) -> Group:
    """Return the group of an unidentified call, transit apart.

    Parameters
    ----------
    sub : (date, date)
        First and last day of the rate sub-period.
    """
    month = f"{sub[0]:%Y-%m}"
    policy, names = unidentified_of(facts, agreement, month), facts.names
    cells = facts.cells_of(agreement, month)
    kinds = cells.field("traffic_class")
    mine = (kinds != TrafficClass.TRANSIT) & (kinds != TrafficClass.ON_NET)
    for name, kind, value in (
        ("originator", "party", decision.originator),
        ("terminator", "party", decision.terminator),
        ("trunk_group", "trunk_group", trunk or ""),
    ):
        mine &= cells.field(name) == names.find(kind, value)
    cells = cells.where(np.flatnonzero(mine))
    kinds = cells.field("traffic_class")
    weights = cells.calls if policy.measure == "calls" else cells.ms
    everything = int(weights.sum())
    identified = everything - int(weights[kinds == TrafficClass.UNIDENTIFIED].sum())
    unit = "calls" if policy.measure == "calls" else "ms"
    said = f"{decision.originator} to {decision.terminator} over {trunk or 'no trunk group'}: "
    said += f"{identified:,} of {everything:,} {unit} are identified"
    if not mostly_identified(identified, everything, policy):
        return Group(
            f"{said}, not {'over' if policy.strict else 'at least'} {policy.threshold}: priced as switched access", ()
        )
    days = cells.field("day")
    there = (
        (cells.field("lata") == names.find("lata", decision.lata))
        & (days >= facts.day(sub[0]))
        & (days <= facts.day(sub[1]))
    )
    order = [TrafficClass[name.upper()] for name in policy.spread_over]
    classes = tuple(kind for kind in order if int(cells.ms[there & (kinds == kind)].sum()) > 0)
    if not classes:
        return Group(f"{said}, but none in this LATA to spread over: priced as switched access", ())
    return Group(f"{said}: spread by time over {', '.join(name_of(kind) for kind in classes)}", classes)
