"""Topics on a broker: makes those that are missing, and names each way in which one is not as it ought to be."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, Node, TopicCollection
from confluent_kafka.admin import ConfigResource, NewTopic, ResourceType, TopicDescription

from stream.errors import StoreUnreachable, WrongUsage
from stream.kafka.client import Link
from stream.kafka.topics import (
    Wanted,
    by_default,
    calls_message_bytes,
    client_message_bytes,
    wanted_topics,
)
from stream.workspace.settings import Settings, setting_fault

__all__ = ["Checked", "Created", "Difference", "check_topics", "create_topics"]

_AGAIN_S: Final = 0.1
_MISSING: Final = KafkaError.UNKNOWN_TOPIC_OR_PART
_UNAUTHORISED: Final = frozenset({
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
})  # fmt: skip
_CLIENT_BYTES: Final = "message.max.bytes"


@dataclass(frozen=True)
class Difference:
    """One way in which a topic, or a setting of the client (`topic` empty), is not as it ought to be."""

    topic: str
    name: str
    setting: str
    found: str
    expected: str
    why: str


@dataclass(frozen=True)
class Checked:
    """What a check found: how many brokers answer for, and every difference, by topic in the table's order."""

    brokers: int
    topics: int
    differences: list[Difference]


@dataclass(frozen=True)
class Created:
    """Names of the topics that were made and of those that were there, and how the latter differ."""

    made: list[str]
    there: list[str]
    differences: list[Difference]


@dataclass(frozen=True)
class _Found:
    """A topic as the broker has it; without a description it says why not."""

    described: TopicDescription | KafkaError
    config: Mapping[str, str | None] | KafkaError


def check_topics(settings: Settings, *, replication: int | None = None, timeout_s: float = 10) -> Checked:
    """Compare every topic with what it ought to be.

    Parameters
    ----------
    replication : int, optional
        Least replicas of a partition; three, or as many as there are brokers, if None.
    timeout_s : float
        How long the broker may take in all.

    Raises
    ------
    StoreUnreachable
        If no broker answers, or it does not let us in.
    BadInput
        If the client library refuses a setting.
    """
    link = Link(settings, timeout_s)
    brokers = len(link.cluster().brokers)
    least = replication or by_default(brokers)
    found = _read(link, list(settings.kafka.topics.values()))
    return Checked(brokers, len(found), _differences(settings, found, least))


def create_topics(settings: Settings, *, replication: int | None = None, timeout_s: float = 30) -> Created:
    """Make the topics that are missing; those that are there stay as they are.

    The broker is first asked whether it would make them, so that if it refuses one, none is made.

    Parameters
    ----------
    replication : int, optional
        Replicas of a partition; three, or as many as there are brokers, if None.
    timeout_s : float
        How long the broker may take in all.

    Raises
    ------
    WrongUsage
        If there are fewer brokers than replicas.
    BadInput
        If `calls` is there with other partitions than the settings say, or the library refuses a setting.
    StoreUnreachable
        If no broker answers, it does not let us in, or it refuses to make a topic.
    """
    link = Link(settings, timeout_s)
    brokers = len(link.cluster().brokers)
    if replication is not None and replication > brokers:
        raise WrongUsage(f"--replication: found {replication}, expected at most the number of brokers, {brokers}")
    copies = replication or by_default(brokers)
    found = _read(link, list(settings.kafka.topics.values()))
    unseen = {
        name: link.words(topic.described)
        for name, topic in found.items()
        if isinstance(topic.described, KafkaError) and topic.described.code() != _MISSING
    }
    if unseen:
        told = "; ".join(f"{name}: {words}" for name, words in unseen.items())
        raise StoreUnreachable(f"the broker does not say whether topics are there, nothing was made: {told}")
    _refuse_other_calls(settings, found)
    missing = [wanted for wanted in _wanted(settings, found, copies) if _is_missing(found[wanted.name])]
    made: list[str] = []
    if missing:
        _make(link, missing, copies, only_ask=True)
        made = _make(link, missing, copies, only_ask=False)
        _wait_for(link, [wanted for wanted in missing if wanted.name in made])
        found = _read(link, list(settings.kafka.topics.values()))
    differences = [difference for difference in _differences(settings, found, copies) if difference.name not in made]
    return Created(made, [name for name in found if name not in made], differences)


def _read(link: Link, names: Sequence[str]) -> dict[str, _Found]:
    """Return each topic as the broker has it, in the order given."""
    descriptions = link.admin.describe_topics(TopicCollection(list(names)), request_timeout=_request_s(link))
    described = {name: link.answer(descriptions[name]) for name in names}
    resources = {
        name: ConfigResource(ResourceType.TOPIC, name) for name in names if not isinstance(described[name], KafkaError)
    }
    asked = link.admin.describe_configs(list(resources.values()), request_timeout=_request_s(link)) if resources else {}
    out = {}
    for name in names:
        config: Mapping[str, str | None] | KafkaError = {}
        if name in resources:
            entries = link.answer(asked[resources[name]])
            config = entries if isinstance(entries, KafkaError) else {key: e.value for key, e in entries.items()}
        out[name] = _Found(described[name], config)
    return out


def _request_s(link: Link) -> float:
    return max(0.5, link.left_s())


def _is_missing(found: _Found) -> bool:
    return isinstance(found.described, KafkaError) and found.described.code() == _MISSING


def _calls_partitions(settings: Settings, found: Mapping[str, _Found]) -> int | None:
    calls = found[settings.kafka.topics["calls"]].described
    return None if isinstance(calls, KafkaError) else len(calls.partitions)


def _refuse_other_calls(settings: Settings, found: Mapping[str, _Found]) -> None:
    there = _calls_partitions(settings, found)
    if there is not None and there != settings.kafka.partitions:
        message = (
            f"found {settings.kafka.partitions}, expected {there}, as many as the topic "
            f"{settings.kafka.topics['calls']} has; it is never enlarged in place, a new topic takes its part"
        )
        raise setting_fault(settings, "kafka.partitions", message)


def _wanted(settings: Settings, found: Mapping[str, _Found], replication: int) -> list[Wanted]:
    """Return every topic as it ought to be, beside `calls` as it is, or as it would be made."""
    return wanted_topics(
        settings,
        partitions=_calls_partitions(settings, found) or settings.kafka.partitions,
        calls_bytes=_calls_bytes(settings, found),
        replication=replication,
    )


def _calls_bytes(settings: Settings, found: Mapping[str, _Found]) -> int:
    config = found[settings.kafka.topics["calls"]].config
    stated = None if isinstance(config, KafkaError) else config.get("max.message.bytes")
    return int(stated) if stated else calls_message_bytes(settings)


def _make(link: Link, missing: Sequence[Wanted], replication: int, *, only_ask: bool) -> list[str]:
    """Make topics, or ask whether they could be made; return the names of those made by this call."""
    asked = link.admin.create_topics(
        [NewTopic(w.name, w.partitions, replication, config=w.config) for w in missing],
        validate_only=only_ask,
        operation_timeout=_request_s(link),
        request_timeout=_request_s(link),
    )
    made, refused = [], []
    for name, future in asked.items():
        answer = link.answer(future)
        if not isinstance(answer, KafkaError):
            made.append(name)
        elif answer.code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another has made it in between: it is there
            refused.append(f"{name}: {link.words(answer)}")
    if refused:
        done = "nothing was made" if only_ask or not made else f"{', '.join(made)} made before that"
        raise StoreUnreachable(f"the broker refuses to make topics, {done}: {'; '.join(refused)}")
    return made


def _wait_for(link: Link, made: Sequence[Wanted]) -> None:
    """Wait until the broker that is asked knows the new topics, each partition with a leader."""
    waiting = {wanted.name for wanted in made}
    while waiting:
        for name, future in link.admin.describe_topics(
            TopicCollection(sorted(waiting)), request_timeout=_request_s(link)
        ).items():
            described = link.answer(future)
            if not isinstance(described, KafkaError) and not _leaderless(described):
                waiting.discard(name)
        if waiting and not link.left_s():
            raise StoreUnreachable(f"made, but not served by the brokers yet: {', '.join(sorted(waiting))}")
        if waiting:
            time.sleep(_AGAIN_S)


def _leaderless(described: TopicDescription) -> list[int]:
    """Return the partitions that have no leader: nothing can be read from or written to them."""
    leaders: dict[int, Node | None] = {p.id: p.leader for p in described.partitions}  # its hints leave the None out
    return [number for number, leader in leaders.items() if leader is None or leader.id < 0]


def _differences(settings: Settings, found: Mapping[str, _Found], replication: int) -> list[Difference]:
    out = [
        difference
        for topic in _wanted(settings, found, replication)
        for difference in _of_topic(settings, topic, found[topic.name], replication)
    ]
    return out + _of_client(settings, client_message_bytes(_calls_bytes(settings, found)))


def _of_topic(settings: Settings, wanted: Wanted, found: _Found, replication: int) -> list[Difference]:
    def difference(setting: str, was: str, expected: str, why: str) -> Difference:
        return Difference(wanted.topic, wanted.name, setting, was, expected, why)

    described = found.described
    if isinstance(described, KafkaError):
        if described.code() == _MISSING:
            return [difference("topic", "missing", "there", "`ratestream topics create` makes it")]
        return [difference("topic", _refusal(described), "described", "who we are may not see it")]
    out = []
    count = settings.kafka.partitions if wanted.topic == "calls" else wanted.partitions
    if len(described.partitions) != count:
        why = {
            "calls": "kafka.partitions says so; the same call must always come to the same partition",
        }.get(wanted.topic, "state belongs to a partition of calls" if wanted.partitions > 1 else "one order")
        out.append(difference("partitions", str(len(described.partitions)), str(count), why))
    copies = min(len(p.replicas) for p in described.partitions)
    if copies < replication:
        why = "what is committed must survive a broker"
        out.append(difference("replication", str(copies), f"at least {replication}", why))
    out += [
        difference(f"partition {number}", "no leader", "a leader", "it can be neither read nor written")
        for number in _leaderless(described)
    ]
    lagging = [str(p.id) for p in described.partitions if len(p.isr) < len(p.replicas)]
    if lagging:
        why = f"partitions {', '.join(lagging)}: a broker is down or behind"
        synced = min(len(p.isr) for p in described.partitions)
        out.append(difference("replicas in sync", f"{synced} of {copies}", f"{copies} of {copies}", why))
    if isinstance(found.config, KafkaError):
        return [*out, difference("settings", _refusal(found.config), "described", "who we are may not see them")]
    for demand in wanted.demands:
        was = found.config.get(demand.setting)
        if not demand.holds(was):
            out.append(difference(demand.setting, was or "nothing", demand.expected, demand.why))
    return out


def _refusal(error: KafkaError) -> str:
    return "not authorised" if error.code() in _UNAUTHORISED else error.str()


def _of_client(settings: Settings, needed: int) -> list[Difference]:
    """Hold the client's own limit, where the settings choose one, to the largest message that we write."""
    chosen = settings.kafka.client.get(_CLIENT_BYTES)
    if chosen is None or int(chosen) >= needed:
        return []
    why = "the library would refuse what the topics take, and the commit with it"
    return [Difference("", "", f"kafka.client.{_CLIENT_BYTES}", str(chosen), f"at least {needed}", why)]
