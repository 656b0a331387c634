"""A workspace with the demo's reference data and a little of its traffic, rated once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from rating.facts import Facts
from stream.books.store import Store, open_store
from stream.demo.traffic import make_calls
from stream.demo.world import write_workspace
from stream.facts import make_facts
from stream.files.rate import rate_files
from stream.workspace.load import Workspace, load_workspace

KNOWN = date(2005, 1, 1)


@dataclass(frozen=True)
class Rated:
    workspace: Workspace
    store: Store

    def facts(self, known: date = KNOWN) -> Facts:
        return make_facts(self.workspace, self.store.names(), self.store, known)


def call(record_id: str, **fields: Any) -> dict[str, Any]:
    """Return a call from SBC's HARBORMILL to KMC's, changed in some fields; None takes a field out."""
    record = {
        "record_id": record_id,
        "source": "mke-1",
        "connect_time": "2003-06-10T10:00:00-05:00",
        "duration_ms": 60_000,
        "called": "4142615200",
        "calling": "4142401200",
        "trunk_group": "wi-d1",
        **fields,
    }
    return {key: value for key, value in record.items() if value is not None}


def rate_calls(folder: Path, calls: Sequence[dict[str, Any] | bytes]) -> Rated:
    """Make a workspace of the demo's tables in a folder, if there is none, and rate calls into it."""
    if not (folder / "ratestream.toml").exists():
        write_workspace(folder)
    number = len(list(folder.glob("calls-*.ndjson"))) + 1
    file = folder / f"calls-{number}.ndjson"
    file.write_bytes(b"".join((c if isinstance(c, bytes) else orjson.dumps(c)) + b"\n" for c in calls))
    workspace = load_workspace(folder)
    rate_files(workspace, [file])
    return Rated(workspace, open_store(workspace))


@pytest.fixture(scope="package")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rated]:
    """Return the demo's workspace with a small share of its calls; not to be written to."""
    folder = tmp_path_factory.mktemp("explained")
    write_workspace(folder)
    workspace = load_workspace(folder)
    rate_files(workspace, make_calls(folder / "calls", records=4_000))
    store = open_store(workspace)
    yield Rated(workspace, store)
    store.close()
