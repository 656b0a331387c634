"""Everything that is looked at of a month before it is closed, read from the archive of calls."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import select

from rating.facts import month_days
from stream.books import tables as t
from stream.books.checks import Checks, Gap
from stream.books.store import Store
from stream.desk.checks.calls import month_bounds, standing, texts, utc_months
from stream.desk.checks.hours import WEEK_HOURS, HourCheck, check_hours, wall_counts
from stream.desk.checks.sequence import Named, file_gaps, sequences
from stream.desk.checks.twins import probe_twins
from stream.explain.archived import manifest
from stream.workspace.load import Workspace
from stream.workspace.zones import zone_named

__all__ = ["check_month"]

_UTC: Final = "UTC"
_HOUR_MS: Final = 3_600_000
_DAY_HOURS: Final = 24
_COLUMNS: Final = ("source", "agreement", "outcome", "connect_ms", "file")


@dataclass(slots=True)
class _Arrived:
    """Billing calls by source: by hour, by agreement, and when those of each file connect.

    What waits in suspense has come too: it counts for its hour, if the source bills anything.
    """

    by_hour: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    by_agreement: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    files: dict[str, dict[int, tuple[int, int]]] = field(default_factory=lambda: defaultdict(dict))
    with_calls: set[int] = field(default_factory=set)


def check_month(workspace: Workspace, store: Store, month: str) -> Checks:
    """Look for gaps and probable twins in a month.

    Raises
    ------
    BadInput
        If a segment of the archive is missing or cannot be read.
    """
    zones = {row.agreement: row.time_zone for row in workspace.tables.agreements}
    arrived = _arrived(store, month, sorted({_UTC, *zones.values()}), workspace.settings.checks.gap_weeks)
    gaps: list[Gap] = []
    sources, runs = [], []
    for source in sorted(arrived.by_hour):
        clock = _clock(arrived.by_agreement[source], zones)
        found = _hours(workspace, source, arrived.by_hour[source], month, clock)
        gaps += found.gaps
        sources.append(
            {
                "source": source, "clock": clock, "calls": found.calls, "hours": found.hours,
                "checked": found.checked, "without_history": found.without_history, "gaps": len(found.gaps),
            }
        )  # fmt: skip
        of_files, missing = _files(store, source, arrived, month_bounds(month, zone_named(clock)))
        gaps += missing
        runs += of_files
    rule = workspace.settings.checks
    twins = _twins(store, month, zones)
    return Checks(
        month,
        tuple(gaps),
        {
            "rule": {"gap_weeks": rule.gap_weeks, "gap_calls": rule.gap_calls, "gap_percent": rule.gap_percent},
            "sources": sources,
            "sequences": runs,
        },
        {name: found.twins() for name, found in twins.items()},
        {name: found.verification() for name, found in twins.items()},
    )


def _clock(calls: Counter[str], zones: Mapping[str, str]) -> str:
    """Return the time zone of the agreement that most calls are of; UTC where they are of none."""
    known = sorted((-count, name) for name, count in calls.items() if name in zones)
    return zones[known[0][1]] if known else _UTC


def _arrived(store: Store, month: str, zones: Sequence[str], weeks: int) -> _Arrived:
    """Read the calls of a month and of the weeks before it."""
    bounds = [month_bounds(month, zone_named(zone)) for zone in zones]
    start, end = min(low for low, _ in bounds) - weeks * WEEK_HOURS * _HOUR_MS, max(high for _, high in bounds)
    out = _Arrived()
    for each in utc_months(start, end):
        segments = manifest(store, [each])
        corrections = [segment for segment in segments if segment.corrects]
        for _, table in standing(segments, _COLUMNS, corrections=corrections):
            _add(out, table)
    with store.reading() as c:
        waiting = c.execute(
            select(t.suspense.c.source, t.suspense.c.connect_ms).where(
                t.suspense.c.state == "waiting", t.suspense.c.connect_ms.between(start, end - 1)
            )
        )
        for row in waiting:
            if row.source in out.by_hour:
                out.by_hour[row.source][row.connect_ms // _HOUR_MS] += 1
    return out


def _add(out: _Arrived, table: Any) -> None:
    """Add a segment's billing calls; counted by columns, a few rows of sums above them."""
    outcome, outcomes = texts(table["outcome"])
    out.with_calls.update(np.unique(table["file"].to_numpy()).tolist())
    if "rated" not in outcomes:
        return
    rated = np.flatnonzero(outcome == outcomes.index("rated"))
    source, sources = texts(table["source"])
    agreement, agreements = texts(table["agreement"])
    connect, file = table["connect_ms"].to_numpy()[rated], table["file"].to_numpy()[rated].astype(np.int64)
    source, agreement = source[rated], agreement[rated]
    for code, name in enumerate(sources):
        mine = np.flatnonzero(source == code)
        if not mine.size:
            continue
        hours = connect[mine] // _HOUR_MS
        first = int(hours.min())
        for at, count in enumerate(np.bincount(hours - first).tolist()):
            if count:
                out.by_hour[name][first + at] += count
        for at, count in enumerate(np.bincount(agreement[mine], minlength=len(agreements)).tolist()):
            if count:
                out.by_agreement[name][agreements[at]] += count
        for number in np.unique(file[mine]).tolist():
            instants = connect[mine][file[mine] == number]
            low, high = out.files[name].get(number, (int(instants[0]), int(instants[0])))
            out.files[name][number] = (min(low, int(instants.min())), max(high, int(instants.max())))


def _hours(workspace: Workspace, source: str, calls: Mapping[int, int], month: str, clock: str) -> HourCheck:
    rule = workspace.settings.checks
    first_day, last_day = month_days(month)
    epoch = np.datetime64(first_day, "D").astype(int) * _DAY_HOURS
    hours = ((last_day - first_day).days + 1) * _DAY_HOURS
    first = int(epoch) - rule.gap_weeks * WEEK_HOURS
    counts, exists = wall_counts(calls, zone_named(clock), first, int(epoch) + hours - 1)
    return check_hours(source, counts, exists, first, hours, rule)


def _files(
    store: Store, source: str, arrived: _Arrived, bounds: tuple[int, int]
) -> tuple[list[dict[str, Any]], list[Gap]]:
    """Return the sequences of a source's files, and what is missing in them in the month."""
    with store.reading() as c:
        names = {row.file: Path(row.path).name for row in c.execute(select(t.files.c.file, t.files.c.path))}
    mine = [Named(names[number], span) for number, span in arrived.files[source].items() if number in names]
    others = [Named(name, None) for number, name in names.items() if number not in arrived.with_calls]
    found, gaps = [], []
    for run in sequences(mine, others):
        if run.is_sequence:
            missing = file_gaps(source, run, *bounds)
            gaps += missing
            found.append(
                {"source": source, "names": run.shape, "steps_by": run.token.kind, "files": len(run.files),
                 "gaps": len(missing)}
            )  # fmt: skip
    return found, gaps


def _twins(store: Store, month: str, zones: Mapping[str, str]) -> dict[str, Any]:
    bounds = {"": month_bounds(month), **{name: month_bounds(month, zone_named(zone)) for name, zone in zones.items()}}
    start, end = min(low for low, _ in bounds.values()), max(high for _, high in bounds.values())
    return probe_twins(manifest(store, utc_months(start - _HOUR_MS, end)), bounds)
