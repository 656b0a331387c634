"""What the store keeps of busy hours: the calls of the incumbent's end offices, whatever the batches."""

import os
from collections import Counter
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from sqlalchemy import select

from rating.hours import GROUPS
from stream.books import tables as t
from stream.rerate.run import rerate
from stream.suspense.recycle import recycle
from stream.workspace.calendar import date_at
from stream.workspace.load import load_workspace
from tests import naive
from tests.driving import Driven, drive
from tests.naive.hours import COUNTED, end_office, hours_in_use
from tests.naive.midnights import zone_named
from tests.worlds import World, call, epoch_ms, table, world_of, worlds

EXAMPLES = int(os.environ.get("RATESTREAM_HOURS_EXAMPLES", "40"))

Hour = tuple[str, str, str, date, int]


def kept(driven: Driven) -> dict[Hour, int]:
    """Return what the store holds, by agreement, end office, class group, day and hour."""
    store, names = driven.store, driven.store.names()
    out: dict[Hour, int] = {}
    with store.reading() as c:
        months = c.execute(select(t.hours.c.agreement, t.hours.c.month).distinct()).all()
    for code, month in months:  # not those of the cells: a call may be rated in one month and in use in the next
        found = store.hours(code, month)
        columns = (found.field(name).tolist() for name in ("agreement", "end_office", "group", "day", "hour"))
        for agreement, office, group, day, hour, ms in zip(*columns, found.ms.tolist(), strict=True):
            assert f"{date_at(day):%Y-%m}" == month
            where = (names.name("agreement", agreement), names.name("end_office", office), GROUPS[group])
            out[*where, date_at(day), hour] = out.get((*where, date_at(day), hour), 0) + ms
    return out


def twin(world: World) -> Counter[Hour]:
    """Return the same from the records, one by one."""
    plain = world.naive()
    rater = naive.Rater(plain, world.receipt_ms)
    used: Counter[Hour] = Counter()
    for line in world.lines:
        decision = rater.add(line)
        if decision is None or decision.outcome != "rated" or decision.cls not in COUNTED:
            continue
        office = end_office(naive.decode(line.rstrip(b"\r\n")), plain)
        if office and decision.agreement:
            zone = zone_named(plain.agreements[decision.agreement]["time_zone"])
            for (day, hour), ms in hours_in_use(decision.connect_ms, decision.duration_ms, zone).items():
                used[decision.agreement, office, COUNTED[decision.cls], day, hour] += ms
    return used


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(worlds())
@example(world_of(39038))  # rated by the day of connect, on the last of a month
def test_hours_are_those_of_the_twin(world: World) -> None:
    with drive(world) as driven:
        assert kept(driven) == twin(world)


TABLES = {
    "agreements": table("agreements", "sbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago"),
    "parties": table("parties", "sbc,ilec,SBC", "kmc,clec,KMC"),
    "ocns": table("ocns", "9327,sbc,,", "2588,kmc,,"),
    "number_blocks": table(
        "number_blocks", "414200,9327,ALPHA,356,WI,ALPHWI01,,", "414300,2588,ALPHA,356,WI,KMCSWITCH,,",
        "414400,9327,ALPHA,356,WI,,,", "414500,9327,ALPHA,356,WI,BETAWI02,,",
    ),
}  # fmt: skip


def calls(*numbers: tuple[str, str, dict[str, str]]) -> list[bytes]:
    return [
        call(record_id=f"r{n}", source="s", connect_time=epoch_ms("2004-07-06T09:59:00") + n, duration_ms=90_000,
             calling=calling, called=called, **more)
        for n, (calling, called, more) in enumerate(numbers)
    ]  # fmt: skip


def offices(world: World) -> list[tuple[str, int, int]]:
    with drive(world) as driven:
        assert kept(driven) == twin(world)
        return sorted((office, hour, ms) for (_, office, _, _, hour), ms in kept(driven).items())


def test_the_end_office_is_the_incumbents_on_either_side() -> None:
    lines = calls(("4142000001", "4143000001", {}), ("4143000001", "4145000001", {}), ("4143000001", "4144000001", {}))
    assert offices(World(TABLES, lines=lines)) == [
        ("ALPHWI01", 9, 60_000), ("ALPHWI01", 10, 30_000), ("BETAWI02", 9, 59_999), ("BETAWI02", 10, 30_001),
    ]  # fmt: skip


def test_lrn_and_jip_name_the_switch_of_a_ported_number() -> None:
    to_ported = calls(("4143000001", "4143000002", {"lrn": "4145009999"}))
    assert {office for office, *_ in offices(World(TABLES, lines=to_ported))} == {"BETAWI02"}
    from_ported = calls(("4143000001", "4143000002", {"jip": "414200"}))
    assert {office for office, *_ in offices(World(TABLES, lines=from_ported))} == {"ALPHWI01"}


def test_a_block_that_is_not_the_incumbents_names_no_end_office() -> None:
    lines = calls(("4143000001", "4143000002", {"orig_ocn": "9327"}))
    assert offices(World(TABLES, lines=lines)) == []


def test_what_is_recycled_adds_its_hours_as_a_layer_of_its_own() -> None:
    world = World(TABLES | {"ocns": table("ocns", "9327,sbc,,")}, lines=calls(("4142000001", "4143000001", {})))
    with drive(world) as driven:
        assert kept(driven) == {}
        folder = driven.workspace.folder
        with (folder / "reference" / "ocns.csv").open("a") as ocns:
            ocns.write("2588,kmc,,\n")
        assert recycle(load_workspace(folder), driven.store).moved == {"rated": 1}
        assert kept(driven) == twin(World(TABLES, lines=world.lines))
        with driven.store.reading() as c:
            assert [row.layer for row in c.execute(select(t.hours.c.layer))] == ["recycle-1"]


@pytest.mark.parametrize("months", [(), ("2004-07",)])
def test_a_rerate_corrects_the_hours_of_its_days_of_connect(months: tuple[str, ...]) -> None:
    lines = calls(("4142000001", "4143000001", {}), ("4143000001", "4145000001", {}))
    lines.append(call(record_id="late", source="s", connect_time=epoch_ms("2004-07-31T23:59:00"), duration_ms=90_000,
                      calling="4142000001", called="4143000001"))  # fmt: skip
    lines.append(call(record_id="later", source="s", connect_time=epoch_ms("2004-09-01T12:00:00"), duration_ms=90_000,
                      calling="4142000001", called="4143000001"))  # fmt: skip
    with drive(World(TABLES, lines=lines)) as driven:
        blocks = driven.workspace.folder / "reference" / "number_blocks.csv"
        blocks.write_text(blocks.read_text().replace("ALPHWI01", "GAMMWI03"))
        moved = [{**row, "switch": row["switch"].replace("ALPHWI01", "GAMMWI03")} for row in TABLES["number_blocks"]]
        layer = rerate(load_workspace(driven.workspace.folder), driven.store, months).layer
        wanted = twin(World(TABLES | {"number_blocks": moved}, lines=lines[:3]))
        wanted += twin(World(TABLES if months else TABLES | {"number_blocks": moved}, lines=lines[3:]))
        assert kept(driven) == wanted
        with driven.store.reading() as c:
            assert layer in {row.layer for row in c.execute(select(t.hours.c.layer))}
        assert rerate(load_workspace(driven.workspace.folder), driven.store, months).layer is None


def test_chunks_of_many_batches_are_merged() -> None:
    number: tuple[str, str, dict[str, str]] = ("4142000001", "4143000001", {})
    world = World(TABLES, lines=calls(*[number] * 900))
    with drive(world, batch_bytes=4096) as driven:
        assert driven.batches > 24
        assert kept(driven) == twin(world)
