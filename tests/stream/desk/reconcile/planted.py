"""A month of calls on both sides with planted differences, from a seed; what was planted is known by number."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.stream.desk.reconcile.bills import HEADINGS, write
from tests.stream.files import worlds
from tests.worlds import epoch_ms

DAY_MS = 86_400_000
FIRST = epoch_ms("2004-07-01T08:00:00")
SILENT_DAY = 12
"""The day of July, from 0, on which one of our offices recorded nothing."""
OFFSET_MS = 37_000
RATE_NANO = 500_000


@dataclass
class Planted:
    """Calls of both sides, and how many of each kind differ."""

    ours: list[dict[str, Any]]
    theirs: list[dict[str, Any]]
    counts: dict[str, int]

    def ms(self) -> int:
        """Return the time that the other carrier bills."""
        return sum(call["duration_ms"] for call in self.theirs)


def calls(seed: int, number: int) -> list[dict[str, Any]]:
    """Return clean calls that we originate, of two of our offices, over twenty days."""
    random = Random(seed)
    out = []
    for n in range(number):
        day = n % 20
        out.append(
            worlds.call(
                n, record_id=f"r{n}",
                source=("mke-1", "mad-1")[n % 40 >= 20], calling=f"414300{random.randrange(9000):04d}",
                called=f"414200{random.randrange(9000):04d}", duration_ms=random.randrange(5, 900) * 1000,
                connect_time=FIRST + day * DAY_MS + random.randrange(36_000) * 1000,
            )
        )  # fmt: skip
    return out


def plant(seed: int, number: int, *, kinds: frozenset[str] | None = None) -> Planted:
    """Return both sides' calls with differences of some kinds, or of all, planted at random places."""
    random = Random(seed + 1)
    clean = calls(seed, number)
    order = list(range(number))
    random.shuffle(order)
    ours = {n: dict(call) for n, call in enumerate(clean)}
    theirs = {n: dict(call) | {"source": "chi-9", "record_id": f"t{n}"} for n, call in enumerate(clean)}
    more: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    silent = {n for n in order if n % 20 == SILENT_DAY and clean[n]["source"] == "mad-1"}
    free = [n for n in order if n % 20 != SILENT_DAY]

    def some(kind: str, change: Callable[[int], None], count: int) -> None:
        if kinds is None or kind in kinds:
            counts[kind] = count
            for _ in range(count):
                change(free.pop())

    def twice(n: int) -> None:
        shift = random.choice([-1, 1]) * random.randrange(1000, 3000)
        more.append(theirs[n] | {"record_id": f"w{n}", "connect_time": theirs[n]["connect_time"] + shift})

    def twice_here(n: int) -> None:
        ours[-n - 1] = ours[n] | {"source": "mkt-2", "connect_time": ours[n]["connect_time"] + 1_500}

    def longer(n: int) -> None:
        theirs[n]["duration_ms"] += random.randrange(10, 400) * 1000

    def later(n: int) -> None:
        for side in (ours, theirs):
            side[n]["connect_time"] += 40 * DAY_MS

    if kinds is None or "missing_day" in kinds:
        counts["missing_day"] = len(silent)
        for n in silent:
            del ours[n]
    some("recorded_twice_there", twice, 23)
    some("recorded_twice_here", twice_here, 11)
    some("length", longer, 17)
    some("only_here", lambda n: _without(theirs, n), 13)
    some("only_there", lambda n: _without(ours, n), 19)
    some("other_class", lambda n: theirs[n].update(cic="0288"), 7)
    some("other_period", later, 9)
    for call in (*theirs.values(), *more):
        call["connect_time"] += OFFSET_MS + random.randrange(-900, 901)
    return Planted(list(ours.values()), [*theirs.values(), *more], counts)


def _without(side: dict[int, dict[str, Any]], number: int) -> None:
    del side[number]


def world(folder: Path, planted: Planted) -> tuple[Path, Path]:
    """Rate our calls and write theirs; return the workspace and their call file."""
    root = worlds.workspace(folder / "world", '[company]\nself = "kmc"\n')
    worlds.ok("rate", worlds.ndjson(folder / "ours.ndjson", planted.ours), "-w", root, "--quiet")
    return root, worlds.ndjson(folder / "theirs.ndjson", planted.theirs)


def bill_of(path: Path, ms: int) -> Path:
    """Write a bill for so much local time of July 2004 at the month's only rate."""
    units = ms * RATE_NANO
    cents = (units * 2 + 600_000_000_000) // (2 * 600_000_000_000)
    return write(
        path, f"local,356,2004-07-01,2004-07-31,{ms},.0005,{cents // 100}.{cents % 100:02d}",
        headings=HEADINGS.replace("minutes", "ms"),
    )  # fmt: skip


def by_cause(found: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return calls and milliseconds by cause."""
    out: dict[str, tuple[int, int]] = {}
    for row in found["causes"]:
        calls_before, ms = out.get(row["cause"], (0, 0))
        out[row["cause"]] = (calls_before + row["calls"], ms + row["ms"])
    return out
