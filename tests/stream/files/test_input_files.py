"""Tables, instruments, events and settings that are wrong: exit code 3, the place named, no change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stream.files.worlds import TABLES, add_row, books, call, cli, ndjson, ok, orphans, statements, workspace

BLOCKS = TABLES["number_blocks"]
INSTRUMENT = """\
id = "own"
title = "An amendment of our own"
domain = "traffic"
parties = ["sbc", "kmc"]
states = ["WI"]
amends = "base"
effective = 2004-01-01
signed = { kmc = 2004-01-01, sbc = 2004-01-01 }
source = "ours"

[[clause]]
ref = "1"
says = "A minute costs a tenth of a cent."
effects = [{ effect = "rate", traffic = "isp_bound", per_minute = "0.001" }]
"""


def replace_in(name: str, old: str, new: str) -> Callable[[Path], None]:
    """Return what replaces words in a file of a workspace, once."""

    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def write(name: str, text: str) -> Callable[[Path], None]:
    """Return what writes a file of a workspace."""

    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return change


def remove(name: str) -> Callable[[Path], None]:
    """Return what removes a file of a workspace."""
    return lambda folder: (folder / name).unlink()


FAULTS: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "overlapping blocks": (
        lambda folder: add_row(folder, "number_blocks", "414200,2588,MILWAUKEE,356,WI,,2004-01-01,"),
        ["reference/number_blocks.csv:5: ", "414200", "(lines 2 and 5; both hold 2004-01-01 to open)"],
    ),
    "a cell that is no block": (
        lambda folder: add_row(folder, "number_blocks", "41420,2588,MILWAUKEE,356,WI,,,"),
        ["reference/number_blocks.csv:5: npa_nxx: found '41420', expected "],
    ),
    "a row without a cell": (
        lambda folder: add_row(folder, "ocns", "1234,sbc"),
        ["reference/ocns.csv:5: found 2 cells, expected 4 as in the header"],
    ),
    "a column left out": (
        replace_in("reference/ocns.csv", "ocn,party,from,through", "ocn,from,through,note"),
        ["reference/ocns.csv:1: party: found the columns ocn, from, through, note, expected this one too"],
    ),
    "a row that ends before it begins": (
        lambda folder: add_row(folder, "ocns", "1234,sbc,2004-02-01,2004-01-31"),
        ["reference/ocns.csv:5: ", "found from 2004-02-01 after through 2004-01-31"],
    ),
    "a party that nobody is": (
        lambda folder: add_row(folder, "ocns", "1234,stranger,,"),
        ["reference/ocns.csv:5: party: found 'stranger', expected a party of parties.csv"],
    ),
    "a table that is needed": (
        remove("reference/ocns.csv"),
        ["reference/ocns.csv: the file is missing, expected a needed reference table"],
    ),
    "a misspelled table": (
        write("reference/local_area.csv", "state,area,rate_center,from,through\n"),
        ["reference/local_area.csv: found a file that is no table, expected local_areas.csv perhaps"],
    ),
    "an instrument with a wrong field": (
        write("terms/own.toml", INSTRUMENT.replace("per_minute", "per_minut")),
        ["terms/own.toml:12: clause 1: effects[0].per_minut: found an unknown field, expected 'per_minute' perhaps"],
    ),
    "an instrument that is no TOML": (
        write("terms/own.toml", INSTRUMENT.replace('"own"', '"own')),
        ["terms/own.toml:1: "],
    ),
    "an instrument that is there twice": (
        write("terms/own.toml", INSTRUMENT.replace('"own"', '"sbc-kmc-second"')),
        ["instrument 'sbc-kmc-second' is there twice, expected one of each id"],
    ),
    "an unknown event": (
        write("events.ndjson", '\n{"id": "a", "event": "exploded", "on": "2004-01-01"}\n'),
        ["events.ndjson:2: event: found 'exploded', expected one of approved, "],
    ),
    "an event about a stranger": (
        write(
            "events.ndjson", '{"id": "a", "event": "signed", "on": "2004-01-01", "instrument": "x", "party": "kmc"}\n'
        ),
        ["events.ndjson:1: instrument: a: found unknown instrument 'x', expected one of "],
    ),
    "an event on no day": (
        write("events.ndjson", '{"id": "a", "event": "ica_ended", "on": "2004-02-30", "agreement": "sbc-kmc-wi"}\n'),
        ["events.ndjson:1: on: ", "expected a day as YYYY-MM-DD"],
    ),
    "an unknown setting": (
        write("ratestream.toml", "[limits]\n\nmax_line_byte = 4096\n"),
        ["ratestream.toml:3: limits.max_line_byte: found an unknown key, expected "],
    ),
    "a setting of the wrong kind": (
        write("ratestream.toml", '[limits]\nmax_line_bytes = "4096"\n'),
        ["ratestream.toml:2: limits.max_line_bytes: found '4096', expected an integer from 256 to "],
    ),
    "a reading that there is not": (
        write("ratestream.toml", '[policy]\ndeot_base = "some"\n'),
        ["ratestream.toml:2: policy.deot_base: found 'some', expected "],
    ),
}

READERS = (
    ["rate", "CALLS"],
    ["status"],
    ["statement", "all", "2004-07"],
    ["close", "2004-07"],
    ["suspense", "recycle"],
)


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_told_by_file_line_and_field_and_changes_nothing(tmp_path: Path, case: str) -> None:
    folder, calls = workspace(tmp_path / "w"), ndjson(tmp_path / "calls.ndjson", [call(n) for n in range(3)])
    ok("rate", ndjson(tmp_path / "before.ndjson", [call(7), call(8, called="9999999999")]), "-w", folder)
    before = books(folder)
    break_it, words = FAULTS[case]
    break_it(folder)
    for command in READERS:
        ran = cli(*(calls if word == "CALLS" else word for word in command), "-w", folder)
        assert (ran.code, ran.out) == (3, ""), ran
        assert ran.err.startswith(f"ratestream: {folder}")
        assert ran.err.count("\n") == 1
        for word in words:
            assert word in ran.err
    assert books(folder) == before
    assert orphans(folder) == ([], [])


def test_tables_with_a_byte_order_mark_and_crlf_are_read_as_others(tmp_path: Path) -> None:
    calls = ndjson(tmp_path / "calls.ndjson", [call(n) for n in range(3)])
    plain, windows = workspace(tmp_path / "plain"), workspace(tmp_path / "windows")
    for path in (windows / "reference").iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    (windows / "events.ndjson").write_bytes(b"\xef\xbb\xbf\r\n")
    for folder in (plain, windows):
        ok("rate", calls, "-w", folder)
    one, other = (statements(folder, "2004-07")["2004-07"].splitlines() for folder in (plain, windows))
    # They differ in the digest of the tables' bytes alone.
    assert [a.split(":")[0] for a, b in zip(one, other, strict=True) if a != b] == ['      "reference"']


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("statement nobody 2004-07", 3, "AGREEMENT: found 'nobody', expected all, or one of sbc-kmc-wi"),
        ("statement all 2004-13", 2, "MONTH: found '2004-13', expected a month as 2003-06"),
        ("statement all july", 2, "MONTH: found 'july', expected a month as 2003-06"),
        ("statement all 2004-07 --format xml", 2, "'--format'"),
        ("statement all 2004-07 --as-known-at soon", 2, "--as-known-at: found 'soon', expected a day"),
        ("statement all 2004-07 --as-known-at 2004-08-01 --issued", 2, "exclude each other"),
        ("statement all 2004-07 --issued", 3, "expected a statement issued for 2004-07 (any)"),
        ("statement all 2004-07 --issued 2", 3, "expected a statement issued for 2004-07 (no. 2)"),
        ("close 2004-7", 2, "MONTH: found '2004-7', expected a month as 2003-06"),
        ("close 2004-07 --as-known-at 2004-02-30", 2, "--as-known-at: found '2004-02-30'"),
        ("status --as-known-at x", 2, "--as-known-at: found 'x'"),
        ("terms timeline nobody", 3, "AGREEMENT: found 'nobody', expected one of sbc-kmc-wi"),
        ("terms timeline sbc-kmc-wi --on x", 2, "--on: found 'x', expected a day"),
        ("terms show nothing", 3, "INSTRUMENT: found 'nothing', expected one of sprint-icg-mo-1, "),
        ("suspense list --reason boredom", 2, "--reason: found 'boredom', expected one of id_conflict, "),
        ("suspense list --reason too_large", 2, "--reason: found 'too_large', expected one of id_conflict, "),
        ("rate", 2, "FILES"),
        ("rate x.ndjson --colour", 2, "--colour"),
        ("sing", 2, "No such command 'sing'"),
    ],
)
def test_wrong_usage_and_unknown_names_have_their_exit_codes(
    tmp_path: Path, words: str, code: int, message: str
) -> None:
    folder = workspace(tmp_path / "w")
    ran = cli(*words.split(), RATESTREAM_WORKSPACE=str(folder))
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("ratestream: ")
    assert message in ran.err


@pytest.mark.parametrize("words", [["rate", "x.ndjson"], ["status"], ["close", "2004-07"], ["ledger", "verify"]])
def test_a_folder_that_is_no_workspace_is_told(tmp_path: Path, words: list[str]) -> None:
    ran = cli(*words, "-w", tmp_path / "nowhere")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(
        f"ratestream: {tmp_path}/nowhere: not a workspace: found no reference/agreements.csv in it"
    )
    assert not (tmp_path / "nowhere").exists()
