"""Who is attached to a container that the Python monitor watches: a part of `shim.py`.

It is imported by that program alone, which runs without this package.
"""

from __future__ import annotations

import _socket  # the module socket costs 12 ms
import os
import select

TYPE_CHECKING = False  # the module typing costs 11 ms
if TYPE_CHECKING:
    from collections.abc import Callable

_PACKET = 32768


class Poll:
    """Descriptors, and what to do when something happens to them."""

    def __init__(self) -> None:
        self._poll = select.poll()
        self._handlers: dict[int, Callable[[int], None]] = {}

    def watch(self, descriptor: int, handler: Callable[[int], None], events: int) -> None:
        self._handlers[descriptor] = handler
        self._poll.register(descriptor, events)

    def forget(self, descriptor: int) -> None:
        if self._handlers.pop(descriptor, None):
            self._poll.unregister(descriptor)

    def step(self) -> None:
        for descriptor, events in self._poll.poll():
            if descriptor in self._handlers:  # an earlier one of this round may have ended it
                self._handlers[descriptor](events)


class Clients:
    """Who is attached: a packet out is one byte for the stream, and data; input comes raw.

    A client that doesn't read makes the container wait, as with conmon; a container that doesn't
    read makes the clients wait.
    """

    def __init__(self, poll: Poll, stdin: int, *, once: bool) -> None:
        self._poll = poll
        self._stdin = stdin
        self._once = once
        self._input = b""
        self._ended = False
        self._sockets: dict[int, _socket.socket] = {}
        self._talking: set[int] = set()  # those who haven't ended their input
        self._server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        self._server.bind("attach")
        self._server.listen(16)
        poll.watch(self._server.fileno(), self._accept, select.POLLIN)
        if stdin >= 0:
            os.set_blocking(stdin, False)

    def send(self, packet: bytes) -> None:
        for client, connection in list(self._sockets.items()):
            try:
                connection.send(packet)
            except OSError:
                self._drop(client)

    def _accept(self, _events: int) -> None:
        client, _ = self._server._accept()  # type: ignore[attr-defined]  # noqa: SLF001 -- as the module socket does
        self._sockets[client] = _socket.socket(fileno=client)
        self._talking.add(client)
        self._watch()

    def _watch(self) -> None:
        """Listen to those who talk, unless some of what was said is left; notice who leaves."""
        for client in self._sockets:
            listens = client in self._talking and not self._input
            self._poll.watch(client, self._served(client), select.POLLIN if listens else 0)

    def _served(self, client: int) -> Callable[[int], None]:
        return lambda events: self._serve(client, events)

    def _serve(self, client: int, events: int) -> None:
        data = self._sockets[client].recv(_PACKET) if events & select.POLLIN else b""
        if data:
            self._input = data
            self._feed(0)
        elif events & (select.POLLHUP | select.POLLERR):
            self._drop(client)
        else:
            self._talking.discard(client)
            self._end_input()
        self._watch()

    def _drop(self, client: int) -> None:
        self._poll.forget(client)
        self._talking.discard(client)
        self._sockets.pop(client).close()
        self._end_input()

    def _feed(self, _events: int) -> None:
        """Give the container what it takes now."""
        self._poll.forget(self._stdin)
        try:
            self._input = self._input[os.write(self._stdin, self._input) :]
        except BlockingIOError:
            pass
        except OSError:  # it has no stdin, or nobody reads there any more
            self._input = b""
        if self._input:
            self._poll.watch(self._stdin, self._feed, select.POLLOUT)
        elif self._ended:
            self._end_input()
        self._watch()

    def _end_input(self) -> None:
        """End it after what is left of it, where the first client to end may."""
        self._ended = self._once
        if self._ended and self._stdin >= 0 and not self._input:
            os.close(self._stdin)
            self._stdin = -1
