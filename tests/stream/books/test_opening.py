"""What was billed before the books were opened: booked once, set off when the month is valued, never edited."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating.codes import TrafficClass, name_of
from stream.books.verify import verify
from tests.stream.books.playing import Played, play
from tests.stream.books.worlds import HOUR, Desk, balance_of, lines_of
from tests.stream.files.worlds import AGREEMENT, books, call, ok, sql, tamper
from tests.worlds import FAR, World, worlds

HEADER = "agreement,payer,payee,month,class,ms,amount,invoice,paid\n"
BILL = f"{AGREEMENT},sbc,kmc,2003-06,local,3600000000,700.00,INV-1,yes\n"
BIG = f"agreement,payee,period,isp_ms\n{AGREEMENT},kmc,2001-Q1,{10_000_000 * 60_000}\n"
LONG_MS = 1_000 * 60_000
LINE = f"{AGREEMENT}/2003-06/opening/sbc>kmc/local/INV-1"


@pytest.fixture(scope="module")
def june(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk with a million minutes to the payee in June 2003, 40% before the 15th, and 150,000 back."""
    desk = Desk(tmp_path_factory.mktemp("june"), settings="", usage_history=BIG)
    back = {"called": "4142002000", "calling": "4143000001"}
    records = [
        call(n, connect_time=f"2003-06-{day}T00:00:00-05:00", duration_ms=LONG_MS, **ways)
        for first, count, day, ways in ((0, 400, "10", {}), (400, 600, "20", {}), (1000, 150, "10", back))
        for n in range(first, first + count)
    ]
    desk.rate(records)
    return desk


@pytest.fixture
def desk(june: Desk, tmp_path: Path) -> Desk:
    """Return a copy of it that was billed $700.00 for June 2003."""
    copy = june.copy(tmp_path)
    copy.table("billed_history", HEADER + BILL)
    return copy


def owed(desk: Desk) -> dict[str, int]:
    """Return cents booked by cause of what sbc pays kmc in June 2003."""
    rows = sql(desk.folder, "select cause, sum(cents) from entries where payer = 'sbc' and payee = 'kmc' group by 1")
    return dict(rows)


def test_a_bill_opens_the_ledger_once_in_cents_with_two_sides(desk: Desk) -> None:
    first = ok("ledger", "open", "--json", "-w", desk.folder).document
    assert first == [
        {
            "line": LINE, "agreement": AGREEMENT, "month": "2003-06", "payer": "sbc", "payee": "kmc", "class": "local",
            "invoice": "INV-1", "ms": 3_600_000_000, "amount": "700.00", "paid": "700.00",
        }
    ]  # fmt: skip
    [entry] = desk.entries()
    assert (entry["cause"], entry["amount"], entry["unrounded"], entry["number"]) == ("opening", "700.00", "700", None)
    assert entry["postings"] == [
        {"side": "debit", "account": f"{AGREEMENT}:sbc:payable:kmc", "amount": "700.00"},
        {"side": "credit", "account": f"{AGREEMENT}:kmc:receivable:sbc", "amount": "-700.00"},
    ]
    before = books(desk.folder)
    assert ok("ledger", "open", "--json", "-w", desk.folder).document == []
    assert books(desk.folder) == before
    assert desk.faults() == {}
    shown = ok("ledger", "show", "-w", desk.folder).out
    assert "billed before the books were opened: opening" in shown and "$700.00" in shown


@pytest.mark.clause("sbc-kmc-wi-isp 4.2")
def test_billed_700_now_worth_451_the_first_true_up_posts_249_back(desk: Desk) -> None:
    preview = desk.true_up("2004-07-05", "--dry-run")
    assert sql(desk.folder, "select count(*) from entries") == [(0,)]
    done = desk.true_up("2004-07-05")
    assert preview == done
    assert [(m["month"], m["number"], m["by_cause"]["opening"]["sbc pays kmc"]) for m in done] == [
        ("2003-06", 1, "-249.00")
    ]
    assert owed(desk) == {"opening": 45_100}
    assert [entry["amount"] for entry in desk.entries() if entry["line"] == LINE] == ["700.00", "-700.00"]
    desk.balanced("2004-07-05", "2003-06")
    assert desk.faults() == {}
    before = books(desk.folder)
    assert [m["number"] for m in desk.true_up("2004-07-05")] == [None]
    assert [c["already"] for c in desk.close("2003-06", "2004-07-05")] == [True]
    assert books(desk.folder) == before


def test_closing_the_month_books_its_lines_and_sets_the_bill_off(desk: Desk) -> None:
    [closed] = desk.close("2003-06", "2004-07-05")
    assert closed["set_off"] == {"sbc pays kmc": "700.00"} and closed["totals"]["sbc pays kmc"] == "451.00"
    assert owed(desk) == {"close": 45_100, "opening": 0}
    desk.balanced("2004-07-05", "2003-06")
    assert [m["number"] for m in desk.true_up("2004-07-05")] == [None]
    assert desk.faults() == {}
    said = ok("close", "2003-06", "-w", desk.folder).out
    assert "sbc pays kmc: $700.00 was billed before; the difference: -$249.00" in said


def test_a_bill_that_turns_up_after_the_close_opens_too_and_is_trued_up(desk: Desk) -> None:
    desk.close("2003-06", "2004-07-05")
    desk.table("billed_history", HEADER + BILL + f"{AGREEMENT},sbc,kmc,2003-06,local,60000,0.07,INV-2,0.05\n")
    [new] = ok("ledger", "open", "--json", "-w", desk.folder).document
    assert (new["invoice"], new["amount"], new["paid"]) == ("INV-2", "0.07", "0.05")
    [done] = desk.true_up("2004-07-06")
    assert (done["number"], done["by_cause"]) == (2, {"opening": {"sbc pays kmc": "-0.07"}})
    assert owed(desk) == {"close": 45_100, "opening": 0}
    desk.balanced("2004-07-06", "2003-06")
    assert desk.faults() == {}


def test_a_bill_of_a_month_without_a_call_stands_as_it_was_billed(desk: Desk) -> None:
    desk.table("billed_history", HEADER + BILL.replace("2003-06", "2003-05"))
    assert desk.true_up("2004-07-05") == []
    assert owed(desk) == {"opening": 70_000}
    assert desk.faults() == {}


@pytest.mark.parametrize(
    ("table", "place", "found"),
    [
        (BILL.replace("700.00", "700.01"), ":2: ", "expected amount 700.00, paid 700.00 "),
        (BILL.replace(",yes", ",no"), ":2: ", "expected paid 700.00 "),
        (BILL.replace("3600000000", "1"), ":2: ", "expected ms 3600000000 "),
        (BILL.replace("INV-1", "INV-9"), "billed_history.csv: ", "invoice 'INV-1' is gone"),
        ("", "billed_history.csv: ", "invoice 'INV-1' is gone"),
        (BILL + BILL.replace("INV-1", "INV-2").replace("700.00", "0.005"), ":3: ", "expected whole cents"),
    ],
)
def test_a_row_that_opened_the_ledger_is_never_edited(desk: Desk, table: str, place: str, found: str) -> None:
    ok("ledger", "open", "-w", desk.folder)
    before = books(desk.folder)
    desk.table("billed_history", HEADER + table)
    for words in (("ledger", "open"), ("close", "2003-06"), ("true-up",), ("true-up", "--dry-run")):
        ran = desk.refused(*words)
        assert ran.code == 3 and place in ran.err and found in ran.err
    assert books(desk.folder) == before


def test_rows_may_move_about_in_the_file(desk: Desk) -> None:
    ok("ledger", "open", "-w", desk.folder)
    other = f"{AGREEMENT},kmc,sbc,2003-06,local,1,-3.10,C-1,no\n"
    desk.table("billed_history", HEADER + other + BILL)
    [new] = ok("ledger", "open", "--json", "-w", desk.folder).document
    assert (new["payer"], new["amount"], new["paid"]) == ("kmc", "-3.10", "0.00")


@pytest.mark.parametrize(
    ("table", "change", "check"),
    [
        (
            "openings",
            "update openings set body = cast(replace(cast(body as text), '70000', '70001') as blob)",
            "openings",
        ),
        ("openings", "delete from openings", "hash chain of entries"),
        ("entries", "update entries set cents = -1 where cause = 'opening' and cents < 0", "openings"),
    ],
)
def test_verify_finds_an_opening_that_was_changed(desk: Desk, table: str, change: str, check: str) -> None:
    desk.close("2003-06", "2004-07-05")
    for verb in ("update", "delete"):
        tamper(desk.folder, f"drop trigger {table}_no_{verb}")
    tamper(desk.folder, change)
    assert check in desk.faults()


def _history(dice: Random, world: World, months: list[tuple[str, str]]) -> list[str]:
    agreements = {row["agreement"]: row for row in world.tables["agreements"] or ()}
    rows = []
    for number in range(dice.randint(1, 6)):
        agreement, month = dice.choice(months)
        parties = [agreements[agreement]["party_a"], agreements[agreement]["party_b"]]
        dice.shuffle(parties)
        cells = (agreement, *parties, month, name_of(dice.choice(list(TrafficClass)[1:])), str(dice.randint(0, HOUR)))
        rows.append(",".join((*cells, f"{dice.randint(-99_999, 99_999) / 100:.2f}", f"I{number}", "no")))
    return rows


def _bill(played: Played, rows: list[str]) -> None:
    (played.folder / "reference" / "billed_history.csv").write_text(HEADER + "\n".join(rows) + "\n")


@settings(max_examples=10)
@given(world=worlds(conflicts=False), seed=st.integers(0, 2**32))
def test_whatever_was_billed_before_what_is_booked_is_a_fresh_valuation(world: World, seed: int) -> None:
    dice = Random(seed)
    with play(world) as played:
        played.tell(list(world.events))
        played.rate(list(world.lines))
        months = played.months()
        if not months:
            return
        rows = _history(dice, world, months)
        cut = dice.randint(0, len(rows))
        _bill(played, rows[:cut])
        for _, month in dice.sample(months, dice.randint(0, len(months))):
            played.close(month, FAR)
        if dice.random() < 0.5:
            played.true_up(FAR)
        _bill(played, rows)
        played.true_up(FAR)
        billed = {(row.split(",")[0], row.split(",")[3]) for row in rows}
        fresh = played.statements(FAR)
        closed = {tuple(row) for row in sql(played.folder, "select distinct agreement, month from statements")}
        assert billed <= closed
        for pair in closed:
            assert balance_of(played.folder, *pair) == lines_of(fresh[pair])
        with played.store() as store:
            assert [check for check in verify(played.workspace, store) if check.faults] == []
        assert sql(played.folder, "select count(*) from openings") == [(len(rows),)]
