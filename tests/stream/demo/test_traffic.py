from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from stream.demo.traffic import BOUNDARY_CALL, FEWEST_RECORDS, RECORDS, make_calls
from stream.demo.wisconsin import MODEMS
from tests import naive
from tests.stream.demo.reading import CENTRAL, Places, Sums, base_sums, lines_of, records_of, table

MONTHS = ("2003-05", "2003-06", "2003-07", "2004-06")
RECEIPT_MS = 1_199_145_600_000  # 2008-01-01


@pytest.fixture(scope="module")
def sums(made: list[Path]) -> Sums:
    return base_sums(made)


@pytest.fixture(scope="module")
def decisions(few: list[Path]) -> list[naive.Decision]:
    tables = {path.stem: table(path.stem) for path in Places.tables()}
    rater = naive.Rater(naive.World(tables), RECEIPT_MS)
    return rater.add_all(line for path in few for line in lines_of(path))


def test_as_many_lines_as_asked_for(made: list[Path], few: list[Path]) -> None:
    assert sum(len(lines_of(path)) for path in made) == RECORDS
    assert sum(len(lines_of(path)) for path in few) == 20_000


def test_files_come_month_by_month_in_three_wrappings(made: list[Path]) -> None:
    months = [next(month for month in MONTHS if month in path.name) for path in made]
    assert months == sorted(months)
    wrappings = Counter(path.suffix for path in made)
    assert wrappings[".zst"] == 1
    assert wrappings[".gz"] > 1
    assert wrappings[".ndjson"] > 1


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    here, there, other = (
        [path.read_bytes() for path in make_calls(tmp_path / name, records=FEWEST_RECORDS, seed=seed)]
        for name, seed in (("here", 7), ("there", 7), ("other", 8))
    )
    assert here == there
    assert all(one != another for one, another in zip(here, other, strict=True))


def test_too_few_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"records: found 3999, expected 4000 or more"):
        make_calls(tmp_path, records=FEWEST_RECORDS - 1)
    assert list(tmp_path.iterdir()) == []


def test_the_cap_of_2003_runs_out_in_the_middle_of_july(sums: Sums) -> None:
    history = {row["period"]: int(row["isp_ms"]) for row in table("usage_history")}
    ceiling = min(history["2001"], history["2001-Q1"] * 4 * 11 / 10) * 11 / 10
    cap = min(history["2002"], ceiling)
    assert cap == history["2002"]
    before = sums.isp("2003-05") + sums.isp("2003-06")
    assert 0.3 < (cap - before) / sums.isp("2003-07") < 0.6


def test_kmc_terminates_eight_times_what_it_originates(sums: Sums) -> None:
    for month in MONTHS:
        assert 7.4 < sums.ms[month, "kmc"] / sums.ms[month, "sbc"] < 8.6


def test_the_boundary_call_is_there_once_where_it_ended(made: list[Path]) -> None:
    found = [
        (path.name, at)
        for path in made
        for at, line in enumerate(lines_of(path))
        if b"demo-235930" in line and orjson.loads(line) == BOUNDARY_CALL
    ]
    ((name, at),) = found
    assert name.startswith("mke-1-2003-06")
    (path,) = (path for path in made if path.name == name)
    neighbour = orjson.loads(lines_of(path)[at + 1])
    assert neighbour["connect_time"] + neighbour["duration_ms"] >= 1_055_653_260_000


def test_the_boundary_call_is_a_local_call_to_a_modem() -> None:
    tables = {path.stem: table(path.stem) for path in Places.tables()}
    rater = naive.Rater(naive.World(tables), RECEIPT_MS)
    call = rater.add(orjson.dumps(BOUNDARY_CALL))
    assert call is not None
    assert (call.outcome, call.cls, call.lata, call.orig, call.term) == ("rated", "local", "356", "sbc", "kmc")
    assert [(str(day), ms) for day, ms in call.segments] == [("2003-06-14", 30_000), ("2003-06-15", 60_000)]
    assert int(str(BOUNDARY_CALL["called"])[6:]) in {modem.line for modem in MODEMS}


def test_modems_are_busy_at_night_and_offices_by_day(made: list[Path]) -> None:
    modems: Counter[int] = Counter()
    voice: Counter[int] = Counter()
    places = Places()
    for record in records_of([path for path in made if "mke-1" in path.name]):
        hour = datetime.fromtimestamp(record["connect_ms"] / 1000, UTC).astimezone(CENTRAL).hour
        if record.get("isp") is True:
            modems[hour] += 1
        elif (caller := places.block(record.get("calling", ""))) and caller["party"] == "kmc" and "cic" not in record:
            voice[hour] += 1
    assert {hour for hour, _ in modems.most_common(3)} == {20, 21, 22}
    assert {hour for hour, _ in voice.most_common(3)} <= {9, 10, 11, 13, 14, 15}


def test_lengths_are_those_of_sessions_and_of_talk(made: list[Path]) -> None:
    sessions: list[float] = []
    talk: list[float] = []
    for record in records_of([path for path in made if path.name.startswith("mke-1-2003-06")]):
        (sessions if record.get("isp") is True else talk if "jip" in record and "isp" not in record else []).append(
            record["duration_ms"] / 60_000
        )
    answered = sorted(minutes for minutes in sessions if minutes)
    assert 20 < answered[len(answered) // 2] < 30
    assert 29 < sum(answered) / len(answered) < 40
    assert max(answered) > 240
    assert 0.15 < sum(minutes == 0 for minutes in talk) / len(talk) < 0.3


def test_every_outcome_and_reason_is_there(decisions: list[naive.Decision]) -> None:
    found = defaultdict(set)
    for decision in decisions:
        found[decision.outcome].add(decision.reason)
    assert set(found) == {"rated", "verification", "duplicate", "filtered", "suspended", "rejected"}
    assert found["filtered"] == {"short_code", "international", "operator", "directory_assistance"}
    assert found["suspended"] == {
        "unknown_called_block",
        "unknown_calling_block",
        "unknown_ocn",
        "no_agreement",
        "unknown_trunk_group",
        "id_conflict",
        "future_dated",
    }
    assert found["rejected"] >= {
        "not_json",
        "not_an_object",
        "missing:duration_ms",
        "bad:called",
        "bad:duration_ms",
        "bad:connect_time",
        "bad:calling",
        "bad:isp",
        "bad:cic",
    }


def test_dirt_is_little(decisions: list[naive.Decision]) -> None:
    outcomes = Counter(decision.outcome for decision in decisions)
    assert 0.002 < outcomes["duplicate"] / len(decisions) < 0.005
    assert outcomes["suspended"] < 0.005 * len(decisions)
    assert outcomes["rejected"] < 0.002 * len(decisions)
    assert outcomes["rated"] > 0.94 * len(decisions)


def test_every_class_is_there(decisions: list[naive.Decision]) -> None:
    wisconsin = Counter(decision.cls for decision in decisions if decision.agreement == "sbc-kmc-wi")
    assert set(wisconsin) == {
        "transit",
        "originating_8yy",
        "unidentified",
        "interlata_toll",
        "ixc_intralata_toll",
        "local",
        "virtual_fx",
        "mandatory_eas",
        "optional_eas",
        "intralata_toll",
    }
    assert any(decision.cls == "on_net" and decision.on_trunk_of for decision in decisions)


def test_icg_sends_transit_with_and_without_arrangements_around_the_amendment(decisions: list[naive.Decision]) -> None:
    sent = Counter(
        (decision.third_party, str(decision.connect_day) >= "2003-05-12")
        for decision in decisions
        if decision.cls == "transit" and decision.orig == "icg"
    )
    assert {party for party, _ in sent} == {"lantern", "skylark", "twinforks", "longspan"}
    assert all(sent[party, late] for party in ("lantern", "skylark", "twinforks") for late in (False, True))
    arranged = {row["third_party"] for row in table("arrangements")}
    assert "lantern" in arranged
    assert "twinforks" not in arranged


def test_most_minutes_of_the_lakeside_tandem_are_on_direct_groups(made: list[Path]) -> None:
    groups = {row["trunk_group"]: row for row in table("trunk_groups") if row["tandem"] == "HBMLWIAA50T"}
    minutes: Counter[str] = Counter()
    for record in records_of([path for path in made if path.name.startswith("mke-1-2004-06")]):
        group = groups.get(record.get("trunk_group", ""))
        if group and "cic" not in record and "term_ocn" not in record and _is_the_pairs(record):
            minutes[group["kind"]] += record["duration_ms"]
    assert 0.74 < minutes["direct"] / minutes.total() < 0.81


def _is_the_pairs(record: dict[str, object]) -> bool:
    ends = (str(record.get("calling", "")), str(record["called"]))
    return not any(end.startswith(("414275", "414279", "414284", "262263", "608416", "920396")) for end in ends)


def test_no_counter_meets_itself_within_a_day(made: list[Path]) -> None:
    contents = defaultdict(set)
    for path in made:
        for line in lines_of(path):
            if line.endswith(b"}") and b"record_id" in line and b"}{" not in line and b"\xff" not in line:
                record = orjson.loads(line)
                if "source" in record and "connect_time" in record:
                    contents[record["source"], record["record_id"], _utc_day(record["connect_time"])].add(line)
    conflicts = sum(len(lines) > 1 for lines in contents.values())
    assert 0 < conflicts <= RECORDS * 6 // 100_000


def _utc_day(connect: int | str) -> object:
    if isinstance(connect, int):
        return connect // 86_400_000
    if connect.startswith("2003-06-31"):
        return connect
    return datetime.fromisoformat(connect).timestamp() // 86_400
