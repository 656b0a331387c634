"""Reports over books whose every figure is to be had by hand."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from stream import clock
from tests.stream.books.worlds import BASE_SETTINGS, HISTORY, HOUR, Desk
from tests.stream.files.worlds import AGREEMENT, call, cli, ok, sql

DAY = 86_400_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with June 2003 closed and trued up, July open, and records that wait."""
    settings = BASE_SETTINGS + '[company]\nself = "kmc"\n'
    # A base quarter of 2.5 hours: 12.1 hours are the limit of 2003.
    desk = Desk(
        tmp_path_factory.mktemp("desk"), settings, usage_history=HISTORY.replace(str(1_000 * HOUR), str(HOUR * 5 // 2))
    )
    desk.traffic("2003-06-10", 8, 1)
    desk.close("2003-06", "2003-07-05")
    desk.traffic("2003-06-11", 4, 2)
    desk.true_up("2003-07-06")
    desk.traffic("2003-07-10", 3, 1)
    desk.rate([call(n, called="9999999999", duration_ms=10_000) for n in (800, 801)])
    return desk


def rows(desk: Desk, *words: str) -> Any:
    return ok("report", *words, "--json", "-w", desk.folder).document


def test_the_margin_is_what_was_booked_either_way(desk_of: Desk) -> None:
    # At the base's 0.0025 a minute and 0.003 a call: 12 calls of an hour are 1.836, 3 are 0.459; the true-up
    # books the cents between, so that the sums are those of the whole.
    assert rows(desk_of, "margin") == [
        {"agreement": AGREEMENT, "month": "2003-06", "with": "sbc", "receivable": "1.84", "payable": "0.46",
         "margin": "1.38"}
    ]  # fmt: skip


def test_without_a_company_the_margin_is_neutral(desk_of: Desk, tmp_path: Path) -> None:
    desk = desk_of.copy(tmp_path)
    (desk.folder / "ratestream.toml").write_text(BASE_SETTINGS)
    assert rows(desk, "margin") == [
        {
            "agreement": AGREEMENT,
            "month": "2003-06",
            "payer": payer,
            "payee": payee,
            "ms": hours * HOUR,
            "amount": amount,
        }
        for payer, payee, hours, amount in (("kmc", "sbc", 3, "0.46"), ("sbc", "kmc", 12, "1.84"))
    ]


def test_unbilled_is_what_is_open_or_has_no_price(desk_of: Desk, tmp_path: Path) -> None:
    known = ("--as-known-at", "2003-08-05")
    assert rows(desk_of, "unbilled", *known) == [
        {"agreement": AGREEMENT, "month": "2003-07", "why": "not_closed", "lines": 2, "calls": 4, "ms": 4 * HOUR}
    ]
    desk = desk_of.copy(tmp_path)
    (desk.folder / "ratestream.toml").write_text('[terms]\npackaged = ["sprint-icg-mo-1"]\n')
    assert rows(desk, "unbilled", *known) == [
        {"agreement": AGREEMENT, "month": "2003-07", "why": "terms_missing", "lines": 2, "calls": 4, "ms": 4 * HOUR}
    ]
    desk.close("2003-07", "2003-08-05")
    assert [row["why"] for row in rows(desk, "unbilled", *known)] == ["terms_missing"]


def test_routes_are_the_longest_first(desk_of: Desk) -> None:
    route = {"agreement": AGREEMENT, "class": "local", "state": "WI", "rate_center": "MILWAUKEE", "lata": "356",
             "trunk_group": ""}  # fmt: skip
    assert rows(desk_of, "routes", "2003-06") == [
        {**route, "from": "sbc", "to": "kmc", "calls": 12, "ms": 12 * HOUR},
        {**route, "from": "kmc", "to": "sbc", "calls": 3, "ms": 3 * HOUR},
    ]
    assert [row["ms"] for row in rows(desk_of, "routes", "2003-06", "--top", "1")] == [12 * HOUR]
    assert ok("report", "routes", "2003-09", "-w", desk_of.folder).out == "2003-09: no usage\n"


@pytest.mark.parametrize(
    ("days", "waited"),
    [(0, "under 1 day"), (1, "1 to 6 days"), (6, "1 to 6 days"), (7, "7 to 29 days"), (30, "30 to 89 days"),
     (90, "90 days and more"), (900, "90 days and more")],
)  # fmt: skip
def test_what_waits_ages_by_whole_days_since_receipt(desk_of: Desk, days: int, waited: str) -> None:
    [(received,)] = sql(desk_of.folder, "select distinct receipt_ms from suspense")
    for late in (0, DAY - 1):
        with patch.object(clock, "now_ms", lambda late=late: received + days * DAY + late):
            found = rows(desk_of, "aging")
        assert found == [{"reason": "unknown_called_block", "waited": waited, "records": 2, "ms": 20_000}]


def test_position_has_ratio_and_cap_by_month(desk_of: Desk) -> None:
    # 12 - 3 * 3 = 3 hours of June and none of July are ISP-bound, of 12.1.
    known = ("--as-known-at", "2004-07-05")
    mine = [row for row in rows(desk_of, "position", AGREEMENT, *known) if row["carrier"] == "kmc"]
    assert mine == [
        {"carrier": "kmc", "month": "2003-06", "t_ms": 12 * HOUR, "o_ms": 3 * HOUR, "cap_ms": 121 * HOUR // 10,
         "used_ms": 3 * HOUR},
        {"carrier": "kmc", "month": "2003-07", "t_ms": 3 * HOUR, "o_ms": HOUR, "cap_ms": 121 * HOUR // 10,
         "used_ms": 3 * HOUR},
    ]  # fmt: skip
    shown = ok("report", "position", AGREEMENT, *known, "-w", desk_of.folder, NO_COLOR="1", COLUMNS="80").out
    lines = shown.splitlines()
    assert lines[:6] == [
        "kmc: terminating to originating",
        f"  2003-06 |{'#' * 36}| 4.00:1",
        f"  2003-07 |{('#' * 27).ljust(36)}| 3.00:1",
        "kmc: cap used",
        f"  2003-06 |{('#' * 9).ljust(36, '.')}| 24.8% of 726.0 min",
        f"  2003-07 |{('#' * 9).ljust(36, '.')}| 24.8% of 726.0 min",
    ]
    assert max(map(len, lines)) <= 80
    assert cli("report", "position", "nobody", "-w", desk_of.folder).code == 3


def test_csv_and_parquet_hold_what_json_does(desk_of: Desk, tmp_path: Path) -> None:
    for words in (["margin"], ["routes", "2003-06"]):
        expected = rows(desk_of, *words)
        printed = ok("report", *words, "--format", "csv", "-w", desk_of.folder).out
        assert list(csv.DictReader(io.StringIO(printed))) == [{k: str(v) for k, v in row.items()} for row in expected]
        ok("report", *words, "--format", "csv", "-o", tmp_path / "x.csv", "-w", desk_of.folder)
        assert (tmp_path / "x.csv").read_text() == printed
        ok("report", *words, "--format", "parquet", "-o", tmp_path / "x.parquet", "-w", desk_of.folder)
        kept = pq.read_table(tmp_path / "x.parquet").to_pylist()
        assert json.loads(json.dumps(kept, default=str)) == expected


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--format", "parquet"], 2),
        (["-o", "x.csv"], 2),
        (["--json", "--format", "csv"], 2),
        (["--format", "csv", "-o", "missing/x.csv"], 4),
        (["--format", "parquet", "-o", "missing/x.parquet"], 4),
    ],
)
def test_options_that_do_not_go_together(desk_of: Desk, tmp_path: Path, options: list[str], code: int) -> None:
    words = [str(tmp_path / word) if word.startswith(("x.", "missing/")) else word for word in options]
    ran = cli("report", "margin", *words, "-w", desk_of.folder)
    assert (ran.code, ran.out) == (code, "")
    assert list(tmp_path.iterdir()) == []


def test_reports_of_nothing_say_so(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for words, said in (
        (["aging"], "nothing waits in suspense"),
        (["unbilled"], "all usage is billed"),
        (["routes", "2003-06"], "2003-06: no usage"),
        (["margin"], "nothing is booked"),
        (["position", AGREEMENT], "no usage of this agreement yet"),
    ):
        assert ok("report", *words, "-w", desk.folder).out == said + "\n"
        assert rows(desk, *words) == []


@pytest.fixture
def desk_of(made: Desk) -> Desk:
    """Return the desk, only to be read."""
    return made
