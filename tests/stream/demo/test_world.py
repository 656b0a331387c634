import csv
import tomllib
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from stream.demo.world import write_skeleton, write_workspace
from stream.errors import BadInput
from stream.workspace.load import load_workspace
from stream.workspace.tables import NEEDED_TABLES
from tests.stream.demo.reading import table


def test_the_demos_workspace_reads_without_an_error(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    workspace = load_workspace(tmp_path)
    assert (tmp_path / "terms").is_dir()
    assert [finding.code for finding in workspace.findings if finding.severity != "info"] == ["unknown_ocn"]
    assert {finding.table for finding in workspace.findings if finding.code == "rule_off"} == {"billed_history"}
    assert "illustrative-ica" in {instrument.id for instrument in workspace.instruments}


def test_the_skeleton_reads_and_is_empty(tmp_path: Path) -> None:
    write_skeleton(tmp_path)
    workspace = load_workspace(tmp_path)
    assert workspace.events == ()
    assert workspace.tables.number_blocks == ()
    assert sorted(path.stem for path in (tmp_path / "reference").iterdir()) == sorted(NEEDED_TABLES)


@pytest.mark.parametrize("write", [write_workspace, write_skeleton])
def test_nothing_is_overwritten(tmp_path: Path, write: Callable[[Path], None]) -> None:
    (tmp_path / "events.ndjson").write_text("mine")
    with pytest.raises(BadInput, match=r"events\.ndjson.*there already.*without a workspace"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["events.ndjson"]
    assert (tmp_path / "events.ndjson").read_text() == "mine"


def test_settings_switch_nothing_but_show_how(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    text = (tmp_path / "ratestream.toml").read_text()
    settings = tomllib.loads(text)
    assert settings["policy"] == {}
    assert settings["company"] == {"self": "kmc"}
    commented = "\n".join(line.removeprefix("# ") for line in text.splitlines() if " = " in line and line[0] == "#")
    assert "cap_2003" in tomllib.loads(commented)


@pytest.mark.parametrize("write", [write_workspace, write_skeleton])
def test_settings_stay_valid_with_their_examples_switched_on(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    file = tmp_path / "ratestream.toml"
    on = [line.removeprefix("# ") if _is_example(line) else line for line in file.read_text().splitlines()]
    file.write_text(
        "\n".join(on).replace("my-agreement]", "sbc-kmc-wi]").replace("terms/my-amendment.toml", "mine.toml")
    )
    assert tomllib.loads(file.read_text())["policy"]["sbc-kmc-wi"]


def _is_example(line: str) -> bool:
    words = line.removeprefix("# ").split()
    return line.startswith("# ") and (words[1:2] == ["="] or words[0].startswith("[policy."))


def test_the_amendments_approval_is_known(tmp_path: Path) -> None:
    write_workspace(tmp_path)
    (event,) = map(orjson.loads, (tmp_path / "events.ndjson").read_bytes().splitlines())
    assert (event["event"], event["instrument"], event["state"]) == ("approved", "sbc-kmc-wi-isp", "WI")
    assert event["on"] == "2004-07-20"


def test_no_town_and_no_block_is_real(shared: Path) -> None:
    with (shared / "data" / "number_plan" / "wi_mo.csv").open(encoding="utf-8", newline="") as text:
        real = list(csv.DictReader(text))
    ours = table("number_blocks")
    assert not {row["rate_center"] for row in ours} & {row["rate_center"] for row in real}
    assert not {row["npa_nxx"][:6] for row in ours} & {row["npa_nxx"] for row in real}


def test_rate_centers_are_written_as_in_routing_guides() -> None:
    for row in table("rate_centers"):
        assert row["rate_center"].isupper()
        assert len(row["rate_center"]) <= 10


def test_one_of_kmcs_calling_areas_has_no_point_of_interconnection() -> None:
    kmc = {row["rate_center"] for row in table("number_blocks") if row["ocn"] == "2588"}
    required = {row["area"] for row in table("local_areas") if row["rate_center"] in kmc}
    by_area = {row["area"] for row in table("pois") if row["kind"] == "area"}
    tandems = {row["tandem"] for row in table("pois") if row["kind"] == "tandem_option"}
    served = {row["rate_center"] for row in table("tandem_areas") if row["tandem"] in tandems}
    by_tandem = {row["area"] for row in table("local_areas") if row["rate_center"] in served}
    assert required - by_area - by_tandem == {"TIMBER"}
    assert len(by_area & required) >= 2
    assert by_tandem & required == {"CAPITAL"}
