"""The mutants of ``rating/`` that are known to survive, and what a run is compared with."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["LISTED", "ROOT", "Survivor", "compared", "listed", "targets"]

ROOT: Final = Path(__file__).resolve().parents[1]
LISTED: Final = ROOT / "tests" / "survivors.toml"


@dataclass(frozen=True, slots=True, order=True)
class Survivor:
    """A mutant that no test sees: the function, ``module:name``, and the lines that differ, as ``-`` and ``+``."""

    function: str
    change: str


def listed(path: Path = LISTED) -> dict[Survivor, str]:
    """Return the known survivors with their reasons.

    Raises
    ------
    ValueError
        For one without a reason, and for one that is listed twice.
    """
    found: dict[Survivor, str] = {}
    for row in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []):
        one = Survivor(row["function"], row["change"].strip())
        if not row["reason"].strip():
            raise ValueError(f"{one.function}: a survivor without a reason")
        if one in found:
            raise ValueError(f"{one.function}: listed twice: {one.change}")
        found[one] = row["reason"]
    return found


def compared(
    survived: Iterable[Survivor], known: Iterable[Survivor], modules: Iterable[str], *, whole: bool
) -> tuple[list[Survivor], list[Survivor]]:
    """Return the survivors that are not listed, and what is listed of these modules and did not survive.

    Parameters
    ----------
    whole : bool
        Whether all mutants of the modules were tried; if not, nothing listed can be called gone.
    """
    alive, names = set(survived), set(modules)
    expected = {one for one in known if one.function.partition(":")[0] in names}
    return sorted(alive - expected), sorted(expected - alive) if whole else []


def targets(asked: Sequence[str], root: Path = ROOT) -> list[Path]:
    """Return the modules to mutate, from the root: those asked for, files or folders, or all but the kernels.

    Raises
    ------
    ValueError
        If something asked for is no rule's source.
    """
    rules = [path.relative_to(root) for path in sorted((root / "rating").rglob("*.py")) if "kernel" not in path.parts]
    chosen = [path for path in rules if not asked or any(path.is_relative_to(name) for name in asked)]
    strange = [name for name in asked if not any(path.is_relative_to(name) for path in rules)]
    if strange:
        raise ValueError(f"not a module under rating/ outside rating/kernel/: {', '.join(strange)}")
    return chosen
