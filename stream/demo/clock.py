"""When people call and how long they talk."""

from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream.demo.calls import Ints

__all__ = [
    "BUSINESS",
    "DIAL_UP",
    "HOUSEHOLD",
    "LOCAL_OFFSET_MS",
    "MOBILE",
    "MODEM",
    "MONTHS",
    "SHORT_TALK",
    "TALK",
    "Curve",
    "Length",
    "Month",
    "connects",
    "lengths",
]

Floats = NDArray[np.float64]

LOCAL_OFFSET_MS: Final = -5 * 3_600_000
"""Central daylight time, which both states keep through every month of the demo."""
_HOUR_MS: Final = 3_600_000
_EPOCH: Final = date(1970, 1, 1)
_HOLIDAYS: Final = frozenset({date(2003, 5, 26), date(2003, 7, 4)})


class Month(NamedTuple):
    """A calendar month: its name, first day and number of days, and its share of the traffic."""

    name: str
    first: date
    days: int
    share: float

    @property
    def start_ms(self) -> int:
        """Epoch milliseconds of its first local midnight."""
        return (self.first - _EPOCH).days * 86_400_000 - LOCAL_OFFSET_MS


MONTHS: Final = (
    Month("2003-05", date(2003, 5, 1), 31, 0.240),
    Month("2003-06", date(2003, 6, 1), 30, 0.245),
    Month("2003-07", date(2003, 7, 1), 31, 0.250),
    Month("2004-06", date(2004, 6, 1), 30, 0.265),
)


class Curve(NamedTuple):
    """How calls spread over a week: weights of the 24 hours of working and of free days.

    Both lists are relative to themselves; `free_day` is a free day's whole weight beside a working day's 1.
    """

    working: tuple[float, ...]
    free: tuple[float, ...]
    free_day: float


# fmt: off
DIAL_UP: Final = Curve(
    (
        3.2, 1.9, 1.1, 0.6, 0.5, 0.6, 1.1, 1.8, 2.3, 2.6, 2.8, 2.9,
        3.0, 3.0, 3.2, 4.2, 5.2, 5.6, 6.2, 7.6, 9.6, 10.6, 9.9, 6.4,
    ),
    (
        4.6, 2.9, 1.7, 0.9, 0.6, 0.5, 0.8, 1.5, 2.7, 4.0, 4.7, 5.0,
        5.1, 5.2, 5.3, 5.3, 5.4, 5.6, 6.0, 7.0, 8.6, 9.2, 8.6, 5.9,
    ),
    1.22,
)
"""Homes going on line: low by day, highest from eight to eleven at night, more at week-ends."""

BUSINESS: Final = Curve(
    (
        0.2, 0.1, 0.1, 0.1, 0.2, 0.5, 1.6, 4.2, 8.4, 10.6, 10.9, 9.6,
        7.4, 9.5, 10.3, 9.8, 8.2, 4.6, 2.2, 1.5, 1.1, 0.8, 0.5, 0.3,
    ),
    (
        0.8, 0.5, 0.3, 0.2, 0.3, 0.7, 1.8, 4.0, 6.5, 8.5, 9.5, 9.3,
        8.4, 7.8, 7.2, 6.8, 6.3, 5.9, 5.2, 4.5, 3.8, 3.0, 2.0, 1.2,
    ),
    0.28,
)
"""Offices: two humps around lunch on working days, little else."""

HOUSEHOLD: Final = Curve(
    (
        0.5, 0.3, 0.2, 0.1, 0.2, 0.5, 1.5, 3.2, 4.8, 5.8, 6.1, 6.0,
        5.6, 5.4, 5.6, 6.4, 7.2, 7.8, 8.2, 8.4, 7.4, 5.2, 2.6, 1.1,
    ),
    (
        0.9, 0.6, 0.3, 0.2, 0.2, 0.4, 1.0, 2.4, 4.6, 6.6, 7.6, 7.6,
        7.2, 6.9, 6.7, 6.7, 6.9, 7.2, 7.4, 7.3, 6.2, 4.5, 2.6, 1.3,
    ),
    0.95,
)

MOBILE: Final = Curve(
    (
        0.8, 0.5, 0.3, 0.2, 0.3, 0.7, 2.2, 4.6, 5.6, 5.6, 5.7, 6.2,
        6.5, 6.0, 6.1, 6.9, 8.0, 8.2, 7.0, 6.0, 5.0, 3.9, 2.4, 1.4,
    ),
    (
        1.5, 1.0, 0.7, 0.3, 0.3, 0.5, 1.1, 2.4, 4.2, 5.6, 6.4, 7.0,
        7.2, 7.0, 6.9, 6.9, 7.0, 7.0, 6.6, 5.9, 5.2, 4.3, 3.0, 2.0,
    ),
    0.82,
)
# fmt: on


class Length(NamedTuple):
    """How long calls last: a log-normal law in seconds, the share never answered, and a ceiling.

    `brief` is the share of answered calls that end within a minute whatever the law says: modems
    that fail to agree, wrong numbers, answering machines.
    """

    median_s: float
    sigma: float
    unanswered: float
    brief: float
    longest_s: int


MODEM: Final = Length(median_s=25 * 60, sigma=0.92, unanswered=0.045, brief=0.07, longest_s=12 * 3600)
TALK: Final = Length(median_s=104, sigma=1.08, unanswered=0.215, brief=0.06, longest_s=4 * 3600)
SHORT_TALK: Final = Length(median_s=66, sigma=0.95, unanswered=0.27, brief=0.10, longest_s=2 * 3600)


def connects(rng: np.random.Generator, month: Month, curve: Curve, n: int) -> Ints:
    """Draw instants of answer.

    Parameters
    ----------
    rng : numpy.random.Generator
    month : Month
        Every instant lies in it, by local time.
    curve : Curve
    n : int

    Returns
    -------
    (n,) int64
        Epoch milliseconds, in no order.

    """
    free = np.array([_is_free(month.first + timedelta(days=i)) for i in range(month.days)])
    working_hours, free_hours = (np.array(hours) / sum(hours) for hours in (curve.working, curve.free))
    # No two days are alike: weather, outages, what is on television.
    moods = rng.normal(1.0, 0.06, month.days).clip(0.7, 1.3)
    days = np.where(free[:, None], free_hours * curve.free_day, working_hours) * moods[:, None]
    reached = np.cumsum(days.ravel())
    hour = np.searchsorted(reached, rng.random(n) * reached[-1], side="right").clip(max=reached.size - 1)
    return np.asarray(month.start_ms + hour * _HOUR_MS + rng.integers(0, _HOUR_MS, n), np.int64)


def _is_free(day: date) -> bool:
    return day.weekday() >= 5 or day in _HOLIDAYS


def lengths(rng: np.random.Generator, law: Length, n: int) -> Ints:
    """Draw conversation times in milliseconds; 0 is a call that nobody answered."""
    seconds = rng.lognormal(np.log(law.median_s), law.sigma, n)
    seconds = np.where(rng.random(n) < law.brief, rng.uniform(4, 58, n), seconds)
    ms = (seconds.clip(1, law.longest_s) * 1000).astype(np.int64)
    return np.where(rng.random(n) < law.unanswered, 0, ms)
