"""What `explain` prints: for a terminal of any width, without colour where none is wanted, and as JSON."""

import io
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console

from stream.errors import BadInput
from stream.explain.command import run
from tests.stream.explain.conftest import KNOWN, Rated, call, rate_calls
from tests.stream.explain.test_line import names_of

BOUNDARY = "demo-235930"


def printed(
    rated: Rated, what: str, *, width: int = 80, source: str | None = None, colour: bool = False, **how: Any
) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    assert run(rated.workspace.folder, what, source, KNOWN, console, **how) == 0
    return file.getvalue()


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("width", [80, 120])
def test_a_record_is_printed_within_the_width_and_with_whole_clauses(rated: Rated, width: int) -> None:
    text = printed(rated, BOUNDARY, width=width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    flat = words(text)
    assert "$0.0012 if it is ISP-bound" in flat
    assert "part 1 of 2: 2003-06-14, 23:59:30 to 24:00:00, 30,000 ms" in flat
    assert "60,000 ms x $0.0007 / 60,000 = $0.0007" in flat
    says = {
        f"{instrument.id} {clause.ref}": clause.says
        for instrument in rated.workspace.instruments
        for clause in instrument.clause
    }
    assert words(f"sbc-kmc-wi-isp 2.2.2: {says['sbc-kmc-wi-isp 2.2.2']}") in flat
    assert words(says["sbc-kmc-wi-isp 2.6"]) in flat
    assert "..." not in text
    assert "\N{HORIZONTAL ELLIPSIS}" not in text


@pytest.mark.parametrize("width", [80, 120])
def test_a_line_is_printed_within_the_width(rated: Rated, width: int) -> None:
    for name in names_of(rated, "2003-06")[::9]:
        text = printed(rated, name, width=width)
        assert max(len(line.rstrip()) for line in text.splitlines()) <= width
        assert name in text.replace("\n", "")


def test_colour_is_the_consoles_business(rated: Rated) -> None:
    assert "\x1b[" in printed(rated, BOUNDARY, colour=True)
    assert "\x1b[" not in printed(rated, BOUNDARY)


def test_json_is_whole(rated: Rated) -> None:
    record = orjson.loads(printed(rated, BOUNDARY, json_out=True))
    assert record["kind"] == "record"
    assert [total["charge"] for total in record["found"][0]["totals"]] == ["0.0012", "0.00675"]
    name = names_of(rated, "2003-06")[0]
    line = orjson.loads(printed(rated, name, json_out=True, limit=None))
    assert (line["kind"], line["line"]) == ("line", name)
    assert {row["record_id"] for row in line["calls"]}


def test_many_records_of_an_id_are_listed_and_one_day_can_be_asked_for(tmp_path: Path) -> None:
    days = [call("r1", connect_time=f"2003-06-{day}T10:00:00Z") for day in ("10", "11", "12", "13")]
    rated = rate_calls(tmp_path, [*days, call("r1", source="mad-1")])
    text = printed(rated, "r1")
    assert "5 records have the id 'r1'" in text
    assert "r1@2003-06-12" in text
    assert printed(rated, "r1@2003-06-12").startswith("r1  mke-1  UTC day 2003-06-12")
    assert printed(rated, "r1", source="mad-1").startswith("r1  mad-1")
    assert printed(rated, "r1", limit=None).count("how it was placed") == 5
    assert len(orjson.loads(printed(rated, "r1", json_out=True))["found"]) == 5
    with pytest.raises(BadInput, match="expected one of 2003-06-10"):
        printed(rated, "r1@2003-06-30")


def test_an_id_that_looks_like_a_line_may_be_a_records(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("a/2003-06/b>c/d")])
    assert printed(rated, "a/2003-06/b>c/d").startswith("a/2003-06/b>c/d  mke-1")


def test_what_is_not_there_is_bad_input(rated: Rated) -> None:
    with pytest.raises(BadInput, match="found no record"):
        printed(rated, "no-such-thing")


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (call("r1", called="2622651408"), "waits: unknown_called_block"),
        (call("r1", cic="6501"), "nothing is owed by its class"),
        (call("r1", calling=None), "unidentified in aggregate"),
        (call("r1", voip=True, connect_time="2004-06-10T10:00:00-05:00"), "reserved_voip"),
        (call("r1", calling="8163105856", called="8163072247", trunk_group=None), "rated: on_net"),
        (call("r1", called="bad"), "rejected: bad:called"),
    ],
)
def test_every_kind_of_end_prints(tmp_path: Path, record: dict[str, Any], said: str) -> None:
    assert said in words(printed(rate_calls(tmp_path, [record]), "r1"))
