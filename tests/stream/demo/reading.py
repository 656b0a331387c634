"""Read the demo's files back and add them up, sharing nothing with what made them."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import zstandard

import stream.demo

REFERENCE = Path(stream.demo.__file__).parent / "data" / "reference"
CENTRAL = ZoneInfo("America/Chicago")
DAY_MS = 86_400_000
TOLL_FREE = {"800", "833", "844", "855", "866", "877", "888"}


def table(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def lines_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    assert data.endswith(b"\n")
    return data[:-1].split(b"\n")


def records_of(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """Yield the well-formed records between two subscribers, each identity once."""
    seen = set()
    for path in paths:
        for line in lines_of(path):
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if not _well_formed(record):
                continue
            connect = record["connect_time"]
            if isinstance(connect, str):
                connect = round(datetime.fromisoformat(connect).timestamp() * 1000)
            identity = (record["source"], record["record_id"], connect // DAY_MS)
            if identity not in seen:
                seen.add(identity)
                yield {**record, "connect_ms": connect}


def _well_formed(record: Any) -> bool:
    if not isinstance(record, dict) or not {"record_id", "source", "connect_time", "duration_ms", "called"} <= set(
        record
    ):
        return False
    called, calling, connect = record["called"], record.get("calling", "2" * 10), str(record["connect_time"])
    return (
        isinstance(called, str)
        and len(called) == 10
        and called[3:] != "5551212"
        and len(calling) in (6, 10)
        and type(record["duration_ms"]) is int
        and record["duration_ms"] <= DAY_MS
        and not connect.startswith(("1969", "2003-06-31", "2099", "408"))
        and record.get("isp") != "yes"
        and len(record.get("cic", "0000")) == 4
    )


@dataclass
class Sums:
    """Milliseconds of Wisconsin's base classes by month and terminating party, and what of it is in LATA 350."""

    ms: Counter[tuple[str, str]] = field(default_factory=Counter)
    new_market: Counter[tuple[str, str]] = field(default_factory=Counter)

    def isp(self, month: str) -> float:
        """Return KMC's eligible ISP-bound time: over three times what it sent, without the new market's part."""
        received, sent = self.ms[month, "kmc"], self.ms[month, "sbc"]
        return max(0, received - 3 * sent) * (1 - self.new_market[month, "kmc"] / received)


class Places:
    """Whose a number is and which places are local to each other, from the tables alone."""

    def __init__(self) -> None:
        parties = {row["ocn"]: row["party"] for row in table("ocns")}
        self.blocks = {row["npa_nxx"]: {**row, "party": parties.get(row["ocn"])} for row in table("number_blocks")}
        areas = defaultdict(set)
        for row in table("local_areas"):
            areas[row["area"]].add(row["rate_center"])
        self.near = {frozenset((a, b)) for area in areas.values() for a in area for b in area}
        self.near |= {frozenset((row["rate_center"],)) for row in table("number_blocks")}
        for row in table("eas_pairs"):
            if row["kind"] == "mandatory":
                self.near.add(frozenset((row["rate_center_a"], row["rate_center_b"])))
        self.groups = {row["trunk_group"]: row for row in table("trunk_groups")}

    @staticmethod
    def tables() -> list[Path]:
        return sorted(path for path in REFERENCE.glob("*.csv") if path.stem != "billing_accounts")

    def block(self, number: str) -> dict[str, Any] | None:
        return self.blocks.get(number[:7]) or self.blocks.get(number[:6])


def base_sums(paths: list[Path]) -> Sums:
    """Add up what KMC and SBC exchanged in Wisconsin in the classes of the 3:1 presumption (XA 2.6)."""
    places, sums = Places(), Sums()
    for record in records_of([path for path in paths if path.name.startswith(("mke-1", "mad-1"))]):
        ends = _ends(places, record)
        if ends is None or {end["party"] for end in ends[2:]} != {"sbc", "kmc"}:
            continue
        caller, called, _, terminator = ends
        if frozenset((caller["rate_center"], called["rate_center"])) not in places.near:
            continue
        for month, ms in _by_month(record["connect_ms"], record["duration_ms"]):
            sums.ms[month, terminator["party"]] += ms
            sums.new_market[month, terminator["party"]] += ms * (called["lata"] == "350")
    return sums


def _ends(places: Places, record: dict[str, Any]) -> tuple[dict[str, Any], ...] | None:
    """Return the blocks of the caller, of the called and of the two networks; None for other traffic."""
    calling, jip = record.get("calling"), record.get("jip")
    if calling is None or calling[0] in "01" or calling[3] in "01":
        calling = jip
    if calling is None or "cic" in record or record["called"][:3] in TOLL_FREE:
        return None
    group = record.get("trunk_group", "wi-t1")
    if group not in places.groups or record["called"][:2] == "31":
        return None
    caller, called = places.block(calling), places.block(record["called"])
    if caller is None or called is None:
        return None
    originator, terminator = places.block(jip or calling), places.block(record.get("lrn") or record["called"])
    assert originator is not None
    assert terminator is not None
    return caller, called, originator, terminator


def _by_month(connect_ms: int, duration_ms: int) -> Iterator[tuple[str, int]]:
    local = datetime.fromtimestamp(connect_ms / 1000, UTC).astimezone(CENTRAL)
    following = date(local.year + local.month // 12, local.month % 12 + 1, 1)
    end = round(datetime(following.year, following.month, 1, tzinfo=CENTRAL).timestamp()) * 1000
    here = min(duration_ms, end - connect_ms)
    yield f"{local:%Y-%m}", here
    yield f"{following:%Y-%m}", duration_ms - here
