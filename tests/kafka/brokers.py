"""Ask and change a broker past the program, and wait for what a broker does in its own time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from stream.workspace.keys import TOPICS
from tests.stream.files.worlds import cli

__all__ = [
    "ACCOUNTS", "MOST_S", "admin", "altered", "config_of", "differences", "gone", "grant", "new_topic", "partitions_of",
    "produce", "read", "settings_of", "until",
]  # fmt: skip

ACCOUNTS: Final = {"stranger": "hunter2", "looker": "hunter3"}
"""Who may do nothing, and who may look and no more once a test grants it."""

MOST_S: Final = 60
"""What a broker has not done by then it does not do."""

_Answer = TypeVar("_Answer")


def settings_of(bootstrap: str, prefix: str, more: str = "") -> str:
    """Return a workspace's settings: the broker, and names of topics with a prefix."""
    names = "".join(f'{topic} = "{prefix}.{topic}"\n' for topic in TOPICS)
    return f'[kafka]\nbootstrap = "{bootstrap}"\n{more}[kafka.topics]\n{names}'


def until(ask: Callable[[], _Answer], holds: Callable[[_Answer], bool]) -> _Answer:
    """Ask again and again until the answer holds; return it."""
    last = time.monotonic() + MOST_S
    while True:
        answer = ask()
        if holds(answer):
            return answer
        assert time.monotonic() < last, answer
        time.sleep(0.05)


def admin(bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def config_of(client: AdminClient, topic: str) -> dict[str, str | None]:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return {name: entry.value for name, entry in client.describe_configs([resource])[resource].result(MOST_S).items()}


def partitions_of(client: AdminClient, topic: str) -> int:
    return len(client.describe_topics(TopicCollection([topic]))[topic].result(MOST_S).partitions)


@contextmanager
def altered(client: AdminClient, topic: str, setting: str, value: str) -> Iterator[None]:
    """Change one setting of a topic, and change it back."""
    before = config_of(client, topic)[setting]
    assert before is not None
    _alter(client, topic, setting, value)
    try:
        yield
    finally:
        _alter(client, topic, setting, before)


def _alter(client: AdminClient, topic: str, setting: str, value: str) -> None:
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    client.incremental_alter_configs([resource])[resource].result(MOST_S)
    until(lambda: config_of(client, topic)[setting], lambda found: found == value)  # the controller is asked later


def differences(folder: Path, *words: object, **environ: str) -> list[tuple[str, str, str, str]]:
    """Return what a check names, as (topic, setting, found, expected), and hold its exit code to it."""
    ran = cli("topics", "check", "--json", *words, "-w", folder, **environ)
    found = [(d["topic"], d["setting"], d["found"], d["expected"]) for d in ran.document["differences"]]
    assert ran.code == (1 if found else 0)
    return found


def gone(client: AdminClient, topic: str) -> None:
    """Delete a topic, and wait until it is."""
    client.delete_topics([topic])[topic].result(MOST_S)
    until(lambda: client.list_topics(timeout=MOST_S).topics, lambda found: topic not in found)


def grant(client: AdminClient, account: str, prefix: str, *operations: AclOperation) -> None:
    """Let an account do something with the topics of a prefix."""
    bindings = [
        AclBinding(
            ResourceType.TOPIC,
            prefix,
            ResourcePatternType.PREFIXED,
            f"User:{account}",
            "*",
            operation,
            AclPermissionType.ALLOW,
        )
        for operation in operations
    ]
    for future in client.create_acls(bindings).values():
        future.result(MOST_S)


def new_topic(client: AdminClient, name: str, **more: Any) -> None:
    client.create_topics([NewTopic(name, **more)])[name].result(MOST_S)


def produce(bootstrap: str, topic: str, *values: str) -> None:
    """Write messages, each its own key, and wait until the broker has taken them all."""
    refused: list[object] = []
    producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, "acks": "all"})
    for value in values:
        producer.produce(
            topic,
            value.encode(),
            key=value.encode(),
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
    left = producer.flush(MOST_S)
    assert (left, refused) == (0, []), (left, refused)


def read(bootstrap: str, topic: str, count: int) -> list[str]:
    """Read a topic of one partition from its beginning: so many messages, those of aborted transactions left out."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "log_level": 0,
            "group.id": "tests",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        out: list[str] = []
        last = time.monotonic() + MOST_S
        while len(out) < count and time.monotonic() < last:
            for message in consumer.consume(count - len(out), timeout=1):
                if message.error() is not None:
                    raise KafkaException(message.error())
                value = message.value()
                assert isinstance(value, bytes)
                out.append(value.decode())
        return out
    finally:
        consumer.close()
