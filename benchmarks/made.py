"""Usage made at random: as many agreements, months and cells as a measurement asks for."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from rating.codes import TCLT_CLASSES, TrafficClass
from rating.names import Names
from rating.usage import Cells
from stream.books.store import Store, open_store
from stream.files.sink import add_cells, save_names
from stream.workspace.calendar import FIRST_DAY
from stream.workspace.load import Workspace, load_workspace

__all__ = ["made_books", "months_from"]

_LATAS = ("350", "352", "354", "356")
_CENTERS = tuple(f"CENTER{number}" for number in range(20))
_CLASSES = (*TCLT_CLASSES, TrafficClass.INTRALATA_TOLL, TrafficClass.INTERLATA_TOLL)
_INCUMBENT_SHARE = 0.12
_CHUNKS = 8


def months_from(first: str, count: int) -> list[str]:
    """Return months in a row: ``("2003-11", 3) -> ["2003-11", "2003-12", "2004-01"]``."""
    start = int(first[:4]) * 12 + int(first[5:]) - 1
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(start, start + count)]


def _write(folder: Path, agreements: int) -> None:
    tables = {
        "agreements": ["agreement,party_a,party_b,incumbent,state,time_zone"],
        "parties": ["party,kind,name", "sbc,ilec,S"],
        "ocns": ["ocn,party,from,through", "0000,sbc,,"],
        "number_blocks": ["npa_nxx,ocn,rate_center,lata,state,from,through"],
        "usage_history": ["agreement,payee,period,isp_ms"],
        "trunk_groups": ["trunk_group,agreement,kind,tandem,end_office,trunks,from,through"],
    }
    terms = []
    for number in range(agreements):
        party, name = f"c{number:03d}", f"sbc-c{number:03d}-wi"
        tables["agreements"].append(f"{name},sbc,{party},sbc,WI,America/Chicago")
        tables["parties"].append(f"{party},clec,{party}")
        tables["ocns"].append(f"{number + 1:04d},{party},,")
        tables["number_blocks"].append(f"414{number + 200},{number + 1:04d},CENTER0,356,WI,,")
        tables["usage_history"].append(f"{name},{party},2001-Q1,{10**11}")
        tables["trunk_groups"] += [f"{name}-{kind},{name},{kind},T{number},,48,," for kind in ("direct", "tandem")]
        terms.append((party, name))
    (folder / "reference").mkdir(parents=True)
    (folder / "terms").mkdir()
    for table, lines in tables.items():
        (folder / "reference" / f"{table}.csv").write_text("\n".join(lines) + "\n")
    (folder / "ratestream.toml").write_text("[terms]\npackaged = []\n")
    for party, name in terms:
        (folder / "terms" / f"{name}.toml").write_text(_TERMS.format(party=party, name=name))


_TERMS = """
id = "{name}-plan"
title = "Made for a measurement"
domain = "traffic"
parties = ["sbc", "{party}"]
states = ["WI"]
amends = "base"
effective = 2003-01-01
signed = {{ sbc = 2002-12-01, {party} = 2002-12-01 }}
source = "made"
[[clause]]
ref = "1"
says = "Three to one, a price for what is beyond it, a price below, a cap; contingent on approval."
effects = [
  {{ effect = "presumption", of = "isp_bound", base = ["local", "virtual_fx", "mandatory_eas"], ratio = "3" }},
  {{ effect = "rate", traffic = "isp_bound", per_minute = "0.0007" }},
  {{ effect = "traffic_group", group = "exchange", classes = ["local", "virtual_fx", "mandatory_eas"] }},
  {{ effect = "rate", traffic = "exchange", per_minute = "0.0015" }},
  {{ effect = "growth_cap", of = "isp_bound", counts_from = 2003-01-01, years = [
    {{ year = 2003, onward = true, of = "2001-Q1", times = ["4"] }},
  ] }},
  {{ effect = "contingent", upon = "approved", true_up_from = 2003-01-01 }},
]
"""


@contextmanager
def made_books(agreements: int, months: Sequence[str], cells_each: int, seed: int) -> Iterator[tuple[Workspace, Store]]:
    """Make a workspace and a store that holds so many cells of each agreement and month."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "books"
        _write(folder, agreements)
        workspace = load_workspace(folder)
        store = open_store(workspace)
        names, dice = store.names(), np.random.default_rng(seed)
        with store.transaction() as c:
            for row in workspace.tables.agreements:
                for month in months:
                    cells = _cells(names, row.agreement, row.party_b, month, cells_each, dice)
                    for part in np.array_split(np.arange(cells_each), min(_CHUNKS, cells_each)):
                        add_cells(c, f"made:{part[0]}", cells.where(part))
            save_names(c, names)
        try:
            yield workspace, store
        finally:
            store.close()


def _cells(names: Names, agreement: str, party: str, month: str, n: int, dice: np.random.Generator) -> Cells:
    def codes(kind: str, of: Sequence[str]) -> NDArray[np.int64]:
        return dice.choice(np.array([names.code(kind, name) for name in of], np.int64), n)

    incumbent, other = names.code("party", "sbc"), names.code("party", party)
    back = dice.random(n) < _INCUMBENT_SHARE
    originator, terminator = np.where(back, other, incumbent), np.where(back, incumbent, other)
    kind = dice.choice(np.array(_CLASSES, np.int64), n)
    first = (date.fromisoformat(f"{month}-01") - FIRST_DAY).days
    k0 = (np.int64(names.code("agreement", agreement)) << 43) | (originator << 27) | (terminator << 11) | (kind << 7)
    k0 |= (1 << 5) | (dice.integers(0, 3, n) << 3)
    k1 = (codes("rate_center", [f"WI|{center}" for center in _CENTERS]) << 36) | (codes("lata", _LATAS) << 20)
    k1 |= codes("trunk_group", [f"{agreement}-direct", f"{agreement}-tandem"])
    ocns = [f"{number:04d}" for number in range(200)]
    k2 = ((first + dice.integers(0, 28, n)) << 40) | (codes("ocn", ocns) << 20) | codes("ocn", ocns)
    calls = dice.integers(1, 9, n)
    return Cells(np.stack([k0, k1, k2], axis=1), np.stack([calls, calls, calls * dice.integers(1, 600_000, n)], axis=1))
