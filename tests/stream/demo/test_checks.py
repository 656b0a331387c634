"""The demo's traffic has holidays, copies and another office's recordings, and nothing missing or billed twice."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stream.books.checks import Checks
from stream.books.store import open_store
from stream.demo.clock import MONTHS
from stream.demo.world import write_workspace
from stream.desk.checks.probe import check_month
from stream.files.rate import rate_files
from stream.workspace.load import load_workspace


@pytest.fixture(scope="module")
def checks(made: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Checks]]:
    """Return what is found of each month before it is closed."""
    folder = tmp_path_factory.mktemp("demo")
    write_workspace(folder)
    workspace = load_workspace(folder)
    rate_files(workspace, made)
    with closing(open_store(workspace)) as store:
        yield {month.name: check_month(workspace, store, month.name) for month in MONTHS}


@pytest.mark.parametrize("month", [month.name for month in MONTHS])
def test_nothing_is_missing_and_nothing_billed_twice(checks: dict[str, Checks], month: str) -> None:
    found = checks[month]
    assert found.gaps == ()
    assert {name: twins["pairs"] for name, twins in found.twins.items() if twins["pairs"]} == {}
    assert [source["source"] for source in found.completeness["sources"]] == ["kcm-1", "mad-1", "mke-1"]


def test_what_can_be_checked_is(checks: dict[str, Checks]) -> None:
    # May 2003 and June 2004 have weeks enough for their last days alone; July of 2003 for all of them.
    for month, new, checked in (("2003-05", 600, 0), ("2003-07", 0, 200), ("2004-06", 600, 0)):
        mke = checks[month].completeness["sources"][2]
        assert mke["without_history"] >= new
        assert mke["checked"] >= checked
    assert checks["2003-07"].completeness["sources"][2]["without_history"] == 0


def test_the_tandems_recordings_find_the_calls_that_were_billed(checks: dict[str, Checks]) -> None:
    for found in checks.values():
        seen = found.verification["sbc-kmc-wi"]
        assert seen["records"] > 2_000
        # Calls without a calling number are not compared.
        assert 100 * seen["with_billing_record"] >= 98 * seen["records"]
        assert abs(seen["billed_ms"] - seen["ms"]) * 100 <= 3 * seen["ms"]
