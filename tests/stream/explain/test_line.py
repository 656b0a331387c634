"""A statement line's explanation: its time, its money and its calls agree with the statement and the archive."""

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from rating.settle import settle
from rating.statement import line_id
from stream.books.closing import close_month
from stream.desk.checks.probe import check_month
from stream.errors import BadInput
from stream.explain.line import explain_line, is_line
from stream.explain.model import LineExplanation
from tests.stream.explain.conftest import KNOWN, Rated, call, rate_calls


def names_of(rated: Rated, month: str, agreement: str = "sbc-kmc-wi", known: date = KNOWN) -> list[str]:
    directions = settle(rated.facts(known), agreement, month).directions
    return [line_id(agreement, month, d.payer, d.payee, line) for d in directions for line in d.lines]


def explain(rated: Rated, line: str, known: date | None = KNOWN, limit: int | None = 20) -> LineExplanation:
    return explain_line(rated.workspace, rated.store, line, known, limit)


@pytest.mark.parametrize("month", ["2003-06", "2004-06"])
def test_every_lines_calls_come_to_its_usage(rated: Rated, month: str) -> None:
    names = names_of(rated, month)
    assert len(names) > 20
    for name in names[::3]:
        explained = explain(rated, name)
        assert explained.line == name
        assert not [note for note in explained.notes if "archive" in note]
        whole = explained.ms if "has all" in explained.takes else sum(share.ms for share in explained.shares)
        assert explained.calls_ms == whole
        assert len(explained.calls) <= 20
        assert explained.calls_found >= len({(c.source, c.record_id, c.connected) for c in explained.calls}) > 0


def test_an_apportioned_line_says_how_much_of_its_calls_it_takes(rated: Rated) -> None:
    name = next(n for n in names_of(rated, "2003-06") if "sbc>kmc/local/compensable/isp/356/2003-06-01/" in n)
    explained = explain(rated, name)
    assert f"takes {explained.ms:,} of the {explained.calls_ms:,} ms" in explained.takes
    assert "no single call is labelled" in explained.takes
    assert {"usage", "apportioned", "divided", "money"} <= {step.step for step in explained.steps}
    assert [clause.source for clause in explained.clauses] == ["sbc-kmc-wi-isp 2.2.2", "sbc-kmc-wi-isp 2.6"]
    assert all(clause.says for clause in explained.clauses)
    (apportioned,) = [step for step in explained.steps if step.step == "apportioned"]
    figures = {fact.name: fact.value for fact in apportioned.facts}
    assert figures["this class there"].startswith(f"{explained.ms:,} ms")


def test_a_line_that_a_condition_closed_has_the_calls_of_that_condition_alone(rated: Rated) -> None:
    names = [n for n in names_of(rated, "2004-06") if "/not_entitled/no_poi/" in n]
    assert names
    for name in names:
        explained = explain(rated, name)
        assert "has all" in explained.takes
        assert explained.calls_ms == explained.ms
        assert explained.amount == "0.00"


def test_the_money_is_shown_as_the_product_that_it_is(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1", connect_time="2004-06-10T10:00:00-05:00", duration_ms=1_200_000)])
    (name,) = names_of(rated, "2004-06")
    explained = explain(rated, name)
    (money,) = [step for step in explained.steps if step.step == "money"]
    assert money.says == "$0.01, rounded half up to the cent: $0.01"
    assert money.facts[0].value == "1,200,000 ms x $0.0005 / 60,000 = $0.01"
    assert money.facts[0].where == "sbc-kmc-second 6.0"


def test_the_list_is_as_long_as_asked_for(rated: Rated) -> None:
    name = next(n for n in names_of(rated, "2003-06") if "sbc>kmc/local/compensable/isp/356/2003-06-01/" in n)
    two, every = explain(rated, name, limit=2), explain(rated, name, limit=None)
    assert len(two.calls) == 2
    assert two.calls_found == every.calls_found
    assert sum(row.ms for row in every.calls) == every.calls_ms
    assert every.calls[:2] == two.calls
    assert [row.connected for row in every.calls] == sorted(row.connected for row in every.calls)


def test_what_was_booked_is_shown_and_finds_a_line_that_is_no_more(tmp_path: Path) -> None:
    rated = rate_calls(tmp_path, [call("r1", duration_ms=600_000)])
    early = date(2003, 7, 5)
    probe = partial(check_month, rated.workspace, rated.store, "2003-06")
    close_month(rated.workspace, rated.store, "2003-06", early, probe=probe)
    (name,) = names_of(rated, "2003-06", known=early)
    assert name not in names_of(rated, "2003-06")  # the plan has cut the month since
    explained = explain(rated, name, known=None)
    assert explained.as_known_at == early.isoformat()
    assert "when it was booked last" in explained.notes[0]
    (books,) = [step for step in explained.steps if step.step == "books"]
    assert "2003-07-05" in explained.as_known_at
    assert "statement 1 (close)" in books.facts[0].where
    with pytest.raises(BadInput, match="as known on 2005-01-01"):
        explain(rated, name)


def test_a_line_that_is_not_there_is_bad_input_with_a_hint(rated: Rated) -> None:
    name = names_of(rated, "2003-06")[0]
    with pytest.raises(BadInput, match="perhaps"):
        explain(rated, name + "x")
    with pytest.raises(BadInput, match="'sbc-kmc-wi' perhaps"):
        explain(rated, name.replace("sbc-kmc-wi/", "sbc-kmc-w/"))
    with pytest.raises(BadInput, match="expected a month"):
        explain(rated, name.replace("2003-06", "2003-13", 1))
    with pytest.raises(BadInput, match="no lines"):
        explain(rated, name.replace("2003-06", "2001-06", 1))


def test_a_lines_id_is_told_from_a_records() -> None:
    assert is_line("sbc-kmc-wi/2003-06/sbc>kmc/local/compensable/isp/356/2003-06-01/x:2.2.2")
    assert not is_line("demo-235930")
    assert not is_line("a/b/c")
