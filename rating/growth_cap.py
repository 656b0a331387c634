"""The yearly growth cap: its limit, chained from a base period, and what of a month is payable (XA 2.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rating.apportion import largest_remainder
from rating.money import MS_PER_MINUTE
from rating.presumption import Part
from rating.terms.model import CapYear, GrowthCap

__all__ = ["Limit", "Use", "lay", "limit_of", "use"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A year's limit in milliseconds, None where the base period is not known; `assumed` says a link was."""

    ms: int | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class Use:
    """A month's place under the cap, in milliseconds; what was used is clipped to the limit."""

    before_ms: int
    ms: int
    left_ms: int | None


def _row(cap: GrowthCap, year: int) -> CapYear:
    for row in cap.years:
        if row.year == year or (row.onward and year >= row.year):
            return row
    raise ValueError(f"the growth cap has no row for {year}; it covers {[row.year for row in cap.years]}")


def limit_of(cap: GrowthCap, year: int, history: Mapping[str, int], reading: str) -> Limit:
    """Return the limit of a calendar year, or of each period in it where the cap is so many minutes.

    Parameters
    ----------
    cap : GrowthCap
        Its schedule: each year a multiple of an earlier period.
    year : int
    history : mapping of period to milliseconds
        Quarters are compensable as they stand; years are eligible time before any cap.
    reading : {"compensable", "ceiling"}
        Switch ``cap_2003``: whether a year that repeats an earlier one repeats what was compensable
        in it, or its ceiling.

    Notes
    -----
    Exact fractions along the chain, floored to a millisecond at the end (DOMAIN section 7).
    """
    if cap.minutes is not None:
        return Limit(cap.minutes * MS_PER_MINUTE, assumed=False)
    ceiling, assumed = _ceiling(cap, _row(cap, year), history, reading)
    return Limit(None if ceiling is None else int(ceiling // 1), assumed)


def _ceiling(cap: GrowthCap, row: CapYear, history: Mapping[str, int], reading: str) -> tuple[Fraction | None, bool]:
    times = Fraction(1)
    for factor in row.times:
        times *= Fraction(factor)
    if not row.of.isdigit():
        if row.of not in history:
            return None, True
        return history[row.of] * times, False
    earlier, assumed = _ceiling(cap, _row(cap, int(row.of)), history, reading)
    if earlier is None:
        return None, True
    if not row.times and reading == "ceiling":
        return earlier, assumed or row.of not in history
    if row.of not in history:
        return earlier * times, True
    return min(Fraction(history[row.of]), earlier) * times, assumed


def use(limit_ms: int | None, before_ms: int, month_ms: int) -> Use:
    """Return a month's use of the cap, given the eligible time of the year before it and of the month."""
    if limit_ms is None:
        return Use(before_ms, month_ms, None)
    before = min(limit_ms, before_ms)
    return Use(before, min(limit_ms, before_ms + month_ms) - before, limit_ms - before)


def lay(left_ms: int | None, eligible: Mapping[Part, int]) -> dict[Part, int]:
    """Return the payable milliseconds of each part.

    The earlier sub-period is payable first; inside one, each LATA in proportion to its eligible time,
    then each class (largest remainder, ties to the lower LATA and the earlier class).
    """
    if left_ms is None:
        return dict(eligible)
    out: dict[Part, int] = {}
    left = left_ms
    for sub in sorted({part[1] for part in eligible}):
        parts = sorted(part for part in eligible if part[1] == sub)
        payable = min(left, sum(eligible[part] for part in parts))
        left -= payable
        latas: Sequence[str] = sorted({part[0] for part in parts})
        of_lata = [sum(eligible[part] for part in parts if part[0] == lata) for lata in latas]
        for lata, share in zip(latas, largest_remainder(payable, of_lata), strict=True):
            inside = [part for part in parts if part[0] == lata]
            out.update(zip(inside, largest_remainder(share, [eligible[part] for part in inside]), strict=True))
    return out
