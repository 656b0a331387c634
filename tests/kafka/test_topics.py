"""Topics on a real broker: made once, held to the table, and each wrong set-up named."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest
from confluent_kafka.admin import AclOperation, NewPartitions

from stream.kafka.admin import create_topics
from stream.kafka.broker import Cluster
from stream.kafka.nodes import free_ports
from stream.workspace.keys import TOPICS
from stream.workspace.settings import Settings, read_settings
from tests.kafka.brokers import (
    ACCOUNTS,
    MOST_S,
    admin,
    altered,
    config_of,
    differences,
    gone,
    grant,
    new_topic,
    partitions_of,
    until,
)
from tests.stream.files.worlds import Ran, cli, ok

LINE: Final = 1 << 20
AROUND: Final = 64 << 10

STATE: Final = {"cleanup.policy": "compact", "segment.bytes": str(64 << 20), "max.compaction.lag.ms": "600000"}
PASSED_ON: Final = {"cleanup.policy": "delete", "max.message.bytes": str(LINE + 2 * AROUND)}
COMPACT: Final = {"cleanup.policy": "compact"}

# Once more what is expected, from the design: partitions with 4 of `calls`, and settings.
EXPECTED: Final[dict[str, tuple[int, dict[str, str]]]] = {
    "calls": (4, {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(LINE + AROUND)}),
    "rated": (4, PASSED_ON),
    "suspended": (4, PASSED_ON),
    "rejected": (4, PASSED_ON),
    "archive": (4, {**PASSED_ON, "retention.ms": "-1", "retention.bytes": "-1"}),
    "usage": (4, STATE),
    "identities": (4, STATE),
    "commands": (4, PASSED_ON),
    "reference": (1, COMPACT),
    "totals": (1, STATE),
    "carrier-status": (1, COMPACT),
    "advisories": (1, COMPACT),
    "statements": (1, COMPACT),
    "ledger": (1, COMPACT),
}


def settings(folder: Path) -> Settings:
    return read_settings(folder, {})


def name(folder: Path, topic: str) -> str:
    return settings(folder).kafka.topics[topic]


def names(folder: Path) -> list[str]:
    return list(settings(folder).kafka.topics.values())


def test_makes_each_topic_as_the_table_says(broker: Cluster, made: Path) -> None:
    client = admin(broker.bootstrap)
    assert tuple(EXPECTED) == TOPICS
    for topic, (partitions, expected) in EXPECTED.items():
        assert partitions_of(client, name(made, topic)) == partitions, topic
        found = config_of(client, name(made, topic))
        assert {setting: found[setting] for setting in expected} == expected, topic
    assert differences(made) == []
    assert ok("topics", "check", "-w", made).out == "14 topics on 1 broker: in order\n"


def test_makes_what_is_missing_and_leaves_what_is_there(broker: Cluster, books: Path) -> None:
    client = admin(broker.bootstrap)
    first = ok("topics", "create", "--json", "-w", books).document
    assert first == {"made": names(books), "there": [], "differences": []}
    again = ok("topics", "create", "--json", "-w", books).document
    assert again == {"made": [], "there": names(books), "differences": []}
    gone(client, name(books, "usage"))
    assert ("usage", "topic", "missing", "there") in differences(books)
    with altered(client, name(books, "ledger"), "cleanup.policy", "delete"):
        third = cli("topics", "create", "-w", books)
        assert third.code == 1
        assert third.out.splitlines()[0] == f"made: {name(books, 'usage')}"
        assert third.out.splitlines()[1].startswith("there: ") and len(third.out.splitlines()[1].split(",")) == 13
        assert f"ledger ({name(books, 'ledger')})  cleanup.policy" in third.out
        assert config_of(client, name(books, "ledger"))["cleanup.policy"] == "delete"
    assert differences(books) == []


def test_made_by_many_at_once(books: Path) -> None:
    loaded = settings(books)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: create_topics(loaded), range(4)))
    assert sorted(name for created in done for name in created.made) == sorted(names(books))
    assert all(sorted([*created.made, *created.there]) == sorted(names(books)) for created in done)
    assert [created.differences for created in done] == [[]] * 4


def test_a_restart_forgets_no_topic(broker: Cluster, made: Path) -> None:
    broker.kill_node(1)
    ran = cli("topics", "check", "--timeout", 0.5, "-w", made)
    assert ran.code == 4
    broker.start_node(1)
    assert differences(made) == []


PASSES_ON: Final = ("rated", "suspended", "rejected", "archive", "commands")


@pytest.mark.parametrize(
    ("topic", "setting", "value", "expected"),
    [
        ("calls", "message.timestamp.type", "CreateTime", "LogAppendTime"),
        *((topic, "max.message.bytes", str(LINE + AROUND), f"at least {LINE + 2 * AROUND}") for topic in PASSES_ON),
        *((t, "cleanup.policy", "compact", "delete") for t in PASSES_ON),
        *((t, "cleanup.policy", "delete", "compact") for t in TOPICS if t not in (*PASSES_ON, "calls")),
        ("ledger", "cleanup.policy", "compact,delete", "compact"),
        ("archive", "retention.ms", "604800000", "-1"),
        ("archive", "retention.bytes", "1000000", "-1"),
        ("usage", "segment.bytes", "1073741824", f"at most {64 << 20}"),
        ("identities", "max.compaction.lag.ms", "9223372036854775807", "at most 600000"),
        ("totals", "max.message.bytes", "1000", f"at least {1 << 20}"),
        ("statements", "unclean.leader.election.enable", "true", "false"),
    ],
)
def test_each_wrong_setting_is_named(
    broker: Cluster, made: Path, topic: str, setting: str, value: str, expected: str
) -> None:
    with altered(admin(broker.bootstrap), name(made, topic), setting, value):
        assert differences(made) == [(topic, setting, value, expected)]
    assert differences(made) == []


@pytest.mark.parametrize(
    ("topic", "setting", "value"),
    [
        ("calls", "cleanup.policy", "compact"),
        ("usage", "segment.bytes", "1048576"),
        ("usage", "max.compaction.lag.ms", "1000"),
        ("rejected", "max.message.bytes", "10000000"),
    ],
)
def test_what_is_better_or_not_ours_is_no_difference(
    broker: Cluster, made: Path, topic: str, setting: str, value: str
) -> None:
    with altered(admin(broker.bootstrap), name(made, topic), setting, value):
        assert differences(made) == []


def test_larger_calls_need_larger_topics_and_a_larger_client(broker: Cluster, made: Path) -> None:
    with altered(admin(broker.bootstrap), name(made, "calls"), "max.message.bytes", "5000000"):
        needed = f"at least {5_000_000 + AROUND}"
        found = differences(made, RATESTREAM_KAFKA_CLIENT_MESSAGE_MAX_BYTES="5000000")
        assert [(t, s, e) for t, s, _, e in found] == [
            *((topic, "max.message.bytes", needed) for topic in PASSES_ON),
            ("", "kafka.client.message.max.bytes", needed),
        ]
    assert differences(made, RATESTREAM_KAFKA_CLIENT_MESSAGE_MAX_BYTES=str(LINE + 2 * AROUND)) == []


def test_wrong_counts_of_partitions_are_named(broker: Cluster, books: Path) -> None:
    client = admin(broker.bootstrap)
    new_topic(client, name(books, "usage"), num_partitions=3)
    new_topic(client, name(books, "ledger"), num_partitions=2)
    ran = cli("topics", "create", "--json", "-w", books)
    assert ran.code == 1
    assert ran.document["there"] == [name(books, "usage"), name(books, "ledger")]
    counts = [found for found in differences(books) if found[1] == "partitions"]
    assert counts == [("usage", "partitions", "3", "4"), ("ledger", "partitions", "2", "1")]

    # The input enlarged in place: it is named, and so is all the state that stayed behind.
    client.create_partitions([NewPartitions(name(books, "calls"), 6)])[name(books, "calls")].result(MOST_S)
    until(lambda: partitions_of(client, name(books, "calls")), lambda found: found == 6)
    counts = [found for found in differences(books) if found[1] == "partitions"]
    assert counts[:2] == [("calls", "partitions", "6", "4"), ("rated", "partitions", "4", "6")]
    refused = cli("topics", "create", "-w", books, RATESTREAM_KAFKA_PARTITIONS="5")
    assert refused.code == 3
    assert refused.err.startswith("ratestream: RATESTREAM_KAFKA_PARTITIONS: found 5, expected 6, as many as the topic ")


def test_replicas(broker: Cluster, books: Path) -> None:
    refused = cli("topics", "create", "--replication", 2, "-w", books)
    assert (refused.code, refused.out) == (2, "")
    assert "--replication: found 2, expected at most the number of brokers, 1" in refused.err
    assert set(names(books)).isdisjoint(admin(broker.bootstrap).list_topics(timeout=MOST_S).topics)
    ok("topics", "create", "--replication", 1, "-w", books)
    found = differences(books, "--replication", 2)
    assert found == [(topic, "replication", "1", "at least 2") for topic in TOPICS]


def account(broker: Cluster, who: str, password: str | None = None) -> dict[str, str]:
    """Return the variables by which commands come as an account."""
    return {
        "RATESTREAM_KAFKA_BOOTSTRAP": broker.accounts_bootstrap,
        "RATESTREAM_KAFKA_CLIENT_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "RATESTREAM_KAFKA_CLIENT_SASL_MECHANISM": "PLAIN",
        "RATESTREAM_KAFKA_CLIENT_SASL_USERNAME": who,
        "RATESTREAM_KAFKA_CLIENT_SASL_PASSWORD": password or ACCOUNTS[who],
    }


def test_who_may_see_nothing_is_told_so(broker: Cluster, made: Path, books: Path) -> None:
    environ = account(broker, "stranger")
    found = differences(made, **environ)
    assert found == [(topic, "topic", "not authorised", "described") for topic in TOPICS]
    ran = cli("topics", "create", "-w", books, **environ)
    assert (ran.code, ran.out) == (4, "")
    assert "nothing was made" in ran.err and "uthorization failed" in ran.err
    assert set(names(books)).isdisjoint(admin(broker.bootstrap).list_topics(timeout=MOST_S).topics)


def test_who_may_only_look_makes_nothing(broker: Cluster, made: Path, books: Path) -> None:
    client = admin(broker.bootstrap)
    for folder in (made, books):
        grant(client, "looker", name(folder, "calls").removesuffix("calls"), AclOperation.DESCRIBE)
    environ = account(broker, "looker")
    seen = ("settings", "not authorised", "described")
    found = until(lambda: differences(made, **environ), lambda found: ("ledger", *seen) in found)
    assert found == [(topic, *seen) for topic in TOPICS]
    ran = until(
        lambda: cli("topics", "create", "-w", books, **environ), lambda ran: "does not say whether" not in ran.err
    )
    assert (ran.code, ran.out) == (4, "")
    assert "refuses to make topics, nothing was made: " in ran.err
    grant(client, "looker", name(made, "calls").removesuffix("calls"), AclOperation.DESCRIBE_CONFIGS)
    assert until(lambda: differences(made, **environ), lambda found: not found) == []


def test_a_wrong_password_is_not_shown(broker: Cluster, made: Path) -> None:
    ran = cli("topics", "check", "--timeout", 60, "-w", made, **account(broker, "looker", "hunter22"))
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith(f"ratestream: the broker at {broker.accounts_bootstrap} lets us not in: ")
    assert "Authentication failed" in ran.err and "hunter2" not in ran.err


def unreachable(folder: Path, *words: object, **environ: str) -> str:
    """Return what is said of a broker that cannot be reached, the same for both commands."""
    said = []
    for command in ("check", "create"):
        ran: Ran = cli("topics", command, "--timeout", 0.5, *words, "-w", folder, **environ)
        assert (ran.code, ran.out) == (4, ""), ran
        said.append(ran.err)
    return said[0]


def test_no_broker_there(books: Path) -> None:
    one, other = free_ports(2)
    where = f"127.0.0.1:{one},127.0.0.1:{other}"
    said = unreachable(books, RATESTREAM_KAFKA_BOOTSTRAP=where)
    assert said.startswith(f"ratestream: the broker at {where} did not answer within 0.5 s: ")
    for port in (one, other):
        assert f"127.0.0.1:{port}: Connect to ipv4#127.0.0.1:{port} failed: Connection refused" in said
    assert said.count("\n") == 1


def test_a_controller_is_no_broker(broker: Cluster, books: Path) -> None:
    where = f"127.0.0.1:{broker.nodes[0].controller_port}"
    said = unreachable(books, RATESTREAM_KAFKA_BOOTSTRAP=where)
    assert said.startswith(f"ratestream: the broker at {where} does not answer as a broker: ")


def test_a_listener_without_encryption(broker: Cluster, books: Path) -> None:
    said = unreachable(books, RATESTREAM_KAFKA_CLIENT_SECURITY_PROTOCOL="SSL")
    assert f"the broker at {broker.bootstrap} did not answer within 0.5 s: " in said and "SSL" in said


def test_a_broker_that_hangs(broker: Cluster, made: Path) -> None:
    os.kill(broker.pids["node-1"], signal.SIGSTOP)
    try:
        said = unreachable(made)
    finally:
        os.kill(broker.pids["node-1"], signal.SIGCONT)
    assert said.startswith(f"ratestream: the broker at {broker.bootstrap} did not answer within 0.5 s: ")
    assert differences(made, "--timeout", 60) == []


def test_a_dead_address_among_living_ones(broker: Cluster, made: Path) -> None:
    [dead] = free_ports(1)
    assert differences(made, RATESTREAM_KAFKA_BOOTSTRAP=f"127.0.0.1:{dead},{broker.bootstrap}") == []


def test_json_says_all_of_a_difference(broker: Cluster, made: Path) -> None:
    with altered(admin(broker.bootstrap), name(made, "totals"), "cleanup.policy", "delete"):
        document: dict[str, Any] = json.loads(cli("topics", "check", "--json", "-w", made).out)
    assert (document["brokers"], document["topics"]) == (1, 14)
    assert document["differences"] == [
        {
            "topic": "totals",
            "name": name(made, "totals"),
            "setting": "cleanup.policy",
            "found": "delete",
            "expected": "compact",
            "why": "the last message of each key is the state: it must stay",
        }
    ]
