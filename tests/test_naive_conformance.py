"""The naive twin against the conformance cases: everything that they compare, and the provisional marks."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests import naive

CASES = (
    "as_known",
    "deot_months",
    "missouri_transit",
    "no_optional_tables",
    "ratio_edges",
    "rebuttal",
    "sa_retroactive",
    "sums_and_suspense",
    "texas_california",
    "wi_cap",
    "wi_dst",
    "wi_june_2003",
    "wi_may_june_2004",
    "wi_real",
)
RECEIPT = date(2026, 1, 1)
NOTHING: dict[str, Any] = {"directions": [], "usage": [], "exceptions": []}


def outcomes(table: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    """Flatten the cases' outcome table: (outcome, reason) -> (records, ms)."""
    flat = {}
    for outcome, value in table.items():
        for reason, both in ({"": value} if "records" in value else value).items():
            flat[outcome, reason] = (both["records"], both["ms"])
    return {key: both for key, both in flat.items() if any(both)}


def summary_outcomes(summary: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int]]:
    """Flatten a conservation summary likewise, and hold it to in = the sum of the outcomes."""
    flat: dict[str, dict[tuple[str, str], int]] = {}
    for part, table in summary.items():
        counts = {}
        for outcome, value in table.items():
            for reason, count in (value if isinstance(value, dict) else {"": value}).items():
                counts[outcome, reason] = count
        assert counts.pop(("in", "")) == sum(counts.values())
        flat[part] = counts
    return {key: (count, flat["ms"].get(key, 0)) for key, count in flat["records"].items()}


def facts(statement: dict[str, Any]) -> dict[Any, Any]:
    """Return every compared number of a statement under a key that names it."""
    out: dict[Any, Any] = {}
    for way in statement["directions"]:
        ends = way["payer"], way["payee"]
        for line in way["lines"]:
            reason = None if line["outcome"] == "excluded" else line["reason"]
            rate = Fraction(line["rate"]) if line["rate"] else None
            key = ("line", *ends, line["class"], line["outcome"], reason, line["lata"], line["from"], line["through"])
            ms, cents, exact = out.get((*key, rate), (0, Fraction(0), Fraction(0)))
            exact += Fraction(line["unrounded"])
            out[*key, rate] = ms + line["ms"], cents + Fraction(line["amount"]), exact
        out["total", *ends] = Fraction(way["total"])
        out["cap", *ends] = way["cap"]
        out["presumption", *ends] = way["presumption"]
    for row in statement["usage"]:
        out["usage", row["class"], row["payer"], row["payee"]] = row["calls"], row["ms"]
    for row in statement["exceptions"]:
        if row["code"] == "arrangement_missing":
            out[row["code"], row["originator"], row["third_party"]] = row["calls"], row["ms"]
    out["provisional"] = statement.get("xa_provisional"), statement.get("sa_provisional")
    return out


@pytest.mark.parametrize("case", CASES)
def test_conforms(case: str, shared: Path) -> None:
    folder = shared / "conformance" / "cases" / case
    world = naive.World.read(folder)
    rater = naive.Rater(world, naive.epoch_ms(RECEIPT))
    decisions = rater.add_all((folder / "calls.ndjson").read_bytes().split(b"\n"))
    wanted = json.loads((folder / "expected.json").read_text())
    assert summary_outcomes(rater.summary()) == outcomes(wanted[0]["outcomes"])
    for doc in wanted:
        known = date.fromisoformat(doc["as_known_at"]) if doc["as_known_at"] else None
        answer = naive.statements(world, decisions, doc["month"], known)
        for name, got in answer.items():
            where = f"{case} {name} {doc['month']} as known {known}"
            if name in doc["agreements"]:
                assert facts(got) == facts(doc["agreements"][name]), where
            else:
                assert not any(way["lines"] for way in got["directions"]), where
                assert not got["usage"], where
