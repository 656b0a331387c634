"""Our own statements of traffic with everything in it, reconciled with the books that they come from: no difference."""

from pathlib import Path

import pytest

from tests.stream.files import worlds

MONTHS = ("2003-05", "2003-06", "2003-07", "2004-06")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo's workspace, its traffic made small: every class, transit, prices of several elements."""
    root = tmp_path_factory.mktemp("own") / "demo"
    worlds.ok("demo", root, "--records", 4_000, "--seed", 11, NO_COLOR="1", TERM="dumb")
    return root


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize(("agreement", "biller"), [("sbc-kmc-wi", "sbc"), ("sprint-icg-mo", "icg")])
def test_no_statement_differs_from_its_books(
    made: Path, tmp_path: Path, agreement: str, biller: str, form: str
) -> None:
    rows = 0
    for month in MONTHS:
        bill = tmp_path / f"{month}.{form}"
        bill.write_text(worlds.ok("statement", agreement, month, "--format", form, "-w", made).out, encoding="utf-8")
        words = ("--agreement", agreement, "--biller", biller, "-w", made, "--json")
        found = worlds.ok("reconcile", bill, *words).document
        assert [row for row in found["lines"] if row["what"] not in ("same", "unbilled")] == []
        assert (found["differences"], found["causes"]) == (0, [])
        rows += len(found["lines"])
    assert rows >= len(MONTHS)
