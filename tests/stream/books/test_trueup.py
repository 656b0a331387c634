"""A true-up by cause: its parts sum to the whole, it is booked once, and what is booked is a fresh valuation."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.stream.books.worlds import BASE_SETTINGS, HISTORY, HOUR, Desk, lines_of
from tests.stream.files.worlds import AGREEMENT, TABLES, add_row, books, cli, ok, sql

JUNE, JULY, AUGUST = "2003-06", "2003-07", "2003-08"
KMC, SBC = "sbc pays kmc", "kmc pays sbc"
XA = "instrument:sbc-kmc-wi-isp"
MARKETS = "agreement,lata,traffic,first_exchanged\n"


def totals(document: dict[str, Any]) -> dict[str, Decimal]:
    """Return what each direction comes to."""
    return {f"{d['payer']} pays {d['payee']}": Decimal(d["total"]) for d in document["directions"]}


def trued_up(desk: Desk, known: str, *months: str) -> dict[str, dict[str, dict[str, str]]]:
    """True up and hold everything that holds of every true-up; return dollars by month, cause and direction."""
    before, entries = books(desk.folder), desk.entries()
    issued = {month: desk.issued(month) for month in months}
    was = {month: totals(parsed(issued[month])) for month in months}

    preview = desk.true_up(known, "--dry-run")
    assert books(desk.folder) == before
    booked = desk.true_up(known)
    assert booked == preview
    assert {a["month"] for a in booked} == {*months}

    new = desk.entries()[len(entries) :]
    assert desk.entries()[: len(entries)] == entries
    for adjusted in booked:
        month, number = adjusted["month"], adjusted["number"]
        mine = [entry for entry in new if entry["month"] == month]
        assert len(mine) == adjusted["entries"]
        assert {(e["number"], e["corrects"]) for e in mine} <= {(number, (number or 0) - 1)}
        # A cause's entries are its part, and the parts are the difference of the two statements.
        for cause, ways in adjusted["by_cause"].items():
            for way, amount in ways.items():
                part = [e for e in mine if (e["cause"], f"{e['payer']} pays {e['payee']}") == (cause, way)]
                assert sum(Decimal(e["amount"]) for e in part) == Decimal(amount)
        now = totals(parsed(desk.issued(month)))
        for way in {*was[month], *now}:
            change = sum(Decimal(ways.get(way, "0")) for ways in adjusted["by_cause"].values())
            assert change == now.get(way, Decimal(0)) - was[month].get(way, Decimal(0))
        # What was issued stands, to the byte.
        first = number - 1 if number else None
        assert desk.issued(month, first) == issued[month]

    after = books(desk.folder)
    assert [a["number"] for a in desk.true_up(known)] == [None] * len(months)
    assert books(desk.folder) == after
    desk.balanced(known, *months)
    assert desk.faults() == {}
    return {a["month"]: a["by_cause"] for a in booked if a["number"] is not None}


def parsed(text: str) -> dict[str, Any]:
    """Return a statement's text as a document."""
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture(scope="module")
def made_summer(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk whose June, July and August 2003 are closed as known then: under the base alone."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.traffic("2003-06-10", 8, 1)
    desk.traffic("2003-06-20", 4)
    desk.traffic("2003-07-10", 10, 2)
    desk.traffic("2003-08-10", 10, 1)
    for month, known in ((JUNE, "2003-07-05"), (JULY, "2003-08-05"), (AUGUST, "2003-09-05")):
        desk.close(month, known)
    return desk


@pytest.fixture
def summer(made_summer: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that desk, to change."""
    return made_summer.copy(tmp_path)


@pytest.fixture(scope="module")
def made_capped(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk whose three summer months are closed under XA, with a cap that is far away."""
    desk = Desk(tmp_path_factory.mktemp("desk"), market_history=f"{MARKETS}{AGREEMENT},356,isp,2000-05-01\n")
    for month in ("06", "07", "08"):
        desk.traffic(f"2003-{month}-20", 10, 1)
        desk.close(f"2003-{month}", "2004-06-01")
    return desk


@pytest.fixture
def capped(made_capped: Desk, tmp_path: Path) -> Desk:
    """Return a copy of that desk, to change."""
    return made_capped.copy(tmp_path)


def test_nothing_closed_and_nothing_changed_is_nothing_to_book(summer: Desk, tmp_path: Path) -> None:
    assert trued_up(summer, "2003-09-06", JUNE, JULY, AUGUST) == {}
    said = cli("true-up", "--as-known-at", "2003-09-06", "-w", summer.folder)
    assert (said.code, said.out) == (0, "3 closed months: value now is value booked, nothing to book\n")
    other = Desk(tmp_path / "other")
    assert ok("true-up", "-w", other.folder).out == "no month is closed, nothing to true up\n"


def test_late_usage_is_valued_under_the_terms_as_booked(summer: Desk) -> None:
    summer.traffic("2003-06-11", 1)
    # An hour at the base's 0.0025 a minute and 0.003 a call, whatever became known since.
    assert trued_up(summer, "2003-09-06", JUNE, JULY, AUGUST) == {JUNE: {"late_usage": {KMC: "0.15"}}}
    summer.traffic("2003-06-12", 2)
    found = trued_up(summer, "2004-06-01", JUNE, JULY, AUGUST)[JUNE]
    assert found["late_usage"] == {KMC: "0.31"}
    assert set(found) == {"late_usage", XA}


def test_a_late_call_of_no_length_is_issued_without_money(summer: Desk) -> None:
    # Unanswered: it is counted on the statement, and there is nothing to book.
    summer.traffic("2003-06-11", 0)
    said = summer.issued(JUNE)
    summer.rate([{**calls_of(1)[0], "duration_ms": 0}])
    assert trued_up(summer, "2003-09-06", JUNE, JULY, AUGUST) == {JUNE: {}}
    assert sql(summer.folder, "select number from statements where month = '2003-06' order by 1") == [(1,), (2,)]
    assert summer.issued(JUNE, 1) == said
    before, after = parsed(said)["usage"], parsed(summer.issued(JUNE))["usage"]
    assert [row["calls"] for row in after] == [before[0]["calls"], before[1]["calls"] + 1]


def calls_of(count: int, day: str = "2003-06-11") -> list[dict[str, Any]]:
    """Return calls of an hour under ids of their own."""
    return [
        {
            "record_id": f"x{n}", "source": "mke-9", "connect_time": f"{day}T10:00:00-05:00", "duration_ms": HOUR,
            "called": "4143001000", "calling": "4142002000",
        }
        for n in range(count)
    ]  # fmt: skip


def test_xa_signed_a_year_later_reprices_each_month_since_it_is_effective(summer: Desk) -> None:
    found = trued_up(summer, "2004-06-01", JUNE, JULY, AUGUST)
    assert {month: set(causes) for month, causes in found.items()} == {m: {XA} for m in (JUNE, JULY, AUGUST)}
    lines = {
        (line["reason"], line["from"]): line
        for direction in parsed(summer.issued(JUNE))["directions"]
        if direction["payee"] == "kmc"
        for line in direction["lines"]
    }
    # T 12 h, O 1 h: 9 h are ISP-bound, two thirds of them before the 15th.
    assert {key: line["ms"] for key, line in lines.items()} == {
        ("isp", "2003-06-01"): 6 * HOUR, ("isp", "2003-06-15"): 3 * HOUR,
        ("local", "2003-06-01"): 2 * HOUR, ("local", "2003-06-15"): HOUR,
    }  # fmt: skip
    assert (lines["isp", "2003-06-01"]["amount"], lines["isp", "2003-06-15"]["amount"]) == ("0.36", "0.13")
    # Nothing of SA, though it is known from the same day: June 2003 is not its time.
    assert {e["cause"] for e in summer.entries(JUNE)} == {"close", XA}
    # Known one day before, nothing had changed.
    assert [a["number"] for a in summer.true_up("2004-05-25")] == [None] * 3


def test_an_approval_moves_the_second_amendments_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.traffic("2004-06-10", 8, 1)
    desk.traffic("2004-06-20", 4)
    desk.close("2004-06", "2004-07-05")
    assert [d["total"] for d in parsed(desk.issued("2004-06"))["directions"]] == ["0.03", "0.36"]
    desk.event("xa", "approved", "2004-07-20", instrument="sbc-kmc-wi-isp", state="WI")
    # XA's own approval changes no value: it was priced as if approved.
    assert trued_up(desk, "2004-07-21", "2004-06") == {}
    desk.event("ica", "approved", "2004-06-15", known_at="2004-08-01", instrument="base", state="WI",
               agreement=AGREEMENT)  # fmt: skip
    assert trued_up(desk, "2004-08-01", "2004-06")["2004-06"].keys() == {"approval:ica"}
    starts = {line["from"] for d in parsed(desk.issued("2004-06"))["directions"] for line in d["lines"]}
    assert starts == {"2004-06-01", "2004-06-15"}


def test_a_rejection_takes_the_plan_away_again(capped: Desk) -> None:
    capped.event("no", "rejected", "2004-07-01", instrument="sbc-kmc-wi-isp", state="WI")
    found = trued_up(capped, "2004-07-02", JUNE, JULY, AUGUST)
    assert all(set(causes) == {"approval:no"} for causes in found.values()) and len(found) == 3
    assert {line.split("/")[5] for line in lines_of(parsed(capped.issued(JUNE)))} == {"local"}


def test_an_approval_that_comes_of_no_decision_has_its_own_day_among_the_causes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.event("sub", "submitted", "2004-05-01", instrument="base", state="WI", agreement=AGREEMENT)
    desk.traffic("2004-06-10", 8, 1)
    desk.close("2004-06", "2004-07-05")
    # Deemed approved on 2004-07-30, so that SA starts then; the policy became known five weeks later.
    desk.event("p", "policy_set", "2004-09-01", policy="new_market_test", value="any", by="a desk", reason="a reading")
    desk.event("h", "policy_set", "2004-09-02", policy="cap_2003", value="ceiling", by="a desk", reason="a reading")
    found = trued_up(desk, "2004-10-01", "2004-06")["2004-06"]
    assert set(found) == {"approval:sub deemed"}
    twin = Desk(tmp_path / "twin")
    twin.event("sub", "submitted", "2004-05-01", instrument="base", state="WI", agreement=AGREEMENT)
    twin.traffic("2004-06-10", 8, 1)
    twin.close("2004-06", "2004-07-05")
    assert trued_up(twin, "2004-10-01", "2004-06")["2004-06"] == found


def test_a_cause_after_a_deemed_approval_is_valued_with_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.event("sub", "submitted", "2004-05-01", instrument="base", state="WI", agreement=AGREEMENT)
    desk.traffic("2004-06-10", 8, 1, isp=True)
    desk.close("2004-06", "2004-07-05")
    desk.event("f", "rebuttal_filed", "2003-06-01", known_at="2004-09-01", agreement=AGREEMENT, payee="kmc", by="kmc")
    desk.event("g", "rebuttal_decided", "2004-09-10", rebuttal="f", approved=True, method="actual", by="agreement")
    found = trued_up(desk, "2004-10-01", "2004-06")["2004-06"]
    # SA's .0005 becomes XA's 5 h at .0007 and 3 h of the base; then all 8 h are ISP-bound, as evidence says.
    assert set(found) == {"approval:sub deemed", "rebuttal:g"}
    assert {line.split("/")[5] for line in lines_of(parsed(desk.issued("2004-06"))) if ">kmc" in line} == {"isp"}


def test_a_rebuttal_filed_changes_nothing_until_it_is_granted_and_reaches_back(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for month in ("06", "07", "08"):
        desk.traffic(f"2003-{month}-20", 4, 1)
        desk.traffic(f"2003-{month}-21", 2, isp=True)
        desk.close(f"2003-{month}", "2004-06-01")
    desk.event("f", "rebuttal_filed", "2003-07-01", known_at="2004-06-10", agreement=AGREEMENT, payee="kmc", by="sbc")
    assert trued_up(desk, "2004-06-11", JUNE, JULY, AUGUST) == {}
    desk.event("g", "rebuttal_decided", "2004-06-20", rebuttal="f", approved=True, method="actual", by="commission")
    found = trued_up(desk, "2004-06-20", JUNE, JULY, AUGUST)
    assert {month: set(causes) for month, causes in found.items()} == {m: {"rebuttal:g"} for m in (JULY, AUGUST)}
    presumptions = {
        m: next(d["presumption"] for d in parsed(desk.issued(m))["directions"] if d["payee"] == "kmc")
        for m in (JUNE, JULY)
    }
    assert (presumptions[JUNE]["method"], presumptions[JUNE]["isp_ms"]) == ("presumed", 3 * HOUR)
    assert (presumptions[JULY]["method"], presumptions[JULY]["isp_ms"]) == ("actual", 2 * HOUR)


def test_a_policy_set_moves_every_month_of_the_agreement(tmp_path: Path) -> None:
    # Q1 2 h: the ceiling of 2003 is 9.68 h; 2002's compensable time, which is the default, is 4 h.
    history = HISTORY.replace(str(1000 * HOUR), str(2 * HOUR)) + f"{AGREEMENT},kmc,2002,{4 * HOUR}\n"
    desk = Desk(tmp_path, usage_history=history)
    for month in ("06", "07", "08"):
        desk.traffic(f"2003-{month}-20", 6, 1)
        desk.close(f"2003-{month}", "2004-06-01")
    over = [ms_of(desk, m, "over_cap") for m in (JUNE, JULY, AUGUST)]
    assert over == [0, 2 * HOUR, 3 * HOUR]
    desk.event("p", "policy_set", "2004-07-01", policy="cap_2003", value="ceiling", agreement=AGREEMENT, by="a desk",
               reason="the schedule repeats the ceiling")  # fmt: skip
    found = trued_up(desk, "2004-07-01", JUNE, JULY, AUGUST)
    # Payable: 3, 3 and 3 h of 9.68 h; nothing is over any more.
    assert {month: set(causes) for month, causes in found.items()} == {JUNE: set(), JULY: {"policy:p"},
                                                                       AUGUST: {"policy:p"}}  # fmt: skip
    assert [ms_of(desk, m, "over_cap") for m in (JUNE, JULY, AUGUST)] == [0, 0, 0]


def ms_of(desk: Desk, month: str, reason: str) -> int:
    """Return a reason's milliseconds in the payee's last statement of a month."""
    document = parsed(desk.issued(month))
    lines = [line for d in document["directions"] if d["payee"] == "kmc" for line in d["lines"]]
    return sum(line["ms"] for line in lines if line["reason"] == reason)


def test_a_changed_history_moves_the_later_months_of_the_year(capped: Desk) -> None:
    assert [ms_of(capped, m, "isp") for m in (JUNE, JULY, AUGUST)] == [7 * HOUR] * 3
    # 2.5 h in the quarter: 12.1 h a year.
    capped.table("usage_history", HISTORY.replace(str(1000 * HOUR), str(5 * HOUR // 2)))
    found = trued_up(capped, "2004-06-02", JUNE, JULY, AUGUST)
    assert {month: set(causes) for month, causes in found.items()} == {
        JUNE: set(), JULY: {"reference:usage_history"}, AUGUST: {"reference:usage_history"},
    }  # fmt: skip
    tenth = HOUR // 10
    assert [ms_of(capped, m, "isp") for m in (JUNE, JULY, AUGUST)] == [70 * tenth, 51 * tenth, 0]
    assert [ms_of(capped, m, "over_cap") for m in (JUNE, JULY, AUGUST)] == [0, 19 * tenth, 70 * tenth]
    # Late usage of June then takes from July what it uses.
    capped.traffic("2003-06-21", 1)
    found = trued_up(capped, "2004-06-03", JUNE, JULY, AUGUST)
    assert {month: set(causes) for month, causes in found.items()} == {
        JUNE: {"late_usage"}, JULY: {"late_usage"},
    } | ({AUGUST: set()} if AUGUST in found else {})  # fmt: skip
    assert [ms_of(capped, m, "isp") for m in (JUNE, JULY, AUGUST)] == [80 * tenth, 41 * tenth, 0]


def test_a_changed_market_history_makes_a_new_market(capped: Desk) -> None:
    capped.table("market_history", f"{MARKETS}{AGREEMENT},356,isp,2001-04-18\n")
    found = trued_up(capped, "2004-06-02", JUNE, JULY, AUGUST)
    assert [set(causes) for causes in found.values()] == [{"reference:market_history"}] * 3
    assert [ms_of(capped, m, "new_market") for m in (JUNE, JULY, AUGUST)] == [7 * HOUR] * 3


def test_a_point_of_interconnection_that_is_entered_later_entitles(tmp_path: Path) -> None:
    columns = "agreement,party,kind,area,tandem,v,h,from,through,known_from\n"
    desk = Desk(tmp_path, pois=columns)
    desk.traffic("2004-06-10", 8, 1)
    desk.close("2004-06", "2004-07-05")
    assert ms_of(desk, "2004-06", "no_poi") == 8 * HOUR
    desk.table("pois", f"{columns}{AGREEMENT},kmc,area,MILWAUKEE,,,,2004-01-01,,2004-08-01\n")
    # As known before its row became known, nothing has changed.
    assert trued_up(desk, "2004-07-31", "2004-06") == {}
    assert trued_up(desk, "2004-08-01", "2004-06") == {"2004-06": {"reference:pois": {KMC: "0.24"}}}
    assert ms_of(desk, "2004-06", "no_poi") == 0


def test_a_changed_arrangement_is_issued_though_it_moves_no_money(tmp_path: Path) -> None:
    missouri = {
        "agreements": TABLES["agreements"] + "sprint-icg-mo,sprint-mo,icg,sprint-mo,MO,America/Chicago\n",
        "parties": TABLES["parties"] + "sprint-mo,ilec,Sprint\nicg,clec,ICG\nlantern,clec,Lantern\n",
        "ocns": TABLES["ocns"] + "7001,sprint-mo,,\n7002,icg,,\n7009,lantern,,\n",
        "number_blocks": TABLES["number_blocks"] + "314200,7009,CLAYTON,520,MO,,,\n314300,7002,CLAYTON,520,MO,,,\n",
        "arrangements": "originator,third_party,state,from,through\n",
    }
    desk = Desk(tmp_path, **missouri)
    desk.rate([{**calls_of(1)[0], "calling": "3143001000", "called": "3142001000"}])
    desk.close(JUNE, "2003-07-05")
    before = parsed(desk.issued(JUNE, agreement="sprint-icg-mo"))
    assert [e["code"] for e in before["exceptions"]] == ["arrangement_missing"]
    desk.table("arrangements", "originator,third_party,state,from,through\nicg,lantern,MO,,\n")
    assert list(desk.faults()) == ["statements made again"]
    assert [(a["number"], a["entries"]) for a in desk.true_up("2003-07-05")] == [(2, 0)]
    assert parsed(desk.issued(JUNE, agreement="sprint-icg-mo"))["exceptions"] == []
    desk.balanced("2003-07-05", JUNE, agreement="sprint-icg-mo")
    assert desk.faults() == {}
    assert [a["number"] for a in desk.true_up("2003-07-05")] == [None]


def test_several_causes_at_once_each_with_its_part(summer: Desk) -> None:
    summer.traffic("2003-07-11", 2)
    summer.table("usage_history", HISTORY.replace(str(1000 * HOUR), str(5 * HOUR // 2)))
    summer.event("f", "rebuttal_filed", "2003-08-01", known_at="2004-06-10", agreement=AGREEMENT, payee="kmc", by="sbc")
    summer.event("g", "rebuttal_decided", "2004-06-20", rebuttal="f", approved=True, method="actual", by="agreement")
    summer.event("p", "policy_set", "2004-06-15", policy="cap_counts_new_market", value=True, by="a desk", reason="r")
    found = trued_up(summer, "2004-07-01", JUNE, JULY, AUGUST)
    assert {month: list(causes) for month, causes in found.items()} == {
        JUNE: [XA],
        JULY: ["late_usage", XA],
        AUGUST: [XA, "rebuttal:g"],
    }


def test_an_instrument_of_ones_own_counts_from_when_it_is_loaded_and_is_gone_when_it_is_not(capped: Desk) -> None:
    path = capped.folder / "terms" / "transit.toml"
    capped.instrument("transit", OWN.format(rate="0.0004", signed="2004-06-05"))
    assert trued_up(capped, "2004-06-04", JUNE, JULY, AUGUST) == {}
    found = trued_up(capped, "2004-06-05", JUNE, JULY, AUGUST)
    assert [set(causes) for causes in found.values()] == [{"instrument:own"}] * 3
    capped.instrument("transit", OWN.format(rate="0.0003", signed="2004-06-05"))
    found = trued_up(capped, "2004-06-06", JUNE, JULY, AUGUST)
    assert [set(causes) for causes in found.values()] == [{"instrument:own"}] * 3
    path.unlink()
    found = trued_up(capped, "2004-06-07", JUNE, JULY, AUGUST)
    assert [set(causes) for causes in found.values()] == [{"instrument:own gone"}] * 3


OWN = """\
id = "own"
title = "A supplement on local calls"
domain = "traffic"
source = "made for this test"
parties = ["sbc", "kmc"]
states = ["WI"]
amends = "base"
effective = 2003-06-01
signed = {{ sbc = {signed}, kmc = {signed} }}

[[clause]]
ref = "1"
says = "A local minute below the ratio has a price of its own."
effects = [{{ effect = "rate", traffic = "local", per_minute = "{rate}" }}]
"""


def test_a_signature_that_an_event_tells_earlier_than_the_file_counts_from_the_event(summer: Desk) -> None:
    for number, party in enumerate(("sbc", "kmc")):
        summer.event(f"s{number}", "signed", "2003-10-01", known_at="2003-10-03", instrument="sbc-kmc-wi-isp",
                     party=party)  # fmt: skip
    assert trued_up(summer, "2003-10-02", JUNE, JULY, AUGUST) == {}
    found = trued_up(summer, "2003-10-03", JUNE, JULY, AUGUST)
    assert [set(causes) for causes in found.values()] == [{XA}] * 3
    # Later, past the day in the file, it is the same instrument still.
    assert trued_up(summer, "2004-07-01", JUNE, JULY, AUGUST) == {}


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_an_event_on_which_a_booking_rests_has_to_stay(tmp_path: Path, change: str) -> None:
    desk = Desk(tmp_path)
    desk.event("a", "approved", "2003-06-20", instrument="base", state="WI", agreement=AGREEMENT)
    desk.traffic("2003-06-10", 2)
    desk.close(JUNE, "2003-07-05")
    log = desk.folder / "events.ndjson"
    log.write_text("" if change == "gone" else log.read_text().replace("2003-06-20", "2003-06-21"))
    before = books(desk.folder)
    ran = desk.refused("true-up")
    assert ran.code == 3
    said = "is gone" if change == "gone" else "has changed"
    assert ran.err.startswith(f"ratestream: {log}: event 'a', on which a booking rests, {said};")
    assert books(desk.folder) == before


def test_an_agreement_with_closed_months_has_to_stay(tmp_path: Path) -> None:
    both = TABLES["agreements"] + "sbc-tds-wi,sbc,tds,sbc,WI,America/Chicago\n"
    desk = Desk(tmp_path, agreements=both)
    add_row(desk.folder, "number_blocks", "414400,7003,MILWAUKEE,356,WI,,,")
    desk.rate([{**calls_of(1)[0], "called": "4144001000"}])
    assert [c["agreement"] for c in desk.close(JUNE, "2003-07-05")] == ["sbc-tds-wi"]
    desk.table("agreements", TABLES["agreements"])
    ran = desk.refused("true-up")
    assert ran.code == 3
    assert "reference/agreements.csv: agreement 'sbc-tds-wi' is gone, and months of it are closed" in ran.err
    assert list(desk.faults()) == ["statements made again"]


def test_a_month_booked_as_known_later_is_left_alone(summer: Desk) -> None:
    summer.traffic("2003-06-11", 1)
    assert [(a["month"], a["number"]) for a in summer.true_up("2003-08-01")] == [
        (JUNE, 2), (JULY, None), (AUGUST, None),
    ]  # fmt: skip


def test_settings_that_say_the_same_in_other_words_are_no_cause(summer: Desk) -> None:
    (summer.folder / "ratestream.toml").write_text("# a remark\n" + BASE_SETTINGS)
    for name, text in TABLES.items():
        summer.table(name, text.rstrip("\n") + "\n\n")
    assert trued_up(summer, "2003-09-06", JUNE, JULY, AUGUST) == {}
