"""The position of each carrier-state, worked by hand for a small world."""

from pathlib import Path
from typing import Any

import pytest

from tests.stream.books.worlds import HISTORY, HOUR, Desk
from tests.stream.files.worlds import AGREEMENT, TABLES, call, ok, sql

COLUMNS = (
    "terminating_ms", "originating_ms", "t_ms", "o_ms", "isp_ms", "method", "cap",
)  # fmt: skip


def position(desk: Desk, known: str) -> dict[str, Any]:
    """Return what `status` says as known on a day."""
    found: dict[str, Any] = ok("status", "--as-known-at", known, "--json", "-w", desk.folder).document
    return found


def row(found: dict[str, Any], carrier: str, month: str) -> dict[str, Any]:
    """Return the row of a carrier's month."""
    [wanted] = [r for r in found["carriers"] if (r["carrier"], r["month"]) == (carrier, month)]
    return {name: wanted[name] for name in (*COLUMNS, "closed")}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk with a month under XA and one under SA; 12.1 hours are the limit of 2003."""
    desk = Desk(tmp_path, usage_history=HISTORY.replace(str(1000 * HOUR), str(5 * HOUR // 2)))
    desk.traffic("2003-05-20", 9, 1)
    desk.traffic("2003-06-20", 10, 2)
    desk.traffic("2004-06-20", 3, 4)
    return desk


def test_the_figures_are_those_worked_by_hand(desk: Desk) -> None:
    desk.close("2003-06", "2004-06-01")
    found = position(desk, "2004-07-05")
    # June 2003: 10 - 3 * 2 = 4 h are ISP-bound; May used 9 - 3 = 6 h of the cap before them.
    assert row(found, "kmc", "2003-06") == {
        "terminating_ms": 10 * HOUR, "originating_ms": 2 * HOUR, "t_ms": 10 * HOUR, "o_ms": 2 * HOUR,
        "isp_ms": 4 * HOUR, "method": "presumed", "closed": True,
        "cap": {"year": 2003, "limit_ms": 121 * HOUR // 10, "used_ms": 10 * HOUR, "assumed": True},
    }  # fmt: skip
    # The other way round nothing is presumed, and the incumbent has no cap.
    assert row(found, "sbc", "2003-06") == {
        "terminating_ms": 2 * HOUR, "originating_ms": 10 * HOUR, "t_ms": 2 * HOUR, "o_ms": 10 * HOUR, "isp_ms": 0,
        "method": "presumed", "cap": None, "closed": True,
    }  # fmt: skip
    # In May 2003 and June 2004 no presumption is in force.
    for month, t, o in (("2003-05", 9, 1), ("2004-06", 3, 4)):
        assert row(found, "kmc", month) == {
            "terminating_ms": t * HOUR, "originating_ms": o * HOUR, "t_ms": None, "o_ms": None, "isp_ms": None,
            "method": "none", "cap": None, "closed": False,
        }  # fmt: skip
    assert [(r["agreement"], r["state"], r["carrier"], r["with"], r["month"]) for r in found["carriers"]] == [
        (AGREEMENT, "WI", ours, theirs, month)
        for ours, theirs in (("kmc", "sbc"), ("sbc", "kmc"))
        for month in ("2003-05", "2003-06", "2004-06")
    ]
    assert found["as_known_at"] == "2004-07-05"


def test_the_terms_are_those_known_on_the_day(desk: Desk) -> None:
    assert row(position(desk, "2004-05-25"), "kmc", "2003-06")["method"] == "none"
    assert row(position(desk, "2004-05-26"), "kmc", "2003-06")["method"] == "presumed"


def test_only_local_time_is_in_the_position(tmp_path: Path) -> None:
    blocks = TABLES["number_blocks"] + "608200,9327,MADISON,354,WI,,,\n"
    desk = Desk(tmp_path, number_blocks=blocks)
    desk.rate([
        call(1, duration_ms=60_000),
        call(2, duration_ms=70_000, calling="2622001000"),  # another rate center of the LATA
        call(3, duration_ms=80_000, calling="6082001000"),  # another LATA
        call(4, duration_ms=90_000, calling=None),
        call(5, duration_ms=50_000, called="8005551000"),
    ])  # fmt: skip
    assert row(position(desk, "2004-08-01"), "kmc", "2004-07")["terminating_ms"] == 60_000


def test_suspense_and_freshness(desk: Desk) -> None:
    desk.rate(
        [call(1, called="9999999999"), call(2, called="9999999999", duration_ms=5), call(3, calling="9998887777")]
    )
    found = position(desk, "2004-07-05")
    assert found["suspense"] == [
        {"reason": "unknown_called_block", "records": 2, "ms": 60_005},
        {"reason": "unknown_calling_block", "records": 1, "ms": 60_000},
    ]
    [(received,)] = sql(desk.folder, "select max(received_ms) from files")
    assert found["files"] == {"known": 4, "done": 4, "last_received_ms": received}


def test_an_empty_workspace_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert position(desk, "2004-07-05") == {
        "as_known_at": "2004-07-05", "carriers": [], "advisories": [], "suspense": [],
        "files": {"known": 0, "done": 0, "last_received_ms": None},
    }  # fmt: skip
    assert ok("status", "-w", desk.folder).out == "no usage yet; rate call files with: ratestream rate FILES...\n"
