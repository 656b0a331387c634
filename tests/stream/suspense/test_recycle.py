"""What waits goes on once its reason is mended: it moves between outcomes, and nothing comes in twice."""

import json
from pathlib import Path
from typing import Any

import pytest

from rating.codes import Outcome, name_of
from tests.stream.books.worlds import Desk, balance_of, lines_of
from tests.stream.files.worlds import AGREEMENT, TABLES, add_row, books, call, cli, months, ok, outcomes, sql, tamper

MINUTE = 60_000
NEW_BLOCK = "414700,2588,MILWAUKEE,356,WI,,,"


def waiting(n: int, **fields: Any) -> dict[str, Any]:
    """Return a call of June 2003 to a block that nobody has entered."""
    return call(n, **{"source": "mke-2", "connect_time": "2003-06-10T10:00:00-05:00", "called": "4147001000", **fields})


def by_outcome(desk: Desk) -> dict[str, tuple[int, int]]:
    """Return records and ms by outcome, as the store counts them."""
    rows = sql(desk.folder, "select outcome, sum(records), sum(ms) from outcomes group by 1")
    return {name_of(Outcome(outcome)): (n, ms) for outcome, n, ms in rows if n or ms}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a desk whose June is closed while three calls of it wait for a block."""
    desk = Desk(tmp_path)
    desk.traffic("2003-06-10", 2, 1)
    desk.rate([waiting(n, duration_ms=n * MINUTE) for n in (1, 2, 3)])
    desk.close("2003-06", "2003-07-05")
    return desk


def recycle(desk: Desk, *words: str) -> dict[str, Any]:
    """Recycle; return what it says."""
    found: dict[str, Any] = ok("suspense", "recycle", "--json", *words, "-w", desk.folder).document
    return found


def test_what_waits_is_listed_with_what_would_mend_it(desk: Desk) -> None:
    rows = ok("suspense", "list", "--json", "-w", desk.folder).document
    assert [(r["source"], r["record_id"], r["duration_ms"], r["line"]) for r in rows] == [
        ("mke-2", f"r{n}", n * MINUTE, n) for n in (1, 2, 3)
    ]
    assert {r["reason"] for r in rows} == {"unknown_called_block"}
    assert all("number_blocks.csv" in r["remedy"] and r["file"].endswith("/2.ndjson") for r in rows)
    assert json.loads(rows[0]["record"]) == waiting(1, duration_ms=MINUTE)
    assert ok("suspense", "list", "--reason", "unknown_ocn", "--json", "-w", desk.folder).document == []
    ran = cli("suspense", "list", "--reason", "bad:called", "-w", desk.folder)
    assert (ran.code, "found 'bad:called', expected one of id_conflict, future_dated" in ran.err) == (2, True)


def test_what_is_not_mended_waits_on(desk: Desk) -> None:
    before = outcomes(desk.folder), by_outcome(desk), sql(desk.folder, "select * from cells")
    assert recycle(desk) == {"tried": 3, "moved": {}, "waiting": {"unknown_called_block": 3}}
    assert (outcomes(desk.folder), by_outcome(desk), sql(desk.folder, "select * from cells")) == before


def test_mended_it_moves_and_adds_nothing_to_what_came_in(desk: Desk) -> None:
    came, was = outcomes(desk.folder)["in"], by_outcome(desk)
    assert was["suspended"] == (3, 6 * MINUTE)
    rated = {"rated": (was["rated"][0] + 3, was["rated"][1] + 6 * MINUTE)}
    add_row(desk.folder, "number_blocks", NEW_BLOCK)
    assert recycle(desk) == {"tried": 3, "moved": {"rated": 3}, "waiting": {}}
    assert outcomes(desk.folder) == {"in": came, "out": came}
    assert by_outcome(desk) == rated
    assert ok("suspense", "list", "--json", "-w", desk.folder).document == []
    assert sql(desk.folder, "select what, count(*) from suspense_log group by 1") == [("rated", 3)]
    # Again, it is a no-op to the byte.
    after = books(desk.folder)
    assert recycle(desk) == {"tried": 0, "moved": {}, "waiting": {}}
    assert books(desk.folder) == after
    # The same records in another file are duplicates still.
    desk.rate([waiting(n, duration_ms=n * MINUTE) for n in (3, 2, 1)])
    assert sql(desk.folder, "select count(*) from suspense") == [(3,)]
    assert by_outcome(desk) == {**rated, "duplicate": (3, 6 * MINUTE)}


def test_the_ledger_trues_it_up(desk: Desk) -> None:
    add_row(desk.folder, "number_blocks", NEW_BLOCK)
    recycle(desk)
    assert list(desk.faults()) == ["statements made again"]
    [adjusted] = desk.true_up("2003-07-06")
    # Six minutes at the base's 0.0025 and three calls at 0.003: the line goes from 0.306 to 0.330.
    assert adjusted["by_cause"] == {"late_usage": {"sbc pays kmc": "0.02"}}
    desk.balanced("2003-07-06", "2003-06")
    assert desk.faults() == {}


def test_recycled_calls_give_what_they_would_have_given_at_once(tmp_path: Path) -> None:
    records = [waiting(n, duration_ms=n * MINUTE, isp=n % 2 == 0) for n in range(1, 30)]
    late, once = Desk(tmp_path / "late"), Desk(tmp_path / "once")
    late.rate(records)
    for desk in (late, once):
        add_row(desk.folder, "number_blocks", NEW_BLOCK)
    recycle(late)
    once.rate(records)
    assert months(late.folder) == months(once.folder) == ["2003-06"]
    for known in ("2003-07-05", "2005-01-01"):
        assert late.statement("2003-06", known) == once.statement("2003-06", known)
    for desk in (late, once):
        desk.close("2003-06", "2005-01-01")
    assert balance_of(late.folder, AGREEMENT, "2003-06") == balance_of(once.folder, AGREEMENT, "2003-06") != {}
    assert lines_of(json.loads(late.issued("2003-06"))) == balance_of(late.folder, AGREEMENT, "2003-06")


def test_only_the_reason_asked_for_is_tried(desk: Desk) -> None:
    desk.rate([waiting(7, called="4143001000", calling="4148001000"), waiting(8, called="4149991000")])
    add_row(desk.folder, "number_blocks", NEW_BLOCK)
    add_row(desk.folder, "number_blocks", "414800,9327,MILWAUKEE,356,WI,,,")
    assert recycle(desk, "--reason", "unknown_calling_block") == {"tried": 1, "moved": {"rated": 1}, "waiting": {}}
    assert recycle(desk) == {"tried": 4, "moved": {"rated": 3}, "waiting": {"unknown_called_block": 1}}
    said = ok("suspense", "recycle", "-w", desk.folder).out
    assert said == "1 record tried again\n  1 still waiting: unknown_called_block\n"


def test_a_record_whose_reason_changes_waits_under_the_new_one(desk: Desk) -> None:
    add_row(desk.folder, "number_blocks", "414700,8888,MILWAUKEE,356,WI,,,")
    came = outcomes(desk.folder)["in"]
    assert recycle(desk) == {"tried": 3, "moved": {}, "waiting": {"unknown_ocn": 3}}
    assert outcomes(desk.folder) == {"in": came, "out": came}
    assert ok("status", "--json", "-w", desk.folder).document["suspense"] == [
        {"reason": "unknown_ocn", "records": 3, "ms": 6 * MINUTE}
    ]
    add_row(desk.folder, "ocns", "8888,kmc,,")
    assert recycle(desk) == {"tried": 3, "moved": {"rated": 3}, "waiting": {}}
    assert outcomes(desk.folder) == {"in": came, "out": came}


def test_a_conflict_of_identity_is_left_to_a_person(desk: Desk) -> None:
    desk.rate([waiting(1, duration_ms=9 * MINUTE)])
    add_row(desk.folder, "number_blocks", NEW_BLOCK)
    assert recycle(desk) == {"tried": 3, "moved": {"rated": 3}, "waiting": {}}
    [left] = ok("suspense", "list", "--json", "-w", desk.folder).document
    assert (left["reason"], left["duration_ms"]) == ("id_conflict", 9 * MINUTE)


def test_a_party_that_came_later_brings_its_calls(tmp_path: Path) -> None:
    desk = Desk(tmp_path, parties="party,kind,name\nsbc,ilec,SBC\nkmc,clec,KMC\n", ocns=TABLES["ocns"].replace(
        "7003,tds,,\n", ""))  # fmt: skip
    add_row(desk.folder, "number_blocks", "414900,7003,MILWAUKEE,356,WI,,,")
    desk.traffic("2003-06-10", 2)
    desk.rate([waiting(1, called="4143001000", calling="4149001000", trunk_group="t")])
    desk.close("2003-06", "2003-07-05")
    desk.table("parties", TABLES["parties"])
    desk.table("ocns", TABLES["ocns"])
    assert recycle(desk) == {"tried": 1, "moved": {"rated": 1}, "waiting": {}}
    [adjusted] = desk.true_up("2003-07-06")
    # Transit: a minute at the base's 0.0022, of a party that the terms as booked did not know.
    assert adjusted["by_cause"] == {"late_usage": {"tds pays sbc": "0.00"}}
    desk.balanced("2003-07-06", "2003-06")


def test_a_text_that_is_not_the_one_kept_stops_with_nothing_moved(desk: Desk) -> None:
    add_row(desk.folder, "number_blocks", NEW_BLOCK)
    raw = json.dumps(waiting(99)).encode().hex()
    tamper(desk.folder, f"update suspense set raw = x'{raw}' where record_id = 'r2'")
    before = books(desk.folder)
    ran = desk.refused("suspense", "recycle")
    assert (ran.code, "records to mark have no identity" in ran.err) == (5, True)
    assert books(desk.folder) == before
