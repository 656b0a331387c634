"""The walk in Python and the kernel come to the same, whatever the call."""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rating.codes import Jurisdiction, Outcome, Reason, TrafficClass, name_of
from rating.kernel.classify import OUT_COLUMNS
from schemas.decode import split_lines
from stream.books.store import open_store
from stream.demo.world import write_workspace
from stream.engine import Batch, Engine, Result
from stream.explain.archived import manifest, read
from stream.explain.call import Decision, decode_line, from_archive
from stream.explain.lookups import Lookups
from stream.explain.walk import walk
from stream.files.rate import make_engine
from stream.workspace.load import load_workspace
from tests.stream.explain.conftest import Rated

RECEIPT_MS = 1_136_073_600_000
DECIDED = (
    "agreement", "originator", "terminator", "originating_ocn", "terminating_ocn", "originating_rate_center",
    "terminating_rate_center", "lata", "jurisdiction", "state",
)  # fmt: skip


def test_every_archived_call_is_placed_alike(rated: Rated) -> None:
    lookups = Lookups(rated.workspace.tables)
    seen = 0
    for segment in manifest(rated.store):
        for row in read(segment).to_pylist():
            expected = Decision(row["outcome"], row["class"], **{name: row[name] or "" for name in DECIDED})
            assert walk(lookups, from_archive(row), row["receipt_ms"]).decision == expected
            seen += 1
    assert seen > 3_500


class _World:
    """The engine over the demo's tables with more rows of every kind, and pools to draw calls from."""

    def __init__(self, folder: Path) -> None:
        write_workspace(folder)
        tables = folder / "reference"
        _append(tables / "number_blocks.csv", "4142617,9327,HARBORMILL,356,WI,,2003-06-11,2003-06-15")
        _append(tables / "number_blocks.csv", "414299,9327,NORTHLOCK,356,WI,,,2003-06-14")
        _append(
            tables / "sources.csv",
            "both-1,kmc,,,,,",
            "both-1,kmc,verification,originating,,,",
            "both-1,kmc,billing,,wi-d2,,",
        )
        _append(tables / "local_areas.csv", "WI,SHORT,HARBORMILL,2003-06-15,", "WI,SHORT,CAPITOLRDG,,")
        _append(
            tables / "trunk_groups.csv",
            "moved,sprint-icg-mo,tandem,T9,,,,2003-06-14",
            "moved,sbc-kmc-wi,tandem,T9,,,2003-06-15,",
        )
        self.workspace = load_workspace(folder)
        self.lookups = Lookups(self.workspace.tables)
        store = open_store(self.workspace)
        self.engine: Engine = make_engine(self.workspace, store, store.names())
        store.close()
        known = self.workspace.tables
        self.prefixes = [row.npa_nxx for row in known.number_blocks] + ["312430", "101234", "414012"]
        self.ocns = [*sorted({row.ocn for row in known.ocns}), "ZZZZ"]
        self.trunks = [row.trunk_group for row in known.trunk_groups or ()] + ["wi-x7"]
        self.points = [*sorted({row.rate_center for row in known.number_blocks}), "NOWHERE", ""]

    def calls(self) -> st.SearchStrategy[dict[str, Any]]:
        number = st.builds(
            lambda prefix, rest: (prefix + rest)[:10],
            st.sampled_from(self.prefixes),
            st.from_regex(r"[0-9]{4}", fullmatch=True),
        )
        dialed = number | st.sampled_from(["8005550100", "8665550101", "4142617001"])
        instants = [
            f"2003-06-{day}T{clock}-05:00" for day in ("10", "14", "15", "30") for clock in ("23:59:59.999", "00:00:00")
        ]
        optional = {
            "calling": number | number.map(lambda n: n[:6]),
            "lrn": number,
            "jip": number.map(lambda n: n[:6]),
            "cic": st.just("6501"),
            "trunk_group": st.sampled_from(self.trunks),
            "routing_point": st.sampled_from(self.points),
            "orig_ocn": st.sampled_from(self.ocns),
            "term_ocn": st.sampled_from(self.ocns),
        }
        needed = {
            "source": st.sampled_from(["mke-1", "mkt-2", "kcm-1", "both-1", "new-1"]),
            "connect_time": st.sampled_from([*instants, "2006-01-03T00:00:00Z"]),
            "duration_ms": st.just(1_000),
            "called": dialed,
        }
        return st.fixed_dictionaries(needed, optional=optional)

    def decide(self, lines: list[bytes]) -> Result:
        buffer = np.frombuffer(b"\n".join(lines) + b"\n", np.uint8)
        result = self.engine.process(Batch(buffer, *split_lines(buffer, 0, buffer.size), RECEIPT_MS))
        self.engine.abort()
        return result


def _append(file: Path, *lines: str) -> None:
    text = file.read_text()
    file.write_text(text + ("" if text.endswith("\n") else "\n") + "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> _World:
    return _World(tmp_path_factory.mktemp("walked"))


def _kernel(world: _World, result: Result, row: int) -> tuple[str, Decision | None]:
    names, placed = world.engine.names, dict(zip(OUT_COLUMNS, result.placed[:, row].tolist(), strict=True))
    outcome = Outcome(int(result.outcome[row]))
    if outcome is Outcome.SUSPENDED:
        return name_of(Reason(int(result.reason[row]))), None
    return "", Decision(
        name_of(outcome),
        name_of(TrafficClass(placed["traffic_class"])),
        names.name("agreement", placed["agreement"]),
        names.name("party", placed["originator"]),
        names.name("party", placed["terminator"]),
        names.name("ocn", placed["orig_ocn"]),
        names.name("ocn", placed["term_ocn"]),
        names.name("rate_center", placed["orig_rate_center"]),
        names.name("rate_center", placed["term_rate_center"]),
        names.name("lata", placed["lata"]),
        name_of(Jurisdiction(placed["jurisdiction"])),
        names.name("state", placed["state"]),
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_call_is_placed_alike(world: _World, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(world.calls(), min_size=1, max_size=40))
    lines = [orjson.dumps({"record_id": f"r{n}", **record}) for n, record in enumerate(drawn)]
    result = world.decide(lines)
    for row, line in enumerate(lines):
        found, verdict = decode_line(line, world.workspace.settings.limits)  # type: ignore[arg-type]
        if found is None:
            assert verdict != "ok"
            continue
        placed = walk(world.lookups, found, RECEIPT_MS)
        assert (placed.reason, placed.decision) == _kernel(world, result, row)
        assert placed.steps


def test_a_step_names_the_line_of_its_table(world: _World) -> None:
    line = orjson.dumps(
        {
            "record_id": "a",
            "source": "mke-1",
            "connect_time": "2003-06-12T10:00:00-05:00",
            "duration_ms": 1,
            "called": "4142617001",
            "calling": "4142401200",
        }
    )
    found, _ = decode_line(line, world.workspace.settings.limits)  # type: ignore[arg-type]
    assert found is not None
    placed = walk(world.lookups, found, RECEIPT_MS)
    (step,) = [step for step in placed.steps if step.step == "called number"]
    rows = (world.workspace.folder / "reference" / "number_blocks.csv").read_text().splitlines()
    file, _, number = step.facts[0].where.partition(":")
    assert file == "number_blocks.csv"
    assert rows[int(number) - 1].startswith("4142617,")
