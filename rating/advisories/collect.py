"""All advisories of an agreement's month, in the order in which they are listed."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from rating.advisories.deadlines import deemed_approvals, expiries, negotiations, poi_notices, poi_renegotiations
from rating.advisories.demand import direct_trunks_due
from rating.advisories.isp import caps, ratios
from rating.advisories.network import low_direct_trunking, points_missing
from rating.advisories.traffic import arrangements, unidentified_shares
from rating.facts import Facts
from rating.settle import Settled

__all__ = ["advisories"]

_RULES: Final[tuple[Callable[[Facts, Settled], Iterator[dict[str, Any]]], ...]] = (
    ratios,
    caps,
    low_direct_trunking,
    direct_trunks_due,
    points_missing,
    poi_notices,
    poi_renegotiations,
    arrangements,
    negotiations,
    deemed_approvals,
    expiries,
    unidentified_shares,
)


def advisories(facts: Facts, settled: Settled) -> list[dict[str, Any]]:
    """Return what has to be told of an agreement's month; it changes no price.

    Parameters
    ----------
    facts : Facts
        What is not known on their day is not told.
    settled : Settled
        The month as `rating.settle.settle` made it from the same facts.

    Returns
    -------
    list of dict
        Each has a `code`, the day `since` which it is so, the values that make it so, the `clause`
        behind it and, where there is one, a `forecast`: the day on which a limit runs out at the pace
        so far, a deadline is up or something ends. Days are ISO text.
    """
    return [advisory for rule in _RULES for advisory in rule(facts, settled)]
