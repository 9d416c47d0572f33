"""PortForward: connections to what listens on a sandbox's loopback."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.streams import opens_itself, streaming
from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

_PORT = 8080
_TIMEOUT = 20.0


@requires(Capability.PORT_FORWARD)
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"], ids=["ipv4", "ipv6"])
def test_forwarded_port_is_the_sandboxes_loopback(contract: Bench, address: str) -> None:
    if ":" in address and not contract.exec(contract.sleeper(), "cat", "/proc/net/if_inet6"):
        pytest.skip("the sandbox has no IPv6")
    _listen(contract, "httpd", "-f", "-p", f"{address}:{_PORT}", "-h", "/etc")

    with _connect(contract) as connection:
        connection.sendall(b"GET /group HTTP/1.0\r\n\r\n")

        assert b"root:x:0:" in _rest(connection)


@requires(Capability.PORT_FORWARD)
def test_forwarded_port_answers_after_the_end_of_what_it_is_sent(contract: Bench) -> None:
    _listen(contract, *_server("rev"))

    with _connect(contract) as connection:
        connection.sendall(b"hello\n")
        connection.shutdown(socket.SHUT_WR)

        assert _rest(connection) == b"olleh\n"


@requires(Capability.PORT_FORWARD)
def test_forwarded_port_takes_several_connections_at_once(contract: Bench) -> None:
    _listen(contract, *_server("cat"))
    connections = [_connect(contract) for _ in range(5)]
    for connection in connections:
        contract.cleanup(connection.close)

    for number, connection in enumerate(connections):
        connection.sendall(b"hello %d" % number)
    for number, connection in enumerate(connections):
        assert connection.recv(7, socket.MSG_WAITALL) == b"hello %d" % number


@requires(Capability.PORT_FORWARD)
def test_forwarded_port_where_nothing_listens_gives_no_connection(contract: Bench) -> None:
    """In process it is refused at once; a server can only end the connection without a byte."""
    contract.sleeper()

    if opens_itself(contract.service):
        with pytest.raises(errors.Unavailable, match=str(_PORT)):
            _connect(contract)
    else:
        with _connect(contract) as connection:
            assert _rest(connection) == b""


def _listen(contract: Bench, *command: str) -> None:
    """Run a server in the sandbox."""
    container = contract.start(contract.config(*command))
    listening = f"grep -q ':{_PORT:04X} .* 0A ' /proc/net/tcp /proc/net/tcp6"
    contract.wait_for(
        lambda: contract.service.exec_sync(container, ["sh", "-c", listening], 10).exit_code == 0,
        f"{command} to listen",
    )


def _server(program: str) -> tuple[str, ...]:
    """Give each connection a process of its own."""
    return ("nc", "-ll", "-p", str(_PORT), "-e", program)


def _connect(contract: Bench) -> socket.socket:
    connection = streaming(contract.service).open_port_forward(contract.sandbox.id, _PORT)
    connection.settimeout(_TIMEOUT)
    return connection


def _rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))
