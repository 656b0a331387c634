"""Calls decided again from the command line: what is said, what is archived, what waits, what is booked."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stream.books.store import open_store
from stream.clock import now_ms
from stream.explain.archived import manifest
from stream.files.rate import make_engine
from stream.files.sink import add_cells, add_identities
from stream.identities import BACKED_OUT
from stream.rerate.columns import columns_of
from stream.rerate.run import rerate
from stream.rerate.standing import batches
from stream.workspace.load import load_workspace
from tests.stream.files.worlds import (
    TABLES,
    books,
    call,
    cli,
    ndjson,
    ok,
    orphans,
    outcomes,
    sql,
    statements,
    tamper,
    workspace,
)

MONTH = "2004-07"
AGREEMENT = "sbc-kmc-wi"
MOVED = TABLES["number_blocks"].replace("414200,9327,MILWAUKEE", "414200,9327,RACINE")
GONE = TABLES["number_blocks"].replace("414200,9327,MILWAUKEE,356,WI,,,\n", "")
FROM_RACINE = "2622002000"
HOURS_20 = 72_000_000


def calls() -> list[dict[str, Any]]:
    """Return calls from 414200, local until that block is Racine's; one from Racine, one back, one on-net."""
    return [
        call(1),
        call(2, duration_ms=HOURS_20, connect_time="2004-07-31T20:00:00-05:00"),
        call(3, calling=FROM_RACINE, duration_ms=90_000),
        call(4, called="4142002000", calling="4143000001"),
        call(5, called=FROM_RACINE),
    ]


@pytest.fixture
def rated(tmp_path: Path) -> Path:
    """Return a workspace with the calls rated."""
    folder = workspace(tmp_path / "w")
    ok("rate", ndjson(tmp_path / "calls.ndjson", calls()), "-w", folder)
    return folder


def with_blocks(folder: Path, blocks: str) -> Path:
    return workspace(folder, number_blocks=blocks)


def explained(folder: Path, record: str) -> dict[str, Any]:
    """Explain a record of which there is one."""
    [found] = ok("explain", record, "-w", folder, "--json").document["found"]
    return dict(found)


def received(found: dict[str, Any]) -> dict[str, str]:
    """Return what an explanation says of the receipt."""
    return {fact["name"]: fact["value"] for fact in found["steps"][0]["facts"]}


def without_digests(text: str) -> str:
    """Return statements without what names their inputs: codes of names differ between two stores."""
    return "\n".join(line for line in text.splitlines() if '"usage": "' not in line)


def test_what_moved_is_said_and_nothing_is_booked(rated: Path) -> None:
    with_blocks(rated, MOVED)
    done = ok("rerate", "-w", rated, "--json").document
    there, back = {"agreement": AGREEMENT, "class": "local"}, {"agreement": AGREEMENT, "class": "intralata_toll"}
    on_net = {"agreement": None, "class": "on_net"}
    assert (done["layer"], done["decided"], done["changed"]) == ("rerate:1", 5, 4)
    assert done["moved"] == [
        {"month": MONTH, "from": on_net, "to": on_net, "calls": 1, "ms": 60_000},
        {"month": MONTH, "from": there, "to": back, "calls": 3, "ms": HOURS_20 + 120_000},
    ]
    assert (done["booked"], done["next"]) == (0, "true-up")
    assert sql(rated, "select count(*) from entries") == [(0,)]


def test_the_table_names_both_sides_and_the_next_step(rated: Path) -> None:
    with_blocks(rated, MOVED)
    said = ok("rerate", "-w", rated).out
    assert "5 calls decided again, 4 of them otherwise" in said
    assert "sbc-kmc-wi local" in said
    assert "sbc-kmc-wi intralata_toll" in said
    assert "Nothing is booked" in said
    assert "true-up" in said


def test_unchanged_tables_write_nothing(rated: Path) -> None:
    before = books(rated)
    said = ok("rerate", MONTH, "-w", rated)
    assert "as before, nothing was written" in said.out
    assert books(rated) == before
    assert ok("rerate", "-w", rated, "--json").document["layer"] is None


def test_only_what_changed_is_archived_again_with_rev_one_higher(rated: Path) -> None:
    with_blocks(rated, MOVED)
    ok("rerate", "-w", rated)
    with_blocks(rated, TABLES["number_blocks"])
    ok("rerate", "-w", rated)
    rows = sql(rated, "select layer, sum(rows) from archive group by layer")
    assert sorted(rows) == [("file:1", 5), ("rerate:1", 4), ("rerate:2", 4)]
    assert orphans(rated) == ([], [])
    assert "local" in explained(rated, "r1")["verdict"]


def test_statements_are_to_the_byte_those_of_a_fresh_rating(rated: Path, tmp_path: Path) -> None:
    with_blocks(rated, MOVED)
    ok("rerate", "-w", rated)
    fresh = workspace(tmp_path / "fresh", number_blocks=MOVED)
    ok("rate", tmp_path / "calls.ndjson", "-w", fresh)
    found, wanted = statements(rated, MONTH, "2004-08"), statements(fresh, MONTH, "2004-08")
    assert {m: without_digests(text) for m, text in found.items()} == {
        m: without_digests(text) for m, text in wanted.items()
    }
    assert '"intralata_toll"' in wanted[MONTH]


def test_a_named_month_takes_the_calls_that_reach_into_it_whole(rated: Path, tmp_path: Path) -> None:
    with_blocks(rated, MOVED)
    done = ok("rerate", "2004-08", "-w", rated, "--json").document
    assert [(m["month"], m["calls"], m["ms"]) for m in done["moved"]] == [(MONTH, 1, HOURS_20)]
    fresh = workspace(tmp_path / "fresh", number_blocks=MOVED)
    ok("rate", tmp_path / "calls.ndjson", "-w", fresh)
    [wanted] = statements(fresh, "2004-08").values()
    assert without_digests(statements(rated, "2004-08")["2004-08"]) == without_digests(wanted)
    assert [m["calls"] for m in ok("rerate", "-w", rated, "--json").document["moved"]] == [1, 2]


def test_explain_shows_the_decision_that_stands_and_those_before(rated: Path) -> None:
    assert "local" in explained(rated, "r1")["verdict"]
    with_blocks(rated, MOVED)
    assert explained(rated, "r1")["differs"] != []
    ok("rerate", "-w", rated)
    found = explained(rated, "r1")
    assert found["differs"] == []
    assert "intralata_toll" in found["verdict"]
    said = received(found)
    assert said["decided by"] == "rerate:1, decision 1"
    assert said["before"].startswith("decision 0 was local under sbc-kmc-wi, in file:1")
    assert ", byte 0" in said["file"]


def test_a_lines_calls_are_those_that_are_in_it_now(rated: Path) -> None:
    with_blocks(rated, MOVED)
    ok("rerate", "-w", rated)
    document = ok("statement", AGREEMENT, MONTH, "--format", "json", "-w", rated).document
    for way in document["directions"]:
        for line in way["lines"]:
            found = ok("explain", line["line"], "-w", rated, "--json", "--all").document
            assert sum(row["ms"] for row in found["calls"]) == line["ms"], line


def test_a_call_that_is_placed_no_longer_waits_and_comes_back(rated: Path, tmp_path: Path) -> None:
    first = statements(rated)
    with_blocks(rated, GONE)
    done = ok("rerate", "-w", rated, "--json").document
    moved = {(m["from"]["class"], m["to"]["class"]): m["calls"] for m in done["moved"]}
    assert moved == {
        ("local", "suspended: unknown_calling_block"): 2,
        ("on_net", "suspended: unknown_calling_block"): 1,
        ("local", "suspended: unknown_called_block"): 1,
    }
    assert done["waiting"] == 4
    assert outcomes(rated) == {"in": (5, HOURS_20 + 270_000), "out": (5, HOURS_20 + 270_000)}
    # Known still: the same record again is a duplicate. Suspense lists it without a line: the archive keeps none.
    again = ok("rate", ndjson(tmp_path / "again.ndjson", [call(1)]), "-w", rated, "--json").document
    assert again["records"] == {"in": 1, "duplicate": 1}
    assert [row["line"] for row in ok("suspense", "list", "-w", rated, "--json").document] == [None] * 4
    assert "calls.ndjson\n" in ok("suspense", "list", "-w", rated, COLUMNS="300").out.replace(" ", "")
    waits = explained(rated, "r1")
    assert (waits["state"], waits["verdict"]) == ("suspended", "waits: unknown_calling_block")
    assert "suspense recycle" in ok("rerate", "-w", rated).out

    with_blocks(rated, TABLES["number_blocks"])
    assert ok("suspense", "recycle", "-w", rated, "--json").document["moved"] == {"rated": 4}
    found = explained(rated, "r1")
    assert (found["state"], found["differs"]) == ("rated", [])
    assert received(found)["decided by"].endswith(", decision 2")
    assert statements(rated) == first
    assert ok("rerate", "-w", rated, "--json").document["layer"] is None


def test_a_call_that_waits_twice_waits_under_its_old_number(rated: Path) -> None:
    for turn in (1, 2):
        with_blocks(rated, GONE)
        ok("rerate", "-w", rated)
        assert sql(rated, "select count(*), sum(state = 'waiting') from suspense") == [(4, 4)]
        with_blocks(rated, TABLES["number_blocks"])
        ok("suspense", "recycle", "-w", rated)
        assert received(explained(rated, "r1"))["decided by"].endswith(f", decision {2 * turn}")
        sums = outcomes(rated)
        assert sums["in"] == sums["out"]
        assert sql(rated, "select count(*) from outcomes where records < 0 or ms < 0") == [(0,)]
    assert sql(rated, "select count(distinct hour) from outcomes") == [(1,)]


def test_a_source_that_verifies_takes_usage_out_and_gives_it_back(rated: Path) -> None:
    header = "source,party,role,direction,trunk_group,from,through\n"
    billing = workspace(rated, sources=header + "mke-1,kmc,billing,,,,\n")
    ok("rerate", "-w", billing)
    before = statements(rated)
    workspace(rated, sources=header + "mke-1,kmc,verification,,,,\n")
    done = ok("rerate", "-w", rated, "--json").document
    assert {m["to"]["class"] for m in done["moved"]} == {"verification"}
    assert sql(rated, "select sum(records) from outcomes where outcome = 1") == [(5,)]
    workspace(rated, sources=header + "mke-1,kmc,billing,,,,\n")
    ok("rerate", "-w", rated)
    found = statements(rated)
    assert {m: without_digests(text) for m, text in found.items()} == {
        m: without_digests(text) for m, text in before.items()
    }


def test_another_day_of_rate_makes_cells_anew_where_no_place_changed(rated: Path) -> None:
    workspace(rated, '[policy]\nrate_date = "connect"\n')
    done = ok("rerate", "-w", rated, "--json").document
    same = {"agreement": AGREEMENT, "class": "local"}
    assert done["moved"] == [{"month": MONTH, "from": same, "to": same, "calls": 1, "ms": HOURS_20}]
    [ms] = [sum(row["ms"] for row in d["usage"]) for d in ok_statement(rated, MONTH) if d["agreement"] == AGREEMENT]
    assert ms == HOURS_20 + 210_000
    workspace(rated)
    assert "same, at another place or on other days" in ok("rerate", "-w", rated, COLUMNS="200").out


def test_a_rounding_unit_asked_for_later_is_summed_anew(rated: Path, tmp_path: Path) -> None:
    settings = '[policy]\nrounding = "per_call_up(60000)"\n'
    workspace(rated, settings)
    refused = cli("statement", AGREEMENT, MONTH, "-w", rated)
    assert refused.code == 3
    assert f"ratestream rerate {MONTH}" in refused.err
    done = ok("rerate", "-w", rated, "--json").document
    assert (done["layer"], done["changed"], done["moved"]) == ("rerate:1", 0, [])
    assert done["cells"] > 0
    assert sql(rated, "select count(*) from archive where layer = 'rerate:1'") == [(0,)]
    fresh = workspace(tmp_path / "fresh", settings)
    ok("rate", tmp_path / "calls.ndjson", "-w", fresh)
    assert {m: without_digests(text) for m, text in statements(rated).items()} == {
        m: without_digests(text) for m, text in statements(fresh).items()
    }
    workspace(rated)
    assert ok("rerate", "-w", rated, "--json").document["layer"] == "rerate:2"
    assert ok("rerate", "-w", rated, "--json").document["layer"] is None


def live_prices(folder: Path) -> dict[str, list[Any]]:
    """Return the live rate and charge of each call's segments, by the decision that stands."""
    rows = [
        row
        for (path,) in sql(folder, "select path from archive order by id")
        for row in pq.read_table(folder / path).to_pylist()
    ]
    return {
        row["record_id"]: [row["segment_reason"], row["segment_rate_nano"], row["segment_charge_units"]]
        for row in sorted(rows, key=lambda row: row["rev"])
    }


def test_what_is_decided_again_has_the_live_price_of_a_fresh_rating(rated: Path, tmp_path: Path) -> None:
    """By rounded time, too: all calls here are of one price, whatever the positions."""
    settings = '[policy]\nrounding = "per_call_up(60000)"\n'
    blocks = TABLES["number_blocks"].replace("262200,9327,RACINE", "262200,9327,MILWAUKEE")
    workspace(rated, settings, number_blocks=blocks)
    assert ok("rerate", "-w", rated, "--json").document["changed"] == 2
    fresh = workspace(tmp_path / "fresh", settings, number_blocks=blocks)
    ok("rate", tmp_path / "calls.ndjson", "-w", fresh)
    found, wanted = live_prices(rated), live_prices(fresh)
    assert found["r3"] == wanted["r3"]
    assert wanted["r3"][2] == [120_000 * 500_000]


def ok_statement(folder: Path, month: str) -> list[dict[str, Any]]:
    """Return every agreement's statement of a month."""
    return list(ok("statement", "all", month, "--format", "json", "-w", folder).document)


def test_a_missing_segment_and_cells_that_are_not_the_archives_stop_it(rated: Path) -> None:
    with_blocks(rated, MOVED)
    tamper(rated, "insert into cells select id + 9, 'file:9', agreement, month, rows, blob from cells limit 1")
    before = books(rated)
    failed = cli("rerate", "-w", rated)
    assert failed.code == 5
    assert "2004-07" in failed.err
    assert books(rated) == before
    tamper(rated, "delete from cells where layer = 'file:9'")
    segment = rated / sql(rated, "select path from archive order by id limit 1")[0][0]
    kept = segment.read_bytes()
    segment.write_bytes(b"nothing")
    assert cli("rerate", "-w", rated).code == 3
    segment.unlink()
    assert cli("rerate", "-w", rated).code == 3
    segment.write_bytes(kept)
    ok("rerate", "-w", rated)


def test_what_was_backed_out_is_not_decided_again(rated: Path) -> None:
    """A backed-out call's rows stay in the archive; its identity says that it stands no longer."""
    loaded = load_workspace(rated)
    with closing(open_store(loaded)) as store:
        engine = make_engine(loaded, store, store.names())
        [segment] = manifest(store, [MONTH])
        [rows] = batches(segment)
        rows = rows.filter(pa.array([name == "r1" for name in rows.column("record_id").to_pylist()]))
        result = engine.decide_again(columns_of(rows), now_ms())
        engine.identities.mark(np.arange(1), result.utc_day, result.fingerprint, BACKED_OUT)
        with store.transaction() as c:
            add_identities(c, engine.identities.changes())
            add_cells(c, "backout:1", result.cells.negated())
    with_blocks(rated, MOVED)
    done = ok("rerate", "-w", rated, "--json").document
    assert done["decided"] == 4
    assert [(m["from"]["class"], m["calls"]) for m in done["moved"]] == [("on_net", 1), ("local", 2)]


def test_an_agreement_that_a_closed_month_has_no_statement_of_is_named(rated: Path) -> None:
    ok("close", MONTH, "-w", rated)
    # The block is another carrier's now, and its agreement had no usage when the month was closed.
    agreements = TABLES["agreements"] + "sbc-tds-wi,sbc,tds,sbc,WI,America/Chicago\n"
    blocks = TABLES["number_blocks"].replace("414300,2588", "414300,7003")
    workspace(rated, agreements=agreements, number_blocks=blocks)
    assert "sbc-tds-wi has no statement of 2004-07 yet: `close 2004-07`" in ok("rerate", "-w", rated).out
    [other] = [d for d in ok_statement(rated, MONTH) if d["agreement"] == "sbc-tds-wi"]
    assert sum(row["calls"] for row in other["usage"]) == 4
    workspace(rated)
    done = ok("rerate", "-w", rated, "--json").document
    assert done["unclosed"] == [{"agreement": "sbc-tds-wi", "month": MONTH}]


def test_one_writer_at_a_time(rated: Path) -> None:
    with closing(open_store(load_workspace(rated))) as store, store.writing():
        assert cli("rerate", "-w", rated).code == 4
    ok("rerate", "-w", rated)


def test_progress_counts_what_was_read(rated: Path) -> None:
    seen: list[tuple[int, int]] = []
    loaded = load_workspace(rated)
    with closing(open_store(loaded)) as store:
        rerate(loaded, store, progress=lambda read, total: seen.append((read, total)))
    assert seen == [(4, 5), (5, 5)]


def test_a_month_is_written_as_a_month(rated: Path) -> None:
    assert cli("rerate", "July", "-w", rated).code == 2
