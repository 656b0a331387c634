"""The dispute pack: a spreadsheet without formulas, and a letter that shows what cells say and nothing else."""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from openpyxl import load_workbook

from stream.desk.reconcile.letter import letter
from stream.desk.reconcile.sheet import write_sheet
from tests.stream.desk.reconcile.bills import JULY, reconciled, write
from tests.stream.files import worlds

EVIL = ("=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "<b>|*x*")


def found_with(words: str) -> dict[str, Any]:
    """Return a reconciliation into which somebody wrote such words wherever text goes."""
    call = {
        "source": words,
        "record_id": words,
        "connect_ms": 1,
        "calling": words,
        "called": words,
        "duration_ms": 60_000,
    }
    return {
        "bill": {"file": words, "lines": 1}, "agreement": words, "from": "2004-07-01", "through": "2004-07-31",
        "directions": [{"payer": words, "payee": words, "here": "1.00", "there": "2.50", "difference": "1.50",
                        "unexplained": "0.50"}],
        "lines": [{"payer": words, "payee": words, "class": words, "lata": words, "what": "minutes", "ms_here": 60_000,
                   "ms_there": 90_000, "rate_here": "0.0007", "rate_there": "elements", "here": "1.00", "there": "2.50",
                   "difference": "-1.50", "bill_lines": [2], "clauses": [words]}],
        "days": [], "differences": 1,
        "causes": [{"cause": "only_there", "payer": words, "payee": words, "words": words, "calls": 1, "ms": 30_000,
                    "amount": "1.00", "clauses": [words], "evidence": [call]}],
    }  # fmt: skip


@pytest.mark.parametrize("words", EVIL)
def test_no_cell_is_a_formula_and_every_text_is_whole(tmp_path: Path, words: str) -> None:
    write_sheet(found_with(words), tmp_path / "pack.xlsx")
    book = load_workbook(tmp_path / "pack.xlsx")
    assert book.sheetnames == ["Summary", "Causes", "Lines", "Days", "Calls"]
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    texts = [cell for cell in cells if cell.value == words]
    assert len(texts) >= 10
    assert all(cell.quotePrefix for cell in texts) is words.startswith(("=", "+", "-", "@", "\t"))


def test_numbers_are_numbers_and_headings_name_their_units(tmp_path: Path) -> None:
    write_sheet(found_with("x"), tmp_path / "pack.xlsx")
    page = load_workbook(tmp_path / "pack.xlsx")["Lines"]
    row = {heading.value: cell for heading, cell in zip(page[1], page[2], strict=True)}
    assert (row["Books, min"].value, row["Billed, min"].value) == (1, 1.5)
    assert (row["Difference, $"].value, row["Books, $/min"].value) == (-1.5, 0.0007)
    assert row["Billed, min"].number_format == "#,##0.0"
    assert row["Billed, $/min"].value == "elements"


def test_without_the_extra_it_says_which(tmp_path: Path) -> None:
    with patch.dict(sys.modules, {"openpyxl": None}):
        with pytest.raises(Exception, match=r"found no openpyxl, expected the extra desk"):
            write_sheet(found_with("x"), tmp_path / "pack.xlsx")
    assert not (tmp_path / "pack.xlsx").exists()


def test_markup_in_a_cell_is_shown_not_obeyed() -> None:
    markdown, html = (letter(found_with("<b>|*x*"), form) for form in ("md", "html"))
    assert "\\<b\\>\\|\\*x\\*" in markdown and "<b>" not in markdown
    assert "&lt;b&gt;|*x*" in html and "<b>" not in html


def test_the_letter_names_what_is_disputed_and_leaves_addresses_as_fields(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", JULY, JULY)
    for name in ("dispute.md", "dispute.html"):
        reconciled(bill, rated, "--biller", "sbc", "--letter", tmp_path / name)
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "[name and address of the billing party]" in text
        assert "Of the amount billed we dispute $75.00" in text
        assert "1. Lines billed twice: $75.00, 150,000.0 minutes" in text
        assert "Line 3 of the bill repeats line 2" in text
        assert "Our records, $" in text


def test_a_letter_of_another_form_and_a_folder_that_is_not_there(rated: Path, tmp_path: Path) -> None:
    bill = write(tmp_path / "bill.csv", JULY)
    words = ("reconcile", bill, "-w", rated, "--biller", "sbc")
    ran = worlds.cli(*words, "--letter", tmp_path / "dispute.doc")
    assert (ran.code, "expected a name that ends in .md or .html" in ran.err) == (2, True), ran
    for option, name in (("--letter", "x.md"), ("--xlsx", "x.xlsx")):
        ran = worlds.cli(*words, option, tmp_path / "nowhere" / name)
        assert (ran.code, "cannot be written" in ran.err) == (4, True), ran
