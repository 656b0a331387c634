"""When traffic without a caller's place is spread, and over what (DOMAIN section 9)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.names import Names
from rating.policy import Policy, Rounding, Unidentified
from rating.terms.model import Clause, Instrument, UnidentifiedTerm
from rating.unidentified import mostly_identified, spread_unidentified, unidentified_of
from rating.usage import Cells
from tests import naive
from tests.rating.facts import facts, usage


@given(st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(("0", "0.5", "0.9", "1")), st.booleans())
@example(9, 1, "0.9", True)
@example(91, 9, "0.9", True)
def test_the_threshold_is_exact(identified: int, rest: int, threshold: str, strict: bool) -> None:
    policy = Unidentified(threshold=Decimal(threshold), strict=strict)
    share, limit = Fraction(identified), Fraction(threshold) * (identified + rest)
    assert mostly_identified(identified, identified + rest, policy) == (share > limit if strict else share >= limit)


KINDS = (
    TrafficClass.LOCAL,
    TrafficClass.VIRTUAL_FX,
    TrafficClass.MANDATORY_EAS,
    TrafficClass.OPTIONAL_EAS,
    TrafficClass.INTRALATA_TOLL,
)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), min_size=5, max_size=5), st.integers(1, 99))
def test_the_rest_is_spread_by_time_and_nothing_is_lost(unknown: int, times: list[int], calls: int) -> None:
    names = Names()
    kinds = dict(zip(KINDS, times, strict=True))
    cells = [usage(names, "2004-07-06", ms, kind=kind, calls=calls) for kind, ms in kinds.items()]
    cells += [usage(names, "2004-07-06", unknown, kind=TrafficClass.UNIDENTIFIED)]
    found = spread_unidentified(facts(names, cells), "sbc-kmc-wi", "2004-07")
    got = {kind: values[2] for (_, _, kind, _, _), values in found.items() if values[2]}
    if calls * 50 > calls * 45 + 9 and any(times):  # 5 * calls of 5 * calls + 1 are identified
        wanted = dict(zip(KINDS, naive.apportion(unknown, times), strict=True))
        assert got == {kind: ms for kind, ms in wanted.items() if ms}
    else:
        assert got == ({None: unknown} if unknown else {})
    assert sum(values[0] for values in found.values()) == 1


def test_trunk_groups_are_judged_apart_and_transit_stands_outside() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 60_000, calls=100, trunk="d1"),
        usage(names, "2004-07-06", 60_000, kind=TrafficClass.UNIDENTIFIED, trunk="d1"),
        usage(names, "2004-07-06", 60_000, kind=TrafficClass.UNIDENTIFIED),
        usage(names, "2004-07-06", 60_000, kind=TrafficClass.TRANSIT, calls=100),
    ]
    found = spread_unidentified(facts(names, cells), "sbc-kmc-wi", "2004-07")
    assert {kind: values[2] for (_, _, kind, _, _), values in found.items()} == {
        TrafficClass.LOCAL: 60_000,
        None: 60_000,
    }


def base(*, effective: date = date(2001, 1, 1), **said: Any) -> Instrument:
    """Return a base agreement that says when the rest is spread."""
    term = UnidentifiedTerm(measure="minutes", threshold=Decimal("0.5"), strict=False, **said)
    return Instrument(
        id="base",
        title="t",
        domain="base",
        source="made for a test",
        parties=("sbc", "kmc"),
        states=("WI",),
        effective=effective,
        signed={"sbc": date(2001, 1, 1), "kmc": date(2001, 1, 1)},
        clause=(Clause(ref="1", says="x", effects=(term,)),),
    )


def test_settings_come_before_terms_and_terms_before_the_default() -> None:
    term = Unidentified("minutes", Decimal("0.5"), strict=False, spread_over=("local",))
    chosen = Unidentified(threshold=Decimal("0.7"))

    def found(month: str = "2003-05", instrument: Instrument | None = None, **policy: Any) -> Unidentified:
        instruments = () if instrument is None else (instrument,)
        known = facts(Names(), [], instruments=instruments, policy=Policy(**policy))
        return unidentified_of(known, "sbc-kmc-wi", month)

    said = base(spread_over=("local",))
    assert found() == Unidentified()
    assert found(instrument=said) == term
    assert found(instrument=base()) == replace(term, spread_over=Unidentified().spread_over)
    assert found(instrument=said, unidentified=chosen) == chosen
    # The default holds against the terms where it was chosen.
    assert found(instrument=said, stated=frozenset({"unidentified"})) == Unidentified()
    assert found(instrument=said, stated=frozenset({"rounding"})) == term
    # The terms of the month's first day.
    late = base(spread_over=("local",), effective=date(2003, 5, 2))
    assert found(instrument=late) == Unidentified()
    assert found("2003-06", instrument=late) == term


def spread_of(cells: list[Cells], names: Names, policy: Unidentified) -> dict[tuple[str, str], tuple[int, ...]]:
    """Return what July's unidentified becomes, by class and LATA."""
    known = facts(names, cells, policy=Policy(unidentified=policy))
    found = spread_unidentified(known, "sbc-kmc-wi", "2004-07")
    return {(kind.name.lower() if kind else "access", lata): values for (_, _, kind, lata, _), values in found.items()}


def test_each_lata_is_spread_over_what_is_in_it() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 100, lata="350", calls=20),
        usage(names, "2004-07-06", 300, lata="350", kind=TrafficClass.INTRALATA_TOLL, calls=40),
        usage(names, "2004-07-06", 8, lata="350", kind=TrafficClass.UNIDENTIFIED, calls=4),
        usage(names, "2004-07-06", 7, lata="352", kind=TrafficClass.UNIDENTIFIED),
        usage(names, "2004-07-06", 500, lata="356", kind=TrafficClass.INTERLATA_TOLL),
        usage(names, "2004-07-06", 5, lata="356", kind=TrafficClass.UNIDENTIFIED),
        usage(names, "2004-07-06", 9, lata="360", kind=TrafficClass.UNIDENTIFIED),
        usage(names, "2004-07-06", 1, lata="360", calls=3),
    ]
    assert spread_of(cells, names, Unidentified()) == {
        ("local", "350"): (1, 1, 2, 2),
        ("intralata_toll", "350"): (3, 3, 6, 6),
        ("access", "352"): (1, 1, 7, 7),
        ("access", "356"): (1, 1, 5, 5),
        ("local", "360"): (1, 1, 9, 9),
    }
    only_toll = Unidentified(spread_over=("intralata_toll",))
    assert spread_of(cells, names, only_toll)["intralata_toll", "350"] == (4, 4, 8, 8)


def test_calls_or_minutes_may_be_weighed() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 90, calls=99),
        usage(names, "2004-07-07", 0, calls=9),
        usage(names, "2004-07-06", 10, kind=TrafficClass.UNIDENTIFIED, calls=1),
        usage(names, "2004-07-07", 0, kind=TrafficClass.UNIDENTIFIED, calls=10),
    ]
    # 108 of 119 calls, answered or not, are over nine tenths; 90 of 100 ms are not, but are at least that.
    calls = (11, 1, 10, 10)
    assert spread_of(cells, names, Unidentified()) == {("local", "356"): calls}
    assert spread_of(cells, names, Unidentified("minutes")) == {("access", "356"): calls}
    assert spread_of(cells, names, Unidentified("minutes", strict=False)) == {("local", "356"): calls}
    by_minute = Policy(unidentified=Unidentified("minutes"), rounding=Rounding("trunk_group_month_up"))
    found = spread_unidentified(facts(names, cells, policy=by_minute), "sbc-kmc-wi", "2004-07")
    assert [(kind, values) for (_, _, kind, _, _), values in found.items()] == [(None, (11, 1, 10, 6_000))]


def test_calls_that_nobody_answered_are_calls() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 90, calls=89),
        usage(names, "2004-07-06", 10, kind=TrafficClass.UNIDENTIFIED, calls=1),
        usage(names, "2004-07-07", 0, kind=TrafficClass.UNIDENTIFIED, calls=10),
    ]
    # 89 of 100 calls; of those that were answered 89 of 90.
    assert set(spread_of(cells, names, Unidentified())) == {("access", "356")}


def test_measured_time_is_weighed_where_another_is_billed() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 900_001),
        usage(names, "2004-07-06", 100_000, kind=TrafficClass.UNIDENTIFIED),
    ]
    policy = Policy(unidentified=Unidentified("minutes"), rounding=Rounding("trunk_group_month_up"))
    found = spread_unidentified(facts(names, cells, policy=policy), "sbc-kmc-wi", "2004-07")
    # 900,001 of 1,000,001 are over nine tenths; 918,000 of the billed 1,020,000 would not be.
    assert [(kind, values) for (_, _, kind, _, _), values in found.items()] == [
        (TrafficClass.LOCAL, (1, 1, 100_000, 102_000))
    ]


def test_the_rest_is_spread_by_measured_time_and_what_is_billed_goes_along() -> None:
    names = Names()
    table = [
        (usage(names, "2004-07-06", 10, calls=50), 60_000),
        (usage(names, "2004-07-06", 30, kind=TrafficClass.INTRALATA_TOLL, calls=50), 60_000),
        (usage(names, "2004-07-06", 8, kind=TrafficClass.UNIDENTIFIED), 60_000),
    ]
    cells = [Cells(one.keys, np.hstack([one.values, [[rounded, int(one.ms[0])]]]), (60_000,)) for one, rounded in table]
    policy = Policy(rounding=Rounding("per_call_up", 60_000))
    found = spread_unidentified(facts(names, cells, policy=policy), "sbc-kmc-wi", "2004-07")
    assert {kind: values for (_, _, kind, _, _), values in found.items()} == {
        TrafficClass.LOCAL: (0, 0, 2, 15_000),
        TrafficClass.INTRALATA_TOLL: (1, 1, 6, 45_000),
    }


def test_transit_and_on_net_calls_identify_nobody() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", 5, calls=5),
        usage(names, "2004-07-06", 1, kind=TrafficClass.UNIDENTIFIED),
    ]
    for kind in (TrafficClass.TRANSIT, TrafficClass.ON_NET):
        assert set(spread_of([*cells, usage(names, "2004-07-06", 9, kind=kind, calls=100)], names, Unidentified())) == {
            ("access", "356")
        }
    assert spread_of(cells[1:], names, Unidentified()) == {("access", "356"): (1, 1, 1, 1)}
    assert spread_of(cells[:1], names, Unidentified()) == {}


def test_parts_of_several_trunk_groups_add_up() -> None:
    names = Names()
    cells = [
        usage(names, "2004-07-06", ms, kind=kind, trunk=trunk, calls=calls)
        for trunk in ("d1", "d2")
        for kind, ms, calls in ((TrafficClass.LOCAL, 10, 99), (TrafficClass.UNIDENTIFIED, 3, 1))
    ]
    assert spread_of(cells, names, Unidentified()) == {("local", "356"): (2, 2, 6, 6)}


def test_each_sub_period_is_spread_over_what_is_in_it() -> None:
    names = Names()
    cells = [usage(names, "2003-06-02", 10, calls=97)]
    cells += [
        usage(names, f"2003-06-{day}", ms, kind=TrafficClass.UNIDENTIFIED)
        for day, ms in (("01", 1), ("14", 2), ("15", 4), ("30", 8))
    ]
    found = spread_unidentified(facts(names, cells), "sbc-kmc-wi", "2003-06")
    assert {(kind, sub): values[2] for (_, _, kind, _, sub), values in found.items()} == {
        (TrafficClass.LOCAL, 0): 3,
        (None, 1): 12,
    }
