"""What is looked at before a close, and gaps that somebody accepted, with who, when and why.

What is found is found elsewhere, in the archive of calls; here is what the books keep of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import Connection, insert, select

from stream.books import tables as t
from stream.books.store import Store
from stream.clock import timestamp
from stream.errors import ChecksFailed

__all__ = [
    "FILES", "HOURS", "Accepted", "Checks", "Gap", "Probe", "accept", "accepted_gaps",
    "gap_documents", "open_gaps", "refuse_gaps",
]  # fmt: skip

HOURS: Final = "hours"
FILES: Final = "files"
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of a billing source that is not there.

    kind : `HOURS`, hours of its clock on end with far fewer calls than in the weeks before, or `FILES`,
    numbers or dates on end that no file of it bears. first, last : the first and last hour, as
    ``2003-06-03T14``, or the first and last name. missing : how many hours or files. calls, expected :
    calls of those hours, and the sum of the medians; 0 for files.
    """

    source: str
    kind: str
    first: str
    last: str
    missing: int
    calls: int = 0
    expected: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as it is printed and kept."""
        found = {"source": self.source, "kind": self.kind, "first": self.first, "last": self.last}
        counts = {"calls": self.calls, "expected": self.expected} if self.kind == HOURS else {}
        return {**found, "missing": self.missing, **counts}

    def __str__(self) -> str:
        """Return it in words."""
        where = self.first if self.first == self.last else f"{self.first} to {self.last}"
        if self.kind == HOURS:
            return f"{self.source} {where}: {self.calls} calls, {self.expected} expected"
        return f"{self.source}: no file {where} ({self.missing})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A decision to close over gaps."""

    at: str
    by: str
    reason: str
    gaps: tuple[dict[str, Any], ...]

    def covers(self, gap: Gap) -> bool:
        """Return whether it was made about this gap, or about one that this is a part of."""
        for known in self.gaps:
            if (known["source"], known["kind"]) != (gap.source, gap.kind):
                continue
            if (known["first"], known["last"]) == (gap.first, gap.last):
                return True
            if gap.kind == HOURS and known["first"] <= gap.first and gap.last <= known["last"]:
                return True
        return False


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found of a month: gaps, and the documents of all that was looked at.

    completeness : rule, sources and sequences. twins, verification : by agreement, "" for calls of none.
    """

    month: str
    gaps: tuple[Gap, ...]
    completeness: dict[str, Any]
    twins: dict[str, dict[str, Any]] = field(default_factory=dict)
    verification: dict[str, dict[str, Any]] = field(default_factory=dict)


Probe = Callable[[], Checks]
"""Looks at the calls of the month that is to be closed."""


def accepted_gaps(c: Connection, month: str) -> list[Accepted]:
    """Return the decisions about a month's gaps, oldest first."""
    rows = c.execute(select(t.accepted_gaps).where(t.accepted_gaps.c.month == month).order_by(t.accepted_gaps.c.id))
    return [Accepted(row.at, row.by, row.reason, tuple(orjson.loads(row.gaps))) for row in rows]


def open_gaps(store: Store, checks: Checks) -> list[Gap]:
    """Return the gaps of a month that nobody has accepted."""
    with store.reading() as c:
        known = accepted_gaps(c, checks.month)
    return [gap for gap in checks.gaps if not any(each.covers(gap) for each in known)]


def gap_documents(checks: Checks, decisions: Sequence[Accepted]) -> list[dict[str, Any]]:
    """Return a month's gaps, each with the decision that covers it, or None."""
    out = []
    for gap in checks.gaps:
        by = next((each for each in decisions if each.covers(gap)), None)
        accepted = None if by is None else {"at": by.at, "by": by.by, "reason": by.reason}
        out.append({**gap.document(), "accepted": accepted})
    return out


def refuse_gaps(month: str, gaps: Sequence[Gap]) -> None:
    """Raise ChecksFailed if there are gaps."""
    if gaps:
        shown = "; ".join(str(gap) for gap in gaps[:_SHOWN])
        more = f"; and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
        raise ChecksFailed(
            f"{month} is not closed, calls are missing: {shown}{more} "
            f"(`ratestream checks {month}` lists all; rate what is missing, or close with --accept-gap REASON)"
        )


def accept(c: Connection, month: str, gaps: Sequence[Gap], by: str, reason: str) -> None:
    """Keep that somebody closes a month over its gaps."""
    kept = orjson.dumps([gap.document() for gap in gaps]).decode()
    c.execute(insert(t.accepted_gaps).values(month=month, at=timestamp(), by=by, reason=reason, gaps=kept))
