"""The conformed contracts that an instrument stands for, in a workspace or outside one."""

from collections.abc import Sequence
from datetime import date

from rating.policy import Policy
from rating.terms.conform import Conformed, View, conform, to_conform
from rating.terms.model import Instrument
from stream.workspace.load import Workspace

__all__ = ["conformed"]


def conformed(
    named: Instrument,
    every: Sequence[Instrument],
    workspace: Workspace | None,
    on: date | None,
    as_known_at: date,
) -> list[Conformed]:
    """Return the contracts that an instrument stands for, each with its amendments applied.

    Parameters
    ----------
    named : Instrument
        A base or an amendment.
    every : sequence of Instrument
        Those of the workspace, or those that ship with the package.
    workspace : Workspace or None
        Its events, policies and agreements count; outside one nothing has happened but signatures.
    on : date or None
        The day that the contract is read for; None for the day as known at, or the nearest to it on
        which the named instrument is in force.
    as_known_at : date
    """
    day = on or _nearest(named, as_known_at)
    return [
        conform(base, amendments, _view(base or named, workspace, day, as_known_at))
        for base, amendments in to_conform(named, every)
    ]


def _nearest(named: Instrument, day: date) -> date:
    first, last = named.effective or date.min, named.effective_through or date.max
    return min(max(day, first), last)


def _view(instrument: Instrument, workspace: Workspace | None, on: date, as_known_at: date) -> View:
    """Return the view from the one agreement that an instrument is about, from nowhere if there is no single one."""
    if workspace is None:
        return View(on, as_known_at, policy=Policy())
    rows = [
        row
        for row in workspace.tables.agreements
        if {row.party_a, row.party_b} <= set(instrument.parties)
        and (not instrument.states or row.state in instrument.states)
    ]
    state, agreement = (rows[0].state, rows[0].agreement) if len(rows) == 1 else ("", "")
    return View(on, as_known_at, state, agreement, workspace.events, workspace.policy(agreement, as_known_at))
