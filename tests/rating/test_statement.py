"""A whole statement, field by field: what a reader, the ledger and the archive find in it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rating.codes import TrafficClass
from rating.names import Names
from rating.policy import Policy, Rounding
from rating.reference import rows
from rating.statement import mou, statement
from rating.terms.events import Approved
from stream.terms.load import load_file, load_packaged
from tests.rating.facts import MINUTE, facts, usage

TRUNKS = tuple(
    rows.TrunkGroup(trunk_group=name, agreement="sbc-kmc-wi", kind=kind, tandem="T1", end_office="", trunks=24, line=2)
    for name, kind in (("d1", "direct"), ("t1", "tandem"))
)
PARTIES = tuple(
    rows.PartyRow(party=party, kind=kind, name=party, line=2)
    for party, kind in (("sbc", "ilec"), ("kmc", "clec"), ("third", "clec"))
)
NO_PRESUMPTION = {"method": "none", "t_ms": 0, "o_ms": 0, "isp_ms": 0}
MAY = {"lata": "356", "from": "2003-05-01", "through": "2003-05-31"}
ICA = "illustrative-ica"


def month_of_may(*, party: str = "clec") -> dict[str, Any]:
    names = Names()
    for name in ("sbc", "kmc", "third"):
        names.code("party", name)
    cells = [
        usage(names, "2003-05-06", 90_000, trunk="t1", calls=2, voip=True),
        usage(names, "2003-05-07", 30_001, trunk="t1"),
        usage(names, "2003-05-06", MINUTE, payer="kmc", payee="kmc", kind=TrafficClass.ON_NET, trunk="t1", calls=3),
        usage(names, "2003-05-06", 2 * MINUTE, payer="kmc", payee="sbc", kind=TrafficClass.ORIGINATING_8YY),
        usage(names, "2003-05-06", 3 * MINUTE, payer="kmc", payee="third", kind=TrafficClass.TRANSIT),
        usage(names, "2003-05-06", MINUTE, payer="third", payee="kmc", kind=TrafficClass.TRANSIT),
        usage(names, "2003-05-06", 7_000, payer="kmc", payee="sbc", kind=TrafficClass.INTERLATA_TOLL),
    ]
    known = facts(
        names,
        cells,
        instruments=load_packaged((ICA,)),
        trunk_groups=TRUNKS,
        parties=(PARTIES[0], rows.PartyRow(party="kmc", kind=party, name="kmc", line=3), PARTIES[2]),
        as_known_at=date(2003, 7, 1),
    )
    digests = {"terms": "aa", "tables": "bb"}
    return statement(known, "sbc-kmc-wi", "2003-05", status="provisional", digests=digests)


def without_lines(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in way.items() if name != "lines"} for way in document["directions"]]


def test_a_statement_says_who_owes_whom_and_what_for() -> None:
    made = month_of_may()
    # KMC owes 3 minutes of transit at .0022, .0066; SBC 2 of toll free, .034, and .019000083333 of local.
    assert without_lines(made) == [
        {"payer": "kmc", "payee": "sbc", "presumption": NO_PRESUMPTION, "cap": None, "total": "0.01"},
        {"payer": "sbc", "payee": "kmc", "presumption": NO_PRESUMPTION, "cap": None, "total": "0.05"},
        {"payer": "third", "payee": "sbc", "presumption": None, "cap": None, "total": "0.00"},
    ]
    del made["directions"]
    sides = {"payer": "kmc", "payee": "sbc"}, {"payer": "sbc", "payee": "kmc"}, {"payer": "third", "payee": "sbc"}
    minutes = {"calls": 1, "ms": 120_000, "mou": "2.000000"}
    assert made == {
        "v": 1,
        "agreement": "sbc-kmc-wi",
        "month": "2003-05",
        "as_known_at": "2003-07-01",
        "status": "provisional",
        "terms": "aa",
        "net": {"payer": "sbc", "payee": "kmc", "amount": "0.04"},
        "usage": [
            {"class": "interlata_toll", **sides[0], "calls": 1, "ms": 7_000, "mou": "0.116667"},
            {
                "class": "local", **sides[1], "calls": 3, "ms": 120_001, "mou": "2.000017",
                "tags": {"reserved_voip": {"ms": 90_000}},
            },
            {"class": "originating_8yy", **sides[1], **minutes},
            {"class": "transit", **sides[0], "calls": 1, "ms": 180_000, "mou": "3.000000"},
            {"class": "transit", **sides[2], "calls": 1, "ms": 60_000, "mou": "1.000000"},
        ],
        "originators": [],
        "exceptions": [
            {"code": "on_net_on_trunk", "originator": "kmc", "third_party": "kmc", "calls": 3, "ms": 60_000}
        ],
        "advisories": [],
        "in_force": [{"from": "2003-05-01", "through": "2003-05-31", "in_force": [ICA], "provisional": []}],
        "notes": ["lines marked illustrative have invented prices"],
        "digests": {"terms": "aa", "tables": "bb"},
    }  # fmt: skip


def test_a_line_has_its_price_or_the_elements_of_it() -> None:
    lines = [line for way in month_of_may()["directions"] for line in way["lines"]]
    assert lines[0] == {
        "line": f"sbc-kmc-wi/2003-05/kmc>sbc/transit/compensable/transit/356/2003-05-01/{ICA}:4.1",
        "class": "transit", "outcome": "compensable", "reason": "transit", **MAY,
        "calls": 1, "ms": 180_000, "mou": "3.000000", "rate": "0.0022", "unrounded": "0.0066", "amount": "0.01",
        "clauses": [f"{ICA} 4.1"], "illustrative": True,
    }  # fmt: skip
    assert lines[1] == {
        "line": "sbc-kmc-wi/2003-05/kmc>sbc/interlata_toll/excluded/meet_point_billing/356/2003-05-01/-",
        "class": "interlata_toll", "outcome": "excluded", "reason": "meet_point_billing", **MAY,
        "calls": 1, "ms": 7_000, "mou": "0.116667", "rate": None, "unrounded": "0", "amount": "0.00",
        "clauses": [], "illustrative": False,
    }  # fmt: skip
    assert lines[3] == {
        "line": f"sbc-kmc-wi/2003-05/sbc>kmc/local/compensable/local/356/2003-05-01/{ICA}:2.1+2.2+2.3",
        "class": "local", "outcome": "compensable", "reason": "local", **MAY,
        "calls": 3, "ms": 120_001, "mou": "2.000017", "rate": None, "unrounded": "0.019000083333", "amount": "0.02",
        "clauses": [f"{ICA} 2.1", f"{ICA} 2.2", f"{ICA} 2.3"], "illustrative": True,
        "elements": [
            {"element": "set_up", "clause": f"{ICA} 2.1", "per_call": "0.003", "calls": 3},
            {"element": "end_office", "clause": f"{ICA} 2.2", "per_minute": "0.0025", "ms": 120_001},
            {"element": "tandem_switching", "clause": f"{ICA} 2.3", "per_minute": "0.0013", "ms": 120_001},
            {"element": "tandem_transport", "clause": f"{ICA} 2.3", "per_minute": "0.0012", "ms": 120_001},
        ],
    }  # fmt: skip


def test_it_says_what_makes_its_numbers_less_than_they_seem() -> None:
    (wireless, illustrative) = month_of_may(party="cmrs")["notes"]
    assert wireless == (
        "a party is a CMRS carrier: local for it is intraMTA (47 CFR 51.701(b)(2)), which is not modelled"
    )
    assert illustrative == "lines marked illustrative have invented prices"


def june(*events: Any, ms: int = 100 * MINUTE) -> dict[str, Any]:
    """Return June 2003 under the interim plan, with a cap of 25 x 4.84 = 121 minutes."""
    names = Names()
    cells = [
        usage(names, "2003-06-06", 100 * MINUTE, calls=5),
        usage(names, "2003-06-20", ms),
        usage(names, "2003-06-20", 20 * MINUTE, payer="kmc", payee="sbc", trunk="t9"),
        usage(names, "2003-06-20", 1_000, trunk="t9", kind=TrafficClass.UNIDENTIFIED),
    ]
    quarter = rows.UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period="2001-Q1", isp_ms=25 * MINUTE, line=2)
    policy = Policy(rounding=Rounding("trunk_group_month_up"))
    known = facts(names, cells, usage_history=(quarter,), policy=policy, events=events)
    return statement(known, "sbc-kmc-wi", "2003-06", status="closed", digests={"terms": "aa"})


def test_ratio_cap_and_sub_periods_show() -> None:
    made = june()
    kmc = made["directions"][1]
    assert kmc["presumption"] == {"method": "presumed", "t_ms": 200 * MINUTE, "o_ms": 20 * MINUTE, "isp_ms": 8_400_000}
    used = 121 * MINUTE
    assert kmc["cap"] == {
        "year": 2003, "limit_ms": used, "used_before_ms": 0, "used_ms": used, "assumed": True
    }  # fmt: skip
    plan = ["sbc-kmc-wi-isp 2.2.2", "sbc-kmc-wi-isp 2.6"]
    halves = [("2003-06-01", "2003-06-14"), ("2003-06-15", "2003-06-30")]
    # 140 of 200 minutes are presumed, 70 in each half; the later half has 51 of the cap left.
    assert [
        (line["reason"], (line["from"], line["through"]), line["ms"] // MINUTE, line["rate"], line["amount"])
        for line in kmc["lines"]
    ] == [
        ("unidentified", halves[1], 0, None, "0.00"),
        ("isp", halves[0], 70, "0.001", "0.07"),
        ("isp", halves[1], 51, "0.0007", "0.04"),
        ("over_cap", halves[1], 19, None, "0.00"),
        ("local", halves[0], 30, None, "0.00"),
        ("local", halves[1], 30, None, "0.00"),
    ]
    assert [line["clauses"] for line in kmc["lines"][1:4]] == [plan, plan, ["sbc-kmc-wi-isp 2.3.1", plan[1]]]
    waiting = ["sbc-kmc-wi-isp: approval not known"]
    in_force = ["sbc-kmc-wi-isp"]
    assert made["in_force"] == [
        {"from": first, "through": last, "in_force": in_force, "provisional": waiting} for first, last in halves
    ]
    assert made["status"] == "closed"
    assert made["notes"] == [
        "lines with outcome terms_missing are counted and not priced: no loaded instrument has their price",
        (
            "time is billed by trunk_group_month_up: billed_ms is what a line's rate is for, ms what was measured; "
            "ratio, cap and usage are of measured time"
        ),
        "unidentified traffic is priced by the policy of the agreement, outside ratio and cap",
    ]


def test_billed_time_shows_where_it_is_not_the_measured() -> None:
    # The group's 199 minutes and 1 millisecond go up by 59,999, on lines with a price alone.
    kmc = june(ms=99 * MINUTE + 1)["directions"][1]
    up = {line["from"]: line["billed_ms"] for line in kmc["lines"] if line["reason"] == "rounding"}
    priced = {line["from"]: line["ms"] for line in kmc["lines"] if line["reason"] == "isp"}
    assert sum(priced.values()) == 121 * MINUTE
    assert 0 < sum(up.values()) < 59_999
    assert all("billed_ms" not in line for line in kmc["lines"] if line["reason"] != "rounding")


def test_approval_takes_the_mark_of_the_provisional() -> None:
    approved = Approved(id="a", on=date(2004, 9, 1), instrument="sbc-kmc-wi-isp", state="WI")
    assert [row["provisional"] for row in june(approved)["in_force"]] == [[], []]


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0.000000"), (1, "0.000017"), (2, "0.000033"), (59_999, "0.999983"), (-90_000, "-1.500000")],
)
def test_minutes_of_use_have_six_places(ms: int, text: str) -> None:
    assert mou(ms) == text


def may_of(*cells: Mapping[str, Any], names: Names | None = None) -> dict[str, Any]:
    """Return May 2003 under the illustrative agreement, of these cells."""
    known_names = names or Names()
    for name in ("sbc", "kmc"):
        known_names.code("party", name)
    made = [usage(known_names, "2003-05-06", **{"ms": MINUTE, **cell}) for cell in cells]
    known = facts(known_names, made, instruments=load_packaged((ICA,)))
    return statement(known, "sbc-kmc-wi", "2003-05", status="provisional", digests={"terms": "aa"})


def test_usage_and_exceptions_add_up_what_lines_keep_apart() -> None:
    marked: dict[str, Any] = {"voip": True, "trunk": "d1"}
    own: dict[str, Any] = {"payer": "kmc", "payee": "kmc", "kind": TrafficClass.ON_NET, "ms": 5, "calls": 2}
    made = may_of(
        {"lata": "350", **marked},
        {"lata": "356", **marked},
        {"lata": "356"},
        {"lata": "350", **own},
        {"lata": "356", **own},
    )
    assert made["usage"] == [
        {
            "class": "local", "payer": "sbc", "payee": "kmc", "calls": 3, "ms": 3 * MINUTE, "mou": "3.000000",
            "tags": {"reserved_voip": {"ms": 2 * MINUTE}},
        }
    ]  # fmt: skip
    assert made["exceptions"] == [
        {"code": "on_net_on_trunk", "originator": "kmc", "third_party": "kmc", "calls": 4, "ms": 10}
    ]


def test_who_owes_nothing_on_balance_is_named_all_the_same() -> None:
    even = may_of({}, {"payer": "kmc", "payee": "sbc"})
    assert even["net"] == {"payer": "sbc", "payee": "kmc", "amount": "0.00"}
    assert may_of()["net"] == even["net"]
    assert may_of()["directions"] == []
    kmc_owes = may_of({}, {"payer": "kmc", "payee": "sbc", "ms": 1_000 * MINUTE})
    assert kmc_owes["net"] == {"payer": "kmc", "payee": "sbc", "amount": "2.49"}


def test_a_line_without_a_lata_has_a_name_and_a_tier_says_over_what() -> None:
    (line,) = may_of({"lata": "", "kind": TrafficClass.INTRALATA_TOLL})["directions"][1]["lines"]
    assert (
        line["line"] == f"sbc-kmc-wi/2003-05/sbc>kmc/intralata_toll/compensable/switched_access/-/2003-05-01/{ICA}:3.1"
    )
    names = Names()
    tiers = load_file(Path(__file__).parents[1] / "instruments" / "five-tiers.toml")
    known = facts(names, [usage(names, "2006-02-03", 150 * MINUTE)], instruments=(tiers,))
    made = statement(known, "sbc-kmc-wi", "2006-02", status="provisional", digests={"terms": "aa"})
    (way,) = (way for way in made["directions"] if way["payee"] == "kmc")
    assert [line["tier"] for line in way["lines"]] == [
        {"of": "exchange", "over_minutes": 0},
        {"of": "exchange", "over_minutes": 100},
    ]
    assert all(isinstance(line["tier"]["over_minutes"], int) for line in way["lines"])
    first, second = (line["line"].rpartition("/")[2] for line in way["lines"])
    assert (first.count(">"), second.partition(">")[2]) == (0, "100")
