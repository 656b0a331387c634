"""What a broker's nodes are told: ports, properties, the words that start them."""

import base64
import json
import random
import re
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from stream.errors import StoreUnreachable, WrongUsage

__all__ = ["HOST", "Node", "Setup", "cluster_id", "format_words", "free_ports", "plan", "serve_words", "write_files"]

HOST: Final = "127.0.0.1"
ACCOUNTS: Final = "ACCOUNTS"

_LOWEST: Final = 10_240
_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_QUORUM: Final = 3
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")

_LOGGING: Final = """\
<Configuration status="WARN">
  <Appenders>
    <Console name="out" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %-5p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


@dataclass(frozen=True)
class Setup:
    """What kind of broker is wanted.

    Parameters
    ----------
    nodes : int
        Each is broker and controller at once. From three on, topics have three replicas by default.
    port : int, optional
        The first node's, the others' follow it; free ones if None.
    folder : Path, optional
        Where data is kept from one start to the next; a temporary one, removed at the end, if None.
    heap_mb : int
        Java's heap of each node.
    accounts : mapping
        Names and passwords, letters, digits and ``._-``. If there are any, each node has a second listener that
        asks for them (SASL/PLAIN), and they may do what access lists grant them; without an account everything.
    properties : mapping
        Further properties of the server, over those made here.
    """

    nodes: int = 1
    port: int | None = None
    folder: Path | None = None
    heap_mb: int = 512
    accounts: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be started."""
        if self.nodes < 1:
            raise WrongUsage(f"found {self.nodes} nodes, expected at least 1")
        if self.folder is not None and "," in str(self.folder):
            raise WrongUsage(f"{self.folder}: found a comma, expected none: Kafka takes it for a list of folders")
        for text in (*self.accounts, *self.accounts.values()):
            if not _NAME.fullmatch(text):
                raise WrongUsage("found other characters in an account, expected letters, digits and ._-")


@dataclass(frozen=True)
class Node:
    """One node: its number, its folder and its ports on `HOST`."""

    number: int
    folder: Path
    port: int
    controller_port: int
    accounts_port: int | None

    @property
    def name(self) -> str:
        """What its process and its files are called."""
        return f"node-{self.number}"

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder.with_suffix(".log")

    @property
    def properties(self) -> Path:
        """What it is told."""
        return self.folder.with_suffix(".properties")

    @property
    def is_formatted(self) -> bool:
        """Whether its folder was prepared by an earlier start."""
        return (self.folder / "meta.properties").is_file()


def plan(setup: Setup, folder: Path) -> list[Node]:
    """Return the nodes with their ports chosen.

    Raises
    ------
    StoreUnreachable
        If a port that was asked for is taken.
    """
    asked = [] if setup.port is None else [setup.port + n for n in range(setup.nodes)]
    for port in asked:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server itself binds
            try:
                probe.bind((HOST, port))
            except (OSError, OverflowError) as error:
                why = getattr(error, "strerror", None) or str(error)
                raise StoreUnreachable(f"cannot start a broker: port {port} of {HOST} is not free: {why}") from error
    free = iter(free_ports(3 * setup.nodes, avoid=asked))
    return [
        Node(
            number=n + 1,
            folder=folder / f"node-{n + 1}",
            port=asked[n] if asked else next(free),
            controller_port=next(free),
            accounts_port=next(free) if setup.accounts else None,
        )
        for n in range(setup.nodes)
    ]


def free_ports(count: int, *, avoid: Sequence[int] = ()) -> list[int]:
    """Return ports of `HOST` on which nothing listens.

    Not from those that the system gives to outgoing connections: a client that tries again and again to reach a
    node that is down would in the end be given the node's own port, and be connected to itself.
    """
    highest = int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.is_file() else 32_768
    found: list[int] = []
    for port in random.SystemRandom().sample(range(_LOWEST, max(highest, _LOWEST + 10_000)), 10_000):
        if len(found) == count:
            break
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:  # taken: another will do
                continue
        if port not in avoid:
            found.append(port)
    if len(found) < count:
        raise StoreUnreachable(f"cannot start a broker: found {len(found)} free ports of {HOST}, expected {count}")
    return found


def cluster_id(setup: Setup, folder: Path) -> str:
    """Return the cluster's id: that of an earlier start in this folder, or a new one, which is noted there.

    Raises
    ------
    WrongUsage
        If the folder holds a cluster of another size.
    """
    noted = folder / "cluster.json"
    if noted.is_file():
        known = json.loads(noted.read_text(encoding="utf-8"))
        if known["nodes"] != setup.nodes:
            raise WrongUsage(f"{folder}: holds a cluster of {known['nodes']} nodes, and {setup.nodes} are asked for")
        return str(known["id"])
    drawn = "-"
    while drawn.startswith("-"):  # which commands would take for an option
        drawn = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    noted.write_text(json.dumps({"id": drawn, "nodes": setup.nodes}), encoding="utf-8")
    return drawn


def write_files(setup: Setup, folder: Path, nodes: Sequence[Node]) -> None:
    """Write what the nodes read: how they log, and their properties; what they said in an earlier run goes."""
    (folder / "log4j2.xml").write_text(_LOGGING, encoding="utf-8")
    for node in nodes:
        node.log.unlink(missing_ok=True)
        lines = [f"{key}={value}\n" for key, value in _properties(setup, node, nodes).items()]
        node.properties.write_text("".join(lines).replace("\\", "\\\\"), encoding="utf-8")
        node.properties.chmod(0o600)  # accounts have passwords


def format_words(java: str, jars: Path, folder: Path, node: Node, cluster: str) -> list[str]:
    """Return the words that prepare a node's folder."""
    tool = ["kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(node.properties)]
    return [*_java(java, jars, folder), "-XX:TieredStopAtLevel=1", *tool]


def serve_words(java: str, jars: Path, folder: Path, node: Node, heap_mb: int) -> list[str]:
    """Return the words that run a node."""
    return [*_java(java, jars, folder), f"-Xmx{heap_mb}m", "kafka.Kafka", str(node.properties)]


def _java(java: str, jars: Path, folder: Path) -> list[str]:
    return [java, "-cp", f"{jars}/*", f"-Dlog4j2.configurationFile={folder / 'log4j2.xml'}"]


def _properties(setup: Setup, node: Node, nodes: Sequence[Node]) -> dict[str, str]:
    replicas = min(len(nodes), _QUORUM)
    in_sync = max(1, replicas - 1)
    listeners = {"PLAINTEXT": node.port}
    protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
    guarded: dict[str, str] = {}
    if node.accounts_port is not None:
        listeners[ACCOUNTS] = node.accounts_port
        protocols[ACCOUNTS] = "SASL_PLAINTEXT"
        guarded = _accounts(setup.accounts)
    shown = ",".join(f"{name}://{HOST}:{port}" for name, port in listeners.items())
    return {
        "node.id": str(node.number),
        "process.roles": "broker,controller",
        "listeners": f"{shown},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": shown,
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": ",".join(f"{n.number}@{HOST}:{n.controller_port}" for n in nodes),
        "log.dirs": str(node.folder),
        "default.replication.factor": str(replicas),
        "min.insync.replicas": str(in_sync),
        "offsets.topic.replication.factor": str(replicas),
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(in_sync),
        "share.coordinator.state.topic.replication.factor": str(replicas),
        "share.coordinator.state.topic.min.isr": str(in_sync),
        # Fifty partitions each by default: seconds of start-up and of takeover, for a handful of clients.
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.num.partitions": "1",
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "log.cleaner.dedupe.buffer.size": str(32 << 20),  # a quarter of the default, all of it resident
        **guarded,
        **setup.properties,
    }


def _accounts(accounts: Mapping[str, str]) -> dict[str, str]:
    users = " ".join(f'user_{name}="{password}"' for name, password in accounts.items())
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "sasl.enabled.mechanisms": "PLAIN",
        f"listener.name.{ACCOUNTS.lower()}.plain.sasl.jaas.config": f"{module} required {users};",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
