"""The same months under other terms or another reading: by hand, against real workspaces, and what is refused."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rating.faults import RoundingNotKept
from rating.policy import parse_value
from stream.books.store import open_store
from stream.desk.variants import Choice
from stream.desk.whatif import what_if
from stream.workspace.load import load_workspace
from tests.driving import Driven, drive
from tests.stream.desk import worked
from tests.stream.files import worlds
from tests.world_events import READINGS
from tests.worlds import FAR, World, world_of

WI = "sbc-kmc-wi"
LOCAL = """\
id = "sbc-kmc-wi-local"
title = "Local minutes below the ratio"
domain = "base"
source = "a draft"
parties = ["sbc", "kmc"]
states = ["WI"]
effective = 2003-01-01
signed = { sbc = 2003-01-02, kmc = 2003-01-02 }

[[clause]]
ref = "1"
says = "A local minute costs two tenths of a cent."
effects = [{ effect = "rate", traffic = "local", per_minute = "0.0020" }]
"""


def ask(root: Path, *words: object) -> Any:
    """Return what-if's document; the books are as they were."""
    before = worlds.books(root), (root / "books.db").read_bytes()
    document = worlds.ok("what-if", *words, "--json", "-w", root).document
    assert (worlds.books(root), (root / "books.db").read_bytes()) == before
    return document


def to_kmc(document: Any) -> dict[str, tuple[str, str, str]]:
    """Return what SBC pays KMC by month: now, then, difference."""
    [agreement] = document["agreements"]
    return {
        month["month"]: (way["now"], way["then"], way["difference"])
        for month in agreement["months"]
        for way in month["directions"]
        if (way["payer"], way["payee"]) == ("sbc", "kmc")
    }


def test_every_month_with_usage_under_the_ceiling(rated: Path) -> None:
    document = ask(rated, WI, "--policy", "cap_2003=ceiling")
    assert to_kmc(document) == {
        "2003-06": ("0.00", "0.00", "0.00"),
        "2003-07": ("28000.00", "31500.00", "3500.00"),
        "2004-02": ("0.00", "0.00", "0.00"),
        "2004-07": ("500.00", "500.00", "0.00"),
        "2004-09": ("50.00", "50.00", "0.00"),
        "2004-10": ("0.00", "0.00", "0.00"),
    }
    [agreement] = document["agreements"]
    assert agreement["net"] == {"now": "28475.00", "then": "31975.00", "difference": "3500.00"}
    assert document["policies"] == [{"agreement": WI, "policy": "cap_2003", "now": "compensable", "then": "ceiling"}]
    july = agreement["months"][1]["directions"][-1]
    assert [july["cap"][side]["limit_ms"] // worked.MINUTE for side in ("now", "then")] == [40_000_000, 48_400_000]


def test_july_2004_line_by_line_both_ways(rated: Path) -> None:
    document = ask(rated, WI, "2004-07", "--policy", "sa_over_xa=false")
    assert to_kmc(document) == {"2004-07": ("500.00", "610.00", "110.00")}
    [month] = document["agreements"][0]["months"]
    back, there = month["directions"]
    assert (back["payee"], back["now"], back["then"]) == ("sbc", "75.00", "75.00")
    assert [line["changed"] for line in back["lines"]] == [False]
    assert month["net"] == {"now": "425.00", "then": "535.00", "difference": "110.00"}
    sides = [
        [
            (line[side]["reason"], line[side]["ms"] // worked.MINUTE, line[side]["rate"], line[side]["amount"])
            for line in there["lines"]
            if line[side] is not None
        ]
        for side in ("now", "then")
    ]
    assert sides[0] == [("tclt", 1_000_000, "0.0005", "500.00")]
    assert sorted(sides[1]) == [("isp", 550_000, "0.0007", "385.00"), ("tclt", 450_000, "0.0005", "225.00")]
    assert [line["difference"] for line in there["lines"]] == ["385.00", "-275.00"]
    clauses = {c for line in there["lines"] if line["then"] for c in line["then"]["clauses"]}
    assert clauses == {"sbc-kmc-second 6.0", "sbc-kmc-wi-isp 2.2.2", "sbc-kmc-wi-isp 2.6"}


def test_two_readings_at_once_are_not_their_sum(rated: Path) -> None:
    """With LATA 352 no new market its 100,000 minutes use the limit; under the ceiling there is room for all."""
    document = ask(rated, WI, "--policy", "cap_2003=ceiling", "--policy", "new_market_test=any")
    found = to_kmc(document)
    assert found["2003-06"] == ("0.00", "70.00", "70.00")
    assert found["2003-07"] == ("28000.00", "31500.00", "3500.00")


@pytest.mark.parametrize("policy", ["cap_2003=compensable", "sbc-kmc-wi:deot_onset=second_month", "rounding=exact"])
def test_no_change_is_no_difference(rated: Path, policy: str) -> None:
    document = ask(rated, WI, "--policy", policy)
    assert {difference for _, _, difference in to_kmc(document).values()} == {"0.00"}
    lines = [
        line for month in document["agreements"][0]["months"] for way in month["directions"] for line in way["lines"]
    ]
    assert lines
    assert not [line for line in lines if line["changed"]]


def test_the_same_file_again_is_no_difference(rated: Path, tmp_path: Path) -> None:
    packaged = Path(__file__).parents[3] / "stream" / "terms" / "packaged" / "sbc-kmc-wi-isp.toml"
    document = ask(rated, WI, "--terms", packaged)
    assert document["terms"][0]["replaces"]
    assert {difference for _, _, difference in to_kmc(document).values()} == {"0.00"}
    dearer = tmp_path / "dearer.toml"
    text = packaged.read_text(encoding="utf-8")
    dearer.write_text(text.replace('per_minute = "0.0007"', 'per_minute = "0.0008"'), encoding="utf-8")
    found = to_kmc(ask(rated, WI, "2003-07", "--terms", dearer))
    assert found == {"2003-07": ("28000.00", "32000.00", "4000.00")}


def test_terms_added_price_what_had_no_price(rated: Path, tmp_path: Path) -> None:
    """February 2004: 30,000 local minutes one way and 10,000 back, none of them ISP-bound."""
    draft = tmp_path / "local.toml"
    draft.write_text(LOCAL, encoding="utf-8")
    document = ask(rated, WI, "2004-02", "--terms", draft)
    assert document["terms"] == [
        {
            "instrument": "sbc-kmc-wi-local", "title": "Local minutes below the ratio", "replaces": False,
            "illustrative": False, "agreements": [WI], "why_not": "",
        }
    ]  # fmt: skip
    [agreement] = document["agreements"]
    assert [(way["payee"], way["then"]) for way in agreement["directions"]] == [("sbc", "20.00"), ("kmc", "60.00")]
    assert agreement["net"]["difference"] == "40.00"
    assert agreement["unpriced_ms"] == {"now": 45_000 * worked.MINUTE, "then": 5_000 * worked.MINUTE}
    # Before it was signed, nobody knew of it.
    early = ask(rated, WI, "2004-02", "--terms", draft, "--as-known-at", "2003-01-01")
    assert early["terms"][0]["why_not"] == "it is signed on 2003-01-02 and not known at 2003-01-01"
    assert early["agreements"][0]["net"]["difference"] == "0.00"


def test_months_of_all_agreements_and_a_month_without_usage(rated: Path) -> None:
    document = ask(rated, "2005-06", "2004-10", "--policy", "deot_onset=next_month")
    [agreement] = document["agreements"]
    assert [(month["month"], month["usage"]) for month in agreement["months"]] == [
        ("2005-06", False),
        ("2004-10", True),
    ]
    assert agreement["months"][0]["directions"] == []
    assert agreement["months"][0]["net"] == {"now": "0.00", "then": "0.00", "difference": "0.00"}
    assert agreement["net"]["difference"] == "50.00"
    assert agreement["unpriced_ms"] == {"now": 0, "then": 0}
    assert "no usage" in worlds.ok("what-if", WI, "2005-06", "--policy", "cap_2003=ceiling", "-w", rated).out


def test_a_workspace_without_usage(tmp_path: Path) -> None:
    ran = worlds.ok("what-if", "--policy", "cap_2003=ceiling", "-w", worlds.workspace(tmp_path))
    assert (ran.out, "no usage yet" in ran.err) == ("", True)


REFUSED = [
    ((WI,), 2, "expected --terms FILE or --policy NAME=VALUE"),
    ((WI, "--policy", "cap_203=ceiling"), 2, "found no switch 'cap_203', expected 'cap_2003' perhaps"),
    ((WI, "--policy", "cap_2003=ceilin"), 2, "found 'ceilin', expected 'compensable' or 'ceiling'"),
    ((WI, "--policy", "sa_over_xa=no"), 2, "found 'no', expected true or false"),
    ((WI, "--policy", "cap_2003"), 2, "found 'cap_2003', expected NAME=VALUE"),
    ((WI, "--policy", "sbc-kmc-tx:cap_2003=ceiling"), 2, "found the agreement 'sbc-kmc-tx', expected 'sbc-kmc-wi'"),
    ((WI, "--policy", "rate_date=connect"), 2, "decide the calls again (ratestream rerate)"),
    ((WI, "--policy", "unidentified={measure"), 2, "expected a JSON object"),
    ((WI, "2003-13", "--policy", "cap_2003=ceiling"), 2, "found '2003-13', expected a month"),
    ((WI, "--policy", "cap_2003=ceiling", "--as-known-at", "soon"), 2, "found 'soon', expected a day"),
    (("sbc-kmc-w", "--policy", "cap_2003=ceiling"), 3, "found 'sbc-kmc-w', expected all, or one of sbc-kmc-wi"),
    ((WI, "--terms", "nowhere.toml"), 3, "nowhere.toml: cannot be read"),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED)
def test_what_is_refused(rated: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ran = worlds.cli("what-if", *words, "-w", rated)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_files_that_are_refused(rated: Path, tmp_path: Path) -> None:
    draft, wrong = tmp_path / "local.toml", tmp_path / "wrong.toml"
    draft.write_text(LOCAL, encoding="utf-8")
    twice = worlds.cli("what-if", "--terms", draft, "--terms", draft, "-w", rated)
    assert (twice.code, "expected each id once" in twice.err) == (2, True)
    for change, said in [
        (('traffic = "local"', 'traffic = "lokal"'), ":11: clause 1: effects[0].traffic: found 'lokal'"),
        (
            ('source = "', 'supersedes = ["another"]\nsource = "'),
            ": supersedes: found 'another', which is not",
        ),
    ]:
        wrong.write_text(LOCAL.replace(*change), encoding="utf-8")
        ran = worlds.cli("what-if", "--terms", wrong, "-w", rated)
        assert (ran.code, ran.out) == (3, "")
        assert f"{wrong}{said}" in ran.err


@pytest.mark.parametrize("columns", [80, 120])
def test_the_page_keeps_to_its_width(rated: Path, columns: int) -> None:
    words = "what-if", WI, "--lines", "--policy", "sa_over_xa=false", "-w", rated
    out = worlds.ok(*words, COLUMNS=str(columns), NO_COLOR="1").out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= columns
    assert "policy sa_over_xa of sbc-kmc-wi: true, then false\n" in out
    rows = [line.split() for line in out.splitlines()]
    assert ["2004-07", "kmc", "pays", "sbc", "$75.00", "$75.00", "$0.00"] in rows
    assert ["then", "compensable,", "isp", "550,000.0", "$.000700", "$385.00", "2,3"] in rows
    assert "2004-07  kmc pays sbc: 1 line the same both ways, $75.00" in out
    assert "nothing is booked" in " ".join(out.split())


def totals(documents: dict[str, dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    return {
        (name, way["payer"], way["payee"]): way["total"]
        for name, document in documents.items()
        for way in document["directions"]
        if way["lines"]
    }


def with_reading(driven: Driven, months: Sequence[str], name: str, value: Any) -> dict[tuple[str, str, str, str], str]:
    """State a reading as an event of each agreement, in the very workspace, and make its statements."""
    path = driven.workspace.folder / "events.ndjson"
    kept = path.read_bytes()
    events = [
        {
            "event": "policy_set", "id": f"~{row.agreement}", "on": FAR.isoformat(), "policy": name, "value": value,
            "agreement": row.agreement, "by": "a test", "reason": "to hold what-if to it",
        }
        for row in driven.workspace.tables.agreements
    ]  # fmt: skip
    try:
        path.write_bytes(kept + b"".join(json.dumps(event).encode() + b"\n" for event in events))
        real = load_workspace(driven.workspace.folder)
    finally:
        path.write_bytes(kept)
    driven = Driven(real, driven.store, {}, ())
    return {(month, *who): total for month in months for who, total in totals(driven.statements(month, FAR)).items()}


CHOICES = [(name, value) for name, values in READINGS.items() for value in values]


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**48), st.sampled_from(CHOICES))
def test_totals_are_those_of_a_workspace_that_has_the_reading(seed: int, choice: tuple[str, Any]) -> None:
    name, value = choice
    world: World = world_of(seed, dirty=False, conflicts=False)
    with drive(world) as driven:
        agreements = [row.agreement for row in driven.workspace.tables.agreements]
        before = worlds.books(driven.workspace.folder)
        choices = [Choice(name, parse_value(name, value))]
        try:
            document = what_if(
                driven.workspace, driven.store, agreements, world.months, choices=choices, as_known_at=FAR
            )
        except RoundingNotKept:
            with pytest.raises(RoundingNotKept):
                with_reading(driven, world.months, name, value)
            return
        assert worlds.books(driven.workspace.folder) == before
        found = {
            (month["month"], agreement["agreement"], way["payer"], way["payee"]): way
            for agreement in document["agreements"]
            for month in agreement["months"]
            for way in month["directions"]
        }
        real = with_reading(driven, world.months, name, value)
        assert {who: way["then"] for who, way in found.items() if any(line["then"] for line in way["lines"])} == real
        for way in found.values():
            assert Decimal(way["then"]) - Decimal(way["now"]) == Decimal(way["difference"])
            assert sum(Decimal(line["difference"]) for line in way["lines"]) == Decimal(way["difference"])
            for side in ("now", "then"):
                amounts = (Decimal(line[side]["amount"]) for line in way["lines"] if line[side])
                assert sum(amounts) == Decimal(way[side])


def test_a_choice_for_one_agreement_stands_over_one_for_all(rated: Path) -> None:
    workspace = load_workspace(rated)
    store = open_store(workspace)
    choices = [Choice("cap_2003", "compensable", WI), Choice("cap_2003", "ceiling")]
    found = what_if(workspace, store, [WI], ["2003-07"], choices=choices, as_known_at=date(2026, 1, 1))
    store.close()
    assert to_kmc(found)["2003-07"] == ("28000.00", "28000.00", "0.00")
