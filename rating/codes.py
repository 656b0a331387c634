"""Classes, outcomes and reasons as small integers, and the words they travel under.

The scanner, the kernels and the writer exchange these integers; people and files only ever
see the names. A name is the member's own, in lower case, unless ``REASON_NAMES`` says otherwise.
"""

from enum import IntEnum
from typing import Final

__all__ = [
    "BASE_CLASSES",
    "CLASS_REASON",
    "EXCLUDED_CLASSES",
    "TCLT_CLASSES",
    "Evidence",
    "Jurisdiction",
    "Outcome",
    "PriceReason",
    "Reason",
    "Settlement",
    "TrafficClass",
    "name_of",
    "reason_named",
]


class Outcome(IntEnum):
    """What became of a record; every record ends in exactly one (DOMAIN section 2)."""

    RATED = 0
    VERIFICATION = 1
    DUPLICATE = 2
    FILTERED = 3
    SUSPENDED = 4
    REJECTED = 5
    WRITTEN_OFF = 6
    BACKED_OUT = 7


class TrafficClass(IntEnum):
    """The class table, in the order of its tests (DOMAIN section 3)."""

    ON_NET = 1
    TRANSIT = 2
    ORIGINATING_8YY = 3
    UNIDENTIFIED = 4
    INTERLATA_TOLL = 5
    IXC_INTRALATA_TOLL = 6
    LOCAL = 7
    VIRTUAL_FX = 8
    MANDATORY_EAS = 9
    OPTIONAL_EAS = 10
    INTRALATA_TOLL = 11


class Jurisdiction(IntEnum):
    """By the two places' states; unknown where one of them is."""

    UNKNOWN = 0
    INTRASTATE = 1
    INTERSTATE = 2


class Evidence(IntEnum):
    """What a record says of its called party's being an Internet service provider."""

    ABSENT = 0
    NOT_ISP = 1
    ISP = 2


class Reason(IntEnum):
    """Why a record did not go on, in the order in which the tests are made."""

    NONE = 0
    # rejected
    TOO_LARGE = 1
    NOT_JSON = 2
    NOT_AN_OBJECT = 3
    MISSING_RECORD_ID = 4
    BAD_RECORD_ID = 5
    MISSING_SOURCE = 6
    BAD_SOURCE = 7
    MISSING_CONNECT_TIME = 8
    BAD_CONNECT_TIME = 9
    MISSING_DURATION_MS = 10
    BAD_DURATION_MS = 11
    MISSING_CALLED = 12
    BAD_CALLED = 13
    BAD_CALLING = 14
    BAD_LRN = 15
    BAD_JIP = 16
    BAD_TRUNK_GROUP = 17
    BAD_CIC = 18
    BAD_ROUTING_POINT = 19
    BAD_ISP = 20
    BAD_VOIP = 21
    BAD_ORIG_OCN = 22
    BAD_TERM_OCN = 23
    BAD_BLOCK = 24
    # filtered
    SHORT_CODE = 32
    INTERNATIONAL = 33
    OPERATOR = 34
    DIRECTORY_ASSISTANCE = 35
    # suspended
    ID_CONFLICT = 40
    FUTURE_DATED = 41
    UNKNOWN_CALLED_BLOCK = 42
    UNKNOWN_CALLING_BLOCK = 43
    UNKNOWN_OCN = 44
    NO_AGREEMENT = 45
    UNKNOWN_TRUNK_GROUP = 46


class Settlement(IntEnum):
    """What a stretch of time earns: the `outcome` of a segment and of a statement line."""

    NONE = 0
    COMPENSABLE = 1
    BILL_AND_KEEP = 2
    EXCLUDED = 3
    NOT_ENTITLED = 4
    TERMS_MISSING = 5


class PriceReason(IntEnum):
    """Why a stretch of time has its price: the `reason` of a segment and of a statement line."""

    NONE = 0
    ISP = 1
    LOCAL = 2
    EAS = 3
    VIRTUAL_FX = 4
    TCLT = 5
    SWITCHED_ACCESS = 6
    TRANSIT = 7
    OVER_CAP = 8
    NEW_MARKET = 9
    NO_POI = 10
    DEOT = 11
    OPTIONAL_EAS = 12
    UNIDENTIFIED = 13
    ROUNDING = 14
    MEET_POINT_BILLING = 15
    ON_NET = 16


CLASS_REASON: Final = {
    TrafficClass.ON_NET: PriceReason.ON_NET,
    TrafficClass.TRANSIT: PriceReason.TRANSIT,
    TrafficClass.ORIGINATING_8YY: PriceReason.SWITCHED_ACCESS,
    TrafficClass.UNIDENTIFIED: PriceReason.UNIDENTIFIED,
    TrafficClass.INTERLATA_TOLL: PriceReason.MEET_POINT_BILLING,
    TrafficClass.IXC_INTRALATA_TOLL: PriceReason.MEET_POINT_BILLING,
    TrafficClass.LOCAL: PriceReason.LOCAL,
    TrafficClass.VIRTUAL_FX: PriceReason.VIRTUAL_FX,
    TrafficClass.MANDATORY_EAS: PriceReason.EAS,
    TrafficClass.OPTIONAL_EAS: PriceReason.OPTIONAL_EAS,
    TrafficClass.INTRALATA_TOLL: PriceReason.SWITCHED_ACCESS,
}
"""The reason that a class's own price carries: below the ratio, access, transit, meet point billing."""

_FIELD_REASONS: Final = ("MISSING_", "BAD_")


def name_of(code: IntEnum) -> str:
    """Return the word a code travels under: ``bad:called``, ``short_code``, ``local``."""
    if isinstance(code, Reason) and code is not Reason.BAD_BLOCK:
        for prefix in _FIELD_REASONS:
            if code.name.startswith(prefix):
                return f"{prefix[:-1].lower()}:{code.name.removeprefix(prefix).lower()}"
    return code.name.lower()


_REASONS: Final = {name_of(reason): reason for reason in Reason}


def reason_named(name: str) -> Reason:
    """Return the reason that travels under `name`; KeyError if there is none."""
    return _REASONS[name]


TCLT_CLASSES: Final = (
    TrafficClass.LOCAL,
    TrafficClass.VIRTUAL_FX,
    TrafficClass.MANDATORY_EAS,
    TrafficClass.OPTIONAL_EAS,
)
"""The four classes that SA 5.2 adds up, in the order in which ties are broken (DOMAIN section 5)."""

BASE_CLASSES: Final = TCLT_CLASSES[:3]
"""The classes that the 3:1 presumption weighs by default (XA 2.5, 2.6)."""

EXCLUDED_CLASSES: Final = (TrafficClass.INTERLATA_TOLL, TrafficClass.IXC_INTRALATA_TOLL)
"""Meet point billing: measured and shown, never priced here (SA 5.2.1)."""
