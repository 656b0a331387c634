"""A settlement desk in Wisconsin: a base agreement and two amendments, calls, closes and true-ups, by the commands."""

import json
from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path
from shutil import copytree
from typing import Any, Final

from rating.money import dollars_text, unrounded_text
from tests.stream.files.worlds import AGREEMENT, Ran, call, cli, ndjson, ok, sql, workspace

__all__ = ["BASE_SETTINGS", "HISTORY", "HOUR", "Balance", "Desk", "balance_of", "lines_of"]

HOUR: Final = 3_600_000
BASE_SETTINGS: Final = (
    '[terms]\npackaged = ["sprint-icg-mo-1", "sbc-kmc-second", "sbc-kmc-wi-isp", "illustrative-ica"]\n'
)
HISTORY: Final = f"agreement,payee,period,isp_ms\nsbc-kmc-wi,kmc,2001-Q1,{1_000 * HOUR}\n"
"""A base quarter: 4,840 hours are the limit of 2003, which these worlds do not reach unless they say otherwise."""

Balance = dict[str, tuple[str, str, int]]
"""Amount, unrounded amount and milliseconds by line; what is all zero is left out."""


def lines_of(document: Mapping[str, Any]) -> Balance:
    """Return the lines of a statement by id."""
    lines = {
        line["line"]: (line["amount"], line["unrounded"], line["ms"])
        for direction in document["directions"]
        for line in direction["lines"]
    }
    return {name: value for name, value in lines.items() if value != ("0.00", "0", 0)}


def balance_of(folder: Path, agreement: str, month: str) -> Balance:
    """Return what all entries of a month come to, asked past the program."""
    of_month = f"agreement = '{agreement}' and month = '{month}'"
    sums: dict[str, list[int]] = {}
    for line, *values in sql(folder, f"select line, cents, units, ms from entries where {of_month}"):
        have = sums.get(line, [0, 0, 0])
        sums[line] = [before + int(value) for before, value in zip(have, values, strict=True)]
    return {
        line: (dollars_text(amount), unrounded_text(units), ms)
        for line, (amount, units, ms) in sums.items()
        if (amount, units, ms) != (0, 0, 0)
    }


class Desk:
    """A workspace and what a clerk does with it; every method is a command in this process."""

    def __init__(self, folder: Path, settings: str = BASE_SETTINGS, **tables: str) -> None:
        self.folder = workspace(folder / "w", settings, **{"usage_history": HISTORY, **tables})
        self.inbox = folder
        self._files = 0
        self._calls = 0

    def copy(self, folder: Path) -> "Desk":
        """Return the same desk in another folder, as it stands."""
        twin = copy(self)
        twin.folder, twin.inbox = copytree(self.folder, folder / "w"), folder
        return twin

    def rate(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Rate a file of calls."""
        self._files += 1
        ok("rate", ndjson(self.inbox / f"{self._files}.ndjson", records), "--quiet", "-w", self.folder)

    def traffic(self, day: str, hours: int, back: int = 0, **fields: Any) -> None:
        """Rate a file of calls of an hour each to the payee, and so many the other way, in a day's first hours."""
        records = []
        for ways, fellow in ((hours, {}), (back, {"called": "4142002000", "calling": "4143000001"})):
            for _ in range(ways):
                self._calls += 1
                at = f"{day}T0{self._calls % 10}:00:00-05:00"
                records.append(call(self._calls, connect_time=at, duration_ms=HOUR, **fellow, **fields))
        self.rate(records)

    def event(self, id: str, event: str, on: str, **fields: Any) -> None:  # noqa: A002  (the field's name)
        """Append an event."""
        with (self.folder / "events.ndjson").open("a") as handle:
            handle.write(json.dumps({"id": id, "event": event, "on": on, **fields}) + "\n")

    def table(self, name: str, text: str) -> None:
        """Write a reference table anew."""
        (self.folder / "reference" / f"{name}.csv").write_text(text)

    def instrument(self, name: str, text: str) -> None:
        """Write an instrument of the workspace's own."""
        (self.folder / "terms").mkdir(exist_ok=True)
        (self.folder / "terms" / f"{name}.toml").write_text(text)

    def close(self, month: str, known: str) -> list[dict[str, Any]]:
        """Close a month; return what was closed."""
        found: list[dict[str, Any]] = ok("close", month, "--as-known-at", known, "--json", "-w", self.folder).document
        return found

    def true_up(self, known: str, *options: str) -> list[dict[str, Any]]:
        """True up; return what each closed month changed."""
        words = ("true-up", "--as-known-at", known, "--json", *options, "-w", self.folder)
        found: list[dict[str, Any]] = ok(*words).document
        return found

    def refused(self, *words: object) -> Ran:
        """Run a command that has to change nothing and print nothing."""
        ran = cli(*words, "-w", self.folder)
        assert ran.code != 0 and ran.out == "" and ran.err.count("\n") == 1, ran
        return ran

    def statement(self, month: str, known: str, agreement: str = AGREEMENT) -> dict[str, Any]:
        """Return a statement made now."""
        words = ("statement", agreement, month, "--as-known-at", known, "--format", "json", "-w", self.folder)
        found: dict[str, Any] = ok(*words).document
        return found

    def issued(self, month: str, number: int | None = None, agreement: str = AGREEMENT) -> str:
        """Return an issued statement's text, the last one's unless a number is given."""
        which = ["--issued"] if number is None else ["--issued", str(number)]
        return ok("statement", agreement, month, *which, "--format", "json", "-w", self.folder).out

    def entries(self, month: str | None = None, agreement: str | None = None) -> list[dict[str, Any]]:
        """Return the booked entries."""
        narrowed = [*(["--month", month] if month else []), *(["--agreement", agreement] if agreement else [])]
        found: list[dict[str, Any]] = ok("ledger", "show", *narrowed, "--json", "-w", self.folder).document
        return found

    def faults(self) -> dict[str, list[str]]:
        """Return what `ledger verify` finds, by check."""
        ran = cli("ledger", "verify", "--json", "-w", self.folder)
        found = {check["check"]: check["faults"] for check in ran.document if check["faults"]}
        assert ran.code == (1 if found else 0), ran
        return found

    def balanced(self, known: str, *months: str, agreement: str = AGREEMENT) -> None:
        """Hold that what is booked is a fresh valuation, line by line, and is what the last statement says."""
        for month in months:
            fresh = self.statement(month, known, agreement)
            assert balance_of(self.folder, agreement, month) == lines_of(fresh)
            last = json.loads(self.issued(month, agreement=agreement))
            for part in ("directions", "usage", "exceptions"):
                assert last[part] == fresh[part]
