"""A bill's lines beside ours: by direction, class, LATA and rate."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from stream.desk.reconcile.bill import BillLine
from stream.desk.reconcile.ours import OurLine

__all__ = ["Matched", "match_lines"]

_Group = tuple[str, str, str, str]


@dataclass(slots=True)
class _Side:
    """One side's sum at one rate."""

    ms: int = 0
    cents: int = 0
    slack_ms: int = 0
    numbers: list[int] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Matched:
    """One row of the match; a side that is not there has time and cents 0.

    what : ``same``, ``minutes``, ``rate``, ``minutes_and_rate``, ``amount`` (time and rate agree, dollars do not),
    ``only_here``, ``only_there``, ``unbilled`` (time of ours that has no price, which no bill need name),
    ``billed_twice``, ``other_period``.
    """

    payer: str
    payee: str
    kind: str
    lata: str
    what: str
    rate_here: str
    rate_there: str
    ms_here: int
    ms_there: int
    cents_here: int
    cents_there: int
    slack_ms: int
    numbers: tuple[int, ...]
    clauses: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether it is a difference."""
        return self.what not in ("same", "unbilled")


def match_lines(ours: Sequence[OurLine], theirs: Iterable[BillLine]) -> list[Matched]:
    """Return every row, of ours and of the bill, exactly once.

    A bill without LATAs, or without rates, is matched without them; then what of ours has no price is left out of
    the sums, as a bill leaves it out.
    """
    billed = list(theirs)
    by_lata, by_rate = any(line.lata for line in billed), any(line.rate for line in billed)
    here: dict[_Group, dict[str, _Side]] = defaultdict(lambda: defaultdict(_Side))
    there: dict[_Group, dict[str, _Side]] = defaultdict(lambda: defaultdict(_Side))
    for line in ours:
        rate = line.rate if by_rate or not line.rate else "any"
        side = here[line.payer, line.payee, line.kind, line.lata if by_lata else ""][rate]
        side.ms, side.cents = side.ms + line.ms, side.cents + line.cents
        side.clauses += [clause for clause in line.clauses if clause not in side.clauses]
    for bill_line in billed:
        rate = bill_line.rate or ("any" if bill_line.cents or (not by_rate and not _unpriced(here, bill_line)) else "")
        side = there[bill_line.payer, bill_line.payee, bill_line.kind, bill_line.lata if by_lata else ""][rate]
        side.ms, side.cents = side.ms + bill_line.ms, side.cents + bill_line.cents
        side.slack_ms += bill_line.slack_ms
        side.numbers.append(bill_line.number)
    silent = not any(not line.rate and not line.cents for line in billed)
    return [
        row
        for group in sorted({*here, *there})
        for row in _group(group, dict(here.get(group, {})), dict(there.get(group, {})), silent=silent)
    ]


def _unpriced(here: dict[_Group, dict[str, _Side]], line: BillLine) -> bool:
    """Whether a line without money is one of time that has no price here either."""
    sides = [side for group, side in here.items() if group[:3] == (line.payer, line.payee, line.kind)]
    return bool(sides) and all("any" not in side for side in sides)


def _group(group: _Group, here: dict[str, _Side], there: dict[str, _Side], *, silent: bool) -> Iterator[Matched]:
    if "" in there and "" not in here and "any" in there:
        _add(there["any"], there.pop(""))
    if "" in there:
        # A line that says neither rate nor dollars can be of any time that comes to less than half a cent.
        for rate in [rate for rate, side in here.items() if rate and rate not in there and not side.cents]:
            _add(here.setdefault("", _Side()), here.pop(rate))
    for rate in sorted({*here} & {*there}):
        yield _row(group, here.pop(rate), rate, there.pop(rate), rate)
    if silent and "" in here and not here[""].cents:
        yield replace(_row(group, here.pop(""), "", None, ""), what="unbilled")
    left, right = sorted(here), sorted(there)
    while left and right:
        # Nearest in time first: one line at another rate has the time of ours.
        a, b = min(((a, b) for a in left for b in right), key=lambda both: abs(here[both[0]].ms - there[both[1]].ms))
        if (a == "") != (b == "") and (len(left) > 1 or len(right) > 1):
            break
        yield _row(group, here[a], a, there[b], b)
        left.remove(a)
        right.remove(b)
    for rate in left:
        yield _row(group, here[rate], rate, None, "")
    for rate in right:
        yield _row(group, None, "", there[rate], rate)


def _add(side: _Side, more: _Side) -> None:
    side.ms, side.cents, side.slack_ms = side.ms + more.ms, side.cents + more.cents, side.slack_ms + more.slack_ms
    side.numbers += more.numbers
    side.clauses += [clause for clause in more.clauses if clause not in side.clauses]


def _row(group: _Group, here: _Side | None, rate_here: str, there: _Side | None, rate_there: str) -> Matched:
    a, b = here or _Side(), there or _Side()
    if there is None:
        what = "only_here"
    elif here is None:
        what = "only_there"
    else:
        minutes, rate = abs(a.ms - b.ms) > b.slack_ms, rate_there not in (rate_here, "any")
        what = (
            "minutes_and_rate" if minutes and rate
            else "rate" if rate
            else "minutes" if minutes
            else "amount" if a.cents != b.cents
            else "same"
        )  # fmt: skip
    return Matched(
        *group, what, rate_here, rate_there, a.ms, b.ms, a.cents, b.cents, b.slack_ms, tuple(b.numbers),
        tuple(a.clauses),
    )  # fmt: skip
