"""What people see of instruments keeps to the console's width and leaves nothing out."""

import io
import json
import re

import pytest
from rich.console import Console

from rating.terms.lint import lint
from rating.terms.model import Instrument, Switch
from rating.terms.parse import EFFECTS
from stream.cli.terms_render import (
    effect_words,
    findings_to_json,
    render_findings,
    render_instrument,
    render_instruments,
    to_json,
)
from stream.terms.load import load_packaged, packaged_ids

ALL = load_packaged(packaged_ids())
WIDTHS = pytest.mark.parametrize("width", [80, 120])


def console(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None)


def terminal(*, no_color: bool) -> Console:
    return Console(file=io.StringIO(), width=80, force_terminal=True, color_system="standard", no_color=no_color)


def text_of(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def assert_fits(text: str, width: int) -> None:
    assert text
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


@WIDTHS
def test_the_table_of_all(width: int) -> None:
    out = console(width)
    render_instruments(ALL, out)
    assert_fits(text_of(out), width)
    for instrument in ALL:
        assert instrument.id in text_of(out)


@WIDTHS
@pytest.mark.parametrize("instrument", ALL, ids=lambda instrument: instrument.id)
def test_one_clause_by_clause(instrument: Instrument, width: int) -> None:
    out = console(width)
    render_instrument(instrument, out)
    text = text_of(out)
    assert_fits(text, width)
    assert instrument.title.split(":")[0] in text
    for clause in instrument.clause:
        last_words = clause.says.split()[-1]
        assert last_words in text
        if " " not in clause.ref:
            assert re.search(rf"^ ?{re.escape(clause.ref)} +{clause.kind} ", text, re.MULTILINE)
    for switch in instrument.switches:
        assert switch.policy in text
    assert ("Illustrative: its prices are invented." in text) == instrument.illustrative


@WIDTHS
def test_what_lint_found(width: int) -> None:
    findings = lint(ALL)
    out = console(width)
    render_findings(findings, out)
    assert_fits(text_of(out), width)
    assert "0 error, 5 warning" in text_of(out)
    assert squeezed("minus the stated $104,644,000 is -4,000 dollars") in squeezed(text_of(out))


def test_nothing_found_is_one_line() -> None:
    out = console(80)
    render_findings([], out)
    assert text_of(out) == "0 error, 0 warning, 0 info\n"


def test_brackets_of_a_text_are_no_markup() -> None:
    title = "[bold]shouted[/bold] [/]"
    instrument = Instrument(id="x", title=title, domain="traffic", source=title, parties=("a",))
    out = console(80)
    render_instrument(instrument, out)
    render_instruments([instrument], out)
    assert text_of(out).count("[bold]shouted[/bold]") == 3


def test_colours_are_the_consoles_choice() -> None:
    plain, monochrome, coloured = console(80), terminal(no_color=True), terminal(no_color=False)
    for out in (plain, monochrome, coloured):
        render_instruments(ALL, out)
        render_instrument(ALL[0], out)
        render_findings(lint(ALL), out)
    colour = re.compile(r"\x1b\[(?:[0-9]+;)*[349][0-7](?:;[0-9]+)*m")
    assert "\x1b" not in text_of(plain)
    assert not colour.search(text_of(monochrome))
    assert colour.search(text_of(coloured))


def test_every_effect_in_use_has_words() -> None:
    kinds = {type(effect) for instrument in ALL for clause in instrument.clause for effect in clause.effects}
    assert kinds == set(EFFECTS.values())
    for instrument in ALL:
        for clause in instrument.clause:
            assert all(effect_words(effect) for effect in clause.effects)


def test_an_effect_without_words_is_an_error() -> None:
    with pytest.raises(TypeError, match="no words for effects of type Switch"):
        effect_words(Switch(policy="rate_date", clause="1", says="x"))  # type: ignore[arg-type]


def test_figures_stand_in_the_words() -> None:
    said = [effect_words(effect) for terms in ALL for clause in terms.clause for effect in clause.effects]
    assert "tclt: 0.0005 a minute, 2004-06-01 to 2004-12-31" in said
    assert "isp_bound: 0.0007 a minute, from 2003-06-15" in said
    assert "exchange: 0.0030 a call, element set_up" in said
    assert "watch trunks_24: end_office_demand, 24 trunks, 3 months" in said
    assert "replaces Schedule I: 8 rows; in all 75,000 shares, 10,000,000 warrants, $750,000,000" in said
    assert any("2001 = 2001-Q1 x 4 x 1.10; 2002 = 2001 x 1.10; 2003 = 2002; 2004 on = 2002" in words for words in said)
    assert any("within 15.75 miles, in CA IL" in words for words in said)


@pytest.mark.parametrize("instrument", ALL, ids=lambda instrument: instrument.id)
def test_plain_dicts(instrument: Instrument) -> None:
    plain = json.loads(json.dumps(to_json(instrument)))
    assert plain["id"] == instrument.id
    assert plain["effective"] == str(instrument.effective)
    assert plain["known_from"] == str(instrument.known_from)
    assert [row["kind"] for row in plain["clause"]] == [clause.kind for clause in instrument.clause]
    assert all(effect["effect"] in EFFECTS for row in plain["clause"] for effect in row["effects"])
    assert all("default" in switch for switch in plain["switches"])


def test_decimals_keep_their_digits() -> None:
    plain = next(to_json(instrument) for instrument in ALL if instrument.id == "sbc-kmc-wi-isp")
    rates = [effect for row in plain["clause"] if row["ref"] == "2.2.2" for effect in row["effects"]]
    assert [(rate["per_minute"], rate["from"]) for rate in rates] == [
        ("0.0010", "2003-06-01"),
        ("0.0007", "2003-06-15"),
    ]


def test_findings_as_plain_dicts() -> None:
    findings = lint(ALL)
    plain = findings_to_json(findings)
    assert [row["severity"] for row in plain] == [finding.severity for finding in findings]
    assert set(plain[0]) == {"severity", "instrument", "clause", "message"}
