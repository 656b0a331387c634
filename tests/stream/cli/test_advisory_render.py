"""Advisories in words, on a terminal and in a status."""

import io
from typing import Any

import pytest
from rich.console import Console

from stream.cli.advisory_render import advisory_words, render_advisories
from stream.cli.status_render import render_status
from tests.rating.advisories.reading import published

MINUTE = 60_000
ROWS: dict[str, dict[str, Any]] = {
    "kmc terminates more than 2.5 times what it originates to sbc: 2.60:1": {
        "code": "ratio", "payer": "sbc", "payee": "kmc", "threshold": "2.5", "t_ms": 26, "o_ms": 10,
    },
    "kmc terminates more than 3 times what it originates to sbc: nothing originated": {
        "code": "ratio", "payer": "sbc", "payee": "kmc", "threshold": "3", "t_ms": 26, "o_ms": 0,
    },
    "80% of kmc's cap of 2003 is used: 850.0 of 1,000.0 min count; at this month's pace it runs out on 2003-09-16": {
        "code": "cap", "percent": 80, "payer": "sbc", "payee": "kmc", "year": 2003, "eligible_ms": 850 * MINUTE,
        "limit_ms": 1_000 * MINUTE, "assumed": False, "forecast": "2003-09-16",
    },
    "100% of kmc's cap of 2005-Q2 in LATA 356 is used: 100.0 of 100.0 min count": {
        "code": "cap", "percent": 100, "payer": "sbc", "payee": "kmc", "year": 2005, "period": "2005-Q2", "lata": "356",
        "eligible_ms": 100 * MINUTE, "limit_ms": 100 * MINUTE, "assumed": False,
    },
    "direct trunks of tandem T1 carry 69.0%, below 0.70 for 1 month; one more loses receipts from 2004-07-01": {
        "code": "deot", "payee": "kmc", "tandem": "T1", "low_months": 1, "share": "0.70", "direct_ms": 69,
        "total_ms": 100, "forecast": "2004-07-01",
    },
    "direct trunks of tandem T1 carry 50.0%, below 0.70 for 2 months on end": {
        "code": "deot", "payee": "kmc", "tandem": "T1", "low_months": 2, "share": "0.70", "direct_trunk_days": 30,
        "total_trunk_days": 60,
    },
    "end office A needed 24, 25, 30 trunks in months on end (20.30 erlangs in hour 19 of the day); "
    "0 direct ones are there": {
        "code": "trunks_24", "end_office": "A", "trunks": {"2004-06": 24, "2004-07": 25, "2004-08": 30},
        "busy_hour": 19, "busy_hour_ms": 1, "erlangs": "20.30", "direct_trunks": 0,
    },
    "kmc has no point of interconnection for NORTH through 2004-08-09, waived": {
        "code": "poi_missing", "payee": "kmc", "area": "NORTH", "waived": True, "through": "2004-08-09",
    },
    "notice about kmc's point of interconnection in NORTH due by 2004-08-16": {
        "code": "poi_notice", "duty": "notice", "payee": "kmc", "area": "NORTH", "forecast": "2004-08-16",
    },
    "calling area NORTH was changed: points may be renegotiated": {"code": "poi_renegotiation", "area": "NORTH"},
    "icg sends transit to third without an arrangement: 1,200 calls, 3.0 min": {
        "code": "arrangement_missing", "originator": "icg", "third_party": "third", "calls": 1200, "ms": 3 * MINUTE,
    },
    "talks after sbc's notice of 04-241 end on 2005-01-14": {
        "code": "negotiation_deadline", "order": "04-241", "by": "sbc", "forecast": "2005-01-14",
    },
    "xa is approved in WI on 2004-09-01 unless decided": {
        "code": "deemed_approval", "instrument": "xa", "state": "WI", "forecast": "2004-09-01",
    },
    "xa ends on 2004-12-31": {"code": "expiry", "instrument": "xa", "forecast": "2004-12-31"},
    "10.9% from sbc to kmc on trunk group d1 come without a caller's number": {
        "code": "unidentified_share", "originator": "sbc", "terminator": "kmc", "trunk_group": "d1",
        "unidentified_calls": 12, "total_calls": 110,
    },
    "who a, value 3": {"code": "of_a_contract_yet_unknown", "who": "a", "value": 3},
}  # fmt: skip


def whole(row: dict[str, Any]) -> dict[str, Any]:
    return {"since": "2003-07-09", "clause": "xa 2.6", **row}


@pytest.mark.parametrize(("words", "row"), ROWS.items())
def test_words(words: str, row: dict[str, Any]) -> None:
    assert advisory_words(whole(row)) == words


def test_every_published_code_has_its_words() -> None:
    shown = {row["code"]: set(row) for row in ROWS.values() if row["code"] in published()}
    assert shown.keys() == published().keys()
    assert all(fields - {"code"} <= published()[code] for code, fields in shown.items())


@pytest.mark.parametrize("width", [80, 120])
def test_a_line_says_code_day_and_clause_and_keeps_to_the_width(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    render_advisories([whole(row) for row in ROWS.values()], console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for words, row in ROWS.items():
        assert f"advisory {row['code']}: {words}, since 2003-07-09 (xa 2.6)" in flat


def test_status_tells_each_agreements_last_month() -> None:
    def told(agreement: str, month: str, *orders: str) -> dict[str, Any]:
        rows = [whole({"code": "expiry", "instrument": name, "forecast": "2004-12-31"}) for name in orders]
        return {"agreement": agreement, "month": month, "advisories": rows}

    found = {
        "as_known_at": "2004-08-01", "carriers": [], "suspense": [], "files": {"known": 0, "done": 0},
        "advisories": [told("a", "2004-06", "old"), told("a", "2004-07", "new"), told("b", "2004-06", "other"),
                       told("c", "2004-06", "past"), told("c", "2004-07")],
    }  # fmt: skip
    console = Console(file=io.StringIO(), width=120, color_system=None)
    render_status(found, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "a 2004-07\nadvisory expiry: new ends" in text and "b 2004-06\nadvisory expiry: other ends" in text
    assert "old" not in text and "past" not in text
