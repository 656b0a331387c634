"""Small random worlds: reference tables, events, readings and call records, for the engine and its twin alike.

Everything is crowded around the edges: midnights, month ends, clock changes, the days on which terms begin
and end, the first and last instants that a record may have.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests import naive
from tests.naive import midnights
from tests.world_calls import call_lines
from tests.world_events import KNOWN, event_logs, readings
from tests.world_tables import AGREEMENTS, Dice, Row, table, tables, write_tables

__all__ = ["FAR", "World", "call", "epoch_ms", "table", "world_of", "worlds"]

FAR: Final = date(2030, 1, 1)
"""An as-known-at after everything that a world's events say."""

MONTHS: Final = (
    *("2003-06", "2004-06", "2005-02", "2003-07", "2004-07") * 3, "2003-01", "2003-05", "2003-10", "2003-12",
    "2004-04", "2004-05", "2004-12", "2005-01",
)  # fmt: skip


def epoch_ms(text: str, zone: str = "America/Chicago") -> int:
    """Return the epoch milliseconds of a local wall-clock time."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def call(**fields: Any) -> bytes:
    """Return a call record's line; absent fields are left out."""
    return json.dumps({key: value for key, value in fields.items() if value is not None}).encode()


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


@dataclass(frozen=True)
class World:
    """A workspace, its call files' lines, and what to ask about them."""

    tables: Mapping[str, list[Row] | None]
    events: Sequence[Mapping[str, Any]] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[bytes] = ()
    months: Sequence[str] = ("2003-06",)
    known: Sequence[date] = (FAR,)
    receipt_ms: int = epoch_ms("2026-01-01")

    def write(self, folder: Path, limits: str = "") -> Path:
        """Write the workspace into a folder; `limits` goes into its ``[limits]``."""
        write_tables(folder, self.tables)
        (folder / "events.ndjson").write_text("".join(json.dumps(event) + "\n" for event in self.events))
        settings = ["[limits]", limits, "[policy]"]
        own = {name: values for name, values in self.policy.items() if name in AGREEMENTS}
        settings += [f"{name} = {_toml(value)}" for name, value in self.policy.items() if name not in own]
        for agreement, values in own.items():
            settings += [f"[policy.{agreement}]", *(f"{name} = {_toml(value)}" for name, value in values.items())]
        (folder / "ratestream.toml").write_text("\n".join(settings) + "\n")
        return folder

    def naive(self) -> naive.World:
        """Return the same world for the twin."""
        return naive.World(self.tables, self.events, self.policy)

    def with_lines(self, lines: Sequence[bytes]) -> "World":
        """Return the world with other call records."""
        return replace(self, lines=list(lines))


RECEIPTS: Final = (*[epoch_ms("2026-01-01")] * 6, epoch_ms("2004-06-20"), epoch_ms("2100-01-01"))


def _next(month: str) -> str:
    return midnights.month_of(midnights.days_of(month)[-1] + timedelta(days=1))


def world_of(seed: int, *, dirty: bool = True, conflicts: bool = True) -> World:
    """Return the world of a seed."""
    dice = Dice(seed)
    drawn = tables(dice)
    names = [row["agreement"] for row in drawn["agreements"] or ()]
    policy = readings(dice)
    if dice.one_in(3):
        policy[dice.pick(names)] = readings(dice)
    first = dice.pick(MONTHS)
    months = [first, dice.pick((first, _next(first), _next(first), dice.pick(MONTHS)))]
    return World(
        tables=drawn,
        events=event_logs(dice, drawn),
        policy=policy,
        lines=call_lines(dice, drawn, months, dirty=dirty, conflicts=conflicts),
        months=sorted({*months, _next(months[-1])}),
        known=[FAR, *dice.some(KNOWN, 1)],
        receipt_ms=dice.pick(RECEIPTS),
    )


def worlds(*, dirty: bool = True, conflicts: bool = True) -> st.SearchStrategy[World]:
    """Return a strategy of worlds; `dirty` lines, and `conflicts` of identity, only where wanted."""
    return st.integers(0, 2**48).map(lambda seed: world_of(seed, dirty=dirty, conflicts=conflicts))
