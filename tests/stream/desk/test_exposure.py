"""What each reading is worth, by figures worked by hand."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rating.policy import parse_value
from stream.books.store import open_store
from stream.desk.variants import Choice
from stream.desk.whatif import what_if
from stream.workspace.load import load_workspace
from tests.stream.files import worlds

MINUTE = 60_000


@pytest.fixture(scope="module")
def found(rated: Path) -> dict[str, Any]:
    """Return the exposure of all worked months."""
    before = worlds.books(rated)
    document: dict[str, Any] = worlds.ok("exposure", "sbc-kmc-wi", "2003-05", "2004-12", "--json", "-w", rated).document
    assert worlds.books(rated) == before
    return document


def switch(found: dict[str, Any], name: str) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in found["switches"] if row["switch"] == name)
    return row


def moved(found: dict[str, Any], name: str) -> dict[str, str]:
    """Return what a switch's only other reading moves from SBC to KMC, by month."""
    [other] = switch(found, name)["alternatives"]
    by_month = {
        month["month"]: next(way["amount"] for way in month["directions"] if way["payee"] == "kmc")
        for month in other["months"]
    }
    return {month: amount for month, amount in by_month.items() if amount != "0.00"}


def test_each_month_as_it_stands(found: dict[str, Any]) -> None:
    now = {month["month"]: month["net"] for month in found["now"]["months"]}
    # July 2003: 40 million minutes of the limit at .0007. July 2004: $500.00 less $75.00. September: 100,000 at .0005.
    assert now == {
        "2003-06": "0.00", "2003-07": "28000.00", "2004-02": "0.00", "2004-07": "425.00", "2004-09": "50.00",
        "2004-10": "0.00",
    }  # fmt: skip
    assert (found["now"]["net"], found["net_to"], found["months"]) == ("28475.00", "kmc", list(now))


@pytest.mark.parametrize(
    ("name", "by_month"),
    [
        # 45 million minutes were ISP-bound: 40 million are compensable, or all below the ceiling of 48.4 million.
        ("cap_2003", {"2003-07": "3500.00"}),
        # 100,000 minutes at .0007, which use the limit up before July.
        ("new_market_test", {"2003-06": "70.00", "2003-07": "-70.00"}),
        ("cap_counts_new_market", {"2003-07": "-70.00"}),
        # 35,000 to 10,000 makes 5,000 minutes ISP-bound, of local and optional EAS as 6 to 1: $3.00 and $0.50.
        ("optional_eas_in_ratio", {"2004-02": "3.50"}),
        # 550,000 minutes at .0007 and 450,000 at .0005, less a million at .0005.
        # September and October: all of 100,000 minutes at .0007; gates do not reach ISP-bound time.
        ("sa_over_xa", {"2004-07": "110.00", "2004-09": "20.00", "2004-10": "70.00"}),
        # October is the second month below 70%.
        ("deot_onset", {"2004-10": "50.00"}),
        # 24 of 48 trunks are direct: not one month reaches 70%, and July 2004 has no trunk groups, but trunks stand.
        ("deot_measure", {"2004-09": "-50.00"}),
    ],
)
def test_worth_of_a_reading(found: dict[str, Any], name: str, by_month: dict[str, str]) -> None:
    assert moved(found, name) == by_month
    [other] = switch(found, name)["alternatives"]
    assert other["moves"]
    assert [month["month"] for month in other["months"]] == found["months"]
    [whole] = [way for way in other["directions"] if way["payee"] == "kmc"]
    assert Decimal(whole["amount"]) == sum(map(Decimal, by_month.values()))
    assert other["net"] == whole["amount"]


def test_a_reading_that_nets_to_nothing_still_moves(found: dict[str, Any]) -> None:
    [other] = switch(found, "new_market_test")["alternatives"]
    assert (other["net"], other["moves"]) == ("0.00", True)


def test_time_that_gets_a_price_or_loses_it_is_told(found: dict[str, Any]) -> None:
    """No base agreement is loaded, so February 2004 has no price: 45,000 min, or 5,000 less if ISP-bound."""
    assert found["now"]["unpriced_ms"] == 45_000 * MINUTE
    for name, minutes in (("optional_eas_in_ratio", 40_000), ("cap_2003", 45_000)):
        [other] = switch(found, name)["alternatives"]
        assert other["unpriced_ms"] == {"now": 45_000 * MINUTE, "then": minutes * MINUTE}


def test_the_largest_stands_first(found: dict[str, Any]) -> None:
    first = [row["switch"] for row in found["switches"]][:5]
    assert first == ["cap_2003", "sa_over_xa", "cap_counts_new_market", "deot_onset", "deot_measure"]


@pytest.mark.parametrize("name", ["early_request", "virtual_fx_in_ratio", "isp_outside_local", "deot_base"])
def test_a_reading_that_moves_nothing(found: dict[str, Any], name: str) -> None:
    [other] = switch(found, name)["alternatives"]
    assert (other["net"], other["moves"], moved(found, name)) == ("0.00", False, {})


def test_what_has_no_figure_says_why(found: dict[str, Any]) -> None:
    [connect] = switch(found, "rate_date")["not_valued"]
    assert switch(found, "rate_date")["alternatives"] == []
    assert (connect["value"], "rerate" in connect["reason"]) == ("connect", True)
    [unit] = switch(found, "rounding")["not_valued"]
    assert (unit["value"], "no N is chosen" in unit["reason"]) == ("per_call_up(N)", True)
    [spread] = switch(found, "unidentified")["not_valued"]
    assert spread["value"] == "spread_over"


def test_the_reading_chosen_with_its_clause_and_who_chose_it(found: dict[str, Any]) -> None:
    row = switch(found, "cap_2003")
    assert row["clauses"] == ["sbc-kmc-wi-isp 2.3.1"]
    assert row["chosen"]["value"] == "compensable"
    assert row["chosen"]["by"] == "nobody: the default"
    assert "compensable in 2002" in row["chosen"]["reading"]
    assert "limit of 2002" in row["alternatives"][0]["reading"]


def test_who_chose_by_settings_and_by_event(tmp_path: Path) -> None:
    root = worlds.workspace(
        tmp_path / "world",
        '[policy]\nrounding = "exact"\n[policy.sbc-kmc-wi]\ncap_2003 = "ceiling"\n'
        'unidentified = { measure = "minutes", threshold = "0", strict = false, spread_over = ["local"] }\n',
    )
    (root / "events.ndjson").write_text(
        '{"event":"policy_set","id":"p1","on":"2004-03-01","policy":"deot_onset","value":"next_month",'
        '"by":"settlements","reason":"as the parties agreed"}\n'
    )
    call = worlds.ndjson(tmp_path / "calls.ndjson", [worlds.call()])
    worlds.ok("rate", call, "-w", root, "--quiet")
    asked = "exposure", "sbc-kmc-wi", "2004-07", "2004-07", "--json", "-w", root
    found = worlds.ok(*asked).document
    assert switch(found, "cap_2003")["chosen"]["by"] == "the settings, [policy.sbc-kmc-wi]"
    assert switch(found, "rounding")["chosen"]["by"] == "the settings, [policy]"
    assert switch(found, "deot_onset")["chosen"]["by"] == "settlements, 2004-03-01: as the parties agreed"
    spread = switch(found, "unidentified")
    assert spread["chosen"]["reading"] == "Always spread over local; otherwise all of it is toll."
    assert {other["value"]["threshold"] for other in spread["alternatives"]} == {"0", "1"}
    earlier = worlds.ok(*asked, "--as-known-at", "2004-02-28").document
    assert switch(earlier, "deot_onset")["chosen"]["by"] == "nobody: the default"


def test_unidentified_calls_are_valued_each_way(tmp_path: Path) -> None:
    root = worlds.workspace(tmp_path / "world", '[terms]\npackaged = ["sbc-kmc-second", "illustrative-ica"]\n')
    # Nine calls of ten minutes, and one of 90 without its caller's number: half of the minutes, a tenth of the calls.
    known = [worlds.call(number, duration_ms=600_000) for number in range(9)]
    calls = worlds.ndjson(tmp_path / "calls.ndjson", [*known, worlds.call(9, calling=None, duration_ms=5_400_000)])
    worlds.ok("rate", calls, "-w", root, "--quiet")
    found = worlds.ok("exposure", "sbc-kmc-wi", "2004-07", "2004-07", "--json", "-w", root).document
    # Nine in ten is not over nine in ten: 90 minutes are toll at .0180, or else spread over local at .0005.
    others = {other["reading"][:17]: other for other in switch(found, "unidentified")["alternatives"]}
    assert {words: other["net"] for words, other in others.items()} == {
        "As chosen, but mi": "0.00", "As chosen, but th": "-1.57", "No threshold: the": "-1.57",
        "Never spread: all": "0.00",
    }  # fmt: skip
    assert found["now"]["net"] == "1.67"


def test_months_without_usage(rated: Path) -> None:
    found = worlds.ok("exposure", "sbc-kmc-wi", "2010-11", "2011-02", "--json", "-w", rated).document
    assert (found["months"], found["now"]["net"]) == ([], "0.00")
    assert not any(other["moves"] for row in found["switches"] for other in row["alternatives"])
    assert "no usage in these months" in worlds.ok("exposure", "sbc-kmc-wi", "2010-11", "2011-02", "-w", rated).out


def test_rounding_is_valued_in_the_units_that_usage_is_kept_in(tmp_path: Path) -> None:
    """A hundred calls of 6 min 1 s: 601.67 min at .0005, or 700 min where each goes up to a whole one."""
    root = worlds.workspace(tmp_path / "world")
    calls = [worlds.call(number, duration_ms=361_000) for number in range(100)]
    worlds.ok("rate", worlds.ndjson(tmp_path / "early.ndjson", calls[:1]), "-w", root, "--quiet")
    event = '{"event":"policy_set","id":"p1","on":"2090-01-01","policy":"rounding","value":"per_call_up(60000)"'
    (root / "events.ndjson").write_text(f'{event},"by":"both sides","reason":"a later amendment"}}\n')
    asked = "exposure", "sbc-kmc-wi", "2004-07", "2004-07", "--json", "-w", root
    [early] = switch(worlds.ok(*asked).document, "rounding")["not_valued"]
    assert (early["value"], "rerate" in early["reason"]) == ("per_call_up(60000)", True)
    refused = worlds.cli("what-if", "--policy", "rounding=per_call_up(60000)", "-w", root)
    assert (refused.code, "rerate" in refused.err) == (3, True)

    other = worlds.workspace(tmp_path / "other")
    (other / "events.ndjson").write_bytes((root / "events.ndjson").read_bytes())
    worlds.ok("rate", worlds.ndjson(tmp_path / "calls.ndjson", calls), "-w", other, "--quiet")
    found = worlds.ok(*asked[:-1], other).document
    rounding = switch(found, "rounding")
    assert (found["now"]["net"], rounding["chosen"]["value"], rounding["not_valued"]) == ("0.30", "exact", [])
    assert {row["value"]: (row["net"], row["moves"]) for row in rounding["alternatives"]} == {
        "per_call_up(60000)": ("0.05", True), "trunk_group_month_up": ("0.00", False),
    }  # fmt: skip
    lines = worlds.ok("what-if", "--policy", "rounding=per_call_up(60000)", "--lines", "-w", other).out
    assert "then compensable, tclt, billed 700.0" in lines


def test_terms_choose_too(tmp_path: Path) -> None:
    draft = tmp_path / "base.toml"
    clause = '[[clause]]\nref = "{}"\nsays = "{}"\neffects = [{{ {} }}]\n'
    draft.write_text(
        'id = "base"\ntitle = "t"\ndomain = "base"\nsource = "s"\nparties = ["sbc", "kmc"]\nstates = ["WI"]\n'
        "effective = 2003-01-01\nsigned = { sbc = 2003-01-02, kmc = 2003-01-02 }\n"
        + clause.format("1", "A month goes up.", 'effect = "rounding", method = "trunk_group_month_up"')
        + clause.format("2", "Minutes count.", 'effect = "unidentified", measure = "minutes"')
    )
    root = worlds.workspace(tmp_path / "world")
    (root / "terms").mkdir()
    worlds.ok("rate", worlds.ndjson(tmp_path / "calls.ndjson", [worlds.call()]), "-w", root, "--quiet")
    tried = worlds.ok("what-if", "--terms", draft, "--policy", "rounding=exact", "--json", "-w", root).document
    assert [(row["now"], row["then"]) for row in tried["policies"]] == [("exact", "exact")]
    draft.rename(root / "terms" / "base.toml")
    found = worlds.ok("exposure", "sbc-kmc-wi", "2004-07", "2004-07", "--json", "-w", root).document
    rounding, spread = switch(found, "rounding"), switch(found, "unidentified")
    assert (rounding["chosen"]["value"], rounding["chosen"]["by"]) == ("trunk_group_month_up", "the terms, base 1")
    assert [row["value"] for row in rounding["alternatives"]] == ["exact"]
    assert (spread["chosen"]["value"]["measure"], spread["chosen"]["by"]) == ("minutes", "the terms, base 2")
    tried = worlds.ok("what-if", "--policy", "rounding=exact", "--json", "-w", root).document
    assert [(row["now"], row["then"]) for row in tried["policies"]] == [("trunk_group_month_up", "exact")]


def test_each_figure_is_that_of_what_if(rated: Path, found: dict[str, Any]) -> None:
    workspace = load_workspace(rated)
    store = open_store(workspace)
    known = date.fromisoformat(found["as_known_at"])
    for row in found["switches"]:
        for other in row["alternatives"]:
            choice = Choice(row["switch"], parse_value(row["switch"], other["value"]))
            [alone] = what_if(workspace, store, ["sbc-kmc-wi"], [], choices=[choice], as_known_at=known)["agreements"]
            assert (other["net"], other["unpriced_ms"]) == (alone["net"]["difference"], alone["unpriced_ms"])
            by_month = {month["month"]: month["net"]["difference"] for month in alone["months"]}
            assert {month["month"]: month["net"] for month in other["months"]} == by_month
    store.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("sbc-kmc-w", "2003-06", "2003-07"), 3, "found 'sbc-kmc-w', expected one of sbc-kmc-wi"),
        (("sbc-kmc-wi", "2003-07", "2003-06"), 2, "2003-07 after 2003-06"),
        (("sbc-kmc-wi", "2003-13", "2004-01"), 2, "found '2003-13', expected a month"),
        (("sbc-kmc-wi", "2003-W23", "2004-01"), 2, "found '2003-W23', expected a month"),
    ],
)
def test_what_is_refused(rated: Path, words: tuple[str, ...], code: int, said: str) -> None:
    ran = worlds.cli("exposure", *words, "-w", rated)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


@pytest.mark.parametrize("columns", [80, 120])
def test_the_page_keeps_to_its_width(rated: Path, columns: int) -> None:
    out = worlds.ok("exposure", "sbc-kmc-wi", "2003-06", "2004-12", "-w", rated, COLUMNS=str(columns), NO_COLOR="1").out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= columns
    [summary] = [line.split() for line in out.splitlines() if line.startswith("cap_2003  ") and "$" in line]
    assert summary == ["cap_2003", "compensable", "ceiling", "+$3,500.00"]
    assert "  $0.00  early_request: counts, instead void" in out
    assert "  minutes without a price: 45,000.0, then 40,000.0" in out
    assert "rounded to the cent" in " ".join(out.split())
