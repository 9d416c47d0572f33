"""Forwarded ports are those of the namespace's loopback, in either family."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, netns
from runtimes.core.streaming import loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root: network namespaces are made")
    path = tmp_path / "netns"
    netns.create(path)
    netns.enter(path, lambda: subprocess.run(["ip", "link", "set", "lo", "up"], check=True))
    yield path
    netns.delete(path)


def listen(namespace: Path | None, address: str) -> socket.socket:
    def make() -> socket.socket:
        return socket.create_server((address, 0), family=FAMILIES[address])

    return make() if namespace is None else netns.enter(namespace, make)


@pytest.mark.needs_root
@pytest.mark.parametrize("address", FAMILIES)
def test_a_port_inside_is_reached_in_either_family(namespace: Path, address: str) -> None:
    with listen(namespace, address) as server:
        port = server.getsockname()[1]
        with loopback.connect(namespace, port) as here, server.accept()[0] as there:
            here.sendall(b"ping")
            here.shutdown(socket.SHUT_WR)

            assert here.getblocking()
            assert there.recv(100) == b"ping"
            assert there.recv(100) == b""


@pytest.mark.needs_root
def test_a_port_outside_is_not(namespace: Path) -> None:
    with listen(None, "127.0.0.1") as server:
        port = server.getsockname()[1]

        with pytest.raises(errors.Unavailable, match=rf"port {port}: nothing answers there \(127"):
            loopback.connect(namespace, port)


@pytest.mark.needs_root
def test_a_process_names_its_namespace_too(namespace: Path) -> None:
    with listen(namespace, "127.0.0.1") as server:
        port = server.getsockname()[1]
        started = netns.enter(
            namespace, lambda: subprocess.Popen(["sleep", "30"], start_new_session=True)
        )
        try:
            loopback.connect(Path(f"/proc/{started.pid}/ns/net"), port).close()
        finally:
            started.kill()
            started.wait()


@pytest.mark.needs_root
def test_many_at_once_stay_apart(namespace: Path) -> None:
    with listen(namespace, "127.0.0.1") as server:
        port = server.getsockname()[1]
        connections: list[socket.socket] = []
        threads = [
            threading.Thread(target=lambda: connections.append(loopback.connect(namespace, port)))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()

    assert len(connections) == 20


def test_without_a_namespace_it_is_the_callers_own() -> None:
    with listen(None, "127.0.0.1") as server:
        loopback.connect(None, server.getsockname()[1]).close()


def test_a_namespace_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound, match="gone"):
        loopback.connect(tmp_path / "missing", 80)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_impossible_ports_are_refused(port: int) -> None:
    with pytest.raises(errors.InvalidArgument, match="1 to 65535"):
        loopback.connect(None, port)
