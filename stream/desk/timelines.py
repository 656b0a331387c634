"""An agreement's terms over time."""

from datetime import date

from rating.terms.interval import Timeline
from rating.terms.timeline import resolve
from stream.workspace.load import Workspace

__all__ = ["timeline_of"]


def timeline_of(workspace: Workspace, agreement: str, as_known_at: date) -> Timeline:
    """Return which terms of an agreement are in force when, as known on a day."""
    row = next(row for row in workspace.tables.agreements if row.agreement == agreement)
    policy = workspace.policy(agreement, as_known_at)
    return resolve(row, workspace.instruments, workspace.events, policy, as_known_at)
