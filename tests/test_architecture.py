"""What may import what, where the import linter cannot look: single names, builtins and kernels' closures.

The contracts between packages stand in pyproject.toml and run as ``lint-imports``.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from stream import compile_cache

ROOT = Path(__file__).resolve().parents[1]
PURE = ("rating", "schemas")
PACKAGES = (*PURE, "stream")

# A clock, a file, a socket, chance, a process, a log: whatever makes a result depend on more than its arguments.
IMPURE_MODULES = {
    *("asyncio", "atexit", "ctypes", "fileinput", "glob", "http", "importlib", "io", "locale", "logging"),
    *("multiprocessing", "os", "pathlib", "pickle", "platform", "random", "secrets", "select", "shelve", "shutil"),
    *("signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid"),
    *("warnings", "zoneinfo"),
}
IMPURE_BUILTINS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}
CLOCK_METHODS = {"now", "today", "utcnow"}


def sources(*packages: str) -> list[Path]:
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(node: ast.AST, known: set[str]) -> Iterator[str]:
    """Yield the modules that a statement imports; of ours, the submodule where a name is one."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"line {node.lineno}: imports are absolute here"
        assert node.module
        for alias in node.names:
            submodule = f"{node.module}.{alias.name}"
            yield submodule if submodule in known else node.module


@cache
def graph() -> dict[str, frozenset[str]]:
    """Return what each of our modules imports, at its top or inside a function."""
    known = {dotted(path) for path in sources(*PACKAGES)}
    return {
        dotted(path): frozenset(name for node in ast.walk(tree(path)) for name in imported(node, known))
        for path in sources(*PACKAGES)
    }


@cache
def graph_at_import() -> dict[str, frozenset[str]]:
    """Return what each of our modules imports when it is imported itself."""
    known = {dotted(path) for path in sources(*PACKAGES)}
    return {
        dotted(path): frozenset(name for node in tree(path).body for name in imported(node, known))
        for path in sources(*PACKAGES)
    }


def closure(module: str, edges: dict[str, frozenset[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for name in edges.get(waiting.pop(), ()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def impurities(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for name in imported(node, set()):
            if name.split(".")[0] in IMPURE_MODULES:
                yield f"import of {name}"
    elif isinstance(node, ast.Call):
        called = node.func
        if isinstance(called, ast.Name) and called.id in IMPURE_BUILTINS:
            yield f"call of {called.id}()"
        if isinstance(called, ast.Attribute) and called.attr in CLOCK_METHODS:
            yield f"a clock is asked by .{called.attr}()"


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_touches_no_clock_file_socket_or_log(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', '?')}: {what}"
        for path in sources(package)
        for node in ast.walk(tree(path))
        for what in impurities(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import time", "import of time"),
        ("from os import path", "import of os"),
        ("import importlib.resources", "import of importlib.resources"),
        ("open('x')", "call of open()"),
        ("datetime.now(UTC)", "a clock is asked by .now()"),
        ("datetime.date.today()", "a clock is asked by .today()"),
    ],
)
def test_the_walk_would_see_it(line: str, what: str) -> None:
    assert what in [found for node in ast.walk(ast.parse(line)) for found in impurities(node)]


def test_kernels_import_numba_numpy_and_each_other() -> None:
    allowed = ("numba", "numpy", "rating.kernel")
    strangers = {
        module: sorted(name for name in names if not any(name == a or name.startswith(f"{a}.") for a in allowed))
        for module, names in graph().items()
        if module.startswith("rating.kernel")
    }
    assert {module: names for module, names in strangers.items() if names} == {}


def test_rules_do_not_import_kernels() -> None:
    # Statements are made of rules alone: a rule that pulled numba in would add a second to every one of them.
    pulling = [m for m in graph() if m.startswith("rating") and not m.startswith("rating.kernel")]
    assert [module for module in pulling if "numba" in closure(module, graph())] == []


def test_no_module_imports_itself_by_a_detour() -> None:
    assert [module for module in graph() if module in closure(module, graph())] == []


def test_the_digest_covers_everything_that_is_compiled() -> None:
    hashed = {dotted(path) for path in compile_cache.kernel_sources(ROOT)}
    compiled = {module for module, names in graph().items() if any(n.split(".")[0] == "numba" for n in names)}
    assert compiled <= hashed
    # Constants of other modules are frozen into machine code too.
    beside = {name for module in compiled for name in closure(module, graph()) if name.split(".")[0] in PACKAGES}
    assert beside <= hashed


def test_the_cache_is_placed_before_numba_comes() -> None:
    assert closure("stream.compile_cache", graph()).isdisjoint({"numba", "numpy", "llvmlite"})
    for module in ("stream.cli.entry", "stream.cli.app"):
        assert "numba" not in closure(module, graph_at_import())
