"""Closing a month: refused where it has to be, booked line by line, once, all of it or nothing."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from stream.books import closing
from tests.stream.books.worlds import BASE_SETTINGS, Desk, balance_of, lines_of
from tests.stream.files.worlds import AGREEMENT, TABLES, books, call, cli, sql, tamper

TEXAS = {
    "agreements": TABLES["agreements"] + "sbc-kmc-tx,sbc,kmc,sbc,TX,America/Chicago\n",
    "number_blocks": TABLES["number_blocks"] + "512200,9327,AUSTIN,552,TX,,,\n512300,2588,AUSTIN,552,TX,,,\n",
}
IN_TEXAS = {"called": "5123001000", "calling": "5122001000"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with traffic of June 2003 both ways, and of Texas in July."""
    desk = Desk(tmp_path_factory.mktemp("desk"), **TEXAS)
    desk.traffic("2003-06-10", 8, 1)
    desk.traffic("2003-06-20", 4)
    desk.rate([call(900, connect_time="2003-07-06T15:00:00-05:00", **IN_TEXAS)])
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that desk, to change."""
    return made.copy(tmp_path)


@pytest.mark.parametrize("month", ["2003-13", "2003-6", "2003", "June 2003", "2003-06-01", "2003-00", "", "20030"])
def test_a_month_that_is_none_is_wrong_usage(desk: Desk, month: str) -> None:
    before = books(desk.folder)
    ran = desk.refused("close", month)
    assert ran.code == 2
    assert ran.err == f"ratestream: MONTH: found {month!r}, expected a month as 2003-06\n"
    assert books(desk.folder) == before


def test_a_line_is_booked_as_an_entry_whose_postings_sum_to_zero(desk: Desk) -> None:
    assert [(c["agreement"], c["number"], c["already"]) for c in desk.close("2003-06", "2003-07-05")] == [
        (AGREEMENT, 1, False)
    ]
    document = json.loads(desk.issued("2003-06"))
    entries = desk.entries()
    assert [entry["line"] for entry in entries] == [
        line["line"] for direction in document["directions"] for line in direction["lines"]
    ]
    assert len(entries) >= 2
    for entry in entries:
        debit, credit = entry["postings"]
        assert (debit["side"], credit["side"]) == ("debit", "credit")
        assert debit["account"] == f"{AGREEMENT}:{entry['payer']}:payable:{entry['payee']}"
        assert credit["account"] == f"{AGREEMENT}:{entry['payee']}:receivable:{entry['payer']}"
        assert (debit["amount"], credit["amount"].lstrip("-")) == (entry["amount"], entry["amount"])
        assert (entry["cause"], entry["number"], entry["corrects"]) == ("close", 1, None)
        assert entry["clauses"] == next(
            line["clauses"] for d in document["directions"] for line in d["lines"] if line["line"] == entry["line"]
        )
    assert sql(desk.folder, "select sum(cents), count(*) from postings") == [(0, 2 * len(entries))]
    assert balance_of(desk.folder, AGREEMENT, "2003-06") == lines_of(document)
    # 12 hours at the base's 0.0025 a minute and 0.003 a call.
    assert [d["total"] for d in document["directions"] if d["payee"] == "kmc"] == ["1.84"]


def test_closing_again_changes_nothing(desk: Desk) -> None:
    first = desk.close("2003-06", "2003-07-05")
    before, said = books(desk.folder), desk.issued("2003-06")
    for known in ("2003-07-05", "2005-01-01"):
        again = desk.close("2003-06", known)
        assert again == [{**first[0], "already": True}]
    assert books(desk.folder) == before
    assert desk.issued("2003-06") == said


def test_an_agreement_without_usage_in_the_month_gets_no_statement(desk: Desk) -> None:
    desk.close("2003-06", "2003-07-05")
    assert [c["agreement"] for c in desk.close("2003-07", "2003-08-05")] == ["sbc-kmc-tx"]
    assert desk.close("2003-08", "2003-09-05") == []
    assert sql(desk.folder, "select agreement, month from statements order by id") == [
        (AGREEMENT, "2003-06"),
        ("sbc-kmc-tx", "2003-07"),
    ]
    ran = cli("close", "2003-08", "-w", desk.folder)
    assert (ran.code, ran.err) == (0, "2003-08: no agreement has usage in this month, nothing to close\n")


def test_usage_that_an_agreement_has_later_is_closed_by_closing_again(desk: Desk) -> None:
    desk.close("2003-06", "2003-07-05")
    desk.rate([call(901, connect_time="2003-06-07T15:00:00-05:00", **IN_TEXAS)])
    assert [(c["agreement"], c["already"]) for c in desk.close("2003-06", "2003-08-05")] == [
        (AGREEMENT, True),
        ("sbc-kmc-tx", False),
    ]


@pytest.mark.parametrize(
    "breach", ["update intake set records = records + 1", "update outcomes set ms = ms - 1 where ms > 0"]
)
def test_a_breach_of_conservation_stops_with_nothing_booked(desk: Desk, breach: str) -> None:
    desk.close("2003-07", "2003-08-05")
    tamper(desk.folder, breach)
    before = books(desk.folder)
    for command in (["close", "2003-06"], ["true-up"], ["true-up", "--dry-run"]):
        ran = desk.refused(*command)
        assert ran.code == 5
        assert ran.err.startswith("ratestream: source 'mke-1', receipt hour ")
    assert books(desk.folder) == before


def test_a_stop_between_two_statements_leaves_nothing(desk: Desk) -> None:
    desk.rate([call(901, connect_time="2003-06-07T15:00:00-05:00", **IN_TEXAS)])
    before = books(desk.folder)
    whole: Any = closing.issue  # type: ignore[attr-defined]
    issued: list[str] = []

    def stops(c: Any, document: dict[str, Any], *args: Any, **more: Any) -> None:
        whole(c, document, *args, **more)
        issued.append(document["agreement"])
        if len(issued) == 1:
            raise KeyboardInterrupt

    with patch.object(closing, "issue", stops):
        ran = cli("close", "2003-06", "--as-known-at", "2003-07-05", "-w", desk.folder)
    assert (ran.code, issued) == (130, [AGREEMENT])
    assert books(desk.folder) == before
    assert [c["already"] for c in desk.close("2003-06", "2003-07-05")] == [False, False]
    assert desk.faults() == {}


def test_a_policy_changed_in_the_file_stops_until_it_is_put_back_and_stated(desk: Desk) -> None:
    desk.close("2003-06", "2004-07-05")
    before, settings = books(desk.folder), desk.folder / "ratestream.toml"
    for changed, found, had in (
        ("[policy]\nsa_over_xa = false\n", "False", "True"),
        (f'[policy.{AGREEMENT}]\ncap_2003 = "ceiling"\n', "ceiling", "compensable"),
    ):
        settings.write_text(BASE_SETTINGS + changed)
        name = changed.split("\n")[1].split(" ")[0]
        for command in (["close", "2003-07"], ["true-up"], ["true-up", "--dry-run"]):
            ran = desk.refused(*command)
            assert ran.code == 3
            assert ran.err.startswith(
                f"ratestream: {settings}: policy.{name}: found {found}, and months of {AGREEMENT}"
            )
            assert f"months of {AGREEMENT} are booked under {had};" in ran.err
            assert "state the change as an event policy_set" in ran.err
    # An event alone does not do, as long as the file says otherwise.
    desk.event("p1", "policy_set", "2005-01-10", policy="cap_2003", value="ceiling", by="a desk", reason="a reading")
    assert desk.refused("true-up").code == 3
    assert books(desk.folder) == before
    settings.write_text(BASE_SETTINGS)
    assert [a["month"] for a in desk.true_up("2005-02-01")] == ["2003-06"]
    assert [c["agreement"] for c in desk.close("2003-07", "2005-02-01")] == ["sbc-kmc-tx"]


def test_a_default_that_is_written_down_stands_over_the_terms_and_so_is_a_change(desk: Desk) -> None:
    desk.close("2003-06", "2003-07-05")
    settings = desk.folder / "ratestream.toml"
    settings.write_text(BASE_SETTINGS + '[policy]\nrounding = "exact"\n')
    ran = desk.refused("true-up")
    assert ran.code == 3
    assert "policy.rounding: found exact, and months of" in ran.err
    assert f"{AGREEMENT} are booked under nothing, so what the terms say;" in ran.err
    settings.write_text(BASE_SETTINGS)
    desk.close("2003-07", "2003-08-05")
    assert [a["number"] for a in desk.true_up("2003-08-06")] == [None, None]


def test_a_comment_or_another_setting_of_the_file_stops_nothing(desk: Desk) -> None:
    desk.close("2003-06", "2003-07-05")
    (desk.folder / "ratestream.toml").write_text(
        f'# as before\n{BASE_SETTINGS}[company]\nself = "kmc"\n[policy]\nsa_over_xa = true\n'
    )
    assert [a["number"] for a in desk.true_up("2003-07-06")] == [None]


def test_the_document_beside_a_statement_tells_of_receipt_and_of_what_it_was_made_with(desk: Desk) -> None:
    desk.close("2003-06", "2003-07-05")
    ran = cli("statement", AGREEMENT, "2003-06", "--assurance", "-w", desk.folder)
    found = json.loads(ran.out)
    assert [(row["source"], row["records"]) for row in found["conservation"]] == [("mke-1", 14)]
    assert found["conservation"][0]["outcomes"] == {"rated": {"records": 14, "ms": 13 * 3_600_000 + 60_000}}
    assert [(file["records"], file["done"]) for file in found["files"]] == [(9, True), (4, True), (1, True)]
    assert (found["duplicates"], found["as_known_at"]) == (0, "2003-07-05")
    assert found["made_with"]["ratestream.toml"] == sha256(BASE_SETTINGS.encode()).hexdigest()
    assert found["made_with"]["reference/ocns.csv"] == sha256(TABLES["ocns"].encode()).hexdigest()
