"""The list of mutants that no test can see: each has a reason and a function that there is."""

import ast
from pathlib import Path

import pytest

from tests.survivors import ROOT, Survivor, compared, listed, targets

ONE, TWO = Survivor("rating.a:f", "-x\n+y"), Survivor("rating.b:C.g", "-x\n+z")


def functions(path: Path) -> dict[str, set[str]]:
    """Return the lines of every function of a module, by its name or its class's and its own."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    named = [(node.name, node) for node in tree.body if isinstance(node, ast.FunctionDef)]
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            named += [(f"{one.name}.{node.name}", node) for node in one.body if isinstance(node, ast.FunctionDef)]
    lines = [line.strip() for line in text.splitlines()]
    return {name: set(lines[node.lineno - 1 : node.end_lineno]) for name, node in named}


def test_every_listed_one_is_a_change_of_what_stands_there() -> None:
    wrong = []
    for one in listed():
        module, _, name = one.function.partition(":")
        found = functions(ROOT / f"{module.replace('.', '/')}.py").get(name, set())
        gone = {line[1:].strip() for line in one.change.splitlines() if line.startswith("-")}
        if not gone or not gone <= found:
            wrong.append(one)
    assert wrong == []


def test_a_survivor_needs_a_reason_and_one_place(tmp_path: Path) -> None:
    entry = '[[survivor]]\nfunction = "rating.a:f"\nchange = """\n-x\n+y\n"""\nreason = "{}"\n'
    path = tmp_path / "survivors.toml"
    path.write_text(entry.format("as fast"))
    assert listed(path) == {ONE: "as fast"}
    path.write_text(entry.format(" "))
    with pytest.raises(ValueError, match="a survivor without a reason"):
        listed(path)
    path.write_text(entry.format("a") + entry.format("b"))
    with pytest.raises(ValueError, match="listed twice"):
        listed(path)


def test_what_survives_is_compared_with_what_is_listed() -> None:
    assert compared([ONE], [ONE, TWO], ["rating.a"], whole=True) == ([], [])
    assert compared([ONE, TWO], [ONE], ["rating.a", "rating.b"], whole=True) == ([TWO], [])
    assert compared([], [ONE, TWO], ["rating.a"], whole=True) == ([], [ONE])
    assert compared([], [ONE], ["rating.a"], whole=False) == ([], [])


def test_kernels_are_no_targets() -> None:
    everything = targets([])
    assert Path("rating/isp.py") in everything
    assert not [path for path in everything if "kernel" in path.parts]
    assert targets(["rating/terms", "rating/isp.py"]) == [
        path for path in everything if path.parts[1] in {"terms", "isp.py"}
    ]
    for strange in ("rating/kernel", "rating/isp", "stream/clock.py"):
        with pytest.raises(ValueError, match=f"outside rating/kernel/: {strange}"):
            targets([strange])
