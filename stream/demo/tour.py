"""The whole line on made traffic, in the order in which a settlement analyst would want to see it."""

import shutil
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from stream.books.closing import close_month
from stream.books.store import Store, open_store
from stream.cli.console import note, printer
from stream.cli.numbers import dollars, minutes
from stream.cli.progress import rate_with_progress
from stream.cli.statement_render import render_statement
from stream.cli.status_render import render_status
from stream.cli.suspense_render import render_suspense
from stream.cli.tally_render import render_tally
from stream.clock import today
from stream.demo.traffic import BOUNDARY_CALL, make_calls
from stream.demo.world import write_workspace
from stream.desk.checks.probe import check_month
from stream.desk.statements import current_statements
from stream.desk.status import status_of
from stream.errors import WrongUsage
from stream.explain.command import run as explain
from stream.files.rate import Rated
from stream.suspense.listing import rejected_rows, waiting_rows
from stream.workspace.load import Workspace, load_workspace

__all__ = ["tour"]

_DEFAULT: Final = Path("ratestream-demo")
_MARK: Final = ".ratestream-demo"
_AGREEMENT: Final = "sbc-kmc-wi"
_CLOSES: Final = (
    ("2003-05", date(2003, 6, 5)),
    ("2003-06", date(2003, 7, 5)),
    ("2003-07", date(2003, 8, 5)),
    ("2004-06", date(2004, 7, 5)),
)
_SIGNED: Final = date(2004, 5, 26)
_SHOWN: Final = "2003-07"


def tour(folder: Path | None, records: int, seed: int) -> None:
    """Make a workspace and calls, rate and close, and show what came of it."""
    root = _fresh(folder)
    console = printer()
    write_workspace(root)
    (root / _MARK).touch()
    note(f"workspace {root}: invented number plan, the four packaged instruments, an illustrative base agreement")
    files = make_calls(root / "calls", records=records, seed=seed)
    note(f"made {records:,} call records in {len(files)} files (seed {seed})")
    workspace = load_workspace(root)
    rated = rate_with_progress(workspace, files, quiet=False)
    store = open_store(workspace)
    for month, known in _CLOSES:
        closed = close_month(workspace, store, month, known, probe=partial(check_month, workspace, store, month))
        note(f"closed {month} as known at {known}: {len(closed)} statements")

    _heading(console, "1", "Where each carrier-state stands", f"ratestream status -w {root}")
    render_status(status_of(workspace, store, today()), console)

    shown = BOUNDARY_CALL["record_id"]
    _heading(
        console, "2", "One call over the midnight at which the rate changed", f"ratestream explain {shown} -w {root}"
    )
    explain(root, str(shown), str(BOUNDARY_CALL["source"]), None, console, json_out=False, limit=20)

    _heading(
        console,
        "3",
        "June 2003 as closed in July 2003, and as known once XA was signed",
        f"ratestream statement {_AGREEMENT} 2003-06 --as-known-at {_SIGNED} -w {root}",
    )
    _side_by_side(console, workspace, store)

    _heading(
        console,
        "4",
        "A statement, the clause behind every line (the cap runs out this month)",
        f"ratestream statement {_AGREEMENT} {_SHOWN} -w {root}",
    )
    document = current_statements(workspace, store, [_AGREEMENT], _SHOWN, today())[0]
    render_statement(document, {f"{i.id} {c.ref}": c.says for i in workspace.instruments for c in i.clause}, console)

    _heading(console, "5", "What was filtered, suspended and rejected, and why", f"ratestream suspense list -w {root}")
    _left_over(console, rated, store)
    note(f"the workspace stays in {root}; every line above names the command that prints it")


def _fresh(folder: Path | None) -> Path:
    """Return the folder to use: one of an earlier demo is made anew, anything else is left alone."""
    root = folder or _DEFAULT
    if root.exists():
        if not (root / _MARK).exists():
            raise WrongUsage(f"{root}: is there already and is not an earlier demo's; name another folder")
        shutil.rmtree(root)
    return root


def _heading(console: Console, number: str, title: str, command: str) -> None:
    console.print()
    console.print(Rule(Text(f" {number}. {title} ", style="bold"), align="left", style="green"))
    console.print(Text(f"$ {command}", style="dim"), soft_wrap=True)
    console.print()


def _sums(document: dict[str, Any]) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """Return (minutes, dollars) of the base and toll classes by direction, outcome and reason."""
    out: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for direction in document["directions"]:
        for line in direction["lines"]:
            key = (f"{direction['payer']} pays {direction['payee']}", line["outcome"], line["reason"])
            ms, amount = out.get(key, (0, Decimal(0)))
            out[key] = (ms + line["ms"], amount + Decimal(line["amount"]))
    return out


def _side_by_side(console: Console, workspace: Workspace, store: Store) -> None:
    import orjson  # noqa: PLC0415

    month = _CLOSES[1][0]
    closed = orjson.loads(store.issued(_AGREEMENT, month)[0].body)
    now = current_statements(workspace, store, [_AGREEMENT], month, _SIGNED)[0]
    before, after = _sums(closed), _sums(now)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    table.add_column("who pays", no_wrap=True)
    table.add_column("what", overflow="fold", ratio=1)
    for known in (closed["as_known_at"], now["as_known_at"]):
        table.add_column(f"minutes\n{known}", justify="right", no_wrap=True)
        table.add_column("dollars\n", justify="right", no_wrap=True)
    shown = [key for key in sorted({*before, *after}) if key[1] != "excluded"]
    for who, outcome, reason in shown:
        cells = []
        for side in (before, after):
            ms, amount = side.get((who, outcome, reason), (0, Decimal(0)))
            cells += [minutes(ms) if ms else "-", dollars(str(amount)) if ms else "-"]
        what = outcome.replace("_", " ")
        table.add_row(who.replace(" pays ", ">"), f"{what}: {reason}", *cells)
    table.add_section()
    for position, direction in enumerate(now["directions"]):
        then = closed["directions"][position]["total"] if position < len(closed["directions"]) else "0.00"
        who = f"{direction['payer']}>{direction['payee']}"
        table.add_row(who, "total", "", dollars(then), "", dollars(direction["total"]), style="bold")
    console.print(table)
    wisconsin = next(d for d in now["directions"] if d["payee"] == "kmc")
    base = next(d for d in closed["directions"] if d["payee"] == "kmc")
    change = Decimal(wisconsin["total"]) - Decimal(base["total"])
    console.print(
        f"In July 2003 only the base agreement was known (its prices here are invented). The amendment signed on "
        f"{_SIGNED} is effective from 2003-06-01, so what {wisconsin['payer']} owes {wisconsin['payee']} for June 2003 "
        f"changes by {dollars(str(change))}. Issued statements stay as they were issued."
    )


def _left_over(console: Console, rated: Rated, store: Store) -> None:
    render_tally(rated.tally.summary(), console)
    console.print()
    render_suspense(waiting_rows(store), console, "waiting")
    console.print()
    console.print(Text("rejected, kept byte for byte", style="bold"))
    render_suspense(rejected_rows(store), console, "rejected")
