"""A real Kafka broker of one's own, on this machine's loopback, without Docker.

For development, tests and the demo: started in a few seconds, and gone with the process that started it.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from stream.errors import StoreUnreachable
from stream.kafka import guard
from stream.kafka.jars import fetch_jars, find_java
from stream.kafka.nodes import HOST, Node, Setup, cluster_id, format_words, plan, serve_words, write_files

__all__ = ["Cluster", "Setup", "start_cluster"]

START_S: Final = 120
"""How long a start may take; on an idle machine it takes a few seconds."""

STOP_S: Final = 60
_TRIES: Final = 3
_ASK_S: Final = 0.5
_TAKEN: Final = "Address already in use"


def start_cluster(setup: Setup | None = None, say: Callable[[str], None] = lambda _: None) -> "Cluster":
    """Start a broker and return it once every node answers; to be used as a context, or stopped.

    Parameters
    ----------
    setup : Setup, optional
        One node on free ports in a temporary folder by default.
    say : callable
        Is told, in one line, what takes its time.

    Raises
    ------
    ToolMissing
        If Java or Maven is missing, or Java is too old.
    StoreUnreachable
        If it does not start: a port is taken, the jars cannot be fetched, a node ends or does not answer.
    WrongUsage
        If the folder holds a cluster of another size.
    """
    if sys.platform == "win32":
        raise StoreUnreachable("cannot start a broker on Windows: name one that runs elsewhere by kafka.bootstrap")
    wanted = setup or Setup()
    java = find_java()
    jars = fetch_jars(say)
    for _ in range(_TRIES - 1):
        try:
            return Cluster(wanted, java, jars)
        except _PortLost:  # another process took one that was free a moment ago
            continue
    return Cluster(wanted, java, jars)


class _PortLost(StoreUnreachable):
    """A port that was found free was taken before the node could bind it."""


class _NodeEnded(StoreUnreachable):
    """A process ended that had to go on."""


class Cluster:
    """Nodes that run, and the guard that owns them; made by `start_cluster`."""

    def __init__(self, setup: Setup, java: str, jars: Path) -> None:
        self.setup = setup
        self._java, self._jars = java, jars
        self.folder = _made(setup.folder)
        self._buffer = b""
        self._running: set[str] = set()
        self.pids: dict[str, int] = {}
        """Process ids by name, of nodes that run and of those that ran."""
        keeps = [] if setup.folder is not None else [str(self.folder)]
        self._guard = subprocess.Popen(  # noqa: S603  (words of our own making)
            [sys.executable, "-I", "-S", guard.__file__, *keeps],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # what interrupts this process from a terminal does not interrupt it
        )
        try:
            self._id = cluster_id(setup, self.folder)
            self.nodes: Sequence[Node] = plan(setup, self.folder)
            write_files(setup, self.folder, self.nodes)
            self._format()
            for node in self.nodes:
                self._serve(node)
            self._wait_until_answering(self.nodes)
        except BaseException:
            self.stop()
            raise

    @property
    def bootstrap(self) -> str:
        """The nodes' addresses, as a client takes them."""
        return ",".join(node.address for node in self.nodes)

    @property
    def accounts_bootstrap(self) -> str:
        """The addresses that ask for an account; empty if there are none."""
        return ",".join(f"{HOST}:{node.accounts_port}" for node in self.nodes if node.accounts_port is not None)

    @property
    def guard_pid(self) -> int:
        """The process that owns the nodes."""
        return self._guard.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop all nodes, and remove the folder if it is a temporary one; again, it does nothing."""
        assert self._guard.stdin is not None
        assert self._guard.stdout is not None
        with suppress(BrokenPipeError):  # an order that was not read: the guard has ended, which its wait shows
            self._guard.stdin.close()
        try:
            self._guard.wait(STOP_S)
        except subprocess.TimeoutExpired as error:
            self._guard.kill()  # and the system kills its nodes
            self._guard.wait()
            message = f"the broker in {self.folder} did not stop within {STOP_S} s and was killed"
            raise StoreUnreachable(message) from error
        finally:
            self._guard.stdout.close()
            self._running.clear()
            if self.setup.folder is None:
                shutil.rmtree(self.folder, ignore_errors=True)  # only if the guard was killed is it still there

    def stop_node(self, number: int) -> None:
        """Stop one node in order; its data stays."""
        self._order("stop", self._node(number).name)
        self._until_ended([self._node(number).name])

    def kill_node(self, number: int) -> None:
        """Kill one node, as a failing machine would; its data stays."""
        self._order("kill", self._node(number).name)
        self._until_ended([self._node(number).name])

    def start_node(self, number: int) -> None:
        """Start a node again, on its ports and its data, and wait until it answers and is one of the cluster."""
        self._serve(self._node(number))
        self._wait_until_answering([self._node(number)])

    def serve(self) -> None:
        """Wait until a node ends, which is an error, or an exception comes."""
        while True:
            ended = self._hear(None)
            if ended is not None:
                raise self._fault(ended)

    def _node(self, number: int) -> Node:
        return next(node for node in self.nodes if node.number == number)

    def _format(self) -> None:
        new = [node for node in self.nodes if not node.is_formatted]
        for node in new:
            words = format_words(self._java, self._jars, self.folder, node, self._id)
            self._order("start", f"format of {node.name}", words=words, log=str(node.log))
        for name, code in self._until_ended([f"format of {node.name}" for node in new]):
            if code:
                raise self._fault((name, code))

    def _serve(self, node: Node) -> None:
        words = serve_words(self._java, self._jars, self.folder, node, self.setup.heap_mb)
        self._order("start", node.name, words=words, log=str(node.log))

    def _order(self, do: str, name: str, **more: Any) -> None:
        assert self._guard.stdin is not None
        if do == "start":
            self._running.add(name)
        try:
            self._guard.stdin.write(json.dumps({"do": do, "name": name, **more}).encode() + b"\n")
            self._guard.stdin.flush()
        except BrokenPipeError as error:
            raise StoreUnreachable(f"the process that guards the broker in {self.folder} has ended") from error

    def _hear(self, wait_s: float | None) -> tuple[str, int] | None:
        """Return the next (name, code) of a process that ended; None if there is none within the time."""
        assert self._guard.stdout is not None
        until = None if wait_s is None else time.monotonic() + wait_s
        while True:
            line, found, rest = self._buffer.partition(b"\n")
            if found:
                self._buffer = rest
                report = json.loads(line)
                if "pid" in report:
                    self.pids[report["name"]] = report["pid"]
                    continue
                self._running.discard(report["name"])
                return report["name"], report["code"]
            left = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([self._guard.stdout], [], [], left)[0]:
                return None
            chunk = os.read(self._guard.stdout.fileno(), 65536)
            if not chunk:
                raise StoreUnreachable(f"the process that guards the broker in {self.folder} has ended")
            self._buffer += chunk

    def _until_ended(self, names: Iterable[str]) -> list[tuple[str, int]]:
        """Wait until all of these have ended; return (name, code) of each."""
        waiting = set(names) & self._running
        out = []
        until = time.monotonic() + STOP_S
        while waiting:
            ended = self._hear(max(0.0, until - time.monotonic()))
            if ended is None:
                raise StoreUnreachable(f"{', '.join(sorted(waiting))} did not end within {STOP_S} s")
            waiting.discard(ended[0])
            out.append(ended)
        return out

    def _wait_until_answering(self, nodes: Sequence[Node]) -> None:
        until = time.monotonic() + START_S
        for node in nodes:
            while not _answers(node, self._id, [n.number for n in self.nodes if n.name in self._running]):
                ended = self._hear(0)
                if ended is not None:
                    raise self._fault(ended)
                if time.monotonic() > until:
                    message = f"{node.name} of the broker did not answer at {node.address} within {START_S} s"
                    raise StoreUnreachable(f"{message}: {_last_words(node.log)}")

    def _fault(self, ended: tuple[str, int]) -> StoreUnreachable:
        name, code = ended
        node = next(node for node in self.nodes if name.endswith(node.name))
        kind = _PortLost if _TAKEN in _text(node.log) and self.setup.port is None else _NodeEnded
        return kind(f"{name} of the broker ended with {code}: {_last_words(node.log)}")


def _made(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="ratestream-broker-"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnreachable(f"cannot keep a broker's data in {folder}: {error.strerror}") from error
    return folder.resolve()


def _answers(node: Node, cluster: str, numbers: Iterable[int]) -> bool:
    """Whether a node answers by itself, and knows all of these as members; another cluster's does not count."""
    from confluent_kafka import KafkaException  # noqa: PLC0415  (a client is needed only where a broker is)
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415

    # A new client each time: one that knows the others would ask them.
    client = AdminClient({"bootstrap.servers": node.address, "log_level": 0, "reconnect.backoff.ms": 50})
    try:
        known = client.list_topics(timeout=_ASK_S)
    except KafkaException:  # it does not answer yet
        return False
    return known.cluster_id == cluster and set(numbers) <= set(known.brokers)


def _text(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""


def _last_words(log: Path) -> str:
    """Return the line of a node's log that says why it ended, as far as one does."""
    lines = [line.strip() for line in _text(log).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith(("Caused by:", "Exception in"))]
    faults = [line for line in lines if " ERROR " in line or " FATAL " in line]
    return (causes or faults or lines or ["it said nothing"])[-1]
