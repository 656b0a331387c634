"""Three nodes: what one takes survives another, and what stands on one alone is named when it is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.kafka.broker import Cluster, Setup, start_cluster
from tests.kafka.brokers import differences, produce, read, settings_of, until
from tests.stream.files.worlds import cli, ok, workspace


@pytest.fixture(scope="module")
def three() -> Iterator[Cluster]:
    """Return a broker of three nodes."""
    with start_cluster(Setup(nodes=3, heap_mb=384)) as cluster:
        yield cluster


def test_three_nodes_go_on_without_one(three: Cluster, tmp_path: Path) -> None:
    folder = workspace(tmp_path / "books", settings_of(three.bootstrap, "three"))
    made = ok("topics", "create", "--json", "-w", folder).document
    assert len(made["made"]) == 14 and made["differences"] == []
    assert ok("topics", "check", "-w", folder).out == "14 topics on 3 brokers: in order\n"
    frail = workspace(tmp_path / "frail", settings_of(three.bootstrap, "frail"))
    ok("topics", "create", "--replication", 1, "-w", frail)
    produce(three.bootstrap, "three.ledger", "before")

    three.kill_node(1)
    produce(three.bootstrap, "three.ledger", "without")
    # The first address of those given is now the dead one's.
    ran = until(lambda: cli("topics", "check", "--json", "-w", folder), lambda ran: "replicas in sync" in ran.out)
    assert ran.code == 1
    assert {difference["setting"] for difference in ran.document["differences"]} == {"replicas in sync"}
    # Three replicas on three nodes: each topic has one on the node that is gone.
    assert [difference["name"] for difference in ran.document["differences"]] == made["made"]

    # Where there is one replica, what was on that node is out of reach, and named so.
    ran = until(
        lambda: cli("topics", "check", "--replication", 1, "--json", "-w", frail), lambda ran: "no leader" in ran.out
    )
    gaps = [d for d in ran.document["differences"] if d["setting"].startswith("partition ")]
    assert {(gap["found"], gap["expected"]) for gap in gaps} == {("no leader", "a leader")}

    three.start_node(1)
    until(lambda: cli("topics", "check", "-w", folder), lambda ran: ran.code == 0)
    until(lambda: cli("topics", "check", "--replication", 1, "-w", frail), lambda ran: ran.code == 0)
    assert read(three.bootstrap, "three.ledger", 2) == ["before", "without"]


def test_replicas_of_three_nodes(three: Cluster, books: Path) -> None:
    bootstrap = {"RATESTREAM_KAFKA_BOOTSTRAP": three.bootstrap}
    ok("topics", "create", "--replication", 2, "-w", books, **bootstrap)
    found = differences(books, **bootstrap)
    assert {(setting, was, wanted) for _, setting, was, wanted in found} == {
        ("replication", "2", "at least 3"),
        ("min.insync.replicas", "1", "at least 2"),
    }
    assert differences(books, "--replication", 2, **bootstrap) == []
