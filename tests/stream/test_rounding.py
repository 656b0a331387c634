"""Rounding before the line, from call files to statements: by the call, by trunk group and month, by a term."""

from collections.abc import Mapping
from typing import Any

import pytest

from rating.faults import RoundingNotKept
from tests.driving import drive
from tests.stream.test_worked_files import KMC, SBC, TABLES
from tests.worlds import FAR, World, call, epoch_ms, table

MINUTE = 60_000
JULY = "2004-07"
TRUNKS = table("trunk_groups", "d1,sbc-kmc-wi,direct,T1,E1,24", "t1,sbc-kmc-wi,tandem,T1,,24")


def calls(*lengths: tuple[str, int, str | None]) -> list[bytes]:
    """Return calls to KMC, each from (time of connect, milliseconds, trunk group)."""
    return [
        call(
            record_id=f"r{n}", source="mke-1", connect_time=epoch_ms(at), duration_ms=ms, calling=SBC, called=KMC,
            trunk_group=trunk,
        )
        for n, (at, ms, trunk) in enumerate(lengths)
    ]  # fmt: skip


def kmc(world: World, month: str = JULY) -> Mapping[str, Any]:
    with drive(world) as driven:
        return next(w for w in driven.statements(month, FAR)["sbc-kmc-wi"]["directions"] if w["payee"] == "kmc")


def test_each_whole_call_goes_up_to_the_unit() -> None:
    lines = calls((f"{JULY}-06T10:00", 61_000, None), (f"{JULY}-06T11:00", 6_000, None), (f"{JULY}-06T12:00", 0, None))
    way = kmc(World(TABLES, policy={"rounding": "per_call_up(6000)"}, lines=lines))
    (line,) = way["lines"]
    assert (line["calls"], line["ms"], line["billed_ms"], line["rate"]) == (3, 67_000, 66_000 + 6_000, "0.0005")
    assert line["unrounded"] == "0.0006"  # 1.2 minutes


def test_a_call_over_midnight_and_month_s_end_rounds_once_on_its_last_day() -> None:
    lines = calls(("2004-07-31T23:59:30", 31_000, None))
    policy = {"sbc-kmc-wi": {"rounding": "per_call_up(60000)"}}
    (july,) = kmc(World(TABLES, policy=policy, lines=lines))["lines"]
    (august,) = kmc(World(TABLES, policy=policy, lines=lines), "2004-08")["lines"]
    assert (july["calls"], july["ms"], "billed_ms" in july) == (1, 30_000, False)
    assert (august["calls"], august["ms"], august["billed_ms"]) == (0, 1_000, 30_000)


def test_a_trunk_group_s_month_goes_up_to_a_whole_minute_on_lines_of_its_own() -> None:
    lines = calls(
        (f"{JULY}-06T10:00", 30_000, "d1"), (f"{JULY}-07T10:00", 40_000, "d1"), (f"{JULY}-08T10:00", 59_999, "t1"),
        (f"{JULY}-09T10:00", 120_000, None),
    )  # fmt: skip
    way = kmc(World({**TABLES, "trunk_groups": TRUNKS}, policy={"rounding": "trunk_group_month_up"}, lines=lines))
    measured, rounding = way["lines"]
    assert (measured["reason"], measured["ms"], "billed_ms" in measured) == ("tclt", 249_999, False)
    assert (rounding["reason"], rounding["ms"], rounding["billed_ms"]) == ("rounding", 0, 50_000 + 1)
    assert (rounding["class"], rounding["outcome"], rounding["rate"]) == ("local", "compensable", "0.0005")
    assert rounding["clauses"] == measured["clauses"]


def test_ratio_and_cap_keep_measured_time_and_rounded_time_is_split_as_they_split() -> None:
    # T 100 calls of 50 s, O 1 call of 400 s: ISP is 5000 - 1200 = 3800 s, 76%; billed time is 100 whole minutes.
    lines = calls(*((f"2003-07-{1 + n // 10:02d}T10:{n % 10:02d}", 50_000, None) for n in range(100)))
    lines.append(
        call(record_id="back", source="mke-1", connect_time=epoch_ms("2003-07-08T10:00"), duration_ms=400_000,
             calling=KMC, called=SBC)
    )  # fmt: skip
    way = kmc(World(TABLES, policy={"rounding": "per_call_up(60000)"}, lines=lines), "2003-07")
    assert way["presumption"] == {"method": "presumed", "t_ms": 5_000_000, "o_ms": 400_000, "isp_ms": 3_800_000}
    assert way["cap"]["used_ms"] == 3_800_000
    isp = next(line for line in way["lines"] if line["reason"] == "isp")
    assert (isp["ms"], isp["calls"], isp["billed_ms"]) == (3_800_000, 76, 76 * MINUTE)


ROUNDS = """
id = "rounds"
title = "An invented base agreement"
domain = "base"
parties = ["sbc", "kmc"]
states = ["WI"]
source = "made for a test"
effective = 2000-01-01
[[clause]]
ref = "9"
says = "Each call is billed in steps of six seconds."
effects = [{ effect = "rounding", method = "per_call_up(6000)" }]
"""


def with_terms(lines: list[bytes], policy: Mapping[str, Any]) -> World:
    class Termed(World):
        def write(self, folder: Any, limits: str = "") -> Any:
            written = super().write(folder, limits)
            (written / "terms").mkdir()
            (written / "terms" / "rounds.toml").write_text(ROUNDS)
            return written

    return Termed(TABLES, policy=policy, lines=lines)


@pytest.mark.parametrize(("policy", "billed"), [({}, 12_000), ({"rounding": "per_call_up(60000)"}, 60_000)])
def test_a_term_rounds_unless_the_settings_say_otherwise(policy: Mapping[str, Any], billed: int) -> None:
    (line,) = kmc(with_terms(calls((f"{JULY}-06T10:00", 7_000, None)), policy))["lines"]
    assert (line["ms"], line["billed_ms"]) == (7_000, billed)


def test_settings_may_keep_exact_what_terms_round() -> None:
    (line,) = kmc(with_terms(calls((f"{JULY}-06T10:00", 7_000, None)), {"rounding": "exact"}))["lines"]
    assert (line["ms"], "billed_ms" in line) == (7_000, False)


def test_a_unit_that_nobody_asked_for_when_calls_were_rated_is_refused_not_guessed() -> None:
    world = World(TABLES, lines=calls((f"{JULY}-06T10:00", 7_000, None)))
    with drive(world) as driven:
        settings = driven.workspace.folder / "ratestream.toml"
        settings.write_text(settings.read_text() + '\n[policy.sbc-kmc-wi]\nrounding = "per_call_up(6000)"\n')
        with pytest.raises(RoundingNotKept, match=r"found 7000 ms .* rated before per_call_up\(6000\)"):
            driven.again().statements(JULY, FAR)
