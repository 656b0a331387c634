"""What is compared, and how closely."""

from dataclasses import dataclass, field
from pathlib import Path

from stream.desk.reconcile.column_map import ColumnMap

__all__ = ["Recordings", "Scope", "Tolerance"]


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart recordings of one call may be, in milliseconds.

    connect : after the clocks' systematic offset is taken out. duration : of what is called the same length.
    offset : how far the clocks may be apart as a whole.
    """

    connect: int = 5_000
    duration: int = 2_000
    offset: int = 3_700_000


@dataclass(frozen=True, slots=True)
class Recordings:
    """The other carrier's call file, how to read it, and how far recordings of one call may be apart."""

    file: Path
    how: ColumnMap
    within: Tolerance = field(default_factory=Tolerance)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which calls are compared: of an agreement, its incumbent, and the directions that the bill is for."""

    agreement: str
    incumbent: str
    ways: tuple[tuple[str, str], ...]
