"""Time zones by name, and what is said of a name that is none."""

from functools import cache
from zoneinfo import ZoneInfo

__all__ = ["EXPECTED_ZONE", "zone_named"]

EXPECTED_ZONE = "the name of a time zone, as America/Chicago"


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return a time zone of the IANA database.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; not a name at all; the name of a folder
        raise ValueError(f"found {name!r}, expected {EXPECTED_ZONE}") from error
