"""The 3:1 presumption: how much of what a LEC terminates is ISP-bound, and where (XA 2.6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from rating.apportion import largest_remainder
from rating.codes import TrafficClass

__all__ = ["Part", "presumed", "spread"]

Part = tuple[str, int, TrafficClass]
"""LATA, position of the rate sub-period, class."""

_CLASS_ORDER: Final = (
    TrafficClass.LOCAL,
    TrafficClass.VIRTUAL_FX,
    TrafficClass.MANDATORY_EAS,
    TrafficClass.OPTIONAL_EAS,
)


def presumed(t_ms: int, o_ms: int, ratio: Decimal, floor_ms: int = 0) -> int:
    """Return the milliseconds of `t_ms` presumed ISP-bound: only the excess over `ratio` times `o_ms`.

    Exactly the ratio presumes none; nothing originated makes all of it presumed, but for the first
    `floor_ms`. A ratio that is not whole cuts the threshold off to a millisecond.
    """
    numerator, denominator = ratio.as_integer_ratio()
    return max(0, t_ms - max(o_ms * numerator // denominator, floor_ms))


def spread(isp_ms: int, weights: Mapping[Part, int]) -> dict[Part, int]:
    """Apportion ISP time over LATA and sub-period by their time, then in each over the classes.

    Ties go to the lower LATA as text, then the earlier sub-period; inside to local, virtual FX,
    mandatory and optional EAS in this order (DOMAIN section 5). The shares sum to `isp_ms`.
    """
    places: Sequence[tuple[str, int]] = sorted({(lata, sub) for lata, sub, _ in weights})
    of_place = [sum(weights.get((*place, c), 0) for c in _CLASS_ORDER) for place in places]
    out: dict[Part, int] = {}
    for place, share in zip(places, largest_remainder(isp_ms, of_place), strict=True):
        parts = [(*place, c) for c in _CLASS_ORDER if weights.get((*place, c), 0)]
        out.update(zip(parts, largest_remainder(share, [weights[part] for part in parts]), strict=True))
    return out
