"""Facts made by hand: usage stated line by line, tables by their rows, the packaged instruments."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import msgspec
import numpy as np

from rating.codes import Evidence, TrafficClass
from rating.facts import Facts
from rating.hours import NO_HOURS, Hours
from rating.names import Names
from rating.policy import Policy
from rating.reference import rows
from rating.statement import statement
from rating.terms.events import Event
from rating.terms.model import Instrument
from rating.usage import EMPTY, Cells, merge
from stream.terms.load import load_packaged

FIRST_DAY = date(1983, 12, 30)
MINUTE = 60_000
WISCONSIN = rows.Agreement(
    agreement="sbc-kmc-wi",
    party_a="sbc",
    party_b="kmc",
    incumbent="sbc",
    state="WI",
    time_zone="America/Chicago",
    line=2,
)
INSTRUMENTS = load_packaged(("sprint-icg-mo-1", "icg-stock-purchase-1", "sbc-kmc-second", "sbc-kmc-wi-isp"))


def without(reference: str) -> tuple[Instrument, ...]:
    """Return the instruments with one clause, ``instrument reference``, that does nothing."""
    name, _, ref = reference.partition(" ")
    assert any(clause.effects for one in INSTRUMENTS if one.id == name for clause in one.clause if clause.ref == ref)
    emptied = [
        msgspec.structs.replace(
            one,
            clause=tuple(
                msgspec.structs.replace(clause, effects=()) if (one.id, clause.ref) == (name, ref) else clause
                for clause in one.clause
            ),
        )
        for one in INSTRUMENTS
    ]
    return tuple(emptied)


ENOUGH = (rows.UsageHistory(agreement="sbc-kmc-wi", payee="kmc", period="2001-Q1", isp_ms=10**15, line=2),)
"""A base period in which no month of these tests reaches the cap."""


def usage(
    names: Names,
    day: str,
    ms: int,
    *,
    payer: str = "sbc",
    payee: str = "kmc",
    kind: TrafficClass = TrafficClass.LOCAL,
    lata: str = "356",
    center: str = "WI|ALPHA",
    trunk: str = "",
    isp: bool = False,
    voip: bool = False,
    calls: int = 1,
    agreement: str = "sbc-kmc-wi",
) -> Cells:
    """Return one cell; calls are answered ones unless they have no time."""
    evidence = Evidence.ISP if isp else Evidence.ABSENT
    k0 = (names.code("agreement", agreement) << 43) | (names.code("party", payer) << 27)
    k0 |= (names.code("party", payee) << 11) | (kind << 7) | (1 << 5) | (evidence << 3) | (voip << 2)
    k1 = (names.code("rate_center", center) << 36) | (names.code("lata", lata) << 20) | names.code("trunk_group", trunk)
    k2 = (date.fromisoformat(day) - FIRST_DAY).days << 40
    return Cells(np.array([[k0, k1, k2]], np.int64), np.array([[calls, calls if ms else 0, ms]], np.int64))


def facts(
    names: Names,
    cells: Iterable[Cells],
    *,
    events: Sequence[Event] = (),
    policy: Policy | None = None,
    as_known_at: date = date(2030, 1, 1),
    agreement: rows.Agreement = WISCONSIN,
    hours_of: Callable[[str, str], Hours] = lambda _agreement, _month: NO_HOURS,
    instruments: tuple[Instrument, ...] = INSTRUMENTS,
    **tables: Any,
) -> Facts:
    """Return facts over the cells; tables that are not named are missing, but for a base period of the cap."""
    everything = merge(cells)
    parties = (agreement.party_a, agreement.party_b)
    needed = rows.Tables(
        agreements=(agreement,),
        parties=tuple(rows.PartyRow(party=p, kind="clec", name=p, line=2) for p in parties),
        ocns=(),
        number_blocks=(),
        usage_history=ENOUGH,
    )

    def cells_of(name: str, month: str) -> Cells:
        first = date.fromisoformat(f"{month}-01")
        days = everything.field("day") + (FIRST_DAY - first).days
        length = ((first.replace(day=28) + timedelta(days=4)).replace(day=1) - first).days
        mine = everything.field("agreement") == names.find("agreement", name)
        return everything.where(mine & (days >= 0) & (days < length)) if len(everything) else EMPTY

    return Facts(
        tables=replace(needed, **tables),
        instruments=instruments,
        events=tuple(events),
        policies={agreement.agreement: policy or Policy()},
        names=names,
        cells_of=cells_of,
        first_day=FIRST_DAY,
        as_known_at=as_known_at,
        hours_of=hours_of,
    )


def direction(known: Facts, month: str, payee: str = "kmc") -> Mapping[str, Any]:
    """Return what one payee is owed in a month's statement."""
    made = statement(known, "sbc-kmc-wi", month, status="provisional", digests={"terms": "test"})
    return next(way for way in made["directions"] if way["payee"] == payee)


def sums(way: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Return a direction's milliseconds by outcome and reason."""
    out: dict[tuple[str, str], int] = {}
    for line in way["lines"]:
        key = (line["outcome"], line["reason"])
        out[key] = out.get(key, 0) + line["ms"]
    return out
