"""The topics: which there are, with which settings each is made, and what of that must hold.

No client of a broker is needed to know this; `stream.kafka.admin` makes them and compares.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from stream.workspace.keys import TOPICS
from stream.workspace.settings import Settings

__all__ = [
    "AROUND_BYTES",
    "TABLE",
    "Demand",
    "Kind",
    "Wanted",
    "by_default",
    "calls_message_bytes",
    "client_message_bytes",
    "wanted_topics",
]

AROUND_BYTES: Final = 64 << 10
"""What may come around a call's own bytes: key, headers, the batch; around a message that is passed on, the reason."""

_MIB: Final = 1 << 20
_FEW_REPLICAS: Final = 3

Kind = Literal["is", "at least", "at most", "as made"]


@dataclass(frozen=True)
class Demand:
    """One setting of a topic: the value with which it is made, and how an existing one is held to it.

    ``is``, ``at least`` and ``at most`` compare; ``as made`` leaves an existing topic its own.
    """

    setting: str
    kind: Kind
    value: str
    why: str

    def holds(self, found: str | None) -> bool:
        """Whether a value that was found will do."""
        if self.kind == "as made":
            return True
        if found is None:
            return False
        if self.kind == "is":
            return set(found.split(",")) == set(self.value.split(","))
        return int(found) >= int(self.value) if self.kind == "at least" else int(found) <= int(self.value)

    @property
    def expected(self) -> str:
        """What is expected, in words."""
        return self.value if self.kind == "is" else f"{self.kind} {self.value}"


@dataclass(frozen=True)
class Wanted:
    """One topic as it ought to be: our word for it, its name on the broker, and what is demanded of it."""

    topic: str
    name: str
    partitions: int
    demands: tuple[Demand, ...]

    @property
    def config(self) -> dict[str, str]:
        """The settings with which it is made."""
        return {demand.setting: demand.value for demand in self.demands}


@dataclass(frozen=True)
class Sizes:
    """What demands depend on: messages of `calls` in bytes, and replicas of a partition."""

    calls_bytes: int
    replication: int


Part = Callable[[Sizes], tuple[Demand, ...]]


def _calls(sizes: Sizes) -> tuple[Demand, ...]:
    return (
        Demand("message.timestamp.type", "is", "LogAppendTime", "receipt is the broker's clock, not a producer's"),
        # What else the input is like is its producers' business.
        Demand("cleanup.policy", "as made", "delete", ""),
        Demand("max.message.bytes", "as made", str(sizes.calls_bytes), ""),
        Demand("min.insync.replicas", "as made", _in_sync(sizes), ""),
    )


def _deleted(_: Sizes) -> tuple[Demand, ...]:
    return (Demand("cleanup.policy", "is", "delete", "a call may appear again, with a higher rev: both stay"),)


def _archived(_: Sizes) -> tuple[Demand, ...]:
    why = "blocks are deleted once they are in Parquet, not by age or size"
    return (
        Demand("cleanup.policy", "is", "delete", why),
        Demand("retention.ms", "is", "-1", why),
        Demand("retention.bytes", "is", "-1", why),
    )


def _holds_a_call(sizes: Sizes) -> tuple[Demand, ...]:
    why = "a message of calls and what is said about it must fit, or no commit would ever go through again"
    return (Demand("max.message.bytes", "at least", str(sizes.calls_bytes + AROUND_BYTES), why),)


def _compacted(_: Sizes) -> tuple[Demand, ...]:
    return (Demand("cleanup.policy", "is", "compact", "the last message of each key is the state: it must stay"),)


def _restored(_: Sizes) -> tuple[Demand, ...]:
    why = "who restores reads every block that is not compacted away yet"
    return (
        Demand("segment.bytes", "at most", str(64 * _MIB), why),
        Demand("max.compaction.lag.ms", "at most", "600000", why),
        Demand("max.message.bytes", "at least", str(_MIB), "blocks are cut under 900 KiB"),
    )


def _kept(sizes: Sizes) -> tuple[Demand, ...]:
    return (
        Demand("min.insync.replicas", "at least", _in_sync(sizes), "what is committed must survive a broker"),
        Demand("unclean.leader.election.enable", "is", "false", "a replica that lags would undo what is committed"),
    )


def _in_sync(sizes: Sizes) -> str:
    return "2" if sizes.replication >= _FEW_REPLICAS else "1"


@dataclass(frozen=True)
class Row:
    """One row of the table: as many partitions as `calls` or one, and what is demanded."""

    as_calls: bool
    parts: tuple[Part, ...]


# State belongs to the partition of the input that it was made of. What has one partition is read in one order.
TABLE: Final[Mapping[str, Row]] = {
    "calls": Row(as_calls=True, parts=(_calls,)),
    "rated": Row(as_calls=True, parts=(_deleted, _holds_a_call, _kept)),
    "suspended": Row(as_calls=True, parts=(_deleted, _holds_a_call, _kept)),
    "rejected": Row(as_calls=True, parts=(_deleted, _holds_a_call, _kept)),
    "archive": Row(as_calls=True, parts=(_archived, _holds_a_call, _kept)),
    "usage": Row(as_calls=True, parts=(_compacted, _restored, _kept)),
    "identities": Row(as_calls=True, parts=(_compacted, _restored, _kept)),
    "commands": Row(as_calls=True, parts=(_deleted, _holds_a_call, _kept)),
    "reference": Row(as_calls=False, parts=(_compacted, _kept)),
    "totals": Row(as_calls=False, parts=(_compacted, _restored, _kept)),
    "carrier-status": Row(as_calls=False, parts=(_compacted, _kept)),
    "advisories": Row(as_calls=False, parts=(_compacted, _kept)),
    "statements": Row(as_calls=False, parts=(_compacted, _kept)),
    "ledger": Row(as_calls=False, parts=(_compacted, _kept)),
}
"""Every topic of the settings, in their order.

A ``record_id`` may fill a line, so whatever names one holds a whole call.
"""

assert tuple(TABLE) == TOPICS


def by_default(brokers: int) -> int:
    """Return how many replicas a partition has where nobody says."""
    return min(_FEW_REPLICAS, max(1, brokers))


def calls_message_bytes(settings: Settings) -> int:
    """Return the size of messages with which `calls` is made: a line at its limit, and what comes around it."""
    return settings.limits.max_line_bytes + AROUND_BYTES


def client_message_bytes(calls_bytes: int) -> int:
    """Return the ``message.max.bytes`` that our own producers need, for messages of `calls` of this size."""
    return calls_bytes + AROUND_BYTES


def wanted_topics(settings: Settings, *, partitions: int, calls_bytes: int, replication: int) -> list[Wanted]:
    """Return every topic as it ought to be.

    Parameters
    ----------
    partitions : int
        Those of `calls`.
    calls_bytes : int
        The largest message of `calls`, ``max.message.bytes``: the topics that pass calls on must hold more.
    replication : int
        Replicas of each partition.
    """
    sizes = Sizes(calls_bytes, replication)
    return [
        Wanted(
            topic=topic,
            name=settings.kafka.topics[topic],
            partitions=partitions if row.as_calls else 1,
            demands=tuple(demand for part in row.parts for demand in part(sizes)),
        )
        for topic, row in TABLE.items()
    ]
