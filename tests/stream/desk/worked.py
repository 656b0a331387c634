"""Wisconsin's months in round numbers: what every open reading turns on, each figure to be had by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stream.files import worlds
from tests.worlds import epoch_ms

MINUTE = 60_000
SBC, KMC = "4142000001", "4143000001"
SBC_352, KMC_352 = "7152000001", "7153000001"
SBC_RACINE = "2622000001"
MILLION = 1_000_000
LONGEST = 24 * 60

TABLES = {
    "number_blocks": (
        "npa_nxx,ocn,rate_center,lata,state,switch,from,through\n"
        "414200,9327,MILWAUKEE,356,WI,,,\n"
        "414300,2588,MILWAUKEE,356,WI,,,\n"
        "262200,9327,RACINE,356,WI,,,\n"
        "715200,9327,EAU CLAIRE,352,WI,,,\n"
        "715300,2588,EAU CLAIRE,352,WI,,,\n"
    ),
    "eas_pairs": ("state_a,rate_center_a,state_b,rate_center_b,kind,from,through\nWI,RACINE,WI,MILWAUKEE,optional,,\n"),
    "trunk_groups": (
        "trunk_group,agreement,kind,tandem,end_office,trunks,from,through\n"
        "d1,sbc-kmc-wi,direct,T1,E1,24,,\n"
        "t1,sbc-kmc-wi,tandem,T1,,24,,\n"
    ),
    "market_history": (
        "agreement,lata,traffic,first_exchanged\nsbc-kmc-wi,356,isp,2000-01-01\nsbc-kmc-wi,352,any,2000-01-01\n"
    ),
    "usage_history": (
        "agreement,payee,period,isp_ms\n"
        f"sbc-kmc-wi,kmc,2001-Q1,{10 * MILLION * MINUTE}\n"
        f"sbc-kmc-wi,kmc,2001,{50 * MILLION * MINUTE}\n"
        f"sbc-kmc-wi,kmc,2002,{40 * MILLION * MINUTE}\n"
    ),
}
"""The cap's chain of DOMAIN section 13; LATA 352 had exchange before 2001-04-18, but not of ISP-bound calls."""


def talk(minutes: int, day: str, calling: str = SBC, called: str = KMC, trunk: str | None = None) -> Iterator[Any]:
    """Yield calls within a day that together last so many minutes."""
    start = epoch_ms(f"{day}T00:00:00")
    number = 0
    while minutes:
        length = min(minutes, LONGEST)
        yield worlds.call(
            record_id=f"{calling}-{called}-{trunk}-{number}", connect_time=start, duration_ms=length * MINUTE,
            calling=calling, called=called, trunk_group=trunk,
        )  # fmt: skip
        minutes -= length
        number += 1


def months() -> Iterator[Any]:
    """Yield the calls of six months.

    2003-06: 100,000 min in LATA 352, one way. 2003-07: 45 million one way, all of it ISP-bound.
    2004-02: 30,000 local to 10,000 back, just three to one, and 5,000 of optional EAS.
    2004-07: 1,000,000 to 150,000 back. 2004-09 and -10: 69,000 direct to 31,000 by the tandem.
    """
    yield from talk(100_000, "2003-06-20", SBC_352, KMC_352)
    for day in range(1, 31):
        yield from talk(1_500_000, f"2003-07-{day:02d}")
    yield from talk(30_000, "2004-02-10")
    yield from talk(10_000, "2004-02-10", KMC, SBC)
    yield from talk(5_000, "2004-02-10", SBC_RACINE)
    yield from talk(1_000_000, "2004-07-20")
    yield from talk(150_000, "2004-07-20", KMC, SBC)
    for month in ("2004-09", "2004-10"):
        yield from talk(69_000, f"{month}-10", trunk="d1")
        yield from talk(31_000, f"{month}-10", trunk="t1")


def workspace(folder: Path) -> Path:
    """Write the workspace and rate the months into it."""
    root = worlds.workspace(folder / "world", '[company]\nself = "kmc"\n', **TABLES)
    calls = worlds.ndjson(folder / "calls.ndjson", months())
    worlds.ok("rate", calls, "-w", root, "--quiet")
    return root
