"""What nodes are told: ports that nobody has, properties that a setup decides, what cannot be started."""

import socket
from pathlib import Path

import pytest

from stream.errors import StoreUnreachable, WrongUsage
from stream.kafka.nodes import HOST, Setup, cluster_id, free_ports, plan, write_files


def properties(setup: Setup, folder: Path) -> list[dict[str, str]]:
    """Return what each node's file says."""
    nodes = plan(setup, folder)
    write_files(setup, folder, nodes)
    return [
        dict(line.split("=", 1) for line in node.properties.read_text(encoding="utf-8").splitlines()) for node in nodes
    ]


def test_free_ports_can_be_bound_and_are_given_to_no_outgoing_connection() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    for port in ports:
        with socket.socket() as probe:
            probe.bind((HOST, port))
        if outgoing.is_file():
            assert port < int(outgoing.read_text().split()[0])
    assert set(free_ports(50, avoid=range(10_000, 20_000))).isdisjoint(range(10_000, 20_000))


def test_more_ports_than_there_are() -> None:
    with pytest.raises(StoreUnreachable, match=r"found \d+ free ports of 127.0.0.1, expected 100000"):
        free_ports(100_000)


def test_ports_asked_for_follow_each_other(tmp_path: Path) -> None:
    [first] = free_ports(1)
    assert [node.port for node in plan(Setup(nodes=3, port=first), tmp_path)] == [first, first + 1, first + 2]
    with socket.socket() as taken:
        taken.bind((HOST, first + 1))
        taken.listen()
        with pytest.raises(
            StoreUnreachable, match=f"port {first + 1} of 127.0.0.1 is not free: Address already in use"
        ):
            plan(Setup(nodes=3, port=first), tmp_path)
    with pytest.raises(StoreUnreachable, match="port 65536 of "):
        plan(Setup(nodes=2, port=65_535), tmp_path)


@pytest.mark.parametrize(("nodes", "replicas", "in_sync"), [(1, "1", "1"), (2, "2", "1"), (3, "3", "2"), (5, "3", "2")])
def test_replicas_follow_the_number_of_nodes(tmp_path: Path, nodes: int, replicas: str, in_sync: str) -> None:
    told = properties(Setup(nodes=nodes), tmp_path)
    assert [node["node.id"] for node in told] == [str(n + 1) for n in range(nodes)]
    assert len({node["controller.quorum.voters"] for node in told}) == 1
    for node in told:
        for copies in ("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic"):
            assert node[f"{copies}.replication.factor"] == replicas
        for least in ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr"):
            assert node[least] == in_sync


def test_further_properties_go_over_ours(tmp_path: Path) -> None:
    [told] = properties(Setup(properties={"min.insync.replicas": "9", "a.b": r"c\d"}), tmp_path)
    assert (told["min.insync.replicas"], told["a.b"]) == ("9", r"c\\d")  # as Java's files write a backslash
    assert "authorizer.class.name" not in told


def test_a_file_with_passwords_is_its_user_s_alone(tmp_path: Path) -> None:
    setup = Setup(accounts={"a": "hunter2"})
    [told] = properties(setup, tmp_path)
    assert 'user_a="hunter2"' in told["listener.name.accounts.plain.sasl.jaas.config"]
    assert (tmp_path / "node-1.properties").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({"nodes": 0}, "found 0 nodes, expected at least 1"),
        ({"folder": Path("a,b")}, "a,b: found a comma, expected none"),
        ({"accounts": {"a": 'hunter2"'}}, "found other characters in an account"),
        ({"accounts": {"a b": "c"}}, "found other characters in an account"),
    ],
)
def test_what_cannot_be_started(setup: dict[str, object], message: str) -> None:
    with pytest.raises(WrongUsage, match=message) as caught:
        Setup(**setup)  # type: ignore[arg-type]
    assert "hunter2" not in str(caught.value)


def test_an_id_is_drawn_once_a_folder_and_is_no_option(tmp_path: Path) -> None:
    drawn = set()
    for number in range(200):
        folder = tmp_path / str(number)
        folder.mkdir()
        drawn.add(cluster_id(Setup(), folder))
        assert cluster_id(Setup(), folder) in drawn
    assert len(drawn) == 200
    assert [id_ for id_ in drawn if len(id_) != 22 or id_.startswith("-")] == []
