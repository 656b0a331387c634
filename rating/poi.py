"""Whether a payee has the points of interconnection that calls from a place require (SA 4.1, 4.4)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from rating.facts import Facts
from rating.reference.rows import Poi
from rating.terms.model import Eligibility

__all__ = ["areas_without_poi", "change_days", "has_poi", "numbered_areas", "within_miles"]


class _Dated(Protocol):
    @property
    def from_(self) -> date | None: ...
    @property
    def through(self) -> date | None: ...


def _holds(row: _Dated, day: date) -> bool:
    return (row.from_ is None or row.from_ <= day) and (row.through is None or day <= row.through)


def within_miles(v1: int, h1: int, v2: int, h2: int, miles: Decimal) -> bool:
    """Whether two V&H points lie within so many miles, in whole numbers.

    A mile is the square root of a tenth of ``dV**2 + dH**2``: 15.75 miles squared times ten is
    2480.625, and the sum of two squares is whole, so the test is against 2480 (DOMAIN section 8).
    """
    numerator, denominator = miles.as_integer_ratio()
    return ((v1 - v2) ** 2 + (h1 - h2) ** 2) * denominator**2 <= 10 * numerator**2


def _numbered(facts: Facts, payee: str) -> dict[str, list[tuple[date, date]]]:
    """Return the days on which a payee has a number block in force, by rate center."""
    memo: dict[str, dict[str, list[tuple[date, date]]]] = facts.memo.setdefault("numbered", {})
    if payee not in memo:
        spans: dict[str, list[tuple[date, date]]] = {}
        for ocn in facts.tables.ocns:
            if ocn.party == payee:
                spans.setdefault(ocn.ocn, []).append((ocn.from_ or date.min, ocn.through or date.max))
        out: dict[str, list[tuple[date, date]]] = {}
        for block in facts.tables.number_blocks:
            for first, last in spans.get(block.ocn, ()):
                start, end = max(first, block.from_ or date.min), min(last, block.through or date.max)
                if start <= end:
                    out.setdefault(f"{block.state}|{block.rate_center}", []).append((start, end))
        memo[payee] = out
    return memo[payee]


def _has_numbers(facts: Facts, payee: str, place: str, day: date) -> bool:
    return any(first <= day <= last for first, last in _numbered(facts, payee).get(place, ()))


def _areas(facts: Facts, place: str, day: date) -> list[tuple[str, tuple[str, ...]]]:
    """Return (area, its rate centers) of a place on a day; in none, it is an area of its own."""
    state, _, center = place.partition("|")
    members: dict[str, list[str]] = {}
    mine: set[str] = set()
    for row in facts.tables.local_areas or ():
        if row.state == state and _holds(row, day):
            members.setdefault(row.area, []).append(f"{state}|{row.rate_center}")
            if row.rate_center == center:
                mine.add(row.area)
    return [(area, tuple(members[area])) for area in sorted(mine)] or [(center, (place,))]


def _served(facts: Facts, poi: Poi, area: str, place: str, day: date) -> bool:
    """Whether the tandem of a point of interconnection serves a rate center."""
    if facts.tables.tandem_areas is None:
        return not poi.area or poi.area == area
    state, _, center = place.partition("|")
    return any(
        (row.state, row.tandem, row.rate_center) == (state, poi.tandem, center) and _holds(row, day)
        for row in facts.tables.tandem_areas
    )


def _near(facts: Facts, pois: Iterable[Poi], place: str, miles: Decimal) -> bool:
    points: dict[str, tuple[int, int]] | None = facts.memo.get("points")
    if points is None:
        points = facts.memo["points"] = {
            f"{row.state}|{row.rate_center}": (row.v, row.h)
            for row in facts.tables.rate_centers or ()
            if row.v is not None and row.h is not None
        }
    if place not in points:
        return False
    v, h = points[place]
    return any(poi.v is not None and poi.h is not None and within_miles(v, h, poi.v, poi.h, miles) for poi in pois)


def _satisfied(
    facts: Facts, rules: Sequence[Eligibility], pois: Sequence[Poi], area: str, places: Sequence[str], day: date
) -> bool:
    """Whether an area is satisfied by any of the ways that the clauses offer in the state."""
    for rule in rules:
        kind = [poi for poi in pois if poi.kind == rule.satisfied_by]
        if rule.satisfied_by == "area" and any(poi.area == area for poi in kind):
            return True
        if rule.satisfied_by == "tandem_option":
            needed = [place for place in places if _has_numbers(facts, rule.payee, place, day)]
            if needed and all(any(_served(facts, poi, area, place, day) for poi in kind) for place in needed):
                return True
        if rule.satisfied_by == "mileage" and all(
            _near(facts, kind, place, rule.miles or Decimal(0)) for place in places
        ):
            return True
    return False


def has_poi(facts: Facts, agreement: str, rules: Sequence[Eligibility], caller: str, day: date) -> bool:
    """Return whether calls from a place are entitled, as far as points of interconnection go.

    Parameters
    ----------
    rules : sequence of Eligibility
        The clauses in force in the state, each with one way to satisfy the requirement.
    caller : str
        The caller's rate center as ``STATE|NAME``; "" (unknown) is entitled.

    Notes
    -----
    A point is required for a local calling area on a day when the payee has a number block in force
    in one of its rate centers. A rate center in several areas: one that is satisfied, or requires none,
    is enough.
    """
    if facts.tables.pois is None or not caller or not rules:
        return True
    memo: dict[tuple[str, str, date], bool] = facts.memo.setdefault("has_poi", {})
    key = (agreement, caller, day)
    if key not in memo:
        payee = rules[0].payee
        areas = _areas(facts, caller, day)
        pois = [
            poi for poi in facts.tables.pois if poi.agreement == agreement and poi.party == payee and _holds(poi, day)
        ]
        memo[key] = any(
            not any(_has_numbers(facts, payee, place, day) for place in places)
            or _satisfied(facts, rules, pois, area, places, day)
            for area, places in areas
        )
    return memo[key]


def numbered_areas(facts: Facts, payee: str, state: str, day: date) -> dict[str, tuple[str, ...]]:
    """Return the local calling areas of a state in which a payee has a number block in force, with their places."""
    places = {place for place in _numbered(facts, payee) if place.partition("|")[0] == state}
    places = {place for place in places if _has_numbers(facts, payee, place, day)}
    members: dict[str, list[str]] = {}
    found: set[str] = set()
    alone = set(places)
    for row in facts.tables.local_areas or ():
        if row.state == state and _holds(row, day):
            place = f"{state}|{row.rate_center}"
            members.setdefault(row.area, []).append(place)
            if place in places:
                found.add(row.area)
                alone.discard(place)
    return {area: tuple(members[area]) for area in found} | {place.partition("|")[2]: (place,) for place in alone}


def areas_without_poi(facts: Facts, agreement: str, rules: Sequence[Eligibility], day: date) -> set[str]:
    """Return the areas that require a point of interconnection on a day and have none.

    Parameters
    ----------
    rules : sequence of Eligibility
        As for `has_poi`. No rule, or `pois.csv` missing: no test, so nothing is missing.
    """
    if facts.tables.pois is None or not rules:
        return set()
    payee = rules[0].payee
    pois = [p for p in facts.tables.pois if p.agreement == agreement and p.party == payee and _holds(p, day)]
    areas = numbered_areas(facts, payee, facts.agreements[agreement].state, day)
    return {area for area, places in areas.items() if not _satisfied(facts, rules, pois, area, places, day)}


def change_days(facts: Facts, agreement: str, payee: str, first: date, last: date) -> list[date]:
    """Return the days, `first` among them, from which another answer of `areas_without_poi` may hold."""
    state = facts.agreements[agreement].state

    def ends() -> Iterator[tuple[date | None, date | None]]:
        for place, spans in _numbered(facts, payee).items():
            if place.partition("|")[0] == state:
                yield from spans
        for poi in facts.tables.pois or ():
            if (poi.agreement, poi.party) == (agreement, payee):
                yield poi.from_, poi.through
        for area in facts.tables.local_areas or ():
            if area.state == state:
                yield area.from_, area.through
        for tandem in facts.tables.tandem_areas or ():
            if tandem.state == state:
                yield tandem.from_, tandem.through

    days = {first}
    for start, end in ends():
        days.add(start or first)
        days.add(end + timedelta(days=1) if end is not None and end < last else first)
    return sorted(day for day in days if first <= day <= last)
