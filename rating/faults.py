"""What the rules cannot go on from, for the world to report in its own way."""

__all__ = ["RoundingNotKept"]


class RoundingNotKept(ValueError):
    """Usage that terms round by the call was added up before anybody asked for that unit."""
