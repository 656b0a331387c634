"""A broker of one's own is a real one: it keeps what it took, through restarts and the loss of a node."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Producer

from stream.errors import StoreUnreachable, WrongUsage
from stream.kafka import nodes
from stream.kafka.broker import Cluster, Setup, start_cluster
from stream.kafka.nodes import HOST, free_ports
from tests.kafka.brokers import MOST_S, admin, altered, new_topic, produce, read, until
from tests.stream.files.worlds import cli

MAIN = "from stream.cli.entry import main; main()"
STARTER = """\
import json, time
from stream.kafka.broker import start_cluster
cluster = start_cluster()
print(json.dumps([cluster.pids["node-1"], cluster.guard_pid, str(cluster.folder)]), flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    cluster.stop()
"""


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_what_a_transaction_aborted_is_not_read(broker: Cluster) -> None:
    client = admin(broker.bootstrap)
    new_topic(client, "transactions")
    producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0, "transactional.id": "slot-0"})
    producer.init_transactions(MOST_S)
    for value, commit in (("kept", True), ("aborted", False), ("kept too", True)):
        producer.begin_transaction()
        producer.produce("transactions", value.encode())
        assert producer.flush(MOST_S) == 0
        (producer.commit_transaction if commit else producer.abort_transaction)(MOST_S)
    assert read(broker.bootstrap, "transactions", 2) == ["kept", "kept too"]


@pytest.mark.parametrize("how", ["stop_node", "kill_node"])
def test_a_restarted_broker_has_what_it_took(broker: Cluster, how: str) -> None:
    client = admin(broker.bootstrap)
    new_topic(client, how, config={"max.message.bytes": "123456"})
    produce(broker.bootstrap, how, "before")
    before = broker.pids["node-1"]
    getattr(broker, how)(1)
    assert not alive(before)
    broker.start_node(1)
    assert broker.pids["node-1"] != before
    produce(broker.bootstrap, how, "after")
    assert read(broker.bootstrap, how, 2) == ["before", "after"]
    with altered(client, how, "max.message.bytes", "654321"):  # the client of before the restart goes on, too
        pass


def test_data_stays_in_a_folder_that_is_named(tmp_path: Path) -> None:
    kept = tmp_path / "kept here"
    with start_cluster(Setup(folder=kept)) as first:
        new_topic(admin(first.bootstrap), "kept")
        produce(first.bootstrap, "kept", "message")
    with start_cluster(Setup(folder=kept)) as second:
        assert read(second.bootstrap, "kept", 1) == ["message"]
    with pytest.raises(WrongUsage, match="kept here: holds a cluster of 1 nodes, and 3 are asked for"):
        start_cluster(Setup(folder=kept, nodes=3))


def test_it_dies_with_the_process_that_started_it() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        node, guard, folder = json.loads(parent.stdout.readline())
        assert alive(node) and alive(guard) and Path(folder).is_dir()
        parent.kill()
    until(lambda: (alive(node), alive(guard), Path(folder).exists()), lambda left: left == (False, False, False))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux kills children with their parent")
def test_nodes_die_with_their_guard() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        node, guard, folder = json.loads(parent.stdout.readline())
        os.kill(guard, signal.SIGKILL)
        until(lambda: alive(node), lambda runs: not runs)
        parent.send_signal(signal.SIGINT)
        parent.wait(MOST_S)
    assert not Path(folder).exists()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_command_runs_one_until_it_is_told_to_stop(end: signal.Signals, tmp_path: Path) -> None:
    words = [sys.executable, "-c", MAIN, "broker", "--port", "0", "--folder", str(tmp_path / "data")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        assert command.stdout is not None and command.stderr is not None
        bootstrap = command.stdout.readline().strip()
        new_topic(admin(bootstrap), "reached")
        command.send_signal(end)
        assert command.wait(MOST_S) == 0
        assert command.stderr.read() == f"1 node in {tmp_path / 'data'}; Ctrl-C stops\nstopped\n"
    with socket.socket() as probe:
        assert probe.connect_ex((HOST, int(bootstrap.rpartition(":")[2]))) != 0


def test_a_port_that_is_taken(broker: Cluster) -> None:
    port = broker.nodes[0].port
    ran = cli("broker", "--port", port)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.endswith(f": port {port} of 127.0.0.1 is not free: Address already in use\n")


def test_a_port_that_is_lost_in_between_is_replaced(broker: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, asked = broker.nodes[0].port, []

    def first_a_taken_one(count: int, *, avoid: object = ()) -> list[int]:
        del avoid
        ports = free_ports(count)
        asked.append(ports)
        return [taken, *ports[1:]] if len(asked) == 1 else ports

    monkeypatch.setattr(nodes, "free_ports", first_a_taken_one)
    with start_cluster() as second:
        assert len(asked) == 2
        assert second.bootstrap == f"{HOST}:{asked[1][0]}"


def test_a_node_that_cannot_start_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(StoreUnreachable, match=r"node-1 of the broker ended with 1: .*num\.network\.threads"):
        start_cluster(Setup(properties={"num.network.threads": "none"}))
    assert list(tmp_path.glob("ratestream-broker-*")) == []
