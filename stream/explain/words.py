"""Times, money and clauses as explanations write them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from rating.money import decimal_text, unrounded_text
from rating.terms.interval import Timeline
from rating.terms.model import Instrument
from stream.errors import InvariantBroken
from stream.explain.model import Cited, InForce
from stream.workspace.zones import zone_named

__all__ = [
    "Clauses",
    "charge_text",
    "clock",
    "clock_end",
    "instruments_of",
    "local",
    "moment",
    "needed",
    "ratio_text",
    "thousands",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EXACT_PLACES: Final = 14
_HUNDREDTHS: Final = 100


_T = TypeVar("_T")


def needed(value: _T | None, why: str) -> _T:
    """Return a value that has to be there; InvariantBroken with the reason why if it is not."""
    if value is None:
        raise InvariantBroken(why)
    return value


def local(ms: int, zone: str) -> datetime:
    """Return epoch milliseconds as a local time."""
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone_named(zone))


def clock(moment_: datetime) -> str:
    """Write the time of day, with milliseconds where there are any: ``23:59:30``."""
    text = f"{moment_:%H:%M:%S}"
    return f"{text}.{moment_.microsecond // 1000:03d}" if moment_.microsecond else text


def clock_end(ms: int, zone: str, day: date) -> str:
    """Write the time of day at which something on `day` ends; midnight is ``24:00:00`` then."""
    end = local(ms, zone)
    return "24:00:00" if end.date() > day and clock(end) == "00:00:00" else clock(end)


def moment(ms: int, zone: str) -> str:
    """Write an instant with day, clock and offset: ``2003-06-14 23:59:30 -05:00``."""
    at = local(ms, zone)
    offset = at.strftime("%z")
    return f"{at:%Y-%m-%d} {clock(at)} {offset[:3]}:{offset[3:5]}"


def thousands(value: int) -> str:
    """Write an integer with separators."""
    return f"{value:,}"


def ratio_text(t_ms: int, o_ms: int) -> str | None:
    """Write T:O with two places, cut off so that it never shows a ratio as reached that is not; None without O."""
    if o_ms == 0:
        return None
    hundredths = t_ms * _HUNDREDTHS // o_ms
    return f"{hundredths // _HUNDREDTHS}.{hundredths % _HUNDREDTHS:02d}"


def charge_text(units: int) -> tuple[str, bool]:
    """Write a charge in dollars, and whether the decimal is exact.

    A unit is 1/60,000 of 1e-9 dollar, so a charge ends after fourteen places if three divides it, and
    never does otherwise: then it is written to twelve places.
    """
    whole, rest = divmod(units * 5, 3)
    return (unrounded_text(units), False) if rest else (decimal_text(whole, _EXACT_PLACES), True)


class Clauses:
    """Clauses by ``instrument ref``, to be cited with what they say."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._says = {
            f"{instrument.id} {clause.ref}": (clause.says, instrument.illustrative)
            for instrument in instruments
            for clause in instrument.clause
        }

    def cite(self, *sources: str) -> tuple[Cited, ...]:
        """Return the clauses, each once, in the order given."""
        return tuple(Cited(source, *self._says.get(source, ("", False))) for source in dict.fromkeys(sources))


def instruments_of(
    timeline: Timeline, instruments: Sequence[Instrument], in_force: Iterable[str]
) -> tuple[InForce, ...]:
    """Return the named instruments with the chain of reasons why each is in force."""
    by_id = {instrument.id: instrument for instrument in instruments}
    return tuple(
        InForce(
            name,
            by_id[name].title if name in by_id else "",
            by_id[name].source if name in by_id else "",
            name in by_id and by_id[name].illustrative,
            tuple(timeline.chains.get(name, ())),
        )
        for name in dict.fromkeys(in_force)
    )
