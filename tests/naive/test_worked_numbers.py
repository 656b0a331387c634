"""The twin against DOMAIN's worked numbers, and against rules that no conformance case turns on."""

from datetime import date
from fractions import Fraction
from typing import Any

import orjson
import pytest

from tests import naive

MINUTE = 60_000
KMC, SBC = "4143000001", "4142000001"
AGREEMENT = "sbc-kmc-wi"


def rows(header: str, *lines: str) -> list[dict[str, Any]]:
    columns = header.split(",")
    return [dict(zip(columns, line.split(","), strict=True)) for line in lines]


def wisconsin(**more: Any) -> naive.World:
    """One rate center in one LATA, with history enough that neither cap nor new market bites."""
    tables = {
        "agreements": rows(
            "agreement,party_a,party_b,incumbent,state,time_zone",
            "sbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago",
            "sbc-tds-wi,sbc,tds,sbc,WI,America/Chicago",
        ),
        "parties": rows("party,kind,name", "sbc,ilec,S", "kmc,clec,K", "tds,clec,T"),
        "ocns": rows("ocn,party,from,through", "9327,sbc,,", "2588,kmc,,", "7777,tds,,"),
        "number_blocks": rows(
            "npa_nxx,ocn,rate_center,lata,state,from,through",
            "414200,9327,MILWAUKEE,356,WI,,",
            "414300,2588,MILWAUKEE,356,WI,,",
            "4143009,7777,MILWAUKEE,356,WI,,",
            "262200,9327,RACINE,356,WI,,",
        ),
        "usage_history": rows("agreement,payee,period,isp_ms", f"{AGREEMENT},kmc,2001-Q1,{10**15}"),
    }
    events, policy = more.pop("events", ()), more.pop("policy", {})
    return naive.World({**tables, **more}, events, policy)


def rate(world: naive.World, *calls: dict[str, Any]) -> list[naive.Decision]:
    rater = naive.Rater(world, naive.epoch_ms(date(2026, 1, 1)))
    for number, call in enumerate(calls):
        rater.add(orjson.dumps({"record_id": f"r{number}", "source": "mke-1", "called": KMC, **call}))
    assert all(d.outcome == "rated" for d in rater.decisions), rater.decisions
    return rater.decisions


def many(minutes: int, day: str, **fields: Any) -> list[dict[str, Any]]:
    """Return calls of a day's noon that together last so many minutes."""
    whole, rest = divmod(minutes, 600)
    lengths = [600] * whole + [rest] * bool(rest)
    start = {"connect_time": f"{day}T12:00:00-05:00", "calling": SBC}
    return [{**start, **fields, "duration_ms": length * MINUTE} for length in lengths]


def direction(world: naive.World, decisions: list[naive.Decision], month: str, payee: str = "kmc") -> dict[str, Any]:
    answer = naive.statement(world, decisions, AGREEMENT, month)
    return next(way for way in answer["directions"] if way["payee"] == payee)


def money(way: dict[str, Any]) -> dict[tuple[str, str | None], int]:
    out: dict[tuple[str, str | None], int] = {}
    for line in way["lines"]:
        key = line["outcome"], line["reason"]
        out[key] = out.get(key, 0) + line["ms"]
    return out


def test_cap_chain_of_ten_million_minutes() -> None:
    million = 10**6
    history = {"2001-Q1": 10 * million, "2001": 50 * million, "2002": 40 * million}
    assert naive.cap_limit(history, 2001) == (44 * million, False)
    assert naive.cap_limit(history, 2002) == (48_400_000, False)
    assert naive.cap_limit(history, 2003) == (40 * million, False)
    assert naive.cap_limit(history, 2005, "ceiling") == (48_400_000, False)
    assert naive.cap_limit({"2001-Q1": 10}, 2003) == (48, True)
    assert naive.cap_limit({}, 2003) == (None, True)


def test_half_a_million_minutes_in_june_2003_and_july_2004() -> None:
    world = wisconsin()
    back = {"calling": KMC, "called": SBC}
    june = rate(
        world,
        *many(400_000, "2003-06-10"),
        *many(600_000, "2003-06-20"),
        *many(150_000, "2003-06-20", **back),
    )
    way = direction(world, june, "2003-06")
    assert way["presumption"]["isp_ms"] == 550_000 * MINUTE
    assert way["total"] == "451.00"
    assert direction(world, june, "2003-06", "sbc")["total"] == "0.00"
    july = rate(world, *many(1_000_000, "2004-07-06"), *many(150_000, "2004-07-06", **back))
    assert direction(world, july, "2004-07")["total"] == "500.00"
    assert direction(world, july, "2004-07", "sbc")["total"] == "75.00"


def test_cap_left_for_three_hundred_thousand_minutes() -> None:
    left = rows("agreement,payee,period,isp_ms", f"{AGREEMENT},kmc,2001-Q1,{10**15}", f"{AGREEMENT},kmc,2001,{10**15}")
    left += rows("agreement,payee,period,isp_ms", f"{AGREEMENT},kmc,2002,{300_000 * MINUTE}")
    world = wisconsin(usage_history=left)
    calls = many(1_000_000, "2003-07-08"), many(150_000, "2003-07-08", calling=KMC, called=SBC)
    way = direction(world, rate(world, *calls[0], *calls[1]), "2003-07")
    assert way["total"] == "210.00"
    assert money(way)["bill_and_keep", "over_cap"] == 250_000 * MINUTE


def test_ninety_seconds_over_the_change_of_rate() -> None:
    world = wisconsin()
    call = {"connect_time": "2003-06-14T23:59:30-05:00", "duration_ms": 90_000, "calling": SBC}
    way = direction(world, rate(world, call), "2003-06")
    assert sum(Fraction(line["unrounded"]) for line in way["lines"]) == Fraction("0.0012")
    assert naive.cents(Fraction("0.005")) == 1
    assert naive.cents(Fraction("0.00499999")) == 0


def test_order_04_241_takes_cap_and_new_markets_away_after_sa() -> None:
    order: dict[str, Any] = {
        "event": "law_order",
        "order": "core",
        "on": "2004-10-18",
        "effective": "2004-10-18",
        "body": "fcc",
    }
    order |= {"id": "o", "action": "modifies", "affects": ["growth_cap", "new_market"], "final": True}
    notice = {"id": "n", "event": "written_notice", "on": "2004-11-15", "order": "core", "agreement": AGREEMENT}
    nothing = {
        "market_history": [],
        "usage_history": rows("agreement,payee,period,isp_ms", f"{AGREEMENT},kmc,2001-Q1,0"),
    }
    world = wisconsin(events=[order, notice], **nothing)
    months = rate(world, *many(600, "2004-11-20"), *many(600, "2005-02-02"))
    assert money(direction(world, months, "2004-11")) == {("compensable", "tclt"): 600 * MINUTE}
    february = direction(world, months, "2005-02")
    assert (money(february), february["cap"]) == ({("compensable", "isp"): 600 * MINUTE}, None)
    assert money(direction(wisconsin(**nothing), months, "2005-02")) == {("bill_and_keep", "new_market"): 600 * MINUTE}


def test_stay_cuts_the_month_and_its_days_are_not_counted() -> None:
    stay = {"id": "o", "event": "law_order", "order": "x", "on": "2005-02-10", "body": "court", "action": "stays"}
    lift: dict[str, Any] = {
        "id": "l",
        "event": "law_order",
        "order": "x",
        "on": "2005-02-19",
        "body": "court",
        "action": "lifts",
    }
    more = {"affects": ["growth_cap"], "final": False}
    notice = {"id": "n", "event": "written_notice", "on": "2005-02-11", "order": "x", "agreement": AGREEMENT}
    events = [{**stay, **more, "effective": "2005-02-10"}, notice, {**lift, **more, "effective": "2005-02-21"}]
    world = wisconsin(events=events, usage_history=rows("agreement,payee,period,isp_ms", f"{AGREEMENT},kmc,2001-Q1,0"))
    way = direction(world, rate(world, *(c for d in (5, 15, 25) for c in many(60, f"2005-02-{d:02d}"))), "2005-02")
    spans = {(line["from"], line["through"]): line["reason"] for line in way["lines"]}
    assert spans == {
        ("2005-02-01", "2005-02-10"): "over_cap",
        ("2005-02-11", "2005-02-20"): "isp",
        ("2005-02-21", "2005-02-28"): "over_cap",
    }
    assert way["cap"]["used_ms"] == 0


def test_final_fcc_order_and_request_end_sa_s_rate() -> None:
    order: dict[str, Any] = {
        "id": "o",
        "event": "law_order",
        "order": "x",
        "on": "2004-07-01",
        "effective": "2004-08-10",
        "body": "fcc",
    }
    order |= {"action": "invalidates", "affects": ["rate"], "final": True}
    request = {"id": "r", "event": "written_request", "on": "2004-08-05", "order": "x", "agreement": AGREEMENT}
    for reading, wanted in (("counts", "terms_missing"), ("void", "compensable")):
        world = wisconsin(events=[order, request], policy={"early_request": reading})
        way = direction(world, rate(world, *many(60, "2004-08-05"), *many(60, "2004-08-20")), "2004-08")
        assert [(line["through"], line["outcome"]) for line in way["lines"]][-1] == ("2004-08-31", wanted)
        assert len(way["lines"]) == (2 if reading == "counts" else 1)


@pytest.mark.parametrize(("identified", "wanted"), [(10, "compensable"), (9, "terms_missing")])
def test_unidentified_is_spread_over_more_than_nine_tenths(identified: int, wanted: str) -> None:
    trunks = rows(
        "trunk_group,agreement,kind,tandem,end_office,trunks,from,through", f"wi-d1,{AGREEMENT},direct,T,E,24,,"
    )
    world = wisconsin(trunk_groups=trunks)
    known = many(identified * 600, "2004-07-06", trunk_group="wi-d1")
    nameless = many(600, "2004-07-06", trunk_group="wi-d1", calling="0000000000")
    decisions = rate(world, *known, *nameless)
    assert decisions[-1].cls == "unidentified"
    lines = direction(world, decisions, "2004-07")["lines"]
    assert [line["outcome"] for line in lines if line["class"] == "unidentified"] == [wanted]


def test_poi_is_waived_for_six_months_of_a_new_interconnection() -> None:
    start = {"id": "i", "event": "interconnection_started", "on": "2004-02-20", "agreement": AGREEMENT}
    world = wisconsin(pois=[], events=[start])
    calls = rate(world, *many(60, "2004-08-19"), *many(60, "2004-08-20"), *many(60, "2004-08-21", calling="2622000001"))
    found = money(direction(world, calls, "2004-08"))
    assert found["not_entitled", "no_poi"] == 60 * MINUTE
    assert found["compensable", "tclt"] == 60 * MINUTE
    assert found["terms_missing", "switched_access"] == 60 * MINUTE


def test_isp_under_xa_and_the_rest_under_sa_where_sa_does_not_win() -> None:
    world = wisconsin(pois=[], policy={"sa_over_xa": False})
    calls = *many(400, "2004-07-06"), *many(100, "2004-07-06", calling=KMC, called=SBC)
    assert money(direction(world, rate(world, *calls), "2004-07")) == {
        ("compensable", "isp"): 100 * MINUTE,
        ("not_entitled", "no_poi"): 300 * MINUTE,
    }


def test_policy_set_for_the_agreement_comes_before_one_for_all() -> None:
    event = {"event": "policy_set", "policy": "cap_2003", "by": "a", "reason": "b"}
    events = [
        {**event, "id": "1", "on": "2004-01-01", "value": "ceiling", "agreement": AGREEMENT},
        {**event, "id": "2", "on": "2004-02-01", "value": "compensable"},
    ]
    world = wisconsin(events=events, policy={"cap_2003": "compensable"})
    assert world.switch("cap_2003", AGREEMENT) == "ceiling"
    assert world.switch("cap_2003", AGREEMENT, date(2003, 12, 31)) == "compensable"
    assert world.switch("cap_2003", "sbc-tds-wi") == "compensable"


def test_thousands_block_wins_and_the_incumbent_carries_for_two_others() -> None:
    world = wisconsin()
    carried = rate(world, {**many(1, "2003-06-10")[0], "calling": KMC, "called": "4143009001"})[0]
    assert (carried.cls, carried.agreement, carried.payer, carried.payee) == ("transit", AGREEMENT, "kmc", "sbc")
    assert (carried.third_party, carried.term) == ("tds", "tds")


def test_only_the_billing_row_s_recordings_bill() -> None:
    sources = rows(
        "source,party,role,direction,trunk_group,from,through",
        "mke-1,kmc,,,,,",
        "mke-1,kmc,verification,terminating,t9,,",
        "mke-2,kmc,verification,,,,",
    )
    rater = naive.Rater(wisconsin(sources=sources), naive.epoch_ms(date(2026, 1, 1)))
    call = {**many(1, "2003-06-10")[0], "record_id": "r", "source": "mke-1", "called": KMC}
    for number, change in enumerate(({}, {"calling": KMC, "called": SBC}, {"trunk_group": "t9"}, {"source": "mke-2"})):
        rater.add(orjson.dumps({**call, **change, "record_id": f"r{number}"}))
    outcomes = [decision.outcome for decision in rater.decisions]
    assert outcomes == ["rated", "verification", "verification", "verification"]


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1984-01-01T00:00:00Z", 441_763_200_000),
        ("2003-06-10t10:00:00.1239z", 1_055_239_200_123),
        ("2003-06-10T05:00:00-05:00", 1_055_239_200_000),
        ("2003-06-10 10:00:00Z", None),
        ("2003-06-10T10:00:60Z", None),
        ("2003-06-10T10:00:00+24:00", None),
        ("2100-01-01T00:00:00Z", None),
    ],
)
def test_time(text: str, ms: int | None) -> None:
    line = orjson.dumps({"record_id": "a", "source": "b", "connect_time": text, "duration_ms": 1, "called": KMC})
    if ms is None:
        with pytest.raises(naive.RefusedError, match="bad:connect_time"):
            naive.decode(line)
    else:
        assert naive.decode(line)["connect_time"] == ms
