"""The mileage test in whole numbers (SA 4.1(a)(ii), DOMAIN section 8)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating.poi import within_miles

MILES = Decimal("15.75")
POINTS = st.tuples(st.integers(0, 10_000), st.integers(0, 10_000))


@pytest.mark.clause("sbc-kmc-second 4.1(a)(ii)")
@given(POINTS, st.integers(-60, 60), st.integers(-60, 60))
def test_within_is_2480_at_most(point: tuple[int, int], dv: int, dh: int) -> None:
    v, h = point
    assert within_miles(v, h, v + dv, h + dh, MILES) == (dv * dv + dh * dh <= 2480)
    assert within_miles(v + dv, h + dh, v, h, MILES) == within_miles(v, h, v + dv, h + dh, MILES)
