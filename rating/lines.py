"""Lines of a statement in the making: sums by route and jurisdiction, split without loss, priced as they are added."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from rating.apportion import largest_remainder
from rating.codes import PriceReason, Settlement, TrafficClass
from rating.policy import Rounding
from rating.terms.tariff import Bucket, Tariff

__all__ = ["Line", "Lines", "Share", "Sums", "laid_over_tiers", "merged", "split_sums"]

Sums = dict[Bucket, list[int]]
"""Calls, answered calls, milliseconds and billed milliseconds by route and jurisdiction."""

_COLUMNS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a statement.

    units : its charge in 1/60,000 of 1e-9 dollar, exact. usage : answered calls and the milliseconds that
    it is priced for, by bucket. billed_ms : those milliseconds in all; they are not `ms` where the
    agreement rounds before the line.
    """

    traffic_class: TrafficClass
    outcome: Settlement
    reason: PriceReason | str
    lata: str
    first: date
    last: date
    calls: int
    ms: int
    billed_ms: int
    tariff: Tariff | None
    units: int
    clauses: tuple[str, ...]
    usage: Mapping[Bucket, tuple[int, int]] = field(default_factory=dict)


def split_sums(sums: Sums, parts: list[int]) -> list[Sums]:
    """Split a sum by bucket into parts of given milliseconds; calls and billed time go in the same proportion.

    Where there is no time at all, the calls go to the last part.
    """
    weights = parts if sum(parts) else [0] * (len(parts) - 1) + [1]
    if weights.count(0) == len(weights) - 1:  # most sums are not divided at all
        return [{b: list(v) if weight else [0] * _COLUMNS for b, v in sums.items()} for weight in weights]
    buckets = sorted(sums)
    left = [[sums[bucket][i] for bucket in buckets] for i in range(_COLUMNS)]
    totals = [largest_remainder(sum(column), weights) for column in left]
    out: list[Sums] = []
    for position in range(len(parts)):
        taken = [largest_remainder(totals[i][position], left[i]) for i in range(_COLUMNS)]
        left = [[a - b for a, b in zip(left[i], taken[i], strict=True)] for i in range(_COLUMNS)]
        out.append({bucket: [taken[i][k] for i in range(_COLUMNS)] for k, bucket in enumerate(buckets)})
    return out


def merged(parts: Iterable[Sums]) -> Sums:
    """Add sums up, bucket by bucket."""
    out: Sums = {}
    for sums in parts:
        for bucket, values in sums.items():
            into = out.setdefault(bucket, [0] * _COLUMNS)
            for i in range(_COLUMNS):
                into[i] += values[i]
    return out


class Share(NamedTuple):
    """Time and calls of one class, LATA and rate sub-period that have one outcome and one price."""

    kind: TrafficClass
    outcome: Settlement
    reason: PriceReason | str
    lata: str
    sub: int
    sums: Sums
    tariff: Tariff | None
    clauses: tuple[str, ...]

    @property
    def ms(self) -> int:
        """Measured milliseconds."""
        return sum(values[2] for values in self.sums.values())


def laid_over_tiers(shares: Iterable[Share]) -> list[Share]:
    """Divide shares over the tiers of their prices.

    The month's minutes of a direction fill the tiers in date order: the earlier rate sub-period first,
    and inside one each LATA in proportion to its time, then each class (largest remainder, ties to the
    lower LATA and the earlier class), as a growth cap is filled.
    """
    by_price: dict[tuple[str, str], list[Share]] = defaultdict(list)
    for share in shares:
        assert share.tariff is not None
        by_price[share.tariff.instrument, share.tariff.counted].append(share)
    out: list[Share] = []
    for of_price in by_price.values():
        used = 0
        for sub in sorted({share.sub for share in of_price}):
            here = sorted(
                (share for share in of_price if share.sub == sub), key=lambda s: (s.lata, s.kind, str(s.reason))
            )
            out += _laid(here, used)
            used += sum(share.ms for share in here)
    return out


def _laid(here: Sequence[Share], used: int) -> Iterator[Share]:
    """Yield the parts of one sub-period's shares by tier, `used` milliseconds of the month lying before them."""
    tariff = here[0].tariff
    assert tariff is not None
    tiers = tariff.by_tier
    left = [share.ms for share in here]
    end = used + sum(left)
    parts: list[list[int]] = []
    for position, tier in enumerate(tiers):
        top = tiers[position + 1].over_ms if position + 1 < len(tiers) else end
        taken = _by_lata(max(0, min(top, end) - max(tier.over_ms, used)), here, left)
        left = [have - part for have, part in zip(left, taken, strict=True)]
        parts.append(taken)
    assert not any(left), f"tiers of {tariff.instrument} do not hold {sum(left)} ms: the first has to begin at 0"
    for share, ms in zip(here, zip(*parts, strict=True), strict=True):
        divided = split_sums(share.sums, list(ms)) if any(ms) else [share.sums, *[{}] * (len(tiers) - 1)]
        others = tuple(clause for clause in share.clauses if clause not in tariff.clauses)
        for tier, sums in zip(tiers, divided, strict=True):
            yield share._replace(sums=sums, tariff=tier, clauses=(*tier.clauses, *others))


def _by_lata(total: int, shares: Sequence[Share], weights: Sequence[int]) -> list[int]:
    """Apportion over LATAs by time, then inside each over its shares."""
    latas = sorted({share.lata for share in shares})
    rows = [[i for i, share in enumerate(shares) if share.lata == lata] for lata in latas]
    out = [0] * len(shares)
    of_lata = largest_remainder(total, [sum(weights[i] for i in mine) for mine in rows])
    for mine, part in zip(rows, of_lata, strict=True):
        for i, ms in zip(mine, largest_remainder(part, [weights[i] for i in mine]), strict=True):
            out[i] = ms
    return out


@dataclass(slots=True)
class Lines:
    """Collects lines by what tells them apart.

    payee : who is owed. subs : first and last day of each rate sub-period. gating : the clauses that close
    an instrument's receipts, by reason. rounding : how the agreement rounds before the line.
    """

    payee: str
    subs: Sequence[tuple[date, date]]
    gating: Mapping[tuple[str, PriceReason], tuple[str, ...]]
    rounding: Rounding
    lines: dict[tuple[object, ...], Line] = field(default_factory=dict)
    tiered: list[Share] = field(default_factory=list)

    def add(
        self,
        kind: TrafficClass,
        outcome: Settlement,
        reason: PriceReason | str,
        lata: str,
        sub: int,
        sums: Sums,
        tariff: Tariff | None,
        clauses: tuple[str, ...],
    ) -> None:
        """Add time and calls to the line that they belong to; what has a price by tiers waits for `lay_tiers`."""
        share = Share(kind, outcome, reason, lata, sub, sums, tariff, clauses)
        if tariff is not None and tariff.tiers:
            self.tiered.append(share)
        else:
            self._add(share)

    def lay_tiers(self) -> None:
        """Lay what has a price by tiers over them, when all of the direction's month has been added."""
        for share in laid_over_tiers(self.tiered):
            self._add(share)
        self.tiered.clear()

    def _add(self, share: Share) -> None:
        """Add to a line; what a trunk group goes up by is a line of its own."""
        kind, outcome, reason, lata, sub, sums, tariff, clauses = share
        calls, _, ms, billed = (sum(column) for column in zip(*sums.values(), strict=True)) if sums else (0, 0, 0, 0)
        by_call = self.rounding.kind == "per_call_up"
        # A part of a millisecond's split may have none of it, and yet some of what its call went up to.
        if calls or ms or (by_call and billed):
            usage = {bucket: (values[1], values[3 if by_call else 2]) for bucket, values in sums.items()}
            self._put((kind, outcome, reason, lata, sub, tariff), calls, ms, usage, clauses)
        if tariff is not None and self.rounding.kind == "trunk_group_month_up":
            up = {bucket: (0, values[3] - values[2]) for bucket, values in sums.items()}
            if any(more for _, more in up.values()):
                self._put((kind, outcome, PriceReason.ROUNDING, lata, sub, tariff), 0, 0, up, clauses)

    def _put(
        self,
        key: tuple[TrafficClass, Settlement, PriceReason | str, str, int, Tariff | None],
        calls: int,
        ms: int,
        usage: dict[Bucket, tuple[int, int]],
        clauses: tuple[str, ...],
    ) -> None:
        kind, outcome, reason, lata, sub, tariff = key
        earlier = self.lines.get(key)
        if earlier is not None:
            calls, ms = calls + earlier.calls, ms + earlier.ms
            both = (usage, earlier.usage)
            usage = {
                bucket: (sum(of.get(bucket, (0, 0))[0] for of in both), sum(of.get(bucket, (0, 0))[1] for of in both))
                for bucket in {**usage, **earlier.usage}
            }
            clauses = tuple(dict.fromkeys((*earlier.clauses, *clauses)))
        first, last = self.subs[sub]
        self.lines[key] = Line(
            traffic_class=kind,
            outcome=outcome,
            reason=reason,
            lata=lata,
            first=first,
            last=last,
            calls=calls,
            ms=ms,
            billed_ms=sum(billed for _, billed in usage.values()),
            tariff=tariff,
            units=tariff.units(usage) if tariff is not None else 0,
            clauses=clauses,
            usage=usage,
        )
