"""A host of the tests' own: a network namespace with an internet behind it, and pods to attach.

    pods ... bridge [host] 203.0.113.2 --- 203.0.113.1 [internet] 198.51.100.1

Nothing reaches the machine that the tests run on.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import pytest

from runtimes.cni import loopback
from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import AttachRequest, AttachResult, DetachRequest, PodNetwork, PortMapping
from runtimes.core import netns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

HOST_IP, INTERNET_IP, FAR_IP = "203.0.113.2", "203.0.113.1", "198.51.100.1"
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Namespace:
    path: Path

    def run(self, work: Callable[[], T]) -> T:
        return netns.enter(self.path, work)

    def shell(self, script: str) -> str:
        """Run a script that must succeed; return its output."""
        done = self.run(
            lambda: subprocess.run(
                ["/bin/sh", "-ec", script], capture_output=True, text=True, check=False, timeout=30
            )
        )
        assert done.returncode == 0, f"{script}: {done.stdout}{done.stderr}"
        return done.stdout

    def pings(self, address: str) -> bool:
        script = f"busybox ping -c 1 -W 1 {address}"
        done = self.run(
            lambda: subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=False)
        )
        return done.returncode == 0

    def make_socket(
        self, kind: int = socket.SOCK_STREAM, family: int = socket.AF_INET
    ) -> socket.socket:
        """Make a socket that stays in this namespace, whoever uses it."""
        made = self.run(lambda: socket.socket(family, kind))
        made.settimeout(PATIENCE)
        return made

    def serve(self, port: int, address: str = "") -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.make_socket(family=family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        return listener

    def reaches(self, address: str, port: int, server: socket.socket) -> str:
        """Connect and talk both ways; return the address that the server saw."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.make_socket(family=family) as client:
            client.connect((address, port))
            accepted, peer = server.accept()
            with accepted:
                client.sendall(b"ping")
                assert accepted.recv(4) == b"ping"
                accepted.sendall(b"pong")
                assert client.recv(4) == b"pong"
        return str(peer[0])

    def is_refused(self, address: str, port: int, timeout: float = 0.5) -> bool:
        """Tell whether a connection fails, be it at once or by silence."""
        with self.make_socket() as client:
            client.settimeout(timeout)
            try:
                client.connect((address, port))
            except OSError:
                return True
        return False

    def links(self) -> set[str]:
        """List the interfaces but lo."""
        lines = self.run(lambda: _read("/proc/thread-self/net/dev")).splitlines()[2:]
        return {line.split(":")[0].strip() for line in lines} - {"lo"}


@dataclass(frozen=True, slots=True)
class Pod(Namespace):
    request: AttachRequest
    result: AttachResult

    @property
    def ip(self) -> str:
        return self.result.ips[0]


@dataclass
class Host:
    """The namespace that plays the host, and what the tests make in it."""

    directory: Path
    namespace: Namespace
    internet: Namespace
    network: PodNetwork
    _count: int = 0
    _pins: list[Path] = field(default_factory=list)

    @property
    def state_dir(self) -> Path:
        return self.directory / "state"

    def shell(self, script: str) -> str:
        return self.namespace.shell(script)

    def reopen(self, **options: object) -> PodNetwork:
        """Open the network again, with other options."""
        self.network = open_network(NetworkOptions(self.state_dir, **options))  # type: ignore[arg-type]  # options by name
        return self.network

    def status(self) -> str | None:
        return self.namespace.run(self.network.status)

    def empty(self) -> Namespace:
        """Make a namespace that nobody attached."""
        self._count += 1
        path = self.directory / f"pod{self._count}"
        netns.create(path)
        self._pins.append(path)
        return Namespace(path)

    def inside(self, request: AttachRequest) -> Namespace:
        return Namespace(request.netns)

    def request(self, *ports: PortMapping, **fields: object) -> AttachRequest:
        path = self.empty().path
        name = path.name
        values = {"sandbox_id": f"sandbox-{name}", "name": name, "namespace": "test", "uid": "u"}
        return AttachRequest(**{**values, "netns": path, "port_mappings": ports, **fields})  # type: ignore[arg-type]  # fields by name

    def attach(self, request: AttachRequest) -> Pod:
        result = self.namespace.run(lambda: self.network.attach(request))
        return Pod(request.netns, request, result)

    def pod(self, *ports: PortMapping, **fields: object) -> Pod:
        return self.attach(self.request(*ports, **fields))

    def detach(self, sandbox: Pod | AttachRequest | str) -> None:
        if isinstance(sandbox, Pod):
            sandbox = sandbox.request
        sandbox_id = sandbox if isinstance(sandbox, str) else sandbox.sandbox_id
        self.namespace.run(lambda: self.network.detach(DetachRequest(sandbox_id)))

    def remove(self, pod: Pod) -> None:
        """Detach a pod and drop its namespace, as an owner does."""
        self.detach(pod)
        netns.delete(pod.path)

    def pod_links(self) -> set[str]:
        return {name for name in self.namespace.links() if name.startswith("rt")}

    def leftovers(self) -> list[str]:
        """List everything on disk and in the kernel that belongs to a pod of the bridge."""
        root = self.state_dir / "bridge/runtimes0"
        kept = [
            str(path.relative_to(root))
            for folder in ("addresses", "ports", "attachments")
            for path in (root / folder).glob("*")
        ]
        tables = self.shell("nft list tables")
        elements = self.shell("nft list table ip runtimes0") if "ip runtimes0" in tables else ""
        return [*kept, *self.pod_links(), *(["element"] if "elements" in elements else [])]

    def assert_clean(self) -> None:
        wait_until(lambda: not self.pod_links(), "the kernel frees the links")
        assert self.leftovers() == []

    def close(self) -> None:
        for path in (*self._pins, self.internet.path, self.namespace.path):
            netns.delete(path)


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:  # noqa: PTH123 - of the calling thread
        return file.read()


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    limit = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < limit, f"still not after {patience} s: {what}"
        time.sleep(0.01)


def _require_root() -> None:
    if os.geteuid() != 0:
        reason = "needs root: network namespaces are made"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def _wire(host: Namespace, internet: Namespace) -> None:
    for namespace in (host, internet):
        loopback.bring_up(namespace.path)
    host.shell(f"""
        ip link add up0 type veth peer name down0 netns {internet.path}
        ip address add {HOST_IP}/24 dev up0
        ip -6 address add fd00:113::2/64 dev up0 nodad
        ip link set up0 up
    """)
    internet.shell(f"""
        ip address add {INTERNET_IP}/24 dev down0
        ip -6 address add fd00:113::1/64 dev down0 nodad
        ip address add {FAR_IP}/32 dev lo
        ip -6 address add fd00:51::1/128 dev lo
        ip link set down0 up
    """)
    host.shell(f"""
        ip route add default via {INTERNET_IP}
        ip -6 route add default via fd00:113::1
    """)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    _require_root()
    namespaces = Namespace(tmp_path / "host"), Namespace(tmp_path / "internet")
    for namespace in namespaces:
        netns.create(namespace.path)
    network = open_network(NetworkOptions(tmp_path / "state"))
    made = Host(tmp_path, *namespaces, network)
    try:
        _wire(*namespaces)
        yield made
    finally:
        made.close()


@pytest.fixture
def until() -> Callable[[Callable[[], bool], str], None]:
    """Wait for a condition, with a deadline."""
    return wait_until
