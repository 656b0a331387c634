"""Busy hours: which end office a call is of, and the hours of the local day in which it is in use (SA 4.3.2)."""

from collections import Counter
from datetime import date, tzinfo

from tests.naive.decide import blocks_of, judge
from tests.naive.decode import Fields
from tests.naive.midnights import DAY, midnight_ms, split_at_midnights
from tests.naive.places import block_on, state_day
from tests.naive.world import World

HOUR_MS = 3_600_000
COUNTED = {
    "local": "tclt",
    "virtual_fx": "tclt",
    "mandatory_eas": "tclt",
    "optional_eas": "tclt",
    "intralata_toll": "intralata_toll",
}
"""Class group by class."""


def hours_in_use(connect_ms: int, duration_ms: int, zone: tzinfo) -> Counter[tuple[date, int]]:
    """Return milliseconds by local day and hour, counted in elapsed time from the day's midnight."""
    used: Counter[tuple[date, int]] = Counter()
    for day in split_at_midnights(connect_ms, duration_ms, zone):
        for hour in range(25):
            start = midnight_ms(day, zone) + hour * HOUR_MS
            stop = min(start + HOUR_MS, midnight_ms(day + DAY, zone))
            used[day, hour] += max(0, min(connect_ms + duration_ms, stop) - max(connect_ms, start))
    return +used


def end_office(call: Fields, world: World) -> str:
    """Return the switch of the incumbent's block in a call between an agreement's parties, empty if none is known."""
    judged = judge(call, world)
    own = world.agreements.get(judged["agreement"] or "")
    if own is None:
        return ""
    caller, called, ported, state = blocks_of(call, world)
    day = state_day(world, state, call["connect_time"])
    block = None
    if judged["term"] == own["incumbent"]:
        block = ported or called
    elif judged["orig"] == own["incumbent"]:
        block = (block_on(world, call["jip"], day) if call["jip"] else None) or caller
    if block is None or world.party_of(block["ocn"], day) != own["incumbent"]:
        return ""
    return str(block.get("switch") or "")
