"""A record's explanation: the boundary call to the fraction of a cent, and every way in which a record can end."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from rating.settle import settle
from rating.statement import line_id
from stream.errors import BadInput
from stream.explain.archived import Manifest, manifest, read, rows_of_record
from stream.explain.find import _archived, _files
from stream.explain.model import Explanation, Step
from stream.explain.record import explain_record, find_record
from stream.explain.segments import price_segments
from stream.explain.words import Clauses
from stream.suspense.recycle import recycle
from tests.stream.explain.conftest import KNOWN, Rated, call, rate_calls

BOUNDARY = "demo-235930"


def explain(rated: Rated, record_id: str, source: str | None = None, known: date = KNOWN) -> Explanation:
    (found,) = find_record(rated.workspace, rated.store, record_id, source)
    return explain_record(rated.workspace, rated.store, found, known)


def step(explanation: Explanation, name: str) -> Step:
    (found,) = [s for s in explanation.steps if s.step == name]
    return found


def test_the_boundary_call_is_cut_at_midnight_and_priced_to_the_fraction(rated: Rated) -> None:
    explained = explain(rated, BOUNDARY)
    assert explained.state == "rated"
    assert explained.differs == ()
    assert [(s.day, s.start, s.end, s.ms) for s in explained.segments] == [
        ("2003-06-14", "23:59:30", "24:00:00", 30_000),
        ("2003-06-15", "00:00:00", "00:01:00", 60_000),
    ]
    isp = [next(p for p in s.prices if p.case == "isp_bound") for s in explained.segments]
    assert [(p.rate, p.charge, p.exact) for p in isp] == [("0.001", "0.0005", True), ("0.0007", "0.0007", True)]
    assert [p.clauses[0].source for p in isp] == ["sbc-kmc-wi-isp 2.2.2"] * 2
    assert all(clause.says for p in isp for clause in p.clauses)
    totals = {total.case: total for total in explained.totals}
    assert totals["isp_bound"].charge == "0.0012"
    assert totals["isp_bound"].exact
    # Set-up on the day of connect alone, and the end office's minutes of both days.
    assert totals["below_ratio"].charge == "0.00675"


def test_the_presumption_labels_no_call_and_its_figures_are_the_statements(rated: Rated) -> None:
    explained = explain(rated, BOUNDARY)
    (month,) = explained.months
    figures = {fact.name: fact.value for fact in month.facts}
    assert {"T", "O", "T:O", "ISP-bound", "cap 2003", "used before", "used this month"} <= set(figures)
    for segment in explained.segments:
        assert not segment.labelled
        assert "no single call is labelled" in segment.verdict
        assert {"isp", "local"} <= {share.reason for share in segment.shares}
        assert segment.part_ms == sum(share.ms for share in segment.shares) > segment.ms
        assert segment.live is not None
        assert segment.live.cap_left_ms is not None
        assert segment.live.t_ms > 0


def test_the_steps_lead_from_the_file_to_the_recording(rated: Rated) -> None:
    explained = explain(rated, BOUNDARY)
    assert [s.step for s in explained.steps] == [
        "received", "decoded", "identity", "called number", "caller's place", "state and clock", "parties", "agreement",
        "trunk group", "class", "recording",
    ]  # fmt: skip
    assert ", byte " in step(explained, "received").facts[0].value
    assert "2003-06-15 UTC" in step(explained, "identity").says
    assert "2003-06-14 23:59:30 -05:00" in step(explained, "state and clock").says
    assert step(explained, "class").facts[-1].value.startswith("yes")
    assert all(fact.value.startswith("no") for fact in step(explained, "class").facts[:-1])
    tables = ("called number", "caller's place", "parties", "agreement", "trunk group", "recording")
    assert all(fact.where.partition(":")[2] for name in tables for fact in step(explained, name).facts)


def test_the_byte_that_is_named_is_where_the_record_begins(rated: Rated) -> None:
    (found,) = find_record(rated.workspace, rated.store, BOUNDARY)
    data = Path(found.path).read_bytes()
    assert found.at is not None
    assert orjson.loads(data[found.at :].split(b"\n", 1)[0])["record_id"] == BOUNDARY


def test_it_is_data_that_travels_as_json(rated: Rated) -> None:
    explained = explain(rated, BOUNDARY)
    assert orjson.loads(orjson.dumps(explained))["segments"][1]["prices"][0]["units"] == "42000000000"


def test_what_was_not_signed_is_not_cited(rated: Rated) -> None:
    explained = explain(rated, BOUNDARY, known=date(2003, 7, 5))
    assert {name for s in explained.segments for name in s.in_force} == {"illustrative-ica"}
    assert [[p.case for p in s.prices] for s in explained.segments] == [["class"], ["class"]]
    assert explained.months == ()
    assert all(price.illustrative for s in explained.segments for price in s.prices)


def test_instruments_come_with_the_reasons_why_they_are_in_force(rated: Rated) -> None:
    (plan, base) = explain(rated, BOUNDARY).instruments
    assert plan.instrument == "sbc-kmc-wi-isp"
    assert any("approved 2004-07-20" in reason for reason in plan.chain)
    assert base.illustrative


def test_every_call_that_is_labelled_adds_up_to_the_statements_lines(rated: Rated) -> None:
    """Labelled segments sum to their line to the last unit; the others to the part that the lines divide."""
    facts, clauses = rated.facts(), Clauses(rated.workspace.instruments)
    files = _files(rated.store)
    money: dict[str, int] = defaultdict(int)
    time: dict[str, int] = defaultdict(int)
    parts: dict[frozenset[str], int] = defaultdict(int)
    whole: dict[frozenset[str], int] = {}
    lines: dict[str, int] = {}
    for segment in manifest(rated.store):
        for row in _rows(segment):
            found = _archived(segment, row, files)
            if found.state != "rated" or not row["agreement"]:
                continue
            for piece in price_segments(facts, clauses, found).segments:
                if piece.labelled:
                    (share,) = piece.shares
                    (price,) = piece.prices
                    money[share.line] += int(price.units)
                    time[share.line] += piece.ms
                    lines[share.line] = share.ms
                else:
                    names = frozenset(share.line for share in piece.shares)
                    parts[names] += piece.ms
                    whole[names] = piece.part_ms
    assert len(lines) > 50
    assert len(parts) > 10
    assert dict(time) == lines
    assert dict(parts) == whole
    assert dict(money) == {name: units for name, units in _statement_units(rated).items() if name in money}


def _rows(segment: Manifest) -> list[dict[str, Any]]:
    return list(read(segment).to_pylist())


def _statement_units(rated: Rated) -> dict[str, int]:
    facts = rated.facts()
    out: dict[str, int] = {}
    for code, month in rated.store.months():
        agreement = facts.names.name("agreement", code)
        if agreement:
            for d in settle(facts, agreement, month).directions:
                out |= {line_id(agreement, month, d.payer, d.payee, line): line.units for line in d.lines}
    return out


def test_one_id_of_several_days_and_sources_gives_them_in_order(tmp_path: Path) -> None:
    days = [call("r1", connect_time=f"2003-06-{day}T10:00:00Z") for day in ("11", "10")]
    rated = rate_calls(tmp_path, [*days, call("r1", source="mad-1", connect_time="2003-06-12T10:00:00Z")])
    found = find_record(rated.workspace, rated.store, "r1")
    assert [one.source for one in found] == ["mke-1", "mke-1", "mad-1"]
    assert [one.source for one in find_record(rated.workspace, rated.store, "r1", "mad-1")] == ["mad-1"]


def test_a_conflict_names_the_record_that_stands_and_the_difference(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1"), call("r1"), call("r1", duration_ms=5)])
    first, second = find_record(rated.workspace, rated.store, "r1")
    assert (first.state, second.state, second.reason) == ("rated", "suspended", "id_conflict")
    explained = explain_record(rated.workspace, rated.store, second, KNOWN)
    (note,) = [n for n in explained.notes if "stands" in n]
    assert "calls-1.ndjson, byte 0 (rated)" in note
    assert "duration_ms 60000 there, 5 here" in note


@pytest.mark.parametrize(
    ("fields", "reason", "step_name"),
    [
        ({"called": "2622651408"}, "unknown_called_block", "called number"),
        ({"calling": "3124302632"}, "unknown_calling_block", "caller"),
        ({"orig_ocn": "ZZZZ"}, "unknown_ocn", "parties"),
        ({"trunk_group": "wi-x7"}, "unknown_trunk_group", "trunk group"),
        ({"connect_time": "2099-01-01T00:00:00Z"}, "future_dated", "received"),
    ],
)
def test_a_record_that_waits_says_at_which_step_and_what_helps(
    tmp_path: Path, fields: dict[str, str], reason: str, step_name: str
) -> None:
    explained = explain(rate_calls(tmp_path, [call("r1", **fields)]), "r1")
    assert (explained.state, explained.reason) == ("suspended", reason)
    assert explained.steps[-1].step == step_name
    assert explained.segments == ()
    assert any(note.startswith("what would help") for note in explained.notes)


def test_a_record_whose_table_was_mended_says_so_and_then_is_one_record(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1", called="2622651408")])
    with (tmp_path / "reference" / "number_blocks.csv").open("a") as file:
        file.write("262265,2588,HARBORMILL,356,WI,,,\n")
    rated = rate_calls(tmp_path, [call("r2")])
    waiting = explain(rated, "r1")
    assert "would be rated now: local" in waiting.verdict
    assert any("recycle" in note for note in waiting.notes)
    recycle(rated.workspace, rated.store)
    explained = explain(rated, "r1")
    assert explained.state == "rated"
    assert explained.differs == ()
    received = step(explained, "received")
    assert received.facts[0].value.endswith("calls-1.ndjson:1")
    assert any("waited as unknown_called_block" in fact.value for fact in received.facts)


def test_changed_reference_data_shows_as_a_difference(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1")])
    blocks = tmp_path / "reference" / "number_blocks.csv"
    blocks.write_text(blocks.read_text().replace("414261,2588,HARBORMILL", "414261,2588,SAWDUSTCK"))
    rated = rate_calls(tmp_path, [call("r2")])
    explained = explain(rated, "r1")
    assert any(said.startswith("traffic class: ") and "local when it was decided" in said for said in explained.differs)
    assert explained.verdict.startswith("rated: local")  # what the books have is what is explained


def test_a_rejected_record_says_which_field_and_what_was_expected(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1", called="41426"), b'{"record_id":"r2","source":"mke-1"', call("ok")])
    explained = explain(rated, "r1")
    assert (explained.state, explained.reason) == ("rejected", "bad:called")
    assert "called" in step(explained, "decoded").says
    assert "ten digits" in step(explained, "decoded").says
    assert explain(rated, "r2").reason == "not_json"


def test_on_net_and_verifying_calls_have_no_price(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("net", calling="4142684078"), call("seen", source="mkt-2")])
    net, seen = explain(rated, "net"), explain(rated, "seen")
    assert net.verdict.startswith("rated: on_net")
    assert "on_net_on_trunk" in net.notes[0]
    assert seen.state == "verification"
    assert (net.segments, seen.segments) == ((), ())


def test_transit_is_looked_at_for_its_arrangement(rated: Rated) -> None:
    seen = set()
    for segment in manifest(rated.store):
        for row in _rows(segment):
            key = (row["class"], row["agreement"], row["originator"], row["terminator"])
            if (
                key[:3] == ("transit", "sprint-icg-mo", "icg")
                and key not in seen
                and str(row["segment_day"][0]) > "2003-06"
            ):
                seen.add(key)
                ((_, again),) = [
                    (s, r) for s, r in rows_of_record(rated.store, row["record_id"], row["source"]) if r == row
                ]
                found = _archived(segment, again, _files(rated.store))
                (piece,) = explain_record(rated.workspace, rated.store, found, KNOWN).segments
                assert [s.step for s in piece.steps] == ["arrangement"]
                assert piece.steps[0].clauses[0].source == "sprint-icg-mo-1 66.2.1"
    assert seen


def test_an_unknown_id_is_bad_input_with_a_hint(rated: Rated) -> None:
    with pytest.raises(BadInput, match=r"'demo-23593'.*'demo-235930' perhaps") as caught:
        find_record(rated.workspace, rated.store, "demo-23593")
    assert "counted, not kept" in str(caught.value)
    with pytest.raises(BadInput, match=r"Sources are .*mke-1"):
        find_record(rated.workspace, rated.store, BOUNDARY, "mke-9")


@pytest.mark.parametrize(
    ("left_ms", "cases"), [(0, ["over_cap", "below_ratio"]), (7, ["isp_bound", "over_cap", "below_ratio"])]
)
def test_over_the_cap_only_what_the_cap_leaves_is_payable(tmp_path: Path, left_ms: int, cases: list[str]) -> None:
    rate_calls(tmp_path, [])
    history = tmp_path / "reference" / "usage_history.csv"
    rows = [f"sbc-kmc-wi,kmc,{period},{left_ms}" for period in ("2001-Q1", "2001", "2002")]
    history.write_text("\n".join(["agreement,payee,period,isp_ms", *rows]) + "\n")
    explained = explain(rate_calls(tmp_path, [call("r1")]), "r1")
    (segment,) = explained.segments
    assert [price.case for price in segment.prices] == cases
    over = next(price for price in segment.prices if price.case == "over_cap")
    assert (over.charge, over.clauses[0].source) == ("0", "sbc-kmc-wi-isp 2.3.1")
    assert {share.reason: share.ms for share in segment.shares}["over_cap"] == 60_000 - left_ms
