"""The workspace in SQL: each view holds what the program says elsewhere."""

import sys
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from tests.stream.books.worlds import HOUR, Desk
from tests.stream.files.worlds import AGREEMENT, TABLES, call, cli, ok


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with a closed and trued-up month, a call that was decided twice, and one that waits."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.traffic("2003-06-10", 8, 1)
    desk.close("2003-06", "2003-07-05")
    desk.rate([call(700, connect_time="2003-06-12T15:00:00-05:00", calling="2622001000")])
    desk.true_up("2003-07-06")
    desk.table("number_blocks", TABLES["number_blocks"].replace("262200,9327,RACINE", "262200,9327,MILWAUKEE"))
    assert ok("rerate", "--json", "-w", desk.folder).document["changed"] == 1
    desk.rate([call(800, called="9999999999")])
    return desk


def asked(desk: Desk, query: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = ok("sql", query, "--json", "-w", desk.folder).document
    return found


def test_calls_are_the_decisions_that_stand(desk: Desk) -> None:
    assert asked(desk, "select class, count(*) n, sum(duration_ms) ms from calls group by class order by n") == [
        {"class": "local", "n": 10, "ms": 9 * HOUR + 60_000}
    ]
    assert asked(desk, "select rev, originating_rate_center place from calls where record_id = 'r700'") == [
        {"rev": 1, "place": "WI|MILWAUKEE"}
    ]


def test_cells_are_usage_by_day(desk: Desk) -> None:
    query = "select day, class, originator, rate_center, calls, ms from cells order by day, ms"
    assert [list(row.values()) for row in asked(desk, query)] == [
        ["2003-06-10", "local", "kmc", "MILWAUKEE", 1, HOUR],
        ["2003-06-10", "local", "sbc", "MILWAUKEE", 8, 8 * HOUR],
        ["2003-06-12", "local", "sbc", "MILWAUKEE", 1, 60_000],
    ]


def test_lines_and_entries_are_what_was_issued_and_booked(desk: Desk) -> None:
    booked = "select line, sum(amount) amount, sum(ms) ms from entries group by line having sum(ms) > 0 order by line"
    issued = "select line, amount, ms from lines where newest and ms > 0 order by line"
    assert asked(desk, booked) == asked(desk, issued)
    # 8 hours and 8 calls at 0.0025 a minute and 0.003 a call are 1.224.
    assert asked(desk, "select amount from lines where number = 1 and payee = 'kmc'") == [{"amount": "1.22"}]
    assert asked(desk, 'select distinct agreement, "from" from lines') == [
        {"agreement": AGREEMENT, "from": "2003-06-01"}
    ]


def test_suspense_is_what_waits(desk: Desk) -> None:
    assert asked(desk, "select reason, record_id from suspense") == [
        {"reason": "unknown_called_block", "record_id": "r800"}
    ]


def test_an_answer_can_be_kept(desk: Desk, tmp_path: Path) -> None:
    query = "select payee, sum(amount) amount from entries group by payee order by payee"
    words = ("sql", query, "--format", "parquet", "-o", tmp_path / "x.parquet", "-w", desk.folder)
    ok(*words)
    kept = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert [{**row, "amount": str(row["amount"])} for row in kept] == asked(desk, query)
    printed = ok("sql", query, "--format", "csv", "-w", desk.folder).out
    assert printed.splitlines() == ["payee,amount", *(f"{row['payee']},{row['amount']}" for row in asked(desk, query))]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("selct 1", "QUERY: Parser Error"),
        ("select nothing from calls", "QUERY: Binder Error"),
    ],
)
def test_what_is_no_query_is_bad_input(desk: Desk, query: str, said: str) -> None:
    ran = cli("sql", query, "-w", desk.folder)
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err


def test_without_calls_the_view_of_calls_says_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert asked(desk, "select count(*) n from entries") == [{"n": 0}]
    assert "rate call files first" in desk.refused("sql", "select * from calls").err


def test_without_duckdb_the_extra_is_named(desk: Desk) -> None:
    with patch.dict(sys.modules, {"duckdb": None}):
        ran = cli("sql", "select 1", "-w", desk.folder)
    assert ran.code == 2
    assert "ratestream[sql]" in ran.err
