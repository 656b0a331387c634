"""Make docs/clauses.md: every clause of the packaged instruments, what is done about it, what proves it.

Tests say what they prove with ``@pytest.mark.clause("instrument reference", ...)``. The markers are read
from the tests' syntax, so that the page needs no test to run. ``python -m tests.clause_table`` writes it.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rating.policy import SWITCHES, shown
from rating.terms.model import Clause, Instrument, ReplaceSchedule, Watch
from stream.cli.terms_render import effect_words
from stream.terms.load import load_packaged, packaged_ids

__all__ = ["BEGIN", "END", "PAGE", "Proof", "collect", "packaged", "page", "references", "table"]

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "clauses.md"
BEGIN: Final = "<!-- made by tests/clause_table.py: begin -->"
END: Final = "<!-- made by tests/clause_table.py: end -->"
NOTHING: Final[Mapping[str, str]] = {
    "recital": "nothing to compute: tells how it came about",
    "construction": "nothing to compute: says how to read the rest",
    "reservation": "nothing to compute: keeps or gives up rights",
    "signature": "nothing to compute: its days are the instrument's `signed`",
    "heading": "nothing to compute: opens what follows",
    "representation": "nothing to compute: vouches for something",
    "operations": "nothing to compute: how networks are built and orders placed",
}


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """A test and the clause that it names: `file` from the root, `line` of the marker."""

    file: str
    test: str
    line: int
    reference: str


class MarkerError(Exception):
    """A marker that names its clauses in another way than in plain strings, or none."""


def collect(folder: Path = ROOT / "tests") -> list[Proof]:
    """Return what the tests under a folder say that they prove, by file and line.

    Raises
    ------
    MarkerError
        For a marker without references, and for one that is not a plain string.
    """
    found: list[Proof] = []
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder.parent).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.extend(_proofs(node, name))
    return sorted(found)


def _proofs(test: ast.FunctionDef | ast.AsyncFunctionDef, file: str) -> Iterator[Proof]:
    for decorator in test.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if ast.unparse(called) != "pytest.mark.clause":
            continue
        arguments = decorator.args if isinstance(decorator, ast.Call) else []
        if not arguments or (isinstance(decorator, ast.Call) and decorator.keywords):
            raise MarkerError(f"{file}:{decorator.lineno}: found no reference, expected one at least")
        for argument in arguments:
            if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
                found = ast.unparse(argument)
                raise MarkerError(f"{file}:{decorator.lineno}: found {found}, expected a reference as a plain string")
            yield Proof(file, test.name, decorator.lineno, argument.value)


def packaged() -> tuple[Instrument, ...]:
    """Return every instrument that ships with the package, by id."""
    return load_packaged(packaged_ids())


def references(instruments: Sequence[Instrument]) -> dict[str, Clause]:
    """Return every clause by ``instrument reference``."""
    return {f"{instrument.id} {clause.ref}": clause for instrument in instruments for clause in instrument.clause}


def table(instrument: Instrument, proofs: Sequence[Proof]) -> list[str]:
    """Return an instrument's heading and its clauses as lines of a table."""
    lines = [
        f"## {instrument.title}",
        "",
        f"`{instrument.id}`, {instrument.source}.",
        "",
        "| clause | what it says | what is done about it | proved by |",
        "|---|---|---|---|",
    ]
    for clause in instrument.clause:
        own = [proof for proof in proofs if proof.reference == f"{instrument.id} {clause.ref}"]
        cells = (clause.ref, clause.says, _done(instrument, clause), "<br>".join(_links(own)))
        lines.append(f"| {' | '.join(map(_cell, cells))} |")
    return lines


def _done(instrument: Instrument, clause: Clause) -> str:
    """Return what the engine does about a clause, and which reading of it is a switch."""
    said = [NOTHING[clause.why]] if clause.kind == "none" else []
    for effect in clause.effects:
        words = effect_words(effect)
        said.append(f"watched: {words.removeprefix('watch ')}" if isinstance(effect, Watch) else words)
    rows = [effect.rows for effect in clause.effects if isinstance(effect, ReplaceSchedule)]
    said += [
        f"{row.purchaser}: {row.series}, {row.shares:,} shares, {row.warrants:,} warrants, ${row.price:,}"
        for schedule in rows
        for row in schedule
    ]
    said += [
        f"open: `{switch.policy}`, default {_default(switch.policy)}"
        for switch in instrument.switches
        if switch.clause == clause.ref
    ]
    return "<br>".join(said)


def _default(policy: str) -> str:
    value = shown(SWITCHES[policy].default)
    return f"`{value}`" if isinstance(value, str) else f"`{str(value).lower()}`"


def _links(proofs: Sequence[Proof]) -> list[str]:
    return list(dict.fromkeys(f"[`{proof.test}`](../{proof.file})" for proof in proofs))


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def page(text: str, instruments: Sequence[Instrument], proofs: Sequence[Proof]) -> str:
    """Return a page with what stands between its two marks made anew.

    Raises
    ------
    ValueError
        If a mark is missing or stands there twice.
    """
    for mark in (BEGIN, END):
        if text.count(mark) != 1:
            raise ValueError(f"found {mark!r} {text.count(mark)} times, expected it once")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    made = "\n\n".join("\n".join(table(instrument, proofs)) for instrument in instruments)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), packaged(), collect()), encoding="utf-8")
