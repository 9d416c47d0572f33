"""Local listeners, and what becomes of connections to them."""

from __future__ import annotations

import os
import queue
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runtimes.client.port_forward import ForwardEvents, PortPair, PortSpec, parse_port
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.client import Pod
    from runtimes.client.container import Container

_PATIENCE = 10


@pytest.fixture
def pod(container: Container) -> Pod:
    return container.pod


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that answers, once the input has ended, with all of it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server,), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection, connection.makefile("rwb") as file:
        file.write(file.read())


def _ask(address: tuple[str, int], data: bytes) -> bytes:
    with socket.create_connection(address, _PATIENCE) as connection:
        sending = threading.Thread(target=_send, args=(connection, data))
        sending.start()
        with connection.makefile("rb") as file:
            answer = file.read()
        sending.join()
        return answer


def _send(connection: socket.socket, data: bytes) -> None:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_both_loopbacks_reach_the_pod_and_half_closing_passes(
    pod: Pod, echo: int, address: str
) -> None:
    data = os.urandom(300_000)
    with pod.port_forward([f":{echo}"]) as forward:
        (pair,) = forward.ports

        assert pair.remote == echo
        assert pair.local != 0
        assert _ask((address, pair.local), data) == data


def test_many_connections_at_once_have_their_own_bytes(pod: Pod, echo: int) -> None:
    answers: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def ask(number: int, port: int) -> None:
        data = bytes([number]) * 50_000
        answers.put(_ask(("127.0.0.1", port), data) == data)

    with pod.port_forward([(0, echo)]) as forward:
        port = forward.ports[0].local
        for number in range(20):
            threading.Thread(target=ask, args=(number, port), daemon=True).start()
        assert all(answers.get(timeout=_PATIENCE) for _ in range(20))


def test_a_port_where_nothing_listens_is_told_and_the_others_go_on(pod: Pod, echo: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        silent = unused.getsockname()[1]
    failures: queue.SimpleQueue[tuple[PortPair, errors.Error]] = queue.SimpleQueue()
    events = ForwardEvents(failed=lambda pair, error: failures.put((pair, error)))
    with pod.port_forward([f":{silent}", f":{echo}"], events=events) as forward:
        assert _ask(("127.0.0.1", forward.ports[0].local), b"") == b""
        pair, error = failures.get(timeout=_PATIENCE)
        assert (pair.remote, type(error)) == (silent, errors.Unavailable)
        assert _ask(("127.0.0.1", forward.ports[1].local), b"still here") == b"still here"


def test_leaving_ends_connections_and_frees_the_port(pod: Pod, echo: int) -> None:
    with pod.port_forward([f":{echo}"]) as forward:
        port = forward.ports[0].local
        connection = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        connection.sendall(b"x")

    with connection, suppress(ConnectionResetError):
        assert connection.recv(1) == b""
    with socket.create_server(("127.0.0.1", port)):
        pass
    forward.close()


def test_a_taken_port_is_told(pod: Pod) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(errors.AlreadyExists, match=f"port {port}"), pod.port_forward([port]):
            pass


def test_an_address_of_another_host_is_refused(pod: Pod) -> None:
    forward = pod.port_forward([":80"], addresses=["192.0.2.77"])
    with pytest.raises(errors.InvalidArgument, match=r"192\.0\.2\.77"), forward:
        pass


def test_a_pod_that_doesnt_run_is_told(pod: Pod) -> None:
    pod.stop(0)

    with pytest.raises(errors.FailedPrecondition, match="doesn't run"):
        pod.connect(80)


@pytest.mark.parametrize(
    ("spec", "pair"),
    [
        (80, PortPair(80, 80)),
        ("80", PortPair(80, 80)),
        ("8080:80", PortPair(8080, 80)),
        (":80", PortPair(0, 80)),
        ((0, 80), PortPair(0, 80)),
    ],
)
def test_ports_are_read_as_kubectl_reads_them(spec: PortSpec, pair: PortPair) -> None:
    assert parse_port(spec) == pair


@pytest.mark.parametrize("spec", ["", "x", "1:", "80:http", "65536", "-1", 0, "1:2:3"])
def test_what_is_no_port_is_refused(spec: PortSpec) -> None:
    with pytest.raises(errors.InvalidArgument, match="forward port"):
        parse_port(spec)
