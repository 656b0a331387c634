"""What is found before a close stops it or is accepted, and stands beside the statement; by the commands."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stream.books import closing
from stream.books.checks import Accepted, Gap
from tests.stream.books.worlds import BASE_SETTINGS, Desk
from tests.stream.files.worlds import AGREEMENT, TABLES, books, call, cli, ok, sql, tamper

SETTINGS = BASE_SETTINGS + "[checks]\ngap_weeks = 2\ngap_calls = 1\n"
SOURCES = (
    "source,party,role,direction,trunk_group,from,through\n"
    "mke-1,kmc,billing,,,,\nsw-2,kmc,billing,,,,\nmkt-2,sbc,verification,,,,\n"
)
OUT = datetime(2003, 6, 18, 19, tzinfo=UTC)
GAP = {
    "source": "mke-1", "kind": "hours", "first": "2003-06-18T14", "last": "2003-06-18T15", "missing": 2,
    "calls": 0, "expected": 2,
}  # fmt: skip


def hourly(first: datetime, hours: int) -> list[dict[str, Any]]:
    """Return a call an hour, all but for two of June 18."""
    out = []
    for n in range(hours):
        at = first + timedelta(hours=n, minutes=7)
        if not OUT <= at < OUT + timedelta(hours=2):
            out.append(call(n, record_id=f"h{at:%m%d%H}", connect_time=at.isoformat()))
    return out


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with a call an hour from mid-May to the end of July 2003, but for two hours of June."""
    desk = Desk(tmp_path_factory.mktemp("desk"), SETTINGS, sources=SOURCES)
    desk.rate(hourly(datetime(2003, 5, 15, 5, tzinfo=UTC), 24 * 78))
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that desk, to change."""
    return made.copy(tmp_path)


def checks(desk: Desk, month: str = "2003-06") -> Any:
    return ok("checks", month, "--json", "-w", desk.folder).document


def assurance(desk: Desk, month: str = "2003-06") -> Any:
    return ok("statement", AGREEMENT, month, "--assurance", "-w", desk.folder).document


def test_a_gap_stops_the_close_and_nothing_is_booked(desk: Desk) -> None:
    before = books(desk.folder)
    assert checks(desk)["completeness"]["gaps"] == [{**GAP, "accepted": None}]
    ran = desk.refused("close", "2003-06", "--as-known-at", "2003-07-05")
    assert ran.code == 1
    assert ran.err == (
        "ratestream: 2003-06 is not closed, calls are missing: mke-1 2003-06-18T14 to 2003-06-18T15: 0 calls, "
        "2 expected (`ratestream checks 2003-06` lists all; rate what is missing, or close with --accept-gap REASON)\n"
    )
    assert books(desk.folder) == before
    assert cli("checks", "2003-06", "--strict", "-w", desk.folder).code == 1
    assert cli("checks", "2003-07", "--strict", "-w", desk.folder).code == 0


def test_a_month_is_not_stopped_by_the_gap_of_another(desk: Desk) -> None:
    assert [c["number"] for c in desk.close("2003-07", "2003-08-05")] == [1]
    assert assurance(desk, "2003-07")["completeness"]["gaps"] == []


def test_an_accepted_gap_stands_beside_the_statement_with_who_when_and_why(desk: Desk) -> None:
    reason = "the switch was down, trouble ticket 4711"
    ok("close", "2003-06", "--as-known-at", "2003-07-05", "--accept-gap", reason, "-w", desk.folder)
    [row] = sql(desk.folder, 'select month, at, "by", reason, gaps from accepted_gaps')
    assert (row[0], row[3], json.loads(row[4])) == ("2003-06", reason, [GAP])
    found = assurance(desk)
    assert found["completeness"]["gaps"] == [{**GAP, "accepted": {"at": row[1], "by": row[2], "reason": reason}}]
    assert row[2] == found["closed_by"]
    assert found["completeness"]["rule"] == {"gap_weeks": 2, "gap_calls": 1, "gap_percent": 5}
    assert found["completeness"]["sources"] == [
        {
            "source": "mke-1", "clock": "America/Chicago", "calls": 718, "hours": 720, "checked": 718,
            "without_history": 0, "gaps": 1,
        }
    ]  # fmt: skip
    assert "accepted by" in ok("checks", "2003-06", "-w", desk.folder).out
    # Closed is closed: neither the gap nor a reason is looked at again.
    before = books(desk.folder)
    assert [c["already"] for c in desk.close("2003-06", "2003-07-05")] == [True]
    ok("close", "2003-06", "--accept-gap", "once more", "-w", desk.folder)
    assert books(desk.folder) == before
    assert desk.faults() == {}


def test_acceptances_are_only_ever_added(desk: Desk) -> None:
    ok("close", "2003-06", "--accept-gap", "known", "-w", desk.folder)
    for change in ("update accepted_gaps set reason = 'other'", "delete from accepted_gaps"):
        with pytest.raises(Exception, match="accepted_gaps is append-only"):
            tamper(desk.folder, change)


def test_a_close_that_is_cut_short_accepts_nothing(desk: Desk) -> None:
    before = books(desk.folder)
    with patch.object(closing, "issue", side_effect=KeyboardInterrupt):
        ran = cli("close", "2003-06", "--accept-gap", "known", "-w", desk.folder)
    assert ran.code == 130
    assert books(desk.folder) == before


@pytest.mark.parametrize(
    ("gap", "covered"),
    [
        (Gap("a", "hours", "2003-06-18T14", "2003-06-18T16", 3), True),
        (Gap("a", "hours", "2003-06-18T15", "2003-06-18T15", 1), True),
        (Gap("a", "hours", "2003-06-18T14", "2003-06-18T17", 4), False),
        (Gap("a", "hours", "2003-06-18T13", "2003-06-18T15", 3), False),
        (Gap("b", "hours", "2003-06-18T14", "2003-06-18T16", 3), False),
        (Gap("a", "files", "2003-06-18T14", "2003-06-18T16", 3), False),
        (Gap("a", "files", "cdr11", "cdr13", 3), True),
        (Gap("a", "files", "cdr12", "cdr12", 1), False),  # numbers of any width: not told to be between
    ],
)
def test_what_was_accepted_covers_that_and_hours_within_it(gap: Gap, *, covered: bool) -> None:
    known = (
        Gap("a", "hours", "2003-06-18T14", "2003-06-18T16", 3).document(),
        Gap("a", "files", "cdr11", "cdr13", 3).document(),
    )
    assert Accepted("2003-07-05T10:00:00Z", "desk", "known", known).covers(gap) is covered


def test_a_reason_without_a_gap_keeps_nothing_and_an_empty_one_is_none(desk: Desk) -> None:
    ok("close", "2003-07", "--accept-gap", "to be sure", "-w", desk.folder)
    assert sql(desk.folder, "select count(*) from accepted_gaps") == [(0,)]
    assert desk.refused("close", "2003-06", "--accept-gap", " ").code == 2


def test_what_comes_late_mends_the_gap_also_where_it_waits_in_suspense(desk: Desk) -> None:
    first, second = (call(n, record_id=f"late{n}", connect_time=(OUT + timedelta(hours=n)).isoformat()) for n in (0, 1))
    desk.rate([first])
    [gap] = checks(desk)["completeness"]["gaps"]
    assert (gap["first"], gap["last"]) == ("2003-06-18T15", "2003-06-18T15")
    desk.rate([{**second, "called": "9204011000"}])  # of no block: suspended, but it came
    assert ok("status", "--json", "-w", desk.folder).document["suspense"][0]["records"] == 1
    assert checks(desk)["completeness"]["gaps"] == []
    desk.close("2003-06", "2003-07-05")


def test_twins_are_listed_and_counted_and_stop_nothing(desk: Desk) -> None:
    at = datetime(2003, 7, 30, 15, 0, tzinfo=UTC)  # no week of July follows in which they would be missed
    once = call(1, record_id="one", connect_time=at.isoformat(), duration_ms=60_000)
    desk.rate(
        [
            once,
            {**once, "source": "sw-2", "record_id": "two", "connect_time": (at + timedelta(seconds=4)).isoformat()},
            {**once, "source": "sw-2", "record_id": "far", "connect_time": (at + timedelta(seconds=9)).isoformat()},
            {**once, "source": "mkt-2", "record_id": "seen", "duration_ms": 61_500},
            {**once, "source": "mkt-2", "record_id": "alone", "called": "4143001234", "duration_ms": 30_000},
        ]
    )
    desk.close("2003-07", "2003-08-05")
    found = assurance(desk, "2003-07")
    start = int(at.timestamp()) * 1000
    fields = {"duration_ms": 60_000, "called": 4143000001, "calling": 4142002000}
    assert found["twins"] == {
        "pairs": 1,
        "ms": 60_000,
        "sample": [
            {
                "records": [
                    {"source": "mke-1", "record_id": "one", "connect_ms": start, **fields},
                    {"source": "sw-2", "record_id": "two", "connect_ms": start + 4_000, **fields},
                ]
            }
        ],
    }
    assert found["verification"] == {"records": 2, "ms": 91_500, "with_billing_record": 1, "billed_ms": 60_000}
    assert checks(desk, "2003-07")["twins"][AGREEMENT] == found["twins"]
    assert checks(desk, "2003-06")["twins"][AGREEMENT]["pairs"] == 0
    shown = [line.rstrip() for line in ok("checks", "2003-07", "-w", desk.folder).out.splitlines()]
    at_twin = shown.index("sbc-kmc-wi: 1 probable twin, 1.0 min")
    assert shown[at_twin + 1 : at_twin + 4] == [
        "  2003-07-30 15:00:00 UTC, 4142002000 to 4143000001",
        "    mke-1 one, 1.0 min",
        "    sw-2 two, 1.0 min",
    ]


@pytest.mark.parametrize("seconds", [-2, 2])
def test_twins_about_midnight_are_found_once_in_the_month_of_the_later(desk: Desk, seconds: int) -> None:
    midnight = datetime(2003, 7, 1, 5, tzinfo=UTC)  # in Chicago
    one, other = (midnight + timedelta(seconds=seconds + late) for late in (0, 1))
    record = call(1, record_id="one", connect_time=one.isoformat())
    desk.rate([record, {**record, "source": "sw-2", "record_id": "two", "connect_time": other.isoformat()}])
    counts = [checks(desk, month)["twins"][AGREEMENT]["pairs"] for month in ("2003-06", "2003-07")]
    assert counts == ([1, 0] if seconds < 0 else [0, 1])


def test_a_decision_that_is_corrected_counts_once(desk: Desk) -> None:
    before = checks(desk)
    # The callers' block becomes another carrier's name: every call is decided and archived again.
    desk.table("number_blocks", TABLES["number_blocks"].replace("414300,2588,MILWAUKEE", "414300,2588,RACINE"))
    done = ok("rerate", "--json", "-w", desk.folder).document
    assert done["changed"] > 1_000
    assert checks(desk) == before


def test_files_that_are_missing_by_name_stop_the_close(tmp_path: Path) -> None:
    desk = Desk(tmp_path, BASE_SETTINGS)
    for day in (2, 3, 4, 6, 7, 8):
        at = f"2003-06-{day:02d}T15:00:00-05:00"
        lines = json.dumps(call(day, connect_time=at)) + "\n"
        path = tmp_path / f"mke-1-200306{day:02d}.ndjson"
        path.write_text(lines)
        ok("rate", path, "--quiet", "-w", desk.folder)
    found = checks(desk)["completeness"]
    assert found["sequences"] == [{"source": "mke-1", "names": "mke-1-#", "steps_by": "day", "files": 6, "gaps": 1}]
    assert [(gap["kind"], gap["first"], gap["missing"]) for gap in found["gaps"]] == [("files", "mke-1-20030605", 1)]
    assert "no file mke-1-20030605 (1)" in desk.refused("close", "2003-06").err
    empty = tmp_path / "mke-1-20030605.ndjson"
    empty.write_text("")
    ok("rate", empty, "--quiet", "-w", desk.folder)
    desk.close("2003-06", "2003-07-05")
