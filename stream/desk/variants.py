"""The same workspace under other terms or another reading: never written, never booked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rating.facts import Facts, month_days
from rating.policy import SWITCHES, Policy, PolicyValue, parse_text
from rating.reference.rows import Agreement
from rating.rounding import rounding_of
from rating.terms.model import Instrument
from rating.unidentified import unidentified_of
from stream.errors import WrongUsage
from stream.facts import make_facts
from stream.workspace.load import Workspace
from stream.workspace.nearest import one_of

if TYPE_CHECKING:
    from rating.terms.interval import Ruled

__all__ = [
    "NEEDS_RERATE",
    "Choice",
    "Otherwise",
    "facts_of",
    "net_of",
    "net_to",
    "otherwise",
    "parse_choice",
    "reading_in",
]

NEEDS_RERATE = (
    "it acts when a call is split into days, as the call is rated, and stored usage is split already: "
    "set it in [policy] and decide the calls again (ratestream rerate)"
)
"""Why a switch that no event can choose has no value in dollars here."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A reading to try: of one agreement, or of all where `agreement` is None."""

    name: str
    value: PolicyValue
    agreement: str | None = None


@dataclass(frozen=True)
class Otherwise(Workspace):
    """A workspace in which some switches are read otherwise, whoever chose them: settings, terms or events."""

    chosen: Mapping[str, Mapping[str, PolicyValue]] = field(default_factory=dict)

    def policy(self, agreement: str, as_known_at: date) -> Policy:
        """Return the workspace's readings, with those that are tried in their place."""
        values: dict[str, Any] = dict(self.chosen.get(agreement, {}))
        policy = super().policy(agreement, as_known_at)
        return replace(policy, **values, stated=policy.stated | set(values))


def otherwise(
    workspace: Workspace, *, instruments: Sequence[Instrument] = (), choices: Iterable[Choice] = ()
) -> Otherwise:
    """Return a workspace with instruments added, or put in the place of those of the same id, and other readings.

    A choice for one agreement stands over one for all.
    """
    drafts = {instrument.id: instrument for instrument in instruments}
    kept = [drafts.pop(instrument.id, instrument) for instrument in workspace.instruments]
    ordered = sorted(choices, key=lambda choice: choice.agreement is not None)
    chosen: dict[str, dict[str, PolicyValue]] = {row.agreement: {} for row in workspace.tables.agreements}
    for choice in ordered:
        for agreement in [choice.agreement] if choice.agreement is not None else chosen:
            chosen[agreement][choice.name] = choice.value
    same: dict[str, Any] = {part.name: getattr(workspace, part.name) for part in fields(Workspace)}
    return Otherwise(**same | {"instruments": (*kept, *drafts.values())}, chosen=chosen)


def facts_of(variant: Workspace, shared: Facts) -> Facts:
    """Return the facts of a variant, over the usage that `shared` has read already."""
    return replace(make_facts(variant, shared.names, None, shared.as_known_at), cells_of=shared.cells_of)


def parse_choice(text: str, agreements: Sequence[str]) -> Choice:
    """Return the choice that ``NAME=VALUE`` or ``AGREEMENT:NAME=VALUE`` asks for.

    Parameters
    ----------
    agreements : sequence of str
        Those that may be named.

    Raises
    ------
    WrongUsage
        Saying what was found and what was expected: no such form, agreement, switch or value, or a
        switch that stored usage cannot tell about.
    """
    left, equals, value = text.partition("=")
    agreement, colon, name = left.rpartition(":")
    if not equals or not name:
        raise WrongUsage(f"--policy: found {text!r}, expected NAME=VALUE or AGREEMENT:NAME=VALUE, as cap_2003=ceiling")
    if colon and agreement not in agreements:
        raise WrongUsage(
            f"--policy {text}: found the agreement {agreement!r}, expected {one_of(agreement, agreements)}"
        )
    try:
        parsed = parse_text(name, value)
    except ValueError as error:
        raise WrongUsage(f"--policy {text}: {error}") from error
    if not SWITCHES[name].by_event:
        raise WrongUsage(f"--policy {text}: found {name}, expected a switch that acts on stored usage; {NEEDS_RERATE}")
    return Choice(name, parsed, agreement if colon else None)


def reading_in(facts: Facts, agreement: str, name: str, month: str) -> tuple[PolicyValue, str]:
    """Return how a switch is read in a month, and the clause that says so where a term of the agreement does."""
    policy = facts.policies[agreement]
    interval = facts.timeline(agreement).on(month_days(month)[0])
    if name == "rounding":
        value: PolicyValue = rounding_of(facts, agreement, month)
        term: Ruled[Any] | None = interval.rounding
    elif name == "unidentified":
        value, term = unidentified_of(facts, agreement, month), interval.unidentified
    else:
        value, term = getattr(policy, name), None
    return value, term.source if term is not None and name not in policy.stated else ""


def net_to(parties: Agreement, self_: str | None) -> str:
    """Return the party from whose side a net figure is seen: whose books these are, else the incumbent's other."""
    pair = (parties.party_a, parties.party_b)
    if self_ in pair:
        return str(self_)
    return parties.party_b if parties.incumbent == parties.party_a else parties.party_a


def net_of(sums: Mapping[tuple[str, str], int], parties: Agreement, receiver: str) -> int:
    """Return what a party of the agreement receives of the other less what it pays, in cents; strangers stay out."""
    other = parties.party_a if receiver == parties.party_b else parties.party_b
    return sums.get((other, receiver), 0) - sums.get((receiver, other), 0)
