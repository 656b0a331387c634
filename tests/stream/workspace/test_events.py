"""Reading what happened: every line is an event, and names nothing that does not exist."""

import json
from pathlib import Path
from typing import Any

import pytest

from rating.terms.events import Approved, kind_of
from stream.errors import BadInput
from stream.workspace.events import AgreementNames, InstrumentNames, Names, names_from, read_events
from stream.workspace.tables import read_tables
from tests.rating.terms.test_events import COMMON, SAMPLES
from tests.stream.workspace.worlds import write

NAMES = Names(
    instruments={"i": InstrumentNames(frozenset({"sbc", "kmc"}), frozenset({"WI", "TX"}))},
    agreements={"a": AgreementNames(frozenset({"sbc", "kmc"}), "WI")},
    parties=frozenset({"sbc", "kmc", "tds"}),
    effects=frozenset({"growth_cap", "new_market"}),
)


def line(kind: str, name: str, **changes: Any) -> str:
    """Return the sample of a kind as a line, with its own id."""
    return json.dumps({"event": kind} | COMMON | SAMPLES[kind] | {"id": name} | changes)


ORDER, REQUEST, FILED = line("law_order", "o"), line("written_request", "r"), line("rebuttal_filed", "f")


def read(tmp_path: Path, *lines: str, end: str = "\n") -> tuple[Any, ...]:
    path = tmp_path / "events.ndjson"
    path.write_bytes(end.join(lines).encode())
    return read_events(path, NAMES)


def test_no_file_no_events(tmp_path: Path) -> None:
    assert read_events(tmp_path / "events.ndjson", NAMES) == ()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_kind_in_the_order_of_the_file(tmp_path: Path, end: str) -> None:
    ids = {"written_request": "r", "rebuttal_filed": "f"}
    lines = [line(kind, ids.get(kind, kind)) for kind in SAMPLES]
    events = read(tmp_path, "\ufeff" + lines[0], "", "  ", *lines[1:], "", end=end)
    assert [kind_of(event) for event in events] == list(SAMPLES)


def test_an_event_may_name_one_of_a_later_line(tmp_path: Path) -> None:
    assert len(read(tmp_path, line("rebuttal_decided", "d"), REQUEST, FILED, ORDER)) == 4


def test_a_lifted_stay(tmp_path: Path) -> None:
    stay = line("law_order", "s", action="stays")
    lifts = line("law_order", "l", action="lifts", affects=[])
    assert len(read(tmp_path, stay, lifts)) == 2


@pytest.mark.parametrize(
    ("lines", "at", "field", "message"),
    [
        (["{"], 1, None, "found no JSON"),
        ([line("signed", "x", id=7)[:-1]], 1, None, "found no JSON"),
        ([line("signed", "x").replace('"party"', '"partie"')], 1, "partie", "expected 'party' perhaps"),
        ([line("signed", "x").replace(', "party": "kmc"', "")], 1, "party", "found nothing, expected it in an event"),
        (["", "[]"], 2, None, "found [], expected an event as a JSON object"),
        (['{"id": "x"}'], 1, "event", "found nothing, expected it in every event"),
        ([line("signed", "x", event="singed")], 1, "event", "found 'singed', expected 'signed' perhaps"),
        ([line("signed", "x", event="zzz")], 1, "event", "expected one of approved, ica_ended"),
        ([line("signed", "x", event=7)], 1, "event", "found 7, expected one of approved"),
        (
            [line("signed", "x", colour="red")],
            1,
            "colour",
            "found an unknown field of an event 'signed', expected one of known_at",
        ),
        ([line("signed", "x", party=7)], 1, "party", "found 7, expected `str`, got `int`"),
        ([line("signed", "x", on="June")], 1, "on", "found 'June', expected a day as YYYY-MM-DD"),
        ([line("signed", "x", known_at="June")], 1, "known_at", "found 'June', expected a day as YYYY-MM-DD"),
        ([line("signed", "x", id="")], 1, "id", "found '', expected some text"),
        (
            [line("approved", "x", state="wisconsin")],
            1,
            "state",
            "found 'wisconsin', expected a state as two capital letters",
        ),
        ([line("approved", "x", instrument="base")], 1, "agreement", "found nothing, expected the agreement"),
        ([line("law_order", "x", affects=["growth_cap", 3])], 1, "affects[1]", "expected `str`"),
        ([line("signed", "x"), "", line("signed", "x")], 3, "id", "found 'x' again (first on line 1)"),
        ([line("ica_ended", "x", agreement="b")], 1, "agreement", "unknown agreement 'b'"),
        ([line("policy_set", "x", agreement="b")], 1, "agreement", "unknown agreement 'b'"),
        ([line("signed", "x", instrument="j")], 1, "instrument", "unknown instrument 'j', expected one of i"),
        ([line("signed", "x", party="tds")], 1, "party", "unknown party of the instrument 'tds'"),
        ([line("approved", "x", instrument="bass")], 1, "instrument", "expected 'base' perhaps"),
        ([line("approved", "x", state="IL")], 1, "state", "unknown state of the instrument 'IL'"),
        ([line("submitted", "x", state="TX")], 1, "state", "unknown state of the agreement 'TX'"),
        ([line("law_order", "x", affects=["growth_cups"])], 1, "affects", "expected 'growth_cap' perhaps"),
        ([line("law_order", "x", action="lifts")], 1, "order", "expected none: there are none"),
        ([ORDER, line("law_order", "x", action="lifts")], 2, "order", "unknown order that stays something"),
        ([line("written_notice", "x")], 1, "order", "unknown order 'core'"),
        ([ORDER, line("written_notice", "x", by="tds")], 2, "by", "unknown party to the agreement 'tds'"),
        ([line("request_outcome", "x")], 1, "request", "unknown written_request 'r'"),
        ([ORDER, REQUEST, line("request_outcome", "x", instrument="j")], 3, "instrument", "unknown instrument"),
        ([line("rebuttal_filed", "x", payee="tds")], 1, "payee", "unknown party to the agreement"),
        ([line("rebuttal_filed", "x", by="tds")], 1, "by", "unknown party to the agreement"),
        ([line("rebuttal_decided", "x")], 1, "rebuttal", "unknown rebuttal_filed 'f'"),
        ([line("rebuttal_decided", "x", rebuttal="x")], 1, "rebuttal", "unknown rebuttal_filed 'x'"),
        ([line("local_area_changed", "x", state="IL")], 1, "state", "unknown state 'IL'"),
        ([line("policy_set", "x", policy="cap_2004")], 1, "policy", "expected 'cap_2003' perhaps"),
        ([line("policy_set", "x", value="roof")], 1, "value", "found 'roof', expected 'compensable' or 'ceiling'"),
        ([line("policy_set", "x", policy="rate_date", value="connect")], 1, "policy", "when calls are rated"),
    ],
)
def test_what_is_refused(tmp_path: Path, lines: list[str], at: int, field: str | None, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(tmp_path, *lines)
    error = caught.value
    assert (error.file, error.line, error.field) == (str(tmp_path / "events.ndjson"), at, field)
    assert message in error.message


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(line("signed", "x").encode().replace(b"kmc", b"k\xffc"))
    with pytest.raises(BadInput, match=r"events.ndjson:1: "):
        read_events(path, NAMES)


def test_effects_are_not_checked_where_none_are_named(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_text(line("law_order", "x", affects=["anything"]))
    names = Names(NAMES.instruments, NAMES.agreements, NAMES.parties)
    assert len(read_events(tmp_path / "events.ndjson", names)) == 1


class Instrument:
    """Stands for a loaded instrument."""

    def __init__(self, name: str, parties: list[str], states: list[str]) -> None:
        self.id, self.parties, self.states = name, parties, states


def test_names_of_a_workspace(tmp_path: Path) -> None:
    names = names_from(read_tables(write(tmp_path)), [Instrument("i", ["sbc", "kmc"], ["WI"])], ["rate"])
    assert names.instruments == {"i": InstrumentNames(frozenset({"sbc", "kmc"}), frozenset({"WI"}))}
    assert names.agreements == {"sbc-kmc-wi": AgreementNames(frozenset({"sbc", "kmc"}), "WI")}
    assert (names.parties, names.effects) == (frozenset({"sbc", "kmc"}), frozenset({"rate"}))


def test_the_conformance_events_load(shared: Path) -> None:
    states = ["CA", "NV", "TX", "MO", "OK", "KS", "AR", "IL", "WI", "MI", "IN", "OH", "CT"]
    instruments = [
        Instrument("sbc-kmc-wi-isp", ["sbc", "kmc"], ["WI"]),
        Instrument("sbc-kmc-second", ["sbc", "kmc"], states),
    ]
    for folder in sorted((shared / "conformance" / "cases").iterdir()):
        events = read_events(folder / "events.ndjson", names_from(read_tables(folder), instruments))
        if folder.name.startswith("wi_"):
            assert [type(event) for event in events] == [Approved]
