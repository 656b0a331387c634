"""What the books print for people, at 80 and 120 columns: nothing is cut off, nothing leaves the page."""

from pathlib import Path

import pytest
from rich.cells import cell_len

from stream.cli.numbers import counted
from tests.stream.books.worlds import HISTORY, HOUR, Desk
from tests.stream.files.worlds import AGREEMENT, TABLES, call, cli, ok

COMMANDS = (
    "status",
    "close 2003-06",
    f"statement {AGREEMENT} 2003-06",
    "statement all 2003-07 --issued 1",
    "true-up --dry-run --as-known-at 2004-07-01",
    "ledger show",
    "ledger verify",
    "suspense list",
    "suspense list --rejected",
    "terms show",
    "terms show sbc-kmc-second",
    "terms show illustrative-ica",
    f"terms timeline {AGREEMENT}",
    "terms lint",
    "reference check",
    "config show",
    "checks 2003-06",
    "report aging",
    "report unbilled",
    "report routes 2003-07",
    "report margin",
    f"report position {AGREEMENT}",
)
LONG = "a-source-whose-name-is-as-long-as-the-format-allows-it-to-be-0001"[:64]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with closes, a true-up by several causes, usage since, and records that wait or were rejected."""
    carrier = "a-carrier-with-rather-a-long-name"
    desk = Desk(
        tmp_path_factory.mktemp("desk"),
        parties=TABLES["parties"] + f"{carrier},clec,Long\n",
        ocns=TABLES["ocns"].replace("7003,tds", f"7003,{carrier}"),
        number_blocks=TABLES["number_blocks"] + "414900,7003,MILWAUKEE,356,WI,,,\n",
        market_history=f"agreement,lata,traffic,first_exchanged\n{AGREEMENT},356,isp,2000-05-01\n",
    )
    desk.traffic("2003-06-10", 8, 1)
    desk.traffic("2003-07-10", 9, 1, voip=True)
    desk.rate([call(n, connect_time="2003-07-09T10:00:00-05:00", calling="4149001000") for n in (500, 501)])
    desk.close("2003-06", "2003-07-05")
    desk.close("2003-07", "2003-08-05")
    desk.traffic("2003-06-11", 1)
    desk.event("a-policy-with-rather-a-long-id", "policy_set", "2004-06-10", policy="cap_2003", value="ceiling",
               by="desk", reason="a reading")  # fmt: skip
    desk.table("usage_history", HISTORY.replace(str(1000 * HOUR), str(HOUR)))
    desk.true_up("2004-06-15")
    desk.traffic("2003-07-12", 2)
    desk.rate([
        *(call(n, source=LONG, record_id=f"{n}" * 20, called="9999999999") for n in range(600, 608)),
        call(700, calling="9998887777"),
        *(call(n, source=LONG, record_id=f"{n}" * 20, trunk_group=7) for n in range(800, 803)),
    ])  # fmt: skip
    return desk


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", COMMANDS)
def test_it_stays_on_the_page(made: Desk, command: str, width: int) -> None:
    ran = cli(*command.split(), "-w", made.folder, NO_COLOR="1", COLUMNS=str(width), TERM="xterm-256color")
    assert ran.code == (1 if command == "ledger verify" else 0), ran.err
    lines = ran.out.splitlines()
    assert lines
    assert [line for line in lines if cell_len(line) > width] == []
    assert "…" not in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize("width", [80, 120])
def test_every_record_is_shown_with_its_whole_place(made: Desk, width: int) -> None:
    environ = {"NO_COLOR": "1", "COLUMNS": str(width)}
    for words, shown in ((("suspense", "list"), 6), (("suspense", "list", "--rejected"), 3)):
        out = "".join(ok(*words, "-w", made.folder, **environ).out.split())
        assert out.count(f"{made.inbox}/6.ndjson:") == shown
    out = ok("suspense", "list", "-w", made.folder, **environ).out
    assert "unknown_called_block  8 records\n" in out
    assert "unknown_calling_block  1 record\n" in out
    assert "... and 3 more (--json lists all)\n" in out


@pytest.mark.parametrize("width", [80, 120])
def test_the_ledger_names_statement_and_cause_above_their_entries(made: Desk, width: int) -> None:
    out = ok("ledger", "show", "--month", "2003-06", "-w", made.folder, NO_COLOR="1", COLUMNS=str(width)).out
    headings = [line for line in out.splitlines() if "statement no." in line]
    assert headings == [
        f"{AGREEMENT} 2003-06, statement no. {number}: {cause}"
        for number, cause in ((1, "close"), (2, "late_usage"), (2, "instrument:sbc-kmc-wi-isp"))
    ]
    assert out.endswith("every entry has a debit and a credit; the ledger sums to $0.00\n")


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [(0, "record", "0 records"), (1, "entry", "1 entry"), (2, "entry", "2 entries"), (1200, "file", "1,200 files")],
)
def test_a_count_has_its_noun(count: int, noun: str, text: str) -> None:
    assert counted(count, noun) == text


def test_closing_says_what_it_did_a_direction_a_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.traffic("2003-06-10", 8, 1)
    words = ("close", "2003-06", "--as-known-at", "2003-07-05", "-w", desk.folder)
    sums = "  kmc pays sbc: $0.15\n  sbc pays kmc: $1.22\n"
    assert ok(*words).out == f"{AGREEMENT} 2003-06: closed, statement no. 1\n{sums}"
    assert ok(*words).out == f"{AGREEMENT} 2003-06: was closed before, statement no. 1\n{sums}"
    desk.traffic("2003-06-11", 1)
    said = ok("true-up", "--as-known-at", "2003-07-06", "--dry-run", "-w", desk.folder).out.splitlines()
    assert said[-1] == "1 entry would be booked, and 1 statement would be issued anew, in 1 closed month"
    said = ok("true-up", "--as-known-at", "2003-07-06", "-w", desk.folder).out.splitlines()
    assert [line.split() for line in said[1:]] == [
        [AGREEMENT, "2003-06", "late_usage", "sbc", "pays", "kmc", "$0.16"],
        ["sbc", "pays", "kmc:", "$0.16"],
        ["1", "entry", "booked,", "and", "1", "statement", "issued", "anew,", "in", "1", "closed", "month"],
    ]
