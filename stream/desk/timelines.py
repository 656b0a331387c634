"""An agreement's terms over time, on both axes: the days of service, and the days on which things became known."""

from datetime import date, timedelta

from rating.terms.events import Submitted
from rating.terms.interval import Timeline
from rating.terms.standing import DEEMED_APPROVED_DAYS
from rating.terms.timeline import resolve
from stream.workspace.load import Workspace

__all__ = ["days_of_knowledge", "timeline_of"]


def timeline_of(workspace: Workspace, agreement: str, as_known_at: date) -> Timeline:
    """Return which terms of an agreement are in force when, as known on a day."""
    row = next(row for row in workspace.tables.agreements if row.agreement == agreement)
    policy = workspace.policy(agreement, as_known_at)
    return resolve(row, workspace.instruments, workspace.events, policy, as_known_at)


def days_of_knowledge(workspace: Workspace, as_known_at: date) -> list[date]:
    """Return every day, up to `as_known_at`, on which a signature, an event or 90 days of silence became known."""
    days = {day for instrument in workspace.instruments for day in instrument.signed.values()}
    for event in workspace.events:
        days.add(event.known_on)
        if isinstance(event, Submitted):
            days.add(event.on + timedelta(days=DEEMED_APPROVED_DAYS))
    return sorted(day for day in days if day <= as_known_at)
