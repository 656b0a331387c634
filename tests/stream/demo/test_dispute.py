"""The wrong bill of the demo: what was planted is found, priced, and accounts for every cent."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stream.demo.dispute import make_both
from tests.stream.files import worlds

SEED, RECORDS = 7, 2_000


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, worlds.Ran]:
    root = tmp_path_factory.mktemp("demo") / "dispute"
    ran = worlds.ok(
        "demo", root, "--dispute", "--records", RECORDS, "--seed", SEED, NO_COLOR="1", COLUMNS="80", TERM="dumb"
    )
    return root, ran


@pytest.fixture(scope="module")
def found(shown: tuple[Path, worlds.Ran]) -> Any:
    root, _ = shown
    mail = root / "mail"
    words = ("reconcile", mail / "invoice.csv", "--calls", mail / "their-calls.ndjson", "--agreement", "sbc-kmc-wi")
    return worlds.ok(*words, "-w", root, "--json").document


def test_the_three_planted_differences_are_found_and_no_other(tmp_path: Path, found: Any) -> None:
    made = make_both(tmp_path, records=RECORDS, seed=SEED)
    assert [(cause["cause"], cause["calls"]) for cause in found["causes"]] == [
        ("missing_day", made.missing),
        ("recorded_twice_there", made.copies),
        ("reading", 0),
    ]
    assert made.missing and made.copies
    assert found["causes"][2]["evidence"] == [{"switch": "cap_2003", "value": "ceiling"}]
    assert all(Decimal(cause["amount"]) > 0 and cause["clauses"] for cause in found["causes"])
    assert "sbc-kmc-wi-isp 2.3.1" in found["causes"][2]["clauses"]


def test_they_account_for_every_cent(found: Any) -> None:
    [way] = found["directions"]
    assert way["unexplained"] == "0.00"
    assert sum(Decimal(cause["amount"]) for cause in found["causes"]) == Decimal(way["difference"]) > 0


def test_the_page_tells_it_within_its_width(shown: tuple[Path, worlds.Ran], found: Any) -> None:
    root, ran = shown
    lines = [line.rstrip() for line in ran.out.splitlines() if not line.startswith("$ ")]
    assert [line for line in lines if len(line) > 80] == []
    assert "…" not in ran.out
    for cause in found["causes"]:
        assert f"+${cause['amount']}  {cause['cause'].replace('_', ' ')}" in ran.out
    assert "without a cause: $0.00" in ran.out
    assert "Notice of dispute" in (root / "mail" / "dispute.md").read_text(encoding="utf-8")


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    one, other = (make_both(tmp_path / name, records=1_000, seed=3) for name in ("a", "b"))
    assert one.ours.read_bytes() == other.ours.read_bytes()
    assert one.theirs.read_bytes() == other.theirs.read_bytes()
    with pytest.raises(ValueError, match="records: found 999, expected 1000 or more"):
        make_both(tmp_path, records=999, seed=3)
