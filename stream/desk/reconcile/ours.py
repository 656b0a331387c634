"""What the books say of the days that a bill is for: lines of money, and time by day."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rating.apportion import largest_remainder
from rating.codes import TrafficClass, name_of
from rating.facts import Facts, month_days
from rating.lines import Line
from rating.money import cents
from rating.settle import settle
from rating.terms.tariff import rate_text
from rating.usage import Cells

__all__ = ["DayKey", "OurLine", "months_of", "our_lines", "time_by_day", "time_in"]

DayKey = tuple[str, str, str, str, date]
"""Payer, payee, class, LATA, local day."""


@dataclass(frozen=True, slots=True)
class OurLine:
    """A statement's line, or the part of it that falls on the days asked for.

    ms : its time. cents : its dollars in cents. rate : dollars a minute, ``elements``, or "" where it has no price.
    """

    payer: str
    payee: str
    kind: str
    lata: str
    rate: str
    ms: int
    cents: int
    outcome: str
    reason: str
    first: date
    last: date
    clauses: tuple[str, ...]


def months_of(first: date, last: date) -> list[str]:
    """Return the months that days fall in."""
    out, day = [], first.replace(day=1)
    while day <= last:
        out.append(f"{day:%Y-%m}")
        day = (day + timedelta(days=31)).replace(day=1)
    return out


def our_lines(facts: Facts, agreement: str, first: date, last: date) -> list[OurLine]:
    """Return an agreement's lines on some days.

    Ratio, cap and the cent are a whole month's. Of a month that is asked for in part each line gives the share
    of its milliseconds and of its exact charge that its class, direction and LATA have on the days asked for.
    """
    return [line for month in months_of(first, last) for line in _month(facts, agreement, month, first, last)]


def _month(facts: Facts, agreement: str, month: str, first: date, last: date) -> Iterator[OurLine]:
    begin, end = month_days(month)
    whole = first <= begin and end <= last
    time = {} if whole else time_by_day(facts, agreement, begin, end)
    for way in settle(facts, agreement, month).directions:
        for line in way.lines:
            kind, ms, units = name_of(line.traffic_class), line.ms, line.units
            if not whole:
                weights = [0, 0]
                for (payer, payee, of, lata, day), used in time.items():
                    same = (payer, payee, of, lata) == (way.payer, way.payee, kind, line.lata)
                    if same and line.first <= day <= line.last:
                        weights[first <= day <= last] += used
                if not any(weights):
                    weights = [0, 1] if first <= line.first <= last else [1, 0]
                ms, units = largest_remainder(ms, weights)[1], largest_remainder(units, weights)[1]
                if not ms and not units:
                    continue
            yield OurLine(
                way.payer, way.payee, kind, line.lata or "", _rate(line), ms, cents(units), name_of(line.outcome),
                line.reason if isinstance(line.reason, str) else name_of(line.reason),
                max(first, line.first), min(last, line.last), line.clauses,
            )  # fmt: skip


def _rate(line: Line) -> str:
    if line.tariff is None:
        return ""
    if line.tariff.plain is None:
        return "elements"
    return rate_text(line.tariff.plain) if line.tariff.plain else ""


def time_by_day(facts: Facts, agreement: str, first: date, last: date) -> dict[DayKey, int]:
    """Return milliseconds by payer, payee, class, LATA and local day, of the classes that statements have."""
    out: dict[DayKey, int] = {}
    for month in months_of(first, last):
        for key, ms in time_in(facts, agreement, facts.cells_of(agreement, month)).items():
            if first <= key[4] <= last:
                out[key] = out.get(key, 0) + ms
    return out


def time_in(facts: Facts, agreement: str, cells: Cells) -> dict[DayKey, int]:
    """Return the same of an agreement's cells."""
    names, out = facts.names, defaultdict[DayKey, int](int)
    incumbent = facts.agreements[agreement].incumbent
    columns = [cells.field(name).tolist() for name in ("originator", "terminator", "traffic_class", "lata", "day")]
    for a, b, code, lata, day, ms in zip(*columns, cells.ms.tolist(), strict=True):
        kind = TrafficClass(code)
        if kind is TrafficClass.ON_NET:
            continue
        payer, payee = names.name("party", a), names.name("party", b)
        if kind is TrafficClass.TRANSIT:
            payee = incumbent
        elif kind is TrafficClass.ORIGINATING_8YY:
            payer, payee = payee, payer
        out[payer, payee, name_of(kind), names.name("lata", lata), facts.date(day)] += ms
    return dict(out)
