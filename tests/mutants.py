"""Mutation testing of the rules: tells which changes of ``rating/`` no fast test would notice.

``python -m tests.mutants [rating/isp.py ...]`` changes one thing at a time, runs the tests that cover the
changed function, and compares what survives with tests/survivors.toml, which says of each why it cannot be
seen. mutmut makes and runs the mutants; nothing is drawn, so that a run can be repeated. A run goes on where
the last one stopped: what is killed stays so until its function changes, what survives is tried
again, and ``--fresh`` forgets it all (after tests were weakened or removed).

Mutmut by itself leaves out every class with a decorator and every property, which here are the timeline, the
tariffs and the lines: `_extend` lets it into dataclasses and properties. It keeps it out of what only guards: the
words of an assertion and the ``strict`` of a ``zip``. A string is changed once, not in three ways. Code outside
functions is not mutated, nor what runs at import alone, and neither are the kernels, which are compiled.
"""

import argparse
import itertools
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import libcst as cst
import mutmut.__main__ as tool
import pytest
from libcst import matchers
from mutmut.configuration import Config
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.data import SourceFileMutationData

from tests.survivors import LISTED, ROOT, Survivor, compared, listed, targets

__all__ = ["main"]

WORK: Final = Path("mutants")
"""Where mutmut keeps the mutated tree and its results; relative, since mutmut is too."""

_DATACLASS: Final = matchers.Decorator(
    decorator=matchers.Name("dataclass") | matchers.Call(func=matchers.Name("dataclass"))
)
_PROPERTY: Final = matchers.Decorator(decorator=matchers.Name("property") | matchers.Name("cached_property"))


_AT_IMPORT: Final = frozenset({"_all_switches", "_choice", "_yes_no"})
"""Functions that make tables while their module is imported: no mutant is switched on then."""


def _guard(node: cst.Call) -> cst.Arg | None:
    return next((arg for arg in node.args if arg.keyword and arg.keyword.value == "strict"), None)


def _arguments(node: cst.Call) -> Iterator[cst.Call]:
    """Yield a call with each argument dropped or None, but for a ``strict``, which only guards."""
    return (changed for changed in mutators.operator_arg_removal(node) if _guard(changed) is _guard(node))


def _string(node: cst.BaseString) -> Iterator[cst.BaseString]:
    return itertools.islice(mutators.operator_string(node), 1)


def _extend() -> None:
    """Let mutmut into the methods of dataclasses and into properties, and keep it out of what only guards.

    All hooks are mutmut's own functions, which is why pyproject.toml names its version exactly.
    """
    visitor = file_mutation.MutationVisitor
    skips, arranged = visitor._skip_node_and_children, file_mutation.function_trampoline_arrangement  # noqa: SLF001

    messages: set[int] = set()

    def skips_less(self: Any, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.FunctionDef) and node.name.value in _AT_IMPORT:
            return True
        if isinstance(node, cst.Assert) and node.msg is not None:
            messages.add(id(node.msg))
        if id(node) in messages or (isinstance(node, cst.Arg) and node.keyword and node.keyword.value == "strict"):
            return True
        known = {cst.ClassDef: _DATACLASS, cst.FunctionDef: _PROPERTY}.get(type(node))
        decorators: Sequence[cst.Decorator] = getattr(node, "decorators", ())
        if known is not None and len(decorators) == 1 and matchers.matches(decorators[0], known):
            return False
        return skips(self, node)

    def arranged_bare(
        function: cst.FunctionDef, mutants: Iterable[file_mutation.Mutation], class_name: str | None
    ) -> tuple[Any, list[Any], Any, Any]:
        # A copy that stayed a property could not be called: only the switch before the copies is one.
        kept = function.decorators if any(matchers.matches(one, _PROPERTY) for one in function.decorators) else ()
        bare = function.with_changes(decorators=()) if kept else function
        before, (switch, *copies), after, names = arranged(bare, mutants, class_name)
        assert isinstance(switch, cst.FunctionDef)
        switch = switch.with_changes(decorators=[*kept, *switch.decorators]) if kept else switch
        return before, [switch, *copies], after, names

    if not hasattr(pytest.Item, "_nodeid"):  # pytest's own name for it until 9.1, which mutmut asks for
        pytest.Item._nodeid = property(lambda item: item.nodeid)  # type: ignore[attr-defined]  # noqa: SLF001
    instead: dict[Any, Any] = {mutators.operator_arg_removal: _arguments, mutators.operator_string: _string}
    operators = [(kind, instead.get(one, one)) for kind, one in mutators.mutation_operators]
    file_mutation.mutation_operators = operators  # type: ignore[attr-defined]
    visitor._skip_node_and_children = skips_less  # type: ignore[method-assign]  # noqa: SLF001
    file_mutation.function_trampoline_arrangement = arranged_bare


def _function(mutant: str) -> str:
    """Return ``module:name`` or ``module:Class.name`` for a mutant's key."""
    name, class_name = tool.orig_function_and_class_names_from_key(mutant)
    module = mutant.rpartition(".")[0]
    return f"{module}:{class_name}.{name}" if class_name else f"{module}:{name}"


def _survivor(mutant: str, path: Path) -> Survivor:
    lines = tool.get_diff_for_mutant(mutant, path=path).splitlines()[2:]
    return Survivor(_function(mutant), "\n".join(line.rstrip() for line in lines if line[:1] in {"-", "+"}))


def _results(paths: Sequence[Path]) -> dict[Path, SourceFileMutationData]:
    found = {path: SourceFileMutationData(path=path) for path in paths}
    for data in found.values():
        data.load()
    return found


def _forget(paths: Sequence[Path], limit: int | None) -> None:
    """Have what was not killed tried again, listed or not: there may be a test for it now."""
    for data in _results(paths).values():
        for mutant, code in list(data.exit_code_by_key.items())[:limit]:
            if tool.status_by_exit_code[code] != "killed":
                data.exit_code_by_key[mutant] = None
        if data.exit_code_by_key:
            data.save()


def _say(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def _report(paths: Sequence[Path], known: Mapping[Survivor, str]) -> int:
    """Tell the counts by module and what is not as listed; return the exit code."""
    survived: list[Survivor] = []
    whole = True
    total: Counter[str] = Counter()
    _say(f"{'module':36}{'mutants':>9}{'killed':>9}{'survived':>10}{'no test':>9}{'timed out':>11}{'killed %':>10}")
    rows: dict[str, Counter[str]] = {}
    for path, data in _results(paths).items():
        counts: Counter[str] = Counter()
        for mutant, code in data.exit_code_by_key.items():
            status = tool.status_by_exit_code[code]
            if status == "not checked":
                whole = False
                continue
            counts[status] += 1
            if status not in {"killed", "timeout"}:
                survived.append(_survivor(mutant, path))
        rows[path.as_posix()] = counts
        total.update(counts)
    for name, counts in (*rows.items(), ("all", total)):
        tried = counts.total()
        fallen = counts["killed"] + counts["timeout"]
        other = tried - fallen - counts["no tests"]
        share = f"{100 * fallen / tried:.1f}" if tried else "-"
        numbers = f"{tried:9}{counts['killed']:9}{other:10}{counts['no tests']:9}{counts['timeout']:11}{share:>10}"
        _say(f"{name:36}{numbers}")
    modules = [path.with_suffix("").as_posix().replace("/", ".") for path in paths]
    new, gone = compared(survived, known, modules, whole=whole)
    for title, ones in (("survive and are not listed", new), ("are listed and do not survive", gone)):
        _say(f"\n{len(ones)} {title} in {LISTED.relative_to(ROOT)}")
        for one in ones:
            _say(f"\n{one.function}\n{one.change}")
    return 1 if new or gone else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 1 if the survivors are not those that are listed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Mutation testing of rating/.")
    parser.add_argument("module", nargs="*", help="a file or folder under rating/; all by default")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N mutants of each module")
    parser.add_argument("--report", action="store_true", help="run nothing, tell what earlier runs found")
    asked = parser.parse_args(arguments)
    os.chdir(ROOT)
    known = listed()
    try:
        paths = targets(asked.module)
    except ValueError as wrong:
        parser.error(str(wrong))
    if asked.fresh and WORK.exists():
        shutil.rmtree(WORK)
    Config.ensure_loaded()
    if not asked.report:
        _run(paths, asked.limit)
    return _report(paths, known)


def _prepare(paths: Sequence[Path]) -> None:
    """Mutate these modules alone, leave the others as they are, and find out anew which tests cover what.

    Mutmut takes a file of its tree that is newer than the source for the mutants of it. One that another run
    left as it is would be taken so too: only files with an index beside them hold mutants.
    """
    Config.get().only_mutate = [path.as_posix() for path in paths]
    for path in targets([]):
        index = WORK / f"{path}.spans"
        if path not in paths:
            index.unlink(missing_ok=True)
        elif not index.exists():
            (WORK / path).unlink(missing_ok=True)
    (WORK / "mutmut-stats.json").unlink(missing_ok=True)


def _run(paths: Sequence[Path], limit: int | None) -> None:
    _extend()
    _prepare(paths)
    # An order of tests or a seed of their chance: here nothing is drawn. And the shared folder stands beside the
    # project, not beside the mutated tree: the tests that need it are skipped, in CI too.
    for name in ("PYTEST_ADDOPTS", "CI"):
        os.environ.pop(name, None)
    # The tests of the mutated tree are imported from it, not the ones this command is part of.
    for name in [name for name in sys.modules if name == "tests" or name.startswith("tests.")]:
        del sys.modules[name]
    made, collected = tool.create_mutants, tool.collect_source_file_mutation_data

    def made_anew(max_children: int) -> tool.MutantGenerationStats:
        stats = made(max_children)
        _forget(paths, limit)
        return stats

    def first(*, mutant_names: Sequence[str]) -> Any:
        mutants, by_path = collected(mutant_names=list(mutant_names))
        keep = {name for data in by_path.values() for name in list(data.exit_code_by_key)[:limit]}
        return [row for row in mutants if row[1] in keep], by_path

    tool.create_mutants = made_anew
    tool.collect_source_file_mutation_data = first
    tool._run((), 1)  # noqa: SLF001  (the command, without its parser)


if __name__ == "__main__":
    sys.exit(main())
