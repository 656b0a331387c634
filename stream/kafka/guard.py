"""The process that owns a broker's nodes, so that none outlives who started them.

It runs by itself, in a session of its own, with the standard library alone. Who started it holds the
other end of its standard input: orders come in there, and its end, however that process ended, is the
order to stop everything and remove the folder. Were this process killed, the system kills the nodes.

Orders and reports are JSON objects, one a line:
``{"do": "start", "name": ..., "words": [...], "log": path}``, ``{"do": "stop" | "kill", "name": ...}``;
``{"name": ..., "pid": number}`` when started, ``{"name": ..., "code": number}`` when ended.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_PATIENCE_S = 20
_PR_SET_PDEATHSIG = 1


class Guard:
    """The nodes that run, by name."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def obey(self, order: dict[str, Any]) -> None:
        """Carry out one order; stopping what has ended already is none."""
        name = order["name"]
        if order["do"] == "start":
            self.running[name] = _start(order["words"], order["log"])
            _report(name=name, pid=self.running[name].pid)
        elif name in self.running:
            self.running[name].send_signal(signal.SIGTERM if order["do"] == "stop" else signal.SIGKILL)

    def bury(self) -> None:
        """Report what has ended."""
        for name, node in list(self.running.items()):
            code = node.poll()
            if code is not None:
                del self.running[name]
                _report(name=name, code=code)

    def end(self, *, at_once: bool) -> None:
        """End every node: at once where its data goes too, else in order first."""
        for node in self.running.values():
            node.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
        until = time.monotonic() + _PATIENCE_S
        for node in self.running.values():
            try:
                node.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()


def _start(words: list[str], log: str) -> "subprocess.Popen[bytes]":
    with Path(log).open("ab") as out:
        return subprocess.Popen(  # noqa: S603  (words of our own making)
            words,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  (this process has one thread)
        )


def _die_with(guard: int) -> Any:
    """Return what a child does first: on Linux, ask to be killed when this process ends."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guard:  # it ended in between
            os._exit(1)

    return ask


def _report(**what: object) -> None:
    with suppress(BrokenPipeError):  # who would have read it is gone, and standard input says so next
        sys.stdout.buffer.write(json.dumps(what).encode() + b"\n")
        sys.stdout.buffer.flush()


def main(folder: str | None) -> None:
    """Obey until standard input ends; then end all nodes, and remove the folder if one is named."""
    woken, wake = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    for number in (signal.SIGCHLD, signal.SIGTERM):  # handled by being noticed below
        signal.signal(number, lambda *_: None)
    guard = Guard()
    waiting = b""
    try:
        while True:
            ready, _, _ = select.select([0, woken], [], [])
            if woken in ready:
                if signal.SIGTERM in os.read(woken, 4096):
                    break
                guard.bury()
            if 0 in ready:
                chunk = os.read(0, 65536)
                if not chunk:
                    break
                *orders, waiting = (waiting + chunk).split(b"\n")
                for order in orders:
                    guard.obey(json.loads(order))
    finally:
        guard.end(at_once=folder is not None)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # nothing runs that could still write to it


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
