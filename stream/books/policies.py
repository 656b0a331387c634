"""Readings that money was booked under may not change by an edit of the settings."""

from datetime import date
from typing import Final

from sqlalchemy import func, select

from rating.policy import SWITCHES, Policy, resolve
from stream.books import tables as t
from stream.books.snapshots import Snapshots
from stream.books.store import Store
from stream.errors import BadInput
from stream.workspace.load import Workspace

__all__ = ["refuse_changed_policy"]


_OF_TERMS: Final = ("rounding", "unidentified")
"""What terms may say of themselves, unless settings say anything: there a default that is written down counts."""


def _said(policy: Policy, name: str) -> str:
    if name in _OF_TERMS and name not in policy.stated:
        return "nothing, so what the terms say"
    return str(getattr(policy, name))


def refuse_changed_policy(workspace: Workspace, store: Store) -> None:
    """Stop where the settings read a switch otherwise than what was booked last (DESIGN, Money).

    Raises
    ------
    BadInput
        Naming the switch, and the event that would state the change.
    """
    last = select(func.max(t.statements.c.id)).group_by(t.statements.c.agreement)
    with store.reading() as c:
        rows = c.execute(
            select(t.statements.c.agreement, t.statements.c.inputs).where(t.statements.c.id.in_(last))
        ).all()
    snapshots = Snapshots(store)
    settings = workspace.settings
    for row in rows:
        booked = snapshots.workspace(snapshots.key(row.inputs)).settings
        before = resolve(booked.policy, booked.agreement_policy, [], row.agreement, date.max)
        now = resolve(settings.policy, settings.agreement_policy, [], row.agreement, date.max)
        for name in SWITCHES:
            then, found = _said(before, name), _said(now, name)
            if then != found:
                raise BadInput(
                    f"found {found}, and months of {row.agreement} are booked under {then}; "
                    f"put the file back and state the change as an event policy_set, with who and why",
                    file=settings.folder / "ratestream.toml",
                    field=f"policy.{name}",
                )
