"""A bill that is wrong in three ways, and what reconciling it finds: the calls are made, the differences planted."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stream.books.store import open_store
from stream.cli.console import note, printer
from stream.cli.numbers import change, dollars, minutes
from stream.cli.reconcile_render import render_reconciliation
from stream.cli.statement_csv import write_csv
from stream.cli.statement_render import render_statement
from stream.clock import today
from stream.demo.tour import fresh, heading
from stream.demo.world import write_workspace
from stream.desk.reconcile.letter import write_letter
from stream.desk.reconcile.read import read_bill
from stream.desk.reconcile.run import reconcile, window_of
from stream.desk.reconcile.scope import Recordings
from stream.desk.statements import current_statements
from stream.files.rate import rate_files
from stream.workspace.load import Workspace, load_workspace

__all__ = ["CALLS", "Made", "dispute", "make_both"]

CALLS: Final = 6_000
_DEFAULT: Final = Path("ratestream-dispute")
_AGREEMENT: Final = "sbc-kmc-wi"
_BILLER: Final = "kmc"
_MONTH: Final = "2003-07"
_MIDNIGHT_MS: Final = 1_057_035_600_000
"""July 1, 2003, 00:00 in Wisconsin."""
_DAY_MS: Final = 86_400_000
_SILENT: Final = 16
"""The day of the month, from 0, of which the books lack one office's files."""
_CLOCK_MS: Final = 12_000
_COPIES: Final = 40


@dataclass(frozen=True, slots=True)
class Made:
    """Both carriers' call files, and what was planted: milliseconds of dial-up, calls of the day, copies."""

    ours: Path
    theirs: Path
    dial_up_ms: int
    missing: int
    copies: int


def make_both(folder: Path, *, records: int = CALLS, seed: int) -> Made:
    """Write a month of calls as each carrier recorded it.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    records : int
        Calls that were made, at least 1,000.

    Raises
    ------
    ValueError
        If there are too few to plant anything in.
    """
    if records < 1_000:
        raise ValueError(f"records: found {records}, expected 1000 or more")
    random = Random(seed)  # noqa: S311  # made traffic
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    dial_up_ms = missing = 0
    for n in range(records):
        kind = "dial_up" if n % 20 < 12 else "area" if n % 20 < 19 else "back"
        call, day = _call(random, n, kind)
        dial_up_ms += call["duration_ms"] if kind == "dial_up" else 0
        if kind == "area" and day == _SILENT:
            missing += 1
        else:
            ours.append(call)
        drift = _CLOCK_MS + random.randrange(-800, 801)
        theirs.append(call | {"source": "kmc-1", "record_id": f"k{n}", "connect_time": call["connect_time"] + drift})
    again = random.sample([call for call in theirs if call["calling"].startswith("262")], _COPIES)
    theirs += [
        call | {"source": "kmc-2", "record_id": f"x{call['record_id']}", "connect_time": call["connect_time"] + 900}
        for call in again
    ]
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / "our-calls.ndjson", folder / "their-calls.ndjson")
    for path, calls in zip(files, (ours, theirs), strict=True):
        path.write_bytes(b"".join(orjson.dumps(call) + b"\n" for call in calls))
    return Made(*files, dial_up_ms, missing, _COPIES)


def _call(random: Random, number: int, kind: str) -> tuple[dict[str, Any], int]:
    """Return one call as our office recorded it, and its day: dial-up, extended area service, or back to us."""
    day = random.randrange(31)
    near, far, area = (f"{prefix}{random.randrange(1000, 9999)}" for prefix in ("414240", "414261", "262233"))
    seconds = {"dial_up": (600, 5_400), "area": (60, 900), "back": (30, 300)}[kind]
    calling, called = {"dial_up": (near, far), "area": (area, far), "back": (far, near)}[kind]
    return {
        "record_id": f"s{number}",
        "source": "quarry-1" if kind == "area" else "harbor-1",
        "connect_time": _MIDNIGHT_MS + day * _DAY_MS + random.randrange(6 * 3600, 20 * 3600) * 1000,
        "duration_ms": random.randrange(*seconds) * 1000,
        "calling": calling,
        "called": called,
    }, day


def dispute(folder: Path | None, records: int, seed: int) -> None:
    """Make both carriers' books, their bill to us, and show what lies between."""
    root = fresh(folder or _DEFAULT)
    console = printer()
    mail = root / "mail"
    made = make_both(mail, records=records, seed=seed)
    ours = _books(root, made, "sbc", {})
    theirs = _books(root / "their-books", made, _BILLER, {"cap_2003": "ceiling"})
    rate_files(ours, [made.ours])
    rate_files(theirs, [made.theirs])
    invoice = _invoice(theirs, mail / "invoice.csv")
    note(f"made {records:,} calls (seed {seed}); {root} holds our books, {root / 'their-books'} theirs")

    heading(console, "1", "What we owe by our books", f"ratestream statement {_AGREEMENT} {_MONTH} -w {root}")
    document = current_statements(ours, open_store(ours), [_AGREEMENT], _MONTH, today())[0]
    document["directions"] = [way for way in document["directions"] if way["payee"] == _BILLER]
    render_statement(document, {}, console)

    words = f"ratestream reconcile {invoice} --calls {made.theirs} -w {root}"
    heading(console, "2", "What they billed, against the books", words)
    read = read_bill(ours, invoice, agreement=_AGREEMENT, biller=_BILLER, map_file=None)
    days = window_of(read.bill, None, None)
    recordings = Recordings(made.theirs, read.how)
    found = reconcile(ours, open_store(ours), read.bill, _AGREEMENT, *days, today(), recordings)
    render_reconciliation(found, console)

    heading(console, "3", "The clause for each dollar between, and the calls", f"{words} --json")
    _between(found, {f"{i.id} {c.ref}": c.says for i in ours.instruments for c in i.clause}, console)
    write_letter(found, mail / "dispute.md")
    note(f"the letter: {mail / 'dispute.md'} (ratestream reconcile ... --letter FILE)")


def _books(root: Path, made: Made, self_: str, policy: dict[str, str]) -> Workspace:
    """Write one carrier's workspace; the cap is set so that the month's dial-up runs past it under either reading."""
    write_workspace(root)
    (root / "reference" / "sources.csv").unlink()
    history = "agreement,payee,period,isp_ms\n" + "".join(
        f"{_AGREEMENT},{_BILLER},{period},{made.dial_up_ms * share // 100}\n"
        for period, share in (("2001-Q1", 50), ("2001", 60), ("2002", 55))
    )
    (root / "reference" / "usage_history.csv").write_text(history, encoding="utf-8")
    settings = (root / "ratestream.toml").read_text(encoding="utf-8").replace('self = "kmc"', f'self = "{self_}"')
    chosen = "".join(f'{name} = "{value}"\n' for name, value in policy.items())
    settings = settings.replace("[policy]\n", f"[policy]\n{chosen}", 1)
    (root / "ratestream.toml").write_text(settings, encoding="utf-8")
    return load_workspace(root)


def _invoice(theirs: Workspace, path: Path) -> Path:
    """Write the bill: what their statement has of money that we pay, in the columns that a bill has."""
    document = current_statements(theirs, open_store(theirs), [_AGREEMENT], _MONTH, today())[0]
    text = io.StringIO()
    write_csv([document], text)
    billed = [row for row in csv.DictReader(io.StringIO(text.getvalue())) if row["payee"] == _BILLER]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("class", "lata", "from", "through", "minutes", "rate", "amount"))
        for row in billed:
            if row["amount_usd"] != "0.00":
                writer.writerow((
                    row["class"], row["lata"], row["from"], row["through"], row["mou"], row["rate_usd_per_minute"],
                    dollars(row["amount_usd"]),
                ))  # fmt: skip
    return path


def _between(found: dict[str, Any], paraphrases: dict[str, str], console: Console) -> None:
    for way in found["directions"]:
        text = (
            f"we owe {dollars(way['here'])}, they billed {dollars(way['there'])}: {change(way['difference'])} between"
        )
        console.print(Text(text, style="bold"))
    for cause in found["causes"]:
        console.print()
        head = f"{change(cause['amount'])}  {cause['cause'].replace('_', ' ')}, {minutes(cause['ms'])} min"
        console.print(Text(head, style="bold"))
        _inset(cause["words"], console)
        for clause in cause["clauses"]:
            says = paraphrases.get(clause, "")
            _inset(f"{clause}: {says}" if says else clause, console, "dim")
        calls = [row for row in cause["evidence"] if "record_id" in row][:3]
        if calls:
            console.print(Padding(_calls(calls), (0, 0, 0, 2), expand=False))
            _inset(f"{len(calls)} of {cause['calls']:,} calls", console, "dim")
    for way in found["directions"]:
        console.print(Text(f"\nwithout a cause: {change(way['unexplained'])}", style="bold"))


def _inset(text: str, console: Console, style: str = "") -> None:
    console.print(Padding(Text(text, style=style), (0, 0, 0, 2), expand=False))


def _calls(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for column, heading_ in enumerate(("record", "day, UTC", "calling", "called", "length, min")):
        table.add_column(heading_, justify="right" if column == 4 else "left", no_wrap=True)
    for row in rows:
        day = date.fromordinal(date(1970, 1, 1).toordinal() + row["connect_ms"] // _DAY_MS)
        table.add_row(
            f"{row['source']} {row['record_id']}", day.isoformat(), row["calling"], row["called"],
            minutes(row["duration_ms"]),
        )  # fmt: skip
    return table
