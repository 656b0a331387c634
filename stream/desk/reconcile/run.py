"""A reconciliation as a whole: from a bill and the books to a document of differences, each with its cause."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from rating.facts import Facts
from rating.money import dollars_text
from stream.books.store import Store
from stream.desk.reconcile.bill import Bill, BillLine
from stream.desk.reconcile.causes import Cause, Way, amounts, one_reading, other_rates, readings_that_fit, sums
from stream.desk.reconcile.days import day_rows
from stream.desk.reconcile.matching import Matched, match_lines
from stream.desk.reconcile.ours import OurLine, our_lines, time_by_day
from stream.desk.reconcile.scope import Recordings, Scope
from stream.errors import BadInput, WrongUsage
from stream.facts import make_facts
from stream.workspace.load import Workspace

if TYPE_CHECKING:
    from stream.desk.reconcile.by_call import ByCall

__all__ = ["FORMAT_VERSION", "reconcile", "window_of"]

FORMAT_VERSION: Final = 1


def window_of(bill: Bill, first: date | None, last: date | None) -> tuple[date, date]:
    """Return the days that a bill is for: those asked for, else from its first line's to its last one's.

    Raises
    ------
    WrongUsage
        If neither says, or the days asked for end before they begin.
    BadInput
        If no line of the bill lies on the days asked for, or one lies across their edge.
    """
    days = bill.days
    if days is None and (first is None or last is None):
        raise WrongUsage("--from and --through: found a bill whose lines have no days, expected both options")
    begin, end = first or (days[0] if days else date.min), last or (days[1] if days else date.max)
    if begin > end:
        raise WrongUsage(f"--through: found {end}, expected a day from {begin} on")
    inside = 0
    for line in bill.lines:
        if line.first is None or line.last is None:
            inside += 1
        elif line.last < begin or line.first > end:
            continue
        elif line.first < begin or line.last > end:
            raise BadInput.found(
                f"{line.first} to {line.last}", f"days from {begin} through {end}, or none of them",
                file=bill.file, line=line.number, field="from, through",
            )  # fmt: skip
        else:
            inside += 1
    if not inside:
        assert days is not None
        raise BadInput.found(
            f"{days[0]} to {days[1]}",
            f"lines on days from {begin} through {end}",
            file=bill.file,
            field="from, through",
        )
    return begin, end


def reconcile(
    workspace: Workspace,
    store: Store,
    bill: Bill,
    agreement: str,
    first: date,
    last: date,
    as_known_at: date,
    recordings: Recordings | None = None,
) -> dict[str, Any]:
    """Match a bill with the books, and say why they differ.

    Parameters
    ----------
    recordings : Recordings or None
        The other carrier's calls, to match call by call. Only the directions that the bill has are compared.

    Returns
    -------
    dict
        As `schemas/reconciliation.md` lays it down: amounts are decimal strings of dollars, time is integer
        milliseconds, a difference is what was billed less what the books say.
    """
    facts = make_facts(workspace, store.names(), store, as_known_at)
    found = None
    if recordings is not None:
        from stream.desk.reconcile.by_call import match_recordings  # noqa: PLC0415  # the compiler and the archive

        found = match_recordings(workspace, store, facts, _scope(facts, bill, agreement), first, last, recordings)
    return _Run(workspace, facts, bill, agreement, first, last, found).document()


def _scope(facts: Facts, bill: Bill, agreement: str) -> Scope:
    ways = tuple(sorted({(line.payer, line.payee) for line in bill.lines}))
    return Scope(agreement, facts.agreements[agreement].incumbent, ways)


class _Run:
    def __init__(
        self,
        workspace: Workspace,
        facts: Facts,
        bill: Bill,
        agreement: str,
        first: date,
        last: date,
        by_call: "ByCall | None",
    ) -> None:
        self._workspace, self._facts, self._bill, self._agreement = workspace, facts, bill, agreement
        self._first, self._last = first, last
        self._by_call = by_call
        self._ways = sorted({(line.payer, line.payee) for line in bill.lines})
        self._ours = self._value(facts)
        self._copies = [line for line in bill.lines if line.copy_of]
        self._elsewhere = [line for line in bill.lines if not line.copy_of and self._outside(line)]
        held = {line.number for line in (*self._copies, *self._elsewhere)}
        self._billed = [line for line in bill.lines if line.number not in held]
        self._rows = match_lines(self._ours, self._billed)

    def _value(self, facts: Facts) -> list[OurLine]:
        lines = our_lines(facts, self._agreement, self._first, self._last)
        return [line for line in lines if (line.payer, line.payee) in self._ways]

    def _outside(self, line: BillLine) -> bool:
        return line.first is not None and line.last is not None and not self._first <= line.first <= self._last

    def document(self) -> dict[str, Any]:
        """Return everything."""
        causes = self._causes()
        rows = [*self._rows, *self._apart(self._copies, "billed_twice"), *self._apart(self._elsewhere, "other_period")]
        return {
            "v": FORMAT_VERSION,
            "bill": {"file": self._bill.file.name, "lines": len(self._bill.lines)},
            "agreement": self._agreement,
            "from": self._first.isoformat(),
            "through": self._last.isoformat(),
            "as_known_at": self._facts.as_known_at.isoformat(),
            "directions": [self._direction(way, causes) for way in self._ways],
            "lines": [_line(row) for row in rows],
            "days": self._by_call.days
            if self._by_call
            else day_rows(self._facts, self._agreement, self._billed, self._first, self._last),
            "calls": self._by_call.document if self._by_call else None,
            "causes": [_cause(cause) for cause in causes],
            "differences": sum(row.differs for row in rows),
        }

    def _apart(self, lines: Sequence[BillLine], what: str) -> list[Matched]:
        return [
            Matched(
                line.payer, line.payee, line.kind, line.lata, what, "", line.rate, 0, line.ms, 0, line.cents,
                line.slack_ms, (line.number,), (),
            )
            for line in lines
        ]  # fmt: skip

    def _rest(self, causes: Sequence[Cause]) -> dict[Way, int]:
        """Return what is billed above the books and no cause accounts for, in cents."""
        here = sums(self._ours)
        out = {way: -here.get(way, 0) for way in self._ways}
        for line in self._bill.lines:
            out[line.payer, line.payee] += line.cents
        for cause in causes:
            out[cause.way] -= cause.cents
        return out

    def _causes(self) -> list[Cause]:
        """Return causes in order: lines, then calls, then what the terms say of what the calls come to."""
        causes = [self._copied(line) for line in self._copies] + [self._of_other_days(line) for line in self._elsewhere]
        facts, ours, rows = self._facts, self._ours, self._rows
        if self._by_call:
            causes += self._by_call.causes(self._value, elsewhere=bool(self._elsewhere))
            facts = self._by_call.facts
            ours = self._value(facts)
            rows = match_lines(ours, self._billed)
        rest = self._rest(causes)
        found: list[Cause] = []
        if any(abs(amount) > len(self._billed) for amount in rest.values()):
            fitting = readings_that_fit(
                self._workspace, facts, self._agreement, self._value, ours, rest, len(self._billed), self._last
            )
            found = one_reading(fitting)
            if not found:
                found = other_rates(facts, self._agreement, rows, self._first, self._last)
                found += [] if self._by_call else self._missing_days()
        if not any(cause.cause == "reading" for cause in found):
            found += amounts(rows)
        return causes + found

    def _missing_days(self) -> list[Cause]:
        """Return the days on which the bill has time in a direction and the books have none at all."""
        held = time_by_day(self._facts, self._agreement, self._first, self._last)
        ours = {(payer, payee, day) for (payer, payee, _, _, day), ms in held.items() if ms}
        found: dict[tuple[str, str, date], list[BillLine]] = {}
        for line in self._billed:
            day = line.first if line.first == line.last and line.ms else None
            if day is not None and (line.payer, line.payee, day) not in ours:
                found.setdefault((line.payer, line.payee, day), []).append(line)
        return [
            Cause(
                "missing_day",
                (payer, payee),
                f"{day}: the bill has time in this direction and the books have none: ask for the day's records",
                sum(line.ms for line in lines),
                sum(line.cents for line in lines),
                evidence=({"day": day.isoformat(), "bill_lines": [line.number for line in lines]},),
            )
            for (payer, payee, day), lines in sorted(found.items())
        ]

    def _copied(self, line: BillLine) -> Cause:
        words = f"line {line.number} of the bill repeats line {line.copy_of} in every cell"
        return Cause("billed_twice", (line.payer, line.payee), words, line.ms, line.cents)

    def _of_other_days(self, line: BillLine) -> Cause:
        words = f"line {line.number} of the bill is for {line.first} to {line.last}, outside its period"
        return Cause("other_period", (line.payer, line.payee), words, line.ms, line.cents)

    def _direction(self, way: Way, causes: Sequence[Cause]) -> dict[str, Any]:
        here = [line for line in self._ours if (line.payer, line.payee) == way]
        there = [line for line in self._bill.lines if (line.payer, line.payee) == way]
        ours, theirs = sum(line.cents for line in here), sum(line.cents for line in there)
        return {
            "payer": way[0],
            "payee": way[1],
            "ms_here": sum(line.ms for line in here if line.rate),
            "ms_there": sum(line.ms for line in there),
            "here": dollars_text(ours),
            "there": dollars_text(theirs),
            "difference": dollars_text(theirs - ours),
            "unexplained": dollars_text(self._rest(causes)[way]),
        }


def _line(row: Matched) -> dict[str, Any]:
    return {
        "payer": row.payer,
        "payee": row.payee,
        "class": row.kind,
        "lata": row.lata or None,
        "what": row.what,
        "rate_here": row.rate_here if row.rate_here not in ("", "any") else None,
        "rate_there": row.rate_there if row.rate_there not in ("", "any") else None,
        "ms_here": row.ms_here,
        "ms_there": row.ms_there,
        "ms_difference": row.ms_there - row.ms_here,
        "here": dollars_text(row.cents_here),
        "there": dollars_text(row.cents_there),
        "difference": dollars_text(row.cents_there - row.cents_here),
        "bill_lines": list(row.numbers),
        "clauses": list(row.clauses),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "cause": cause.cause,
        "payer": cause.way[0],
        "payee": cause.way[1],
        "words": cause.words,
        "calls": cause.calls,
        "ms": cause.ms,
        "amount": dollars_text(cause.cents),
        "clauses": list(cause.clauses),
        "evidence": [dict(row) for row in cause.evidence],
    }
