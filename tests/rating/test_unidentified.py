"""When traffic without a caller's place is spread, and over what (DOMAIN section 9)."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from rating.codes import TrafficClass
from rating.names import Names
from rating.policy import Unidentified
from rating.unidentified import mostly_identified, spread_unidentified
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
