"""What an explanation consists of: plain, ordered data that prints and that travels as JSON."""

from dataclasses import dataclass

__all__ = [
    "CallRow",
    "Cited",
    "Explanation",
    "InForce",
    "Known",
    "LineExplanation",
    "Live",
    "Price",
    "Segment",
    "Share",
    "Step",
    "Total",
]


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause that decided something: `source` is ``instrument ref``, `says` its paraphrase ("" if not loaded)."""

    source: str
    says: str
    illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that a step rests on; `where` is the file and line, or the place in the archive, that says so."""

    name: str
    value: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, its result in a sentence, what that rests on, the clauses behind it."""

    step: str
    says: str
    facts: tuple[Known, ...] = ()
    clauses: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What a segment costs in one case.

    Parameters
    ----------
    case : str
        ``class`` where the call's class alone decides; else ``isp_bound``, ``below_ratio``, ``over_cap``,
        ``new_market`` or ``spread``, of which the month's aggregate decides how much time is which.
    when : str
        The case in words.
    outcome, reason : str
        As on statement lines.
    rate : str or None
        Dollars a minute where the price is nothing but a rate.
    elements : tuple of Known
        The elements of another price, with what each comes to and its clause.
    charge : str
        Dollars. `exact` says whether the decimal is the whole of it: some charges have no end.
    units : str
        The same in 1/60,000 of 1e-9 dollar, always exact.
    """

    case: str
    when: str
    outcome: str
    reason: str
    rate: str | None
    elements: tuple[Known, ...]
    charge: str
    exact: bool
    units: str
    illustrative: bool
    clauses: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """A statement line that the time of a class, LATA and sub-period went to, and its part of it in milliseconds."""

    line: str
    outcome: str
    reason: str
    ms: int
    rate: str | None
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """The provisional price at which the call was archived, and the position that it was made from.

    `ratio` is T:O at that moment, None where nothing was originated or the class is not weighed.
    """

    outcome: str
    reason: str
    rate: str
    charge: str
    t_ms: int
    o_ms: int
    ratio: str | None
    cap_left_ms: int | None


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a call that falls on one local day, with the terms of that day.

    `start` and `end` are local clock times; `labelled` is False where only the month's aggregate
    decides; `part_ms` is all the time of the call's class, LATA and sub-period in its direction, and
    `shares` what became of it.
    """

    day: str
    start: str
    end: str
    ms: int
    mou: str
    sub_from: str
    sub_through: str
    payer: str
    payee: str
    in_force: tuple[str, ...]
    provisional: tuple[str, ...]
    labelled: bool
    verdict: str
    prices: tuple[Price, ...]
    part_ms: int
    shares: tuple[Share, ...]
    live: Live | None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class InForce:
    """An instrument that is in force on some of the days, and the chain of reasons why."""

    instrument: str
    title: str
    source: str
    illustrative: bool
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """The segments' charges together, in one case that all of them have, and what they are settled as."""

    case: str
    when: str
    outcomes: tuple[str, ...]
    charge: str
    exact: bool
    units: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One record from its receipt to its price.

    `state` is its outcome, `reason` why it did not go on; `verdict` says it in a sentence. `differs`
    holds, for an archived call, what today's reference tables decide otherwise.
    """

    record_id: str
    source: str
    day: str
    state: str
    reason: str
    verdict: str
    as_known_at: str
    steps: tuple[Step, ...]
    differs: tuple[str, ...]
    instruments: tuple[InForce, ...]
    months: tuple[Step, ...]
    segments: tuple[Segment, ...]
    totals: tuple[Total, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call, as far as it falls into the days of a statement line."""

    record_id: str
    source: str
    connected: str
    day: str
    calling: str
    called: str
    ms: int
    evidence: str


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """One statement line: what it says, how its time and its money came about, and its calls.

    `calls_found`, `calls_ms` and `calls` are those of the archive; `takes` says how the line relates
    to them: it has all of them, or so many milliseconds of their time.
    """

    line: str
    agreement: str
    month: str
    as_known_at: str
    payer: str
    payee: str
    traffic_class: str
    outcome: str
    reason: str
    lata: str
    first: str
    last: str
    ms: int
    mou: str
    rate: str | None
    unrounded: str
    amount: str
    illustrative: bool
    clauses: tuple[Cited, ...]
    steps: tuple[Step, ...]
    shares: tuple[Share, ...]
    instruments: tuple[InForce, ...]
    takes: str
    calls_found: int
    calls_ms: int
    calls: tuple[CallRow, ...]
    notes: tuple[str, ...]
