"""Listen on ports of this host and carry each connection to a port of a pod.

    listener thread: accept -> one thread a connection: open_port_forward, bytes both ways

Listeners are on loopback, IPv4 and IPv6, unless asked otherwise: whoever may connect to them
reaches the pod.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runtimes.client.flow import Flow, came, wait
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

_log = logging.getLogger(__name__)
LOOPBACK = ("127.0.0.1", "::1")
_BACKLOG = 128
_PATIENCE = 5.0

PortSpec: TypeAlias = "int | str | tuple[int, int]"
"""A port on both sides, ``LOCAL:REMOTE`` (or ``:REMOTE`` for any local one), or the two."""


@dataclass(frozen=True, slots=True)
class PortPair:
    """Attributes:
    local: of this host; 0 for any free one.
    remote: of the pod.
    """

    local: int
    remote: int


def parse_port(spec: PortSpec) -> PortPair:
    """Read a pair of ports.

    Raises:
        InvalidArgument: it isn't one.
    """
    if isinstance(spec, tuple):
        local, remote = map(str, spec)
    else:
        before, colon, after = str(spec).partition(":")
        local, remote = (before or "0", after) if colon else (before, before)
    pair = PortPair(_number(local, spec), _number(remote, spec))
    if not pair.remote:
        raise _malformed(spec)
    return pair


def _number(text: str, spec: PortSpec) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65535:
        raise _malformed(spec)
    return int(text)


def _malformed(spec: PortSpec) -> errors.InvalidArgument:
    return errors.InvalidArgument(
        f"forward port '{spec}': expected PORT, LOCAL:REMOTE or :REMOTE, each up to 65535"
    )


@dataclass(frozen=True, slots=True)
class ForwardEvents:
    """What to do when a connection comes, and when one couldn't be carried; by threads."""

    accepted: Callable[[PortPair], None] = lambda _pair: None
    failed: Callable[[PortPair, errors.Error], None] = lambda pair, error: _log.warning(
        "connection to port %d: %s", pair.remote, error
    )


class PortForward:
    """Ports that are open from entering to leaving; connections end when it is left.

    Attributes:
        ports: the pairs, with the real local ports once entered.
    """

    def __init__(
        self,
        ports: Iterable[PortSpec],
        connect: Callable[[int], socket.socket],
        *,
        addresses: Sequence[str] = LOOPBACK,
        events: ForwardEvents | None = None,
    ) -> None:
        """Prepare; `connect` opens a connection to a port of the pod.

        Raises:
            InvalidArgument: a port can't be read, or there is none.
        """
        self.ports = [parse_port(one) for one in ports]
        if not self.ports:
            raise errors.InvalidArgument("forward ports: there are none; name at least one")
        self._connect = connect
        self._addresses = addresses
        self._events = events or ForwardEvents()
        self._stop, self._stopper = os.pipe()
        self._listeners: list[tuple[socket.socket, PortPair]] = []
        self._accepting: threading.Thread | None = None
        self._carrying: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Listen.

        Raises:
            AlreadyExists: a local port is taken.
            InvalidArgument: an address isn't one of this host.
        """
        with ExitStack() as undo:
            undo.callback(self.close)
            self.ports = [self._listen(pair) for pair in self.ports]
            undo.pop_all()
        self._accepting = threading.Thread(target=self._accept, name="port-forward", daemon=True)
        self._accepting.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and end all connections. Idempotent."""
        if self._stopper < 0:
            return
        os.close(self._stopper)
        self._stopper = -1
        if self._accepting is not None:
            self._accepting.join()
        for listener, _ in self._listeners:
            listener.close()
        for thread in self._carrying:
            thread.join(_PATIENCE)
        if not any(thread.is_alive() for thread in self._carrying):
            os.close(self._stop)

    def _listen(self, pair: PortPair) -> PortPair:
        opened: list[socket.socket] = []
        for address in self._addresses:
            port = opened[0].getsockname()[1] if opened else pair.local
            listener = _bind(address, port, optional=bool(opened))
            if listener is not None:
                opened.append(listener)
        real = PortPair(opened[0].getsockname()[1], pair.remote)
        self._listeners += [(listener, real) for listener in opened]
        return real

    def _accept(self) -> None:
        stop = (self._stop, select.POLLIN)
        while True:
            events = wait([stop, *((one.fileno(), select.POLLIN) for one, _ in self._listeners)])
            if came(events, stop):
                return
            self._carrying = [one for one in self._carrying if one.is_alive()]
            for listener, pair in self._listeners:
                if came(events, (listener.fileno(), select.POLLIN)):
                    self._begin(listener, pair)

    def _begin(self, listener: socket.socket, pair: PortPair) -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # the peer has gone again
        carrying = threading.Thread(target=self._carry, args=(connection, pair), daemon=True)
        self._carrying.append(carrying)
        carrying.start()

    def _carry(self, connection: socket.socket, pair: PortPair) -> None:
        with connection:
            self._events.accepted(pair)
            try:
                with self._connect(pair.remote) as remote:
                    relay(connection, remote, self._stop)
            except errors.Error as error:
                self._events.failed(pair, error)


def relay(one: socket.socket, other: socket.socket, stop: int) -> None:
    """Carry bytes between two connections until both directions have ended, or `stop` is read."""
    flows = [_half(one, other), _half(other, one)]
    halt = (stop, select.POLLIN)
    while any(flow.open for flow in flows):
        events = wait([halt, *(flow.wants for flow in flows if flow.open)])
        if came(events, halt):
            return
        for flow in flows:
            if flow.open and came(events, flow.wants):
                try:
                    flow.move()
                except OSError:
                    return
        if any(flow.broken for flow in flows):
            return


def _half(source: socket.socket, sink: socket.socket) -> Flow:
    return Flow(source.fileno(), sink.fileno(), lambda: sink.shutdown(socket.SHUT_WR))


def _bind(address: str, port: int, *, optional: bool) -> socket.socket | None:
    """Listen at an address; None where an `optional` one doesn't exist, as IPv6 may not.

    Raises:
        AlreadyExists: the port is taken.
        InvalidArgument: this host has no such address.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    host = "127.0.0.1" if address == "localhost" else address
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if optional and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
            return None
        kind = errors.AlreadyExists if error.errno == errno.EADDRINUSE else errors.InvalidArgument
        raise kind(f"listen on {address} port {port}: {error.strerror or error}") from error
    return listener
