"""What is wrong, doubtful or left out in a set of reference tables."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from rating.reference.rows import KEYS, KNOWN_TABLES, Agreement, Tables, span

__all__ = ["Finding", "check"]

Severity = Literal["error", "warning", "info"]

_ORDER: Final[Mapping[str, int]] = {"error": 0, "warning": 1, "info": 2}

_DATED: Final = (
    "ocns",
    "number_blocks",
    "local_areas",
    "eas_pairs",
    "trunk_groups",
    "pois",
    "tandem_areas",
    "arrangements",
    "sources",
)

_PARTY_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "agreements": ("party_a", "party_b", "incumbent"),
    "ocns": ("party",),
    "pois": ("party",),
    "arrangements": ("originator", "third_party"),
    "usage_history": ("payee",),
    "sources": ("party",),
    "billed_history": ("payer", "payee"),
}

_AGREEMENT_TABLES: Final = (
    "trunk_groups",
    "pois",
    "market_history",
    "usage_history",
    "billed_history",
    "billing_accounts",
)

_OFF: Final[Mapping[str, str]] = {
    "rate_centers": "distances are off: no calling area has its point of interconnection by mileage",
    "local_areas": "calling areas are off: each rate center is local to itself alone",
    "eas_pairs": "extended area service is off: no pair of rate centers has any",
    "trunk_groups": "any trunk group is taken; the direct end office trunking test is off; no tandem is known",
    "pois": "the test for points of interconnection is off: no call fails it",
    "tandem_areas": "what a tandem serves is unknown: a tandem_option row covers its area, or all if it names none",
    "arrangements": "the arrangement_missing test is off: no transit call fails it",
    "market_history": "the new market test is off: nothing is a new market",
    "usage_history": "the growth cap has no limit and is marked assumed",
    "sources": "every source bills",
    "billed_history": "the ledger opens empty",
    "billing_accounts": "invoices name no billing account",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a table.

    Parameters
    ----------
    severity : str
        ``error`` stops every command that rates or prices, ``warning`` and ``info`` do not.
    code : str
        What kind of finding it is, for programs.
    table : str
        Name of the table without ``.csv``.
    lines : tuple of int
        Lines of the table's file; empty where the file is missing.
    message : str
        The finding in words, with what was found and what was expected.
    """

    severity: Severity
    code: str
    table: str
    lines: tuple[int, ...]
    message: str


def check(tables: Tables) -> list[Finding]:
    """Check a set of reference tables.

    Parameters
    ----------
    tables : Tables
        As read; every cell is of its type already.

    Returns
    -------
    list of Finding
        Errors first, then warnings, then infos, each by table and line.
    """
    found = [
        *_backward(tables),
        *_overlaps_and_gaps(tables),
        *_contradicting_sources(tables),
        *_unknown_parties(tables),
        *_unknown_agreements(tables),
        *_agreements(tables),
        *_outsiders(tables),
        *_unknown_ocns(tables),
        *_places(tables),
        *_pois(tables),
        *_trunk_groups(tables),
        *_rules_off(tables),
    ]
    return sorted(found, key=lambda finding: (_ORDER[finding.severity], finding.table, finding.lines, finding.message))


def _rows(tables: Tables, name: str) -> tuple[Any, ...]:
    return getattr(tables, name) or ()


def _words(key: object) -> str:
    """Return a key in words: its parts by slashes, empty ones left out."""
    if isinstance(key, tuple):
        return "/".join(_words(part) for part in key if part not in (None, ""))
    return str(key)


def _day(day: date) -> str:
    return "open" if day in (date.min, date.max) else day.isoformat()


def _backward(tables: Tables) -> Iterator[Finding]:
    for name in _DATED:
        for row in _rows(tables, name):
            if row.from_ is not None and row.through is not None and row.from_ > row.through:
                text = f"{_words(KEYS[name](row))}: found from {row.from_} after through {row.through}"
                yield Finding("error", "backward", name, (row.line,), f"{text}, expected it no later")


def _overlaps_and_gaps(tables: Tables) -> Iterator[Finding]:
    for name, key in KEYS.items():
        known = name in KNOWN_TABLES
        first: dict[Any, Any] = {}
        several: dict[Any, list[Any]] = {}
        for row in _rows(tables, name):
            # A later known row corrects an earlier known one: they do not contradict each other.
            what = (key(row), row.known_from) if known else key(row)
            before = first.setdefault(what, row)
            if before is not row:
                several.setdefault(what, [before]).append(row)
        for what, group in several.items():
            yield from _succession(name, _words(what[0] if known else what), group)


def _succession(name: str, what: str, group: list[Any]) -> Iterator[Finding]:
    """Look at the rows of one key in the order of their first days."""
    group.sort(key=lambda row: (span(row)[0], row.line))
    last = group[0]
    for row in group[1:]:
        first_day, last_day = span(row)
        until = span(last)[1]
        if first_day <= until:
            lines = tuple(sorted((last.line, row.line)))
            days = f"{_day(first_day)} to {_day(min(until, last_day))}" if name in _DATED else "always"
            text = (
                f"{what}: found two rows for one key (lines {lines[0]} and {lines[1]}; both hold {days}), expected one"
            )
            yield Finding("error", "overlap", name, lines, text)
        elif name in ("number_blocks", "ocns") and first_day > until + timedelta(days=1):
            gap = f"{until + timedelta(days=1)} to {first_day - timedelta(days=1)}"
            yield Finding("warning", "gap", name, (last.line, row.line), f"{what}: found no row for {gap}")
        if last_day > until:
            last = row


def _contradicting_sources(tables: Tables) -> Iterator[Finding]:
    by_case: dict[Any, list[Any]] = {}
    for row in _rows(tables, "sources"):
        by_case.setdefault((row.source, row.party, row.direction, row.trunk_group), []).append(row)
    for case, group in by_case.items():
        for at, row in enumerate(group):
            for other in group[:at]:
                if other.role != row.role and span(row)[0] <= span(other)[1] and span(other)[0] <= span(row)[1]:
                    text = f"{_words(case)}: found roles {other.role!r} and {row.role!r} on the same days, expected one"
                    yield Finding("warning", "two_roles", "sources", (other.line, row.line), text)


def _unknown_parties(tables: Tables) -> Iterator[Finding]:
    known = {row.party for row in tables.parties}
    for name, columns in _PARTY_COLUMNS.items():
        for row in _rows(tables, name):
            for column in columns:
                party = getattr(row, column)
                if party not in known:
                    text = f"{column}: found {party!r}, expected a party of parties.csv"
                    yield Finding("error", "unknown_party", name, (row.line,), text)


def _unknown_agreements(tables: Tables) -> Iterator[Finding]:
    known = {row.agreement for row in tables.agreements}
    for name in _AGREEMENT_TABLES:
        for row in _rows(tables, name):
            if row.agreement not in known:
                text = f"agreement: found {row.agreement!r}, expected an agreement of agreements.csv"
                yield Finding("error", "unknown_agreement", name, (row.line,), text)


def _agreements(tables: Tables) -> Iterator[Finding]:
    pairs: dict[tuple[str, frozenset[str]], Agreement] = {}
    zones: dict[str, Agreement] = {}
    for row in tables.agreements:
        parties = frozenset((row.party_a, row.party_b))
        if len(parties) == 1:
            text = f"{row.agreement}: found {row.party_a!r} as both parties, expected two"
            yield Finding("error", "one_party", "agreements", (row.line,), text)
        if row.incumbent not in parties:
            text = f"incumbent: found {row.incumbent!r}, expected {row.party_a!r} or {row.party_b!r}"
            yield Finding("error", "incumbent", "agreements", (row.line,), text)
        other = pairs.setdefault((row.state, parties), row)
        if other is not row and other.agreement != row.agreement:
            text = (
                f"{row.agreement}: found the pair of {other.agreement} in {row.state} again, "
                "expected one agreement a pair and state"
            )
            yield Finding("error", "same_pair", "agreements", (other.line, row.line), text)
        other = zones.setdefault(row.state, row)
        if other.time_zone != row.time_zone:
            text = (
                f"time_zone: found {row.time_zone!r}, expected {other.time_zone!r} as in {other.agreement}: "
                f"the agreements of a state share one ({row.state})"
            )
            yield Finding("error", "time_zones", "agreements", (other.line, row.line), text)


def _outsiders(tables: Tables) -> Iterator[Finding]:
    """Rows of an agreement for somebody who is no party to it never act."""
    parties = {row.agreement: (row.party_a, row.party_b) for row in tables.agreements}
    for name, column in (("pois", "party"), ("usage_history", "payee"), ("billed_history", "payee")):
        for row in _rows(tables, name):
            own, party = parties.get(row.agreement), getattr(row, column)
            if own is not None and party not in own:
                text = f"{column}: found {party!r}, expected a party to {row.agreement} ({own[0]} or {own[1]})"
                yield Finding("warning", "not_a_party", name, (row.line,), text)


def _unknown_ocns(tables: Tables) -> Iterator[Finding]:
    known = {row.ocn for row in tables.ocns}
    lines: dict[str, list[int]] = {}
    for block in tables.number_blocks:
        if block.ocn not in known:
            lines.setdefault(block.ocn, []).append(block.line)
    for ocn, at in lines.items():
        text = f"ocn: found {ocn!r} in {len(at)} blocks, expected a number of ocns.csv: calls of its blocks wait"
        yield Finding("warning", "unknown_ocn", "number_blocks", tuple(at), text)
    for account in _rows(tables, "billing_accounts"):
        if account.ocn not in known:
            text = f"ocn: found {account.ocn!r}, expected a number of ocns.csv"
            yield Finding("warning", "unknown_ocn", "billing_accounts", (account.line,), text)


def _places(tables: Tables) -> Iterator[Finding]:
    served = {(block.state, block.rate_center) for block in tables.number_blocks}

    def unserved(name: str, row: Any, column: str, state: str) -> Iterator[Finding]:
        rate_center = getattr(row, column)
        if (state, rate_center) not in served:
            text = f"{column}: found {rate_center!r} in {state}, expected a rate center with a number block"
            yield Finding("warning", "no_blocks", name, (row.line,), text)

    for name in ("local_areas", "tandem_areas"):
        for row in _rows(tables, name):
            yield from unserved(name, row, "rate_center", row.state)
    for row in _rows(tables, "eas_pairs"):
        yield from unserved("eas_pairs", row, "rate_center_a", row.state_a)
        yield from unserved("eas_pairs", row, "rate_center_b", row.state_b)


def _pois(tables: Tables) -> Iterator[Finding]:
    states = {row.agreement: row.state for row in tables.agreements}
    # A rate center in no calling area is an area of its own, under its own name.
    areas = {(row.state, row.area) for row in _rows(tables, "local_areas")}
    areas |= {(block.state, block.rate_center) for block in tables.number_blocks}
    tandems = {row.tandem for row in _rows(tables, "tandem_areas")}
    for row in _rows(tables, "pois"):
        state = states.get(row.agreement)
        if row.area and state is not None and (state, row.area) not in areas:
            text = f"area: found {row.area!r}, expected a calling area of {state}, or a rate center in none"
            yield Finding("warning", "unknown_area", "pois", (row.line,), text)
        if row.kind == "area" and not row.area:
            yield Finding("warning", "idle_poi", "pois", (row.line,), "area: found nothing: the row serves no area")
        if row.kind == "mileage" and (row.v is None or row.h is None):
            text = "v, h: found nothing, expected both: the row serves no rate center"
            yield Finding("warning", "idle_poi", "pois", (row.line,), text)
        if row.tandem and tables.tandem_areas is not None and row.tandem not in tandems:
            text = f"tandem: found {row.tandem!r}, expected a tandem of tandem_areas.csv"
            yield Finding("warning", "unknown_tandem", "pois", (row.line,), text)


def _trunk_groups(tables: Tables) -> Iterator[Finding]:
    if tables.trunk_groups is None:
        return
    known = {row.trunk_group for row in tables.trunk_groups}
    for row in _rows(tables, "sources"):
        if row.trunk_group and row.trunk_group not in known:
            text = f"trunk_group: found {row.trunk_group!r}, expected a name of trunk_groups.csv"
            yield Finding("warning", "unknown_trunk_group", "sources", (row.line,), text)


def _rules_off(tables: Tables) -> Iterable[Finding]:
    """Say which rules are off and what holds instead (the table of the workspace's contract)."""
    for name, holds in _OFF.items():
        if getattr(tables, name) is None:
            yield Finding("info", "rule_off", name, (), f"{name}.csv is missing: {holds}")
    if not any(row.switch for row in tables.number_blocks):
        text = "number_blocks.csv names no switch: no end office is known, and the trunks_24 advisory is off"
        yield Finding("info", "rule_off", "number_blocks", (), text)
    based = {(row.agreement, row.payee) for row in _rows(tables, "usage_history") if row.period == "2001-Q1"}
    kinds = {row.party: row.kind for row in tables.parties}
    for row in tables.agreements:
        payee = row.party_b if row.incumbent == row.party_a else row.party_a
        if tables.usage_history is not None and (row.agreement, payee) not in based:
            text = f"{row.agreement}: found no row 2001-Q1 for {payee}: a growth cap has no limit and is marked assumed"
            yield Finding("info", "no_history", "usage_history", (), text)
        if "cmrs" in (kinds.get(row.party_a), kinds.get(row.party_b)):
            text = (
                f"{row.agreement}: a party is cmrs: no presumption and no cap apply, and calls are judged by rate "
                "centers, not by major trading areas"
            )
            yield Finding("info", "cmrs", "agreements", (row.line,), text)
