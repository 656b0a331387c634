"""Conservation: what came in equals the sum of what became of it, in records and in milliseconds."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rating.codes import Outcome, Reason, name_of
from stream.errors import InvariantBroken

__all__ = ["UNREADABLE", "Key", "Tally"]

Key = tuple[str, int, int]
"""Source (``?`` where unreadable), hour of receipt (hours since 1970 UTC), partition."""

UNREADABLE = "?"


@dataclass(slots=True)
class Tally:
    """Records and milliseconds in, and by outcome and reason, for each source, hour of receipt and partition."""

    intake: dict[Key, tuple[int, int]] = field(default_factory=dict)
    outcomes: dict[tuple[Key, Outcome, Reason], tuple[int, int]] = field(default_factory=dict)

    def add(self, other: "Tally") -> None:
        """Add another tally into this one."""
        for key, (records, ms) in other.intake.items():
            have = self.intake.get(key, (0, 0))
            self.intake[key] = (have[0] + records, have[1] + ms)
        for outcome, (records, ms) in other.outcomes.items():
            have = self.outcomes.get(outcome, (0, 0))
            self.outcomes[outcome] = (have[0] + records, have[1] + ms)

    def check(self) -> None:
        """Raise InvariantBroken unless every source's hour has as much out as in."""
        balance: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
        for key, (records, ms) in self.intake.items():
            balance[key][0] += records
            balance[key][1] += ms
        for (key, _, _), (records, ms) in self.outcomes.items():
            balance[key][0] -= records
            balance[key][1] -= ms
        wrong = {key: off for key, off in balance.items() if any(off)}
        if wrong:
            (source, hour, partition), (records, ms) = next(iter(wrong.items()))
            raise InvariantBroken(
                f"source {source!r}, receipt hour {hour}, partition {partition}: {records} records and {ms} ms came in "
                f"and have no outcome ({len(wrong)} such sums)"
            )

    def summary(self) -> dict[str, Any]:
        """Return the conservation summary that ``rate --json`` prints."""
        records: dict[str, Any] = {"in": sum(n for n, _ in self.intake.values())}
        ms: dict[str, Any] = {"in": sum(m for _, m in self.intake.values())}
        for outcome in Outcome:
            rows = [(reason, value) for (_, o, reason), value in self.outcomes.items() if o is outcome]
            if not rows:
                continue
            for part, position in ((records, 0), (ms, 1)):
                if {reason for reason, _ in rows} == {Reason.NONE}:
                    part[name_of(outcome)] = sum(value[position] for _, value in rows)
                    continue
                by_reason: dict[str, int] = {}
                for reason, value in sorted(rows):
                    by_reason[name_of(reason)] = by_reason.get(name_of(reason), 0) + value[position]
                part[name_of(outcome)] = by_reason
        return {"records": records, "ms": ms}
