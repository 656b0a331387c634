"""How long the books take: closing a month of many cells, a true-up over many months and agreements."""

from datetime import date
from functools import partial

from benchmarks.clock import Measured, measured
from benchmarks.made import made_books, months_from
from stream.books.closing import close_month
from stream.books.trueup import true_up
from stream.desk.checks.probe import check_month
from stream.workspace.load import load_workspace

__all__ = ["close", "true_up_all"]

_KNOWN, _LATER = date(2003, 1, 31), date(2006, 1, 31)


def close(*, quick: bool, seed: int) -> Measured:
    """Close one agreement's month of a million cells."""
    cells = 100_000 if quick else 1_000_000
    with made_books(1, ["2003-07"], cells, seed) as (workspace, store):
        probe = partial(check_month, workspace, store, "2003-07")
        run = partial(close_month, workspace, store, "2003-07", _KNOWN, probe=probe)
        return measured(f"close a month of {cells:,} cells", run)


def true_up_all(*, quick: bool, seed: int) -> Measured:
    """True up closed months of many agreements after a commission's approval of each one's amendment."""
    agreements, count, cells = (10, 6, 500) if quick else (100, 24, 2_000)
    months = months_from("2003-01", count)
    with made_books(agreements, months, cells, seed) as (workspace, store):
        for month in months:
            close_month(workspace, store, month, _KNOWN, probe=partial(check_month, workspace, store, month))
        lines = [
            f'{{"id":"r{n}","event":"rejected","on":"2005-01-03","instrument":"{row.agreement}-plan","state":"WI"}}\n'
            for n, row in enumerate(workspace.tables.agreements)
        ]
        (workspace.folder / "events.ndjson").write_text("".join(lines))
        later = load_workspace(workspace.folder)

        def run() -> None:
            adjusted = true_up(later, store, _LATER)
            changed = sum(1 for one in adjusted if one.number is not None)
            assert changed == agreements * count, f"{changed} months changed, expected {agreements * count}"

        what = f"true-up over {count} months of {agreements} agreements, {cells:,} cells each"
        return measured(what, run)
