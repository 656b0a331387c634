"""Contracts that the code has never seen, by TOML alone: the engine knows types of terms, not parties."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.names import Names
from rating.reference import rows
from rating.statement import statement
from rating.terms.parse import TermsError, parse
from rating.usage import Cells
from stream.terms.load import load_file, load_packaged
from tests import naive
from tests.rating.facts import MINUTE, WISCONSIN, facts, usage

FOLDER = Path(__file__).parents[1] / "instruments"
WIRELESS = rows.Agreement(
    agreement="sbc-cell-wi", party_a="sbc", party_b="cell", incumbent="sbc", state="WI",
    time_zone="America/Chicago", line=2,
)  # fmt: skip


def statement_of(
    name: str, names: Names, cells: Sequence[Cells], month: str, agreement: rows.Agreement = WISCONSIN, **tables: Any
) -> Mapping[str, Mapping[str, Any]]:
    """Return a month's directions by payee under an invented amendment alone."""
    known = facts(names, cells, agreement=agreement, **tables)
    known = replace(known, instruments=(load_file(FOLDER / f"{name}.toml"),))
    made = statement(known, agreement.agreement, month, status="provisional", digests={"terms": "test"})
    return {way["payee"]: way for way in made["directions"]}


def paid(way: Mapping[str, Any]) -> list[tuple[str, str, int, str | None, str]]:
    """Return (class, reason, minutes, rate, amount) of a direction's lines."""
    return [
        (line["class"], line["reason"], line["ms"] // MINUTE, line["rate"], line["amount"]) for line in way["lines"]
    ]


def test_five_tiers_are_filled_in_turn() -> None:
    names = Names()
    cells = [
        usage(names, "2006-02-03", 900 * MINUTE),
        usage(names, "2006-02-20", 300 * MINUTE, kind=TrafficClass.MANDATORY_EAS),
        usage(names, "2006-02-20", 40 * MINUTE, payer="kmc", payee="sbc"),
    ]
    ways = statement_of("five-tiers", names, cells, "2006-02")
    # 1,200 minutes: 100, 150, 250, 500 and 200 a tier, each three quarters local.
    assert paid(ways["kmc"]) == [
        ("local", "local", 75, "0.002", "0.15"), ("local", "local", 112, "0.0016", "0.18"),
        ("local", "local", 187, "0.0012", "0.23"), ("local", "local", 375, "0.0008", "0.30"),
        ("local", "local", 150, "0.0004", "0.06"), ("mandatory_eas", "eas", 25, "0.002", "0.05"),
        ("mandatory_eas", "eas", 37, "0.0016", "0.06"), ("mandatory_eas", "eas", 62, "0.0012", "0.08"),
        ("mandatory_eas", "eas", 125, "0.0008", "0.10"), ("mandatory_eas", "eas", 50, "0.0004", "0.02"),
    ]  # fmt: skip
    assert [line["tier"]["over_minutes"] for line in ways["kmc"]["lines"]] == [0, 100, 250, 500, 1000] * 2
    assert len({line["line"] for line in ways["kmc"]["lines"]}) == 10
    assert paid(ways["sbc"]) == [("local", "local", 40, "0.002", "0.08")]


TIERS = ((0, "0.0020"), (100, "0.0016"), (250, "0.0012"), (500, "0.0008"), (1000, "0.0004"))


@given(st.lists(st.tuples(st.sampled_from(("350", "356")), st.integers(0, 900 * MINUTE)), max_size=5))
def test_tiers_cost_what_they_cost_minute_by_minute(parts: list[tuple[str, int]]) -> None:
    names = Names()
    cells = [usage(names, "2006-02-03", ms, lata=lata, calls=1) for lata, ms in parts]
    ways = statement_of("five-tiers", names, cells, "2006-02")
    lines = ways["kmc"]["lines"] if ways else []
    whole, dollars = sum(ms for _, ms in parts), Fraction(0)
    for position, (over, rate) in enumerate(TIERS):
        top = TIERS[position + 1][0] * MINUTE if position + 1 < len(TIERS) else whole
        dollars += naive.charge(max(0, min(whole, top) - over * MINUTE), rate)
    assert sum(line["ms"] for line in lines) == whole
    assert sum((naive.charge(line["ms"], line["rate"]) for line in lines), Fraction(0)) == dollars
    assert sum(line["calls"] for line in lines) == len(parts)


def test_a_cap_for_each_lata_and_quarter() -> None:
    names = Names()
    cells = [
        usage(names, "2006-01-10", 250 * MINUTE, lata="350"),
        usage(names, "2006-02-10", 100 * MINUTE, lata="350"),
        usage(names, "2006-02-10", 400 * MINUTE, lata="356"),
        usage(names, "2006-04-10", 320 * MINUTE, lata="350"),
    ]
    january, february, april = (
        statement_of("quarter-cap", names, cells, f"2006-{month}")["kmc"] for month in ("01", "02", "04")
    )
    # Nothing comes back, so all of it is presumed.
    assert paid(january) == [("local", "isp", 250, "0.0006", "0.15")]
    assert paid(february) == [
        ("local", "isp", 50, "0.0006", "0.03"), ("local", "isp", 300, "0.0006", "0.18"),
        ("local", "over_cap", 50, None, "0.00"), ("local", "over_cap", 100, None, "0.00"),
    ]  # fmt: skip
    assert february["cap"] == {
        "year": 2006, "period": "2006-Q1", "limit_ms": 300 * MINUTE, "used_before_ms": 250 * MINUTE,
        "used_ms": 350 * MINUTE, "assumed": False,
        "latas": [
            {"lata": "350", "limit_ms": 300 * MINUTE, "used_before_ms": 250 * MINUTE, "used_ms": 50 * MINUTE},
            {"lata": "356", "limit_ms": 300 * MINUTE, "used_before_ms": 0, "used_ms": 300 * MINUTE},
        ],
    }  # fmt: skip
    assert paid(april) == [("local", "isp", 300, "0.0006", "0.18"), ("local", "over_cap", 20, None, "0.00")]


def test_each_payee_has_its_own_price() -> None:
    names = Names()
    cells = [usage(names, "2006-05-10", 90 * MINUTE, payer="kmc", payee="sbc")]
    ways = statement_of("quarter-cap", names, cells, "2006-05")
    assert paid(ways["sbc"]) == [("local", "isp", 90, "0.0003", "0.03")]
    assert ways["sbc"]["cap"] is None  # the incumbent is never capped


@pytest.mark.parametrize(
    ("terminated", "originated", "out_of_balance"),
    [(90, 0, 0), (100, 0, 0), (101, 0, 1), (150, 60, 30), (240, 120, 0), (250, 120, 10), (90, 40, 0)],
)
def test_two_to_one_on_wireless_traffic_with_a_floor(terminated: int, originated: int, out_of_balance: int) -> None:
    names = Names()
    cells = [
        usage(names, "2006-03-10", minutes * MINUTE, payer=payer, payee=payee, agreement="sbc-cell-wi")
        for minutes, payer, payee in ((terminated, "sbc", "cell"), (originated, "cell", "sbc"))
    ]
    parties = tuple(
        rows.PartyRow(party=party, kind=kind, name=party, line=2) for party, kind in (("sbc", "ilec"), ("cell", "cmrs"))
    )
    way = statement_of("wireless-ratio", names, cells, "2006-03", WIRELESS, parties=parties)["cell"]
    found = {reason: minutes for _, reason, minutes, _, _ in paid(way)}
    assert found.get("isp", 0) == out_of_balance
    assert found.get("local", 0) == terminated - out_of_balance
    assert {line["rate"] for line in way["lines"] if line["ms"]} <= {"0.001", "0.015"}
    assert way["presumption"]["method"] == "presumed"


def test_a_base_agreement_of_the_trade_has_set_up_duration_tandem_and_end_office() -> None:
    names = Names()
    trunks = tuple(
        rows.TrunkGroup(
            trunk_group=name, agreement="sbc-kmc-wi", kind=kind, tandem="T1", end_office="E1", trunks=24, line=2
        )
        for name, kind in (("d1", "direct"), ("t1", "tandem"))
    )  # fmt: skip
    cells = [
        usage(names, "2003-05-10", 100 * MINUTE, trunk="d1", calls=10),
        usage(names, "2003-05-10", 50 * MINUTE, trunk="t1", calls=4),
    ]
    known = facts(names, cells, trunk_groups=trunks)
    (base,) = load_packaged(("illustrative-ica",))
    known = replace(known, instruments=(base,))
    made = statement(known, "sbc-kmc-wi", "2003-05", status="provisional", digests={"terms": "test"})
    way = next(way for way in made["directions"] if way["payee"] == "kmc")
    (line,) = way["lines"]
    assert {row["element"]: (row.get("calls"), row.get("ms")) for row in line["elements"]} == {
        "set_up": (14, None),
        "end_office": (None, 150 * MINUTE),
        "tandem_switching": (None, 50 * MINUTE),
        "tandem_transport": (None, 50 * MINUTE),
    }
    # 14 x 0.0030 + 150 x 0.0025 + 50 x (0.0013 + 0.0012)
    assert (line["unrounded"], line["amount"], line["illustrative"]) == ("0.542", "0.54", True)


def test_a_tier_without_a_first_tier_is_refused() -> None:
    text = (FOLDER / "five-tiers.toml").read_text().replace('"0.0020" }', '"0.0020", over_minutes = 1 }')
    with pytest.raises(TermsError, match=r"a rate of .exchange. over 0 on the same days"):
        parse(tomllib.loads(text), "five-tiers.toml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("minutes = 300, ", ""), "found both or neither of minutes and years"),
        (("minutes = 300", "minutes = -1"), ">= 0"),
        (('ratio = "4"', 'ratio = "4", floor_minutes = -5'), ">= 0"),
    ],
)
def test_a_limit_that_cannot_be(change: tuple[str, str], said: str) -> None:
    with pytest.raises(TermsError, match=said):
        parse(tomllib.loads((FOLDER / "quarter-cap.toml").read_text().replace(*change)), "quarter-cap.toml")
