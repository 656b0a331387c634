"""What was issued stays to the byte, whatever is rated, told, signed or entered afterwards."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.stream.books.worlds import HISTORY, HOUR, Desk
from tests.stream.files.worlds import AGREEMENT, add_row, cli, ok, sql


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a desk whose June 2003 is closed and trued up twice."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.traffic("2003-06-10", 8, 1)
    desk.close("2003-06", "2003-07-05")
    desk.traffic("2003-06-11", 1)
    desk.true_up("2003-08-01")
    desk.true_up("2004-06-01")
    return desk


@pytest.fixture
def desk(made: Desk, tmp_path: Path) -> Desk:
    """Return a copy of the desk, to change."""
    return made.copy(tmp_path)


def kept(desk: Desk) -> dict[int, tuple[str, str]]:
    """Return (text, assurance) of every statement issued of the month, by number, as the command prints them."""
    words = ("statement", AGREEMENT, "2003-06", "--format", "json", "-w", desk.folder)
    return {
        n: (ok(*words, "--issued", n).out, ok(*words, "--issued", n, "--assurance").out)
        for (n,) in sql(desk.folder, "select number from statements order by number")
    }


def test_a_statement_is_kept_to_the_byte_under_its_number(desk: Desk) -> None:
    found = kept(desk)
    assert list(found) == [1, 2, 3]
    for number, kind, known, body, digest in sql(
        desk.folder, "select number, kind, as_known_at, body, sha256 from statements order by number"
    ):
        text = found[number][0]
        assert (text.encode(), sha256(text.encode()).hexdigest()) == (body, digest)
        document = json.loads(text)
        assert (document["status"], document["as_known_at"]) == ("closed", known)
        assert kind == ("close" if number == 1 else "true-up")
        assert json.loads(found[number][1]).get("corrects") == (None if number == 1 else number - 1)
    assert len({text for text, _ in found.values()}) == 3
    # Without a number, and under 0, it is the last one.
    assert desk.issued("2003-06") == desk.issued("2003-06", 0) == found[3][0]
    # What it says was made with the terms of its day: the first knows nothing of the plan.
    assert [{row["in_force"][0] for row in json.loads(text)["in_force"]} for text, _ in found.values()] == [
        {"illustrative-ica"}, {"illustrative-ica"}, {"sbc-kmc-wi-isp"},
    ]  # fmt: skip


def test_a_number_that_was_not_issued_is_told(desk: Desk) -> None:
    ran = desk.refused("statement", AGREEMENT, "2003-06", "--issued", "4")
    assert ran.code == 3
    assert ran.err == (
        "ratestream: --issued: found nothing, expected a statement issued for 2003-06 (no. 4); close the month first\n"
    )
    ran = desk.refused("statement", "all", "2003-07", "--issued")
    assert (ran.code, "issued for 2003-07 (any)" in ran.err) == (3, True)
    ran = desk.refused("statement", AGREEMENT, "2003-06", "--issued", "--as-known-at", "2003-07-05")
    assert (ran.code, "exclude each other" in ran.err) == (2, True)


def test_nothing_that_comes_later_changes_what_was_issued(desk: Desk) -> None:
    before = kept(desk)
    own = 'id = "own"\ntitle = "t"\ndomain = "traffic"\nsource = "s"\nparties = ["sbc", "kmc"]\nstates = ["WI"]\n'
    own += 'effective = 2001-01-01\n[[clause]]\nref = "1"\nsays = "A local minute costs a cent."\n'
    own += 'effects = [{ effect = "rate", traffic = "local", per_minute = "0.01" }]\n'
    for step in (
        lambda: desk.traffic("2003-06-12", 3),
        lambda: desk.table("usage_history", HISTORY.replace(str(1000 * HOUR), "1")),
        lambda: desk.table("market_history", "agreement,lata,traffic,first_exchanged\n"),
        lambda: add_row(desk.folder, "number_blocks", "414999,9327,NEW,356,WI,,,"),
        lambda: desk.event("a", "approved", "2003-06-20", instrument="base", state="WI", agreement=AGREEMENT),
        lambda: desk.event("p", "policy_set", "2003-06-20", policy="sa_over_xa", value=False, by="b", reason="r"),
        lambda: desk.instrument("own", own),
        lambda: desk.close("2003-06", "2004-06-01"),
    ):  # fmt: skip
        step()
        assert kept(desk) == before
    [adjusted] = desk.true_up("2004-06-01")
    assert adjusted["number"] == 4
    assert {n: text for n, text in kept(desk).items() if n < 4} == before
    assert desk.faults() == {}


@pytest.mark.parametrize(("form", "start"), [("csv", "agreement,month,"), ("text", "sbc-kmc-wi  2003-06\n")])
def test_other_formats_are_made_of_what_was_issued(desk: Desk, form: str, start: str) -> None:
    words = ("statement", AGREEMENT, "2003-06", "--issued", "1", "--format", form, "-w", desk.folder)
    before = ok(*words).out
    assert before.startswith(start)
    desk.traffic("2003-06-12", 3)
    assert ok(*words).out == before


def test_all_is_an_array_of_what_was_issued(desk: Desk) -> None:
    ran = cli("statement", "all", "2003-06", "--issued", "1", "--format", "json", "-w", desk.folder)
    assert ran.document == [json.loads(desk.issued("2003-06", 1))]
