"""Explanations where calls go up to units, trunk groups to minutes, and prices have tiers."""

import re
from datetime import date
from pathlib import Path

import pytest

from rating.settle import settle
from rating.statement import line_id
from stream.demo.world import write_workspace
from stream.explain.line import explain_line
from stream.explain.model import Explanation, LineExplanation
from stream.explain.record import explain_record, find_record
from tests.stream.explain.conftest import Rated, call, rate_calls

INSTRUMENTS = Path(__file__).parents[2] / "instruments"
FAR = date(2010, 1, 1)


def world(folder: Path, *, rounding: str = "exact", terms: str = "") -> None:
    write_workspace(folder)
    settings = folder / "ratestream.toml"
    text = f'{settings.read_text()}\n[policy.sbc-kmc-wi]\nrounding = "{rounding}"\n'
    settings.write_text(text)
    if terms:
        settings.write_text(re.sub(r"(?s)packaged = \[.*?\]", "packaged = []", text))
        (folder / "events.ndjson").write_text("")
        (folder / "terms").mkdir(exist_ok=True)
        (folder / "terms" / f"{terms}.toml").write_text((INSTRUMENTS / f"{terms}.toml").read_text())


def lines_of(rated: Rated, month: str) -> list[LineExplanation]:
    return [
        explain_line(rated.workspace, rated.store, line_id("sbc-kmc-wi", month, d.payer, d.payee, line), FAR)
        for d in settle(rated.facts(FAR), "sbc-kmc-wi", month).directions
        for line in d.lines
    ]


def record(rated: Rated, record_id: str) -> Explanation:
    (found,) = find_record(rated.workspace, rated.store, record_id, None)
    return explain_record(rated.workspace, rated.store, found, FAR)


def test_a_call_is_explained_by_what_it_is_billed_for(tmp_path: Path) -> None:
    world(tmp_path / "w", rounding="per_call_up(60000)")
    rated = rate_calls(tmp_path / "w", [call("r1", connect_time="2004-07-06T23:59:30-05:00", duration_ms=70_000)])
    explained = record(rated, "r1")
    assert [(s.ms, [p.charge for p in s.prices]) for s in explained.segments] == [
        (30_000, ["0.00025"]),
        (40_000, ["0.00075"]),  # 90 seconds: the excess of the whole call, 50 s, is on its last day
    ]
    assert [s.live.charge for s in explained.segments if s.live] == ["0.00025", "0.00075"]
    assert any("up to a multiple of 60,000 ms" in note for note in explained.notes)
    (line,) = lines_of(rated, "2004-07")
    assert (line.ms, line.unrounded) == (70_000, "0.001")
    assert line.calls_ms == 70_000


def test_what_a_trunk_group_goes_up_by_is_no_call_s(tmp_path: Path) -> None:
    world(tmp_path / "w", rounding="trunk_group_month_up")
    rated = rate_calls(tmp_path / "w", [call("r1", connect_time="2004-07-06T10:00:00-05:00", duration_ms=70_000)])
    measured, rounding = lines_of(rated, "2004-07")
    assert (measured.ms, measured.unrounded) == (70_000, "0.000583333333")
    assert (rounding.reason, rounding.ms, rounding.unrounded) == ("rounding", 0, "0.000416666667")
    assert "none of the time of these calls" in rounding.takes
    assert not [note for line in (measured, rounding) for note in line.notes if "archive" in note]
    assert "50,000 ms x $0.0005" in next(s for s in rounding.steps if s.step == "money").facts[0].value
    assert any("no single call" in note for note in record(rated, "r1").notes)


def test_tiers_are_of_the_month_s_total(tmp_path: Path) -> None:
    world(tmp_path / "w", terms="five-tiers")
    hour = {"duration_ms": 3_600_000}
    rated = rate_calls(
        tmp_path / "w", [call(f"r{n}", connect_time=f"2006-02-0{n}T10:00:00-06:00", **hour) for n in (1, 2, 3)]
    )
    explained = record(rated, "r1")
    (segment,) = explained.segments
    assert not segment.labelled
    assert "no single call is in one" in segment.verdict
    assert [(p.rate, p.when) for p in segment.prices][:2] == [
        ("0.002", "as far as it falls over 0 minutes of exchange in the month"),
        ("0.0016", "as far as it falls over 100 minutes of exchange in the month"),
    ]
    first, second = lines_of(rated, "2006-02")
    assert [(line.ms, line.rate) for line in (first, second)] == [(6_000_000, "0.002"), (4_800_000, "0.0016")]
    assert "the month's total fills the tiers" in first.takes
    assert first.calls_ms == second.calls_ms == 10_800_000


@pytest.mark.parametrize("terms", ["five-tiers", "quarter-cap"])
def test_invented_terms_show_on_the_timeline(
    tmp_path: Path, terms: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from stream.cli.app import run  # noqa: PLC0415  (what it loads is not wanted by the other tests)

    monkeypatch.setenv("COLUMNS", "120")
    world(tmp_path / "w", terms=terms)
    assert run(["terms", "timeline", "sbc-kmc-wi", "-w", str(tmp_path / "w")]) == 0
    shown = capsys.readouterr().out
    assert {
        "five-tiers": "$.000400 over 1,000 min a month",
        "quarter-cap": "300 min a quarter by lata: the excess is bill",
    }[terms] in shown
