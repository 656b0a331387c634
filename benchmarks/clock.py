"""What a measurement is: wall and CPU seconds of this process, and its peak of memory."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Measured", "measured"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement; `records` is what a rate is per second of, 0 where none is told."""

    what: str
    wall_s: float
    cpu_s: float
    peak_mib: int
    records: int = 0


def measured(what: str, run: Callable[[], object], records: int = 0) -> Measured:
    """Run once and return what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Measured(what, wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, records)
