"""Random call records of a world: every field, every edge of the calendar, repeats, conflicts and broken lines."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.naive import midnights as calendar
from tests.world_tables import CENTERS, MOVING_OCN, NOBODYS_OCN, OCN_OF, SOURCES, TRUNKS, Dice, Row

__all__ = ["call_lines"]

HOUR: Final = 3_600_000
FIRST_MS, END_MS = 441_763_200_000, 4_102_444_800_000
EDGES: Final = (FIRST_MS, FIRST_MS - 1, END_MS - 1, END_MS, END_MS - 1 - 24 * HOUR)
CLOCK_CHANGES: Final = ("2003-04-06", "2003-10-26", "2004-04-04", "2004-10-31")
FIELDS: Final = (
    "record_id", "source", "connect_time", "duration_ms", "called", "calling", "lrn", "jip", "trunk_group", "cic",
    "routing_point", "isp", "voip", "orig_ocn", "term_ocn",
)  # fmt: skip
WRONG: Final[Sequence[Any]] = (
    None,
    "",
    "abc",
    True,
    0,
    -1,
    1.5,
    [],
    {},
    "x" * 65,
    "1" * 33,
    "911",
    "0",
    "01144",
    "é",
    10**30,
    "2085551212",
)
BROKEN: Final = (
    b"not json", b"[1]", b"null", b'"x"', b'{"record_id":', b"{}", b"\xff\xfe", b"{} {}",
    b'{"record_id":"b","source":"s1","duration_ms":60000}',
    b'{"record_id":"b","source":"s1","connect_time":1055239200000,"duration_ms":60000.0,"called":"4142000001"}',
    b'{"record_id":"b","source":"s1","connect_time":1.0552392e12,"duration_ms":60000,"called":"4142000001"}',
    b'{"record_id":"b","source":"s1","connect_time":1055239200000,"duration_ms":86400001,"called":"4142000001"}',
    b"", b"   ",
)  # fmt: skip


def _instant(dice: Dice, months: Sequence[str]) -> int:
    """Return an instant of some months in epoch milliseconds: crowded around local midnights and clock changes."""
    days = calendar.days_of(dice.pick(months))
    telling = [
        day for day in days if day.day in (1, 10, 14, 15, 20) or day == days[-1] or day.isoformat() in CLOCK_CHANGES
    ]
    zone = dice.pick((*[ZoneInfo("America/Chicago")] * 3, ZoneInfo("America/Los_Angeles"), UTC))
    offset = dice.pick((0, -1, 1, -30_000, -HOUR, 12 * HOUR, 9 * HOUR, 2 * HOUR, dice.whole(0, 20 * HOUR)))
    return calendar.midnight_ms(dice.pick(telling), zone) + offset


def _as_text(at: int, hours: int, digits: str) -> str:
    wall = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at + hours * HOUR)
    zone = "Z" if hours == 0 else f"{'+' if hours > 0 else '-'}{abs(hours):02d}:00"
    return f"{wall:%Y-%m-%dT%H:%M:%S}.{wall.microsecond // 1000:03d}{digits}{zone}"


def _record(dice: Dice, world: "_Plan", number: int) -> dict[str, Any]:
    at = dice.pick(EDGES) if dice.one_in(60) else _instant(dice, world.months)
    when: int | str = at
    if dice.one_in(5):
        when = _as_text(at, dice.pick((0, -5, -6, 9)), dice.pick(("", "9", "999999999")))
    called, calling = world.ends(dice)
    record: dict[str, Any] = {
        "record_id": f"r{number}",
        "source": dice.pick(SOURCES),
        "connect_time": when,
        "duration_ms": dice.pick(
            (0, 1, 60_000, 90_000, HOUR, 4 * HOUR, 20 * HOUR, 24 * HOUR, dice.whole(0, 12 * HOUR))
        ),
        "called": called,
        "calling": calling,
        "isp": dice.pick((None, None, True, False)),
        "trunk_group": "zz" if dice.one_in(60) else dice.pick((None, *world.trunks)),
    }
    sixes = [prefix[:6] for prefix in world.prefixes]
    ocns = [*OCN_OF.values(), MOVING_OCN, NOBODYS_OCN]
    free: dict[str, Any] = {}
    if dice.one_in(12):
        record["called"] = dice.pick(("8005550100", "8885550100", "8775550100"))
        free = {"term_ocn": dice.pick(ocns)} if dice.one_in(2) else {"lrn": dice.pick(sixes) + "2000"}
    if dice.one_in(25):
        record["called"] = dice.pick(("911", "01144200", "0", "4145551212", "7185550123", "4149990000"))
    if dice.one_in(2):
        return record | free
    if dice.one_in(4):
        record["calling"] = dice.pick(
            (None, None, "0000000000", "4141000001", "414100", world.ends(dice)[0][:6], "9075550100")
        )
    for name, values, n in (
        ("lrn", [*(six + "2000" for six in sixes), "4149990000"], 8),
        ("jip", [*sixes * 3, "414999"], 5),
        ("cic", ["0288"], 5),
        ("routing_point", [*CENTERS, "NOWHERE"], 3),
        ("voip", [True, False], 4),
        ("orig_ocn", ocns, 10),
        ("term_ocn", ocns, 10),
    ):
        record[name] = dice.pick(values) if dice.one_in(n) else None
    return record | free


class _Plan:
    """What records may name: prefixes, of each state those of the two parties of an agreement, trunk groups, months."""

    def __init__(self, tables: Mapping[str, list[Row] | None], months: Sequence[str]) -> None:
        self.prefixes = [row["npa_nxx"] for row in tables["number_blocks"] or ()]
        by_state: dict[str, list[str]] = {}
        for row in tables["number_blocks"] or ():
            by_state.setdefault(row["state"], []).append(row["npa_nxx"])
        self.pairs = [prefixes[:2] for state, prefixes in by_state.items() if state != "IL"]
        rows = tables["trunk_groups"]
        self.trunks = list(TRUNKS) if rows is None else [row["trunk_group"] for row in rows]
        self.months = months

    def ends(self, dice: Dice) -> tuple[str, str]:
        """Return the numbers of two ends, mostly those of an agreement's two parties."""
        one, other = dice.pick([*[self.pairs[0]] * len(self.pairs), *self.pairs])
        a, b = dice.pick(((one, other), (other, one), (dice.pick(self.prefixes), dice.pick((one, other)))))
        return self.number(dice, a), self.number(dice, dice.pick(self.prefixes) if dice.one_in(4) else b)

    def number(self, dice: Dice, prefix: str) -> str:
        """Return a number of a block."""
        return (prefix + dice.pick(("2000001", "9000001", "5550123"))[len(prefix) - 10 :])[:10]


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in record.items() if value is not None}).encode()


def call_lines(
    dice: Dice, tables: Mapping[str, list[Row] | None], months: Sequence[str], *, dirty: bool, conflicts: bool
) -> list[bytes]:
    """Return the lines of a call file; `dirty` ones, and `conflicts` of identity, only where wanted."""
    plan = _Plan(tables, months)
    out: list[bytes] = []
    given: list[dict[str, Any]] = []
    for number in range(dice.pick((3, 15, 30, 45))):
        record = _record(dice, plan, number)
        fate = dice.whole(0, 29)
        if fate == 0 and given:  # the same again
            record = dice.pick(given)
        elif fate == 1 and given and conflicts:  # the same identity, other content
            record = {**dice.pick(given), "duration_ms": record["duration_ms"], "isp": record["isp"]}
        elif fate == 2 and dirty:
            record = {**record, dice.pick(FIELDS): dice.pick(WRONG)}
        elif fate == 3 and dirty:
            out.append(dice.pick(BROKEN))
            continue
        else:
            given.append(record)
        line = _line(record)
        if fate == 4:  # of a field given twice the last wins
            line = b'{"called": "411", "isp": 7, ' + line[1:]
        out.append(line + b"\r" * (fate == 5))
    return out
