"""docs/clauses.md is what its generator makes, and no effect stands in it without a test."""

from pathlib import Path

import pytest

from rating.terms.model import WITHOUT_EFFECT
from tests import clause_table
from tests.clause_table import BEGIN, END, MarkerError, Proof, collect, packaged, page, references

INSTRUMENTS = packaged()
PROOFS = collect()
CLAUSES = references(INSTRUMENTS)


def test_the_page_is_as_made() -> None:
    text = clause_table.PAGE.read_text(encoding="utf-8")
    assert text == page(text, INSTRUMENTS, PROOFS), "make it anew: uv run python -m tests.clause_table"


def test_every_clause_has_its_row() -> None:
    text = clause_table.PAGE.read_text(encoding="utf-8")
    for instrument in INSTRUMENTS:
        own = text.partition(f"`{instrument.id}`, {instrument.source}.")[2].partition("\n## ")[0]
        rows = [line.split(" | ")[0].removeprefix("| ") for line in own.splitlines() if line.startswith("| ")][1:]
        assert rows == [clause.ref for clause in instrument.clause]


@pytest.mark.parametrize("reference", [name for name, clause in CLAUSES.items() if clause.kind == "effect"])
def test_every_effect_has_a_proof(reference: str) -> None:
    assert [proof for proof in PROOFS if proof.reference == reference]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.file}:{proof.line}-{proof.reference}")
def test_every_marker_names_a_clause_with_something_to_prove(proof: Proof) -> None:
    assert proof.reference in CLAUSES
    assert CLAUSES[proof.reference].kind != "none"


def test_every_reason_for_no_effect_has_words() -> None:
    assert set(clause_table.NOTHING) == set(WITHOUT_EFFECT)


TESTS = """\
import pytest

@pytest.mark.clause("a 1", "b 2.1(c)")
@pytest.mark.parametrize("x", [1])
def test_one(x): ...

class TestTwo:
    @pytest.mark.clause("a 1")
    def test_two(self): ...

def test_three(): ...
"""


def test_markers_are_read_from_the_syntax(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "deep"
    folder.mkdir(parents=True)
    (folder / "test_some.py").write_text(TESTS, encoding="utf-8")
    (folder / "helper.py").write_text(TESTS, encoding="utf-8")
    assert [(p.file, p.test, p.line, p.reference) for p in collect(tmp_path / "tests")] == [
        ("tests/deep/test_some.py", "test_one", 3, "a 1"),
        ("tests/deep/test_some.py", "test_one", 3, "b 2.1(c)"),
        ("tests/deep/test_some.py", "test_two", 8, "a 1"),
    ]


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("clause", "found no reference"),
        ("clause()", "found no reference"),
        ("clause(ref='a 1')", "found no reference"),
        ("clause(A)", "found A, expected a reference as a plain string"),
        ("clause(f'{A} 1')", "expected a reference as a plain string"),
        ("clause(3)", "found 3, expected"),
    ],
)
def test_a_marker_that_says_nothing_plain_is_refused(tmp_path: Path, marker: str, message: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(f"@pytest.mark.{marker}\ndef test_one(): ...\n", encoding="utf-8")
    with pytest.raises(MarkerError, match=r"tests/test_some\.py:1: ") as caught:
        collect(tmp_path / "tests")
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{BEGIN}{END}{END}"])
def test_a_page_without_its_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected it once"):
        page(text, INSTRUMENTS, PROOFS)


def test_making_it_twice_changes_nothing() -> None:
    once = page(f"head\n{BEGIN}{END}\nfoot\n", INSTRUMENTS, PROOFS)
    assert once.startswith("head\n")
    assert once.endswith("foot\n")
    assert page(once, INSTRUMENTS, PROOFS) == once
