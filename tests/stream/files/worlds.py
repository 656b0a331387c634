"""A small workspace of Wisconsin, call makers, the command line in-process, and everything that the books hold."""

import gzip
import io
import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from stream.cli.entry import main

__all__ = [
    "AGREEMENT", "TABLES", "Ran", "add_row", "books", "call", "cli", "gzipped", "months", "ndjson", "ok", "orphans",
    "outcomes", "sql", "statements", "tamper", "workspace",
]  # fmt: skip

AGREEMENT: Final = "sbc-kmc-wi"

TABLES: Final[Mapping[str, str]] = {
    "agreements": "agreement,party_a,party_b,incumbent,state,time_zone\nsbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago\n",
    "parties": "party,kind,name\nsbc,ilec,SBC\nkmc,clec,KMC\ntds,clec,TDS\n",
    "ocns": "ocn,party,from,through\n9327,sbc,,\n2588,kmc,,\n7003,tds,,\n",
    "number_blocks": (
        "npa_nxx,ocn,rate_center,lata,state,switch,from,through\n"
        "414200,9327,MILWAUKEE,356,WI,,,\n"
        "414300,2588,MILWAUKEE,356,WI,,,\n"
        "262200,9327,RACINE,356,WI,,,\n"
    ),
}
"""The needed tables; 414200 and 262200 are the incumbent's, 414300 is the payee's."""


def workspace(folder: Path, settings: str = "", **tables: str) -> Path:
    """Write a workspace: the needed tables, others or their replacements by name, and its settings."""
    (folder / "reference").mkdir(parents=True, exist_ok=True)
    for name, text in {**TABLES, **tables}.items():
        (folder / "reference" / f"{name}.csv").write_text(text, encoding="utf-8")
    (folder / "ratestream.toml").write_text(settings, encoding="utf-8")
    return folder


def add_row(folder: Path, table: str, row: str) -> None:
    """Append a row to a table of a workspace."""
    with (folder / "reference" / f"{table}.csv").open("a", encoding="utf-8") as handle:
        handle.write(row + "\n")


def call(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a call record of a minute from the incumbent to the other; fields given replace, None leaves out."""
    record: dict[str, Any] = {
        "record_id": f"r{number}",
        "source": "mke-1",
        "connect_time": "2004-07-06T15:00:00-05:00",
        "duration_ms": 60_000,
        "called": f"414300{number % 10_000:04d}",
        "calling": "4142002000",
        **fields,
    }
    return {name: value for name, value in record.items() if value is not None}


def ndjson(path: Path, records: Iterable[Mapping[str, Any] | bytes]) -> Path:
    """Write a call file; bytes are lines as they are."""
    lines = (r if isinstance(r, bytes) else json.dumps(r).encode() for r in records)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def gzipped(path: Path) -> bytes:
    """Return a file's content compressed with gzip, always the same bytes."""
    return gzip.compress(path.read_bytes(), mtime=0)


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


def cli(*words: object, **environ: str) -> Ran:
    """Run a command as the entry point does, in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["ratestream", *map(str, words)]
    with patch.object(sys, "argv", argv), patch.dict(os.environ, environ), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as left:
            assert isinstance(left.code, int)
            return Ran(left.code, out.getvalue(), err.getvalue())
    raise AssertionError("the entry point returned without an exit code")


def ok(*words: object, **environ: str) -> Ran:
    """Run a command that has to succeed."""
    ran = cli(*words, **environ)
    assert ran.code == 0, ran
    return ran


def sql(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask the store, past the program; no store, no rows."""
    path = folder / "books.db"
    if not path.is_file():
        return []
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def tamper(folder: Path, *statements: str) -> None:
    """Change the store past the program, foreign keys not minded, as somebody with the file could."""
    with closing(sqlite3.connect(folder / "books.db")) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def books(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table of the store."""
    names = [name for (name,) in sql(folder, "select name from sqlite_master where type = 'table' order by name")]
    return {name: sorted(sql(folder, f'select * from "{name}"'), key=repr) for name in names}


def outcomes(folder: Path) -> dict[str, tuple[int, int]]:
    """Return records and milliseconds: in, and out of all outcomes together, with each hour's balance checked."""
    balance = sql(
        folder,
        "select source, hour, partition, sum(records), sum(ms) from ("
        "select source, hour, partition, records, ms from intake union all "
        "select source, hour, partition, -records, -ms from outcomes) group by 1, 2, 3",
    )
    assert [row for row in balance if row[3:] != (0, 0)] == []
    [came] = sql(folder, "select coalesce(sum(records), 0), coalesce(sum(ms), 0) from intake")
    [left] = sql(folder, "select coalesce(sum(records), 0), coalesce(sum(ms), 0) from outcomes")
    return {"in": (came[0], came[1]), "out": (left[0], left[1])}


def months(folder: Path) -> list[str]:
    """Return the months that have usage."""
    return [month for (month,) in sql(folder, "select distinct month from cells order by month")]


def statements(folder: Path, *of: str) -> dict[str, str]:
    """Return every month's statements as they are printed, of the months that have usage unless some are named."""
    return {m: ok("statement", "all", m, "--format", "json", "-w", folder).out for m in of or months(folder)}


def orphans(folder: Path) -> tuple[list[str], list[str]]:
    """Return what is on disk without a manifest row, and what has a row and is not on disk."""
    manifest = (
        {path for (path,) in sql(folder, "select path from archive")} if (folder / "books.db").is_file() else set()
    )
    disk = {p.relative_to(folder).as_posix() for p in (folder / "archive").rglob("*") if p.is_file()}
    return sorted(disk - manifest), sorted(manifest - disk)
