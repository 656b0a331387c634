"""A resolved price: what one class of traffic costs on some days, and which clause says so."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from rating.money import MS_PER_MINUTE, decimal_text

__all__ = ["Bucket", "Element", "Tariff", "rate_text"]

_NANO_PLACES: Final = 9

Bucket = tuple[int, int]
"""Route (0 no trunk group known, 1 direct, 2 tandem) and jurisdiction (`rating.codes.Jurisdiction`) of a sum."""

_ROUTES: Final = {"any": (0, 1, 2), "direct": (1,), "tandem": (2,)}
_JURISDICTIONS: Final = {"any": (0, 1, 2), "intrastate": (0, 1), "interstate": (2,)}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a price.

    per_minute, per_call : int, 1e-9 dollar. An element for one route holds for calls whose trunk
    group is known to be of it; unknown jurisdiction is taken as intrastate, as calls without a
    caller's place are.
    """

    name: str
    per_minute: int
    per_call: int
    route: str
    jurisdiction: str
    clause: str

    def covers(self, bucket: Bucket) -> bool:
        """Whether the element is charged for time of this route and jurisdiction."""
        return bucket[0] in _ROUTES[self.route] and bucket[1] in _JURISDICTIONS[self.jurisdiction]


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of a class or group on an interval.

    elements : one unconditional per-minute element (a plain rate), or several. reason : the word on
    the statement's line. counted : of a price by tiers, the traffic whose minutes of the month are counted;
    empty of any other. over_ms : from how many milliseconds of it this price is for. tiers : the prices
    further up, in order; these elements are then those of the first tier.
    """

    instrument: str
    reason: str
    elements: tuple[Element, ...]
    illustrative: bool = False
    counted: str = ""
    over_ms: int = 0
    tiers: tuple["Tariff", ...] = ()

    @property
    def by_tier(self) -> tuple["Tariff", ...]:
        """All tiers in order, each a price of its own; of a price without tiers, the price."""
        return (replace(self, tiers=()), *self.tiers)

    @property
    def plain(self) -> int | None:
        """The rate in 1e-9 dollar a minute, where the price is nothing but a rate."""
        if len(self.elements) != 1:
            return None
        only = self.elements[0]
        return only.per_minute if only.route == only.jurisdiction == "any" and not only.per_call else None

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses of all elements, once each, as ``instrument ref``."""
        return tuple(dict.fromkeys(f"{self.instrument} {element.clause}" for element in self.elements))

    def units(self, usage: Mapping[Bucket, tuple[int, int]]) -> int:
        """Return the charge in 1/60,000 of 1e-9 dollar for (calls, ms) by bucket."""
        return sum(
            ms * element.per_minute + calls * element.per_call * MS_PER_MINUTE
            for bucket, (calls, ms) in usage.items()
            for element in self.elements
            if element.covers(bucket)
        )


def rate_text(nano: int) -> str:
    """Write a rate of 1e-9 dollar as a decimal string: ``1000000 -> "0.001"``."""
    return decimal_text(nano, _NANO_PLACES)
