"""The worked numbers of DOMAIN section 13 from call files, through a workspace and its store."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from tests.driving import drive
from tests.worlds import FAR, World, call, epoch_ms, table

MINUTE = 60_000
SBC, KMC, RACINE = "4142000001", "4143000001", "2622000001"
TABLES: dict[str, list[dict[str, str]] | None] = {
    "agreements": table("agreements", "sbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago"),
    "parties": table("parties", "sbc,ilec,SBC", "kmc,clec,KMC"),
    "ocns": table("ocns", "9327,sbc,,", "2588,kmc,,"),
    "number_blocks": table(
        "number_blocks", "414200,9327,MILWAUKEE,356,WI", "414300,2588,MILWAUKEE,356,WI", "262200,9327,RACINE,356,WI"
    ),
    "usage_history": table("usage_history", f"sbc-kmc-wi,kmc,2001-Q1,{10**15}"),
}


class Calls:
    """Long calls that together last what a worked number needs."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def add(self, minutes: int, day: str, calling: str = SBC, called: str = KMC, trunk: str | None = None) -> None:
        """Add calls of a day's small hours: so many minutes in all, twenty hours at most each."""
        while minutes:
            length = min(minutes, 20 * 60)
            self.lines.append(
                call(
                    record_id=f"r{len(self.lines)}", source="mke-1", connect_time=epoch_ms(f"{day}T01:00:00"),
                    duration_ms=length * MINUTE, calling=calling, called=called, trunk_group=trunk,
                )
            )  # fmt: skip
            minutes -= length


def million(one_day: str, other_day: str) -> Calls:
    """Return 1,000,000 minutes to KMC, 40% of them on the first day, and 150,000 back."""
    calls = Calls()
    calls.add(400_000, one_day)
    calls.add(600_000, other_day)
    calls.add(150_000, other_day, KMC, SBC)
    return calls


def owed(lines: list[bytes], *months: str, **tables: Any) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Rate lines; return each month's directions by payee."""
    with drive(World({**TABLES, **tables}, lines=lines)) as driven:
        assert driven.summary["records"] == {"in": len(lines), "rated": len(lines)}
        made = {month: driven.statements(month, FAR)["sbc-kmc-wi"] for month in months}
    return {(month, way["payee"]): way for month, document in made.items() for way in document["directions"]}


def ms(way: Mapping[str, Any]) -> dict[tuple[str, str, str | None], int]:
    """Return a direction's time in minutes by outcome, reason and rate."""
    return {(line["outcome"], line["reason"], line["rate"]): line["ms"] // MINUTE for line in way["lines"]}


@pytest.mark.clause("sbc-kmc-wi-isp 2.2.2", "sbc-kmc-wi-isp 2.6")
def test_june_2003() -> None:
    found = owed(million("2003-06-10", "2003-06-20").lines, "2003-06")
    way = found["2003-06", "kmc"]
    assert way["presumption"] == {
        "method": "presumed", "t_ms": 1_000_000 * MINUTE, "o_ms": 150_000 * MINUTE, "isp_ms": 550_000 * MINUTE,
    }  # fmt: skip
    assert ms(way)["compensable", "isp", "0.001"] == 220_000
    assert ms(way)["compensable", "isp", "0.0007"] == 330_000
    assert way["total"] == "451.00"
    assert found["2003-06", "sbc"]["total"] == "0.00"
    assert found["2003-06", "sbc"]["presumption"]["isp_ms"] == 0


@pytest.mark.clause("sbc-kmc-wi-isp 2.3.1", "sbc-kmc-wi-isp 2.4.3", "sbc-kmc-wi-isp 2.6")
def test_july_2003_with_300_000_minutes_left() -> None:
    history = table("usage_history", f"sbc-kmc-wi,kmc,2001-Q1,{10**15}", f"sbc-kmc-wi,kmc,2001,{10**15}")
    history += table("usage_history", f"sbc-kmc-wi,kmc,2002,{300_000 * MINUTE}")
    way = owed(million("2003-07-10", "2003-07-20").lines, "2003-07", usage_history=history)["2003-07", "kmc"]
    assert ms(way) == {
        ("compensable", "isp", "0.0007"): 300_000,
        ("bill_and_keep", "over_cap", None): 250_000,
        ("terms_missing", "local", None): 450_000,
    }
    assert (way["total"], way["cap"]["used_ms"]) == ("210.00", 300_000 * MINUTE)


@pytest.mark.clause("sbc-kmc-second 6.0")
def test_july_2004() -> None:
    found = owed(million("2004-07-10", "2004-07-20").lines, "2004-07")
    assert (found["2004-07", "kmc"]["total"], found["2004-07", "sbc"]["total"]) == ("500.00", "75.00")


@pytest.mark.clause("sbc-kmc-second 4.4")
def test_direct_trunks_of_five_months() -> None:
    trunks = table("trunk_groups", "d1,sbc-kmc-wi,direct,T1,E1,24", "t1,sbc-kmc-wi,tandem,T1,,24")
    months = ("2004-06", "2004-07", "2004-08", "2004-09", "2004-10")
    calls = Calls()
    for month, percent in zip(months, (69, 71, 69, 68, 70), strict=True):
        calls.add(percent, f"{month}-10", trunk="d1")
        calls.add(100 - percent, f"{month}-11", trunk="t1")
    found = owed(calls.lines, *months, trunk_groups=trunks)
    outcomes = {month: {line["reason"] for line in found[month, "kmc"]["lines"]} for month in months}
    assert outcomes == {month: {"deot"} if month == "2004-09" else {"tclt"} for month in months}


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
@pytest.mark.parametrize(("v", "h", "reason"), [(19, 46, "tclt"), (9, 49, "no_poi")])
def test_a_point_of_interconnection_near_enough_or_not(v: int, h: int, reason: str) -> None:
    california = {
        "agreements": table("agreements", "sbc-kmc-wi,sbc,kmc,sbc,CA,America/Los_Angeles"),
        "number_blocks": table("number_blocks", "414200,9327,ALPHA,730,CA", "414300,2588,ALPHA,730,CA"),
        "rate_centers": table("rate_centers", f"CA,ALPHA,{v},{h}"),
        "pois": table("pois", "sbc-kmc-wi,kmc,mileage,,,0,0"),
    }
    calls = Calls()
    calls.add(60, "2004-07-06")
    way = owed(calls.lines, "2004-07", **california)["2004-07", "kmc"]
    assert [(line["reason"], line["ms"]) for line in way["lines"]] == [(reason, 60 * MINUTE)]


@pytest.mark.clause("sbc-kmc-wi-isp 2.2.2")
def test_ninety_seconds_over_the_change_of_rate() -> None:
    line = call(
        record_id="r",
        source="mke-1",
        connect_time="2003-06-14T23:59:30-05:00",
        duration_ms=90_000,
        calling=SBC,
        called=KMC,
    )
    way = owed([line], "2003-06")["2003-06", "kmc"]
    assert [(row["ms"], row["rate"]) for row in way["lines"]] == [(30_000, "0.001"), (60_000, "0.0007")]
    assert sum(Fraction(row["unrounded"]) for row in way["lines"]) == Fraction("0.0012")


@pytest.mark.clause("sbc-kmc-second 5.1")
def test_a_number_routed_elsewhere_is_rated_by_its_rate_center_and_paid_as_local() -> None:
    """The called number is local to the caller, the point that it is routed to is not."""
    blocks = [*(TABLES["number_blocks"] or ()), *table("number_blocks", "920300,2588,GREEN BAY,350,WI")]
    lines = [
        call(
            record_id=f"r{number}", source="mke-1", connect_time=epoch_ms("2004-07-06T10:00:00"),
            duration_ms=60 * MINUTE, calling=SBC, called=called, routing_point=point,
        )
        for number, (called, point) in enumerate(((KMC, "GREEN BAY"), (KMC, "MILWAUKEE"), (KMC, None)))
    ]  # fmt: skip
    way = owed(lines, "2004-07", number_blocks=blocks)["2004-07", "kmc"]
    paid = {line["class"]: (line["outcome"], line["reason"], line["rate"], line["ms"]) for line in way["lines"]}
    assert paid == {
        "virtual_fx": ("compensable", "tclt", "0.0005", 60 * MINUTE),
        "local": ("compensable", "tclt", "0.0005", 120 * MINUTE),
    }


@pytest.mark.clause("sbc-kmc-second 3.3", "sbc-kmc-wi-isp 3.1")
@pytest.mark.parametrize(("month", "reason"), [("2003-07", "isp"), ("2004-07", "tclt")])
def test_voice_over_ip_is_paid_as_its_equivalent_and_marked(month: str, reason: str) -> None:
    at = epoch_ms(f"{month}-06T10:00:00")
    plain = {"source": "mke-1", "connect_time": at, "duration_ms": 60 * MINUTE, "calling": SBC, "called": KMC}
    with drive(World(TABLES, lines=[call(**plain, record_id="a"), call(**plain, record_id="b", voip=True)])) as driven:
        made = driven.statements(month, FAR)["sbc-kmc-wi"]
    (line,) = (line for way in made["directions"] for line in way["lines"])
    assert (line["reason"], line["ms"]) == (reason, 120 * MINUTE)
    (row,) = made["usage"]
    assert (row["ms"], row["tags"]) == (120 * MINUTE, {"reserved_voip": {"ms": 60 * MINUTE}})
