"""A bill's lines beside the books: what differs, by how much and why."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.desk.reconcile.bill import BillLine
from stream.desk.reconcile.causes import Cause, one_reading
from stream.desk.reconcile.matching import match_lines
from stream.desk.reconcile.ours import OurLine
from tests.stream.desk import worked
from tests.stream.desk.reconcile.bills import JULY, causes, changed, differing, reconciled, save, statement, write
from tests.stream.files import worlds

WAYS = [("kmc", "sbc"), ("sbc", "kmc")]
MONTHS = ("2003-06", "2003-07", "2004-02", "2004-07", "2004-09", "2004-10")


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("month", MONTHS)
def test_our_own_statement_gives_no_difference(rated: Path, tmp_path: Path, month: str, form: str) -> None:
    bill = tmp_path / f"bill.{form}"
    known = ("--as-known-at", "2004-12-01")
    bill.write_text(worlds.ok("statement", "sbc-kmc-wi", month, "--format", form, "-w", rated, *known).out)
    found = reconciled(bill, rated)
    assert found["differences"] == 0
    assert found["causes"] == []
    assert found["lines"], "nothing was compared"
    assert {row["difference"] for row in found["directions"]} <= {"0.00"}


lines = st.builds(
    OurLine,
    payer=st.sampled_from(["kmc", "sbc"]), payee=st.just("tds"), kind=st.sampled_from(["local", "transit"]),
    lata=st.sampled_from(["", "352", "356"]), rate=st.sampled_from(["", "0.0005", "0.0007", "elements"]),
    ms=st.integers(0, 10**9), cents=st.integers(0, 10**6), outcome=st.just("compensable"), reason=st.just("local"),
    first=st.just(date(2004, 7, 1)), last=st.just(date(2004, 7, 31)), clauses=st.just(("i 1",)),
)  # fmt: skip


@given(st.lists(lines, max_size=12))
def test_what_was_billed_as_it_is_booked_differs_in_nothing_and_every_line_is_in_one_row(ours: list[OurLine]) -> None:
    billed = [
        BillLine(
            number=n, payer=line.payer, payee=line.payee, kind=line.kind, lata=line.lata, rate=line.rate, ms=line.ms,
            slack_ms=0, cents=line.cents, first=line.first, last=line.last,
        )
        for n, line in enumerate(ours)
    ]  # fmt: skip
    rows = match_lines(ours, billed)
    assert [row for row in rows if row.differs] == []
    assert sorted(n for row in rows for n in row.numbers) == list(range(len(ours)))
    assert sum(row.ms_here for row in rows) == sum(line.ms for line in ours)


@given(st.lists(lines, max_size=8), st.lists(lines, max_size=8))
def test_rows_add_up_to_both_sides_whatever_they_are(ours: list[OurLine], others: list[OurLine]) -> None:
    billed = [
        BillLine(
            number=n, payer=line.payer, payee=line.payee, kind=line.kind, lata=line.lata, rate=line.rate, ms=line.ms,
            slack_ms=0, cents=line.cents, first=None, last=None,
        )
        for n, line in enumerate(others)
    ]  # fmt: skip
    rows = match_lines(ours, billed)
    for side, whole in (("here", ours), ("there", others)):
        assert sum(getattr(row, f"ms_{side}") for row in rows) == sum(line.ms for line in whole)
        assert sum(getattr(row, f"cents_{side}") for row in rows) == sum(line.cents for line in whole)
    assert all(not row.differs for row in rows if row.ms_here == row.ms_there and row.rate_here == row.rate_there
               and row.cents_here == row.cents_there and (row.ms_here or row.cents_here))  # fmt: skip


def test_another_reading_of_the_cap_is_named_with_its_clause(rated: Path, tmp_path: Path) -> None:
    theirs = worked.workspace(tmp_path)
    (theirs / "ratestream.toml").write_text('[company]\nself = "kmc"\n[policy]\ncap_2003 = "ceiling"\n')
    found = reconciled(save(tmp_path / "bill.csv", statement(theirs, "2003-07")), rated)
    assert differing(found) == [("local", "minutes", "3500.00")]
    assert causes(found) == [("reading", "3500.00")]
    [cause] = found["causes"]
    assert cause["evidence"] == [{"switch": "cap_2003", "value": "ceiling"}]
    assert cause["clauses"] == ["sbc-kmc-wi-isp 2.3.1"]
    assert cause["ms"] == 5_000_000 * 60_000
    assert [row["unexplained"] for row in found["directions"]] == ["0.00"]


def test_one_reading_is_named_in_every_direction_and_the_others_that_fit_beside_it() -> None:
    def cause(switch: str, payer: str, amount: int) -> Cause:
        return Cause("reading", (payer, "tds"), "", 0, amount, evidence=({"switch": switch, "value": True},))

    found = one_reading([cause("a", "kmc", 1), cause("a", "sbc", 2), cause("b", "kmc", 1)])
    assert [(c.way[0], c.cents) for c in found] == [("kmc", 1), ("sbc", 2)]
    assert {tuple(row["switch"] for row in c.evidence) for c in found} == {("a", "b")}
    assert one_reading([]) == []


def test_the_rate_of_other_days_is_found_in_the_terms(rated: Path, tmp_path: Path) -> None:
    row = JULY.replace(".000500,$75.00", ".000700,$105.00")
    found = reconciled(write(tmp_path / "bill.csv", row), rated, "--biller", "sbc")
    assert ("local", "rate", "30.00") in differing(found)
    [cause] = found["causes"]
    assert (cause["cause"], cause["amount"]) == ("rate_of_other_days", "30.00")
    assert "billed $0.0007 a minute where $0.0005 holds" in cause["words"]
    assert "sbc-kmc-wi-isp 2.2.2 has it from" in cause["words"]


def test_a_rate_that_no_clause_has_is_said_to_be_none(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", JULY.replace(".000500,$75.00", ".123000,$18450.00"))
    [cause] = reconciled(bill, rated, "--biller", "sbc")["causes"]
    assert (cause["cause"], cause["amount"]) == ("rate", "18375.00")
    assert "no clause of the agreement has it" in cause["words"]


def test_the_same_line_twice_is_billed_twice(rated: Path, tmp_path: Path) -> None:
    found = reconciled(write(tmp_path / "bill.csv", JULY, JULY), rated, "--biller", "sbc")
    assert ("local", "billed_twice", "75.00") in differing(found)
    assert causes(found) == [("billed_twice", "75.00")]
    assert found["causes"][0]["words"] == "line 3 of the bill repeats line 2 in every cell"


def test_a_line_of_other_days_is_its_own_cause(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", JULY, "local,356,2004-06-01,2004-06-30,100.0,.0005,0.05")
    found = reconciled(bill, rated, "--biller", "sbc", "--from", "2004-07-01", "--through", "2004-07-31")
    assert causes(found) == [("other_period", "0.05")]
    assert "2004-06-01 to 2004-06-30" in found["causes"][0]["words"]


def test_a_credit_is_taken_for_what_it_is(rated: Path, tmp_path: Path) -> None:
    for credit in ("(10.00)", "-$10.00", "$10.00 CR"):
        bill = write(tmp_path / "bill.csv", JULY, f"local,356,2004-07-01,2004-07-31,-20000.0,.0005,{credit}")
        found = reconciled(bill, rated, "--biller", "sbc")
        assert ("local", "minutes", "-10.00") in differing(found)
        [row] = [row for row in found["directions"] if row["payer"] == "kmc"]
        assert (row["here"], row["there"], row["difference"]) == ("75.00", "65.00", "-10.00")
        assert row["unexplained"] == "-10.00"


def test_a_line_that_is_not_its_minutes_by_its_rate(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", JULY.replace("$75.00", "$76.00"))
    assert causes(reconciled(bill, rated, "--biller", "sbc")) == [("arithmetic", "1.00")]
    bill = write(tmp_path / "bill.csv", JULY.replace("$75.00", "$75.01"))
    assert causes(reconciled(bill, rated, "--biller", "sbc")) == [("rounding", "0.01")]


def test_minutes_printed_to_a_tenth_agree_within_the_tenth(rated: Path, tmp_path: Path) -> None:
    for minutes, differs in (("150000.0", False), ("150,000.0", False), ("150000.1", True), ("150000", False)):
        bill = write(tmp_path / "bill.csv", JULY.replace("150000.0", f'"{minutes}"'))
        rows = [row[:2] for row in differing(reconciled(bill, rated, "--biller", "sbc"))]
        assert (("local", "minutes") in rows) is differs, minutes


def test_a_day_that_the_books_lack_is_found_in_a_bill_by_days(rated: Path, tmp_path: Path) -> None:
    line = "local,356,2004-07-{day},2004-07-{day},{minutes},.0005,{amount}"
    bill = write(
        tmp_path / "bill.csv",
        line.format(day=20, minutes="150000.0", amount="75.00"),
        line.format(day=21, minutes="2000.0", amount="1.00"),
    )
    found = reconciled(bill, rated, "--biller", "sbc", "--from", "2004-07-01", "--through", "2004-07-31")
    assert [(row["day"], row["ms_difference"]) for row in found["days"]] == [("2004-07-21", 120_000_000)]
    assert causes(found) == [("missing_day", "1.00")]
    assert [row["unexplained"] for row in found["directions"] if row["payer"] == "kmc"] == ["0.00"]


def test_a_bill_over_parts_of_months_is_held_to_the_lines_share_of_its_days(rated: Path, tmp_path: Path) -> None:
    # All of July 2004 is on the 20th; September has 100,000 minutes, on the 10th, 69,000 of them on direct trunks.
    whole = reconciled(
        write(tmp_path / "bill.csv", JULY), rated, "--biller", "sbc", "--from", "2004-07-01", "--through", "2004-07-31"
    )
    part = reconciled(
        write(tmp_path / "bill.csv", JULY.replace("07-01", "07-15").replace("07-31", "08-14")), rated, "--biller", "sbc"
    )
    assert (part["from"], part["through"]) == ("2004-07-15", "2004-08-14")
    assert [row["here"] for row in part["directions"]] == [row["here"] for row in whole["directions"]]
    early = write(tmp_path / "bill.csv", JULY.replace("07-31", "07-19").replace("07-01", "06-20"))
    assert [row["here"] for row in reconciled(early, rated, "--biller", "sbc")["directions"]] == ["0.00"]


def test_a_bill_without_latas_and_rates_is_matched_by_class(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", "local,150000.0,75.00", headings="class,minutes,amount")
    window = ("--biller", "sbc", "--from", "2004-07-01", "--through", "2004-07-31")
    found = reconciled(bill, rated, *window)
    assert [row for row in differing(found) if row[1] != "only_here"] == []


def test_strict_says_by_its_exit_code_whether_anything_differs(rated: Path, tmp_path: Path) -> None:
    bill = changed(tmp_path / "bill.csv", rated, "2004-07", lambda row: row)
    words = ("reconcile", bill, "-w", rated, "--as-known-at", "2004-12-01", "--strict")
    assert worlds.cli(*words).code == 0
    changed(bill, rated, "2004-07", lambda row: row if row["payer"] == "sbc" else row | {"amount_usd": "80.00"})
    assert worlds.cli(*words).code == 1


@pytest.mark.parametrize("width", [80, 120])
def test_it_stays_on_the_page(rated: Path, tmp_path: Path, width: int) -> None:
    row = JULY.replace(".000500,$75.00", ".000700,$105.00")
    bill = write(tmp_path / "bill.csv", row, row, "optional_eas,352,2004-07-01,2004-07-31,123456789.0,.0005,61728.39")
    out = worlds.ok("reconcile", bill, "-w", rated, "--biller", "sbc", NO_COLOR="1", COLUMNS=str(width)).out
    assert [line for line in out.splitlines() if len(line.rstrip()) > width] == []
    assert "…" not in out
    lines = out.splitlines()
    units = next(n for n, line in enumerate(lines) if line.startswith("class / LATA"))
    assert lines[units].split()[-4:] == ["min", "min", "$/min", "$"]
    assert lines[units - 1].split() == ["books,", "billed,", "billed,", "difference,"]
    assert "$.000700" in out
