"""A cluster on one machine: each node has processes, a network address, a host name and temporary files of its own.

Nodes are namespaces of Linux, joined by a bridge with no way out; making them needs root. What a node starts
dies with it.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pytest

BIN = Path(sys.executable).parent
PORT = 6379
#: A node has its own there, whatever is in the folders of the same name outside.
PRIVATE = (Path("/tmp/ray"), Path("/dev/shm"))


class Namespaces:
    """Namespaces, held by a process that does nothing else; when it is killed, all that lives in them is too."""

    def __init__(self, *kinds: str) -> None:
        self._kinds = [f"--{kind}" for kind in kinds]
        self._holder = subprocess.Popen(["unshare", *self._kinds, "--fork", "--kill-child", "sleep", "infinity"])
        children = Path(f"/proc/{self._holder.pid}/task/{self._holder.pid}/children")
        if not wait_until(lambda: self._holder.poll() is not None or children.read_text(), 10.0) or self._holder.poll():
            raise OSError("namespaces cannot be made here")
        self.pid = int(children.read_text())

    def command(self, *words: str) -> list[str]:
        """A command as it is run inside."""
        return ["nsenter", "--target", str(self.pid), *self._kinds, "--", *words]

    def run(self, line: str) -> None:
        """Run a command inside to its end."""
        subprocess.run(self.command(*line.split()), check=True, capture_output=True)

    def end(self) -> None:
        """Kill all that is inside, at once."""
        self._holder.kill()
        self._holder.wait()


class Node:
    """One machine of a cluster, with a raylet on it once it has been started."""

    def __init__(self, number: int, switch: Namespaces, logs: Path, environment: dict[str, str]) -> None:
        self.name, self.address = f"node{number}", f"10.231.7.{10 + number}"
        self._switch, self._cable = switch, f"cable{number}"
        self._log, self._environment = logs / self.name, environment
        self._space = Namespaces("net", "mount", "pid", "uts")
        switch.run(f"ip link add {self._cable} type veth peer eth0 netns {self._space.pid}")
        switch.run(f"ip link set {self._cable} master bridge up")
        for line in (
            f"ip addr add {self.address}/24 dev eth0",
            "ip link set eth0 up",
            "ip link set lo up",
            f"hostname {self.name}",
            "mount -t proc proc /proc",
            *(f"mount -t tmpfs tmpfs {folder}" for folder in PRIVATE),
        ):
            self._space.run(line)

    def start(self, head: "Node | None", cores: int) -> None:
        """Start Ray: that of the head, or of a worker node of `head`."""
        place = (
            f"--head --port={PORT} --include-dashboard=false" if head is None else f"--address={head.address}:{PORT}"
        )
        size = f"--num-cpus={cores} --object-store-memory=100000000"
        line = f"{BIN / 'ray'} start {place} {size} --node-ip-address={self.address} --disable-usage-stats --block"
        with self._log.open("ab") as log:
            subprocess.Popen(self._space.command(*line.split()), env=self._environment, stdout=log, stderr=log)

    def popen(self, *words: str) -> "subprocess.Popen[str]":
        """Start a Python program on the node."""
        command = self._space.command(str(BIN / "python"), "-W", "ignore", *words)
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self._environment, stdout=pipe, stderr=pipe, text=True)

    def processes(self, name: str) -> list[int]:
        """The processes on the node in whose command line a text is, by their numbers outside."""
        return processes(name, self._space.pid)

    def send(self, number: signal.Signals, name: str) -> None:
        """Send a signal to those processes; between two tasks a worker has another name for a moment."""
        found: list[int] = []
        wait_until(lambda: found.extend(self.processes(name)) or found, 10.0)
        assert found, f"no {name} on {self.name}: nothing would go wrong"
        for pid in found:
            os.kill(pid, number)

    def cut(self) -> None:
        """Pull the cable."""
        self._switch.run(f"ip link set {self._cable} down")

    def end(self) -> None:
        """Power off."""
        self._space.end()


class Nodes:
    """A switch and the nodes on it; the first is the head."""

    def __init__(self, logs: Path, **environment: str) -> None:
        for folder in PRIVATE:
            folder.mkdir(exist_ok=True)
        self._logs, self.all = logs, list[Node]()
        self._environment = {
            **os.environ,
            "HOME": str(PRIVATE[0]),
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            **environment,
        }
        self._switch = Namespaces("net")
        self._switch.run("ip link add bridge type bridge")
        self._switch.run("ip link set bridge up")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for node in self.all:
            node.end()
        self._switch.end()

    @property
    def head(self) -> Node:
        """The node that the others know."""
        return self.all[0]

    @property
    def address(self) -> str:
        """Where the cluster is."""
        return f"{self.head.address}:{PORT}"

    def add(self, cores: int = 1, **environment: str) -> Node:
        """A new node, started; the first is the head, and answers when this returns."""
        head = self.head if self.all else None
        node = Node(len(self.all), self._switch, self._logs, self._environment | environment)
        self.all.append(node)
        node.start(head, cores)
        if head is None:
            probe = f"import socket; socket.create_connection(('{node.address}', {PORT}), 1)"
            assert wait_until(lambda: node.popen("-c", probe).wait() == 0, 60.0), "the head does not start"
        return node

    def csmc(self, *words: str, on: Node | None = None) -> "subprocess.Popen[str]":
        """Start a command of csmc, on the head if not elsewhere."""
        return (on or self.head).popen("-m", "csmc.cli", *words)


@contextmanager
def cluster(logs: Path, **environment: str) -> Iterator[Nodes]:
    """An empty cluster; skips the test where namespaces cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("making namespaces needs root")
    try:
        nodes = Nodes(logs, **environment)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"namespaces with addresses of their own cannot be made here: {error}")
    with nodes:
        yield nodes


def processes(name: str, neighbour: int) -> list[int]:
    """The processes in whose command line a text is, in the same namespace as another process."""
    space, found = os.readlink(f"/proc/{neighbour}/ns/pid"), []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = (path / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            if name in line and os.readlink(path / "ns" / "pid") == space:
                found.append(int(path.name))
        except OSError:  # it has ended
            continue
    return found


def wait_until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until something is so; False if it takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False
