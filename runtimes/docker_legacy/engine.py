"""All that calls need of one Engine: its address, its API's version, connections to it."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.docker_legacy import api_version, patience
from runtimes.docker_legacy.call import Answer, Refusal, plainly, succeeded
from runtimes.docker_legacy.session import ask
from runtimes.docker_legacy.wire.connection import Connection
from runtimes.docker_legacy.wire.request import CLOSE, UPGRADE, VERSION, begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.docker_legacy.call import Call, Decide
    from runtimes.docker_legacy.endpoint import Endpoint
    from runtimes.docker_legacy.session import Session
    from runtimes.docker_legacy.wire.incoming import Incoming


class Engine:
    """Thread-safe.

    Args:
        session: for short calls.
        base_timeout: seconds that such a call gets without a deadline.
        stuck_after: seconds after which a pull that says nothing new is given up.
    """

    def __init__(
        self, endpoint: Endpoint, session: Session, *, base_timeout: float, stuck_after: float
    ) -> None:
        self.endpoint = endpoint
        self.base_timeout = base_timeout
        self.stuck_after = stuck_after
        self._session = session
        self._version = ""
        self._deciding = threading.Lock()
        self._open: set[Connection] = set()
        self._opening = threading.Lock()
        self._closed = False

    def call(self, call: Call, decide: Decide = plainly) -> Answer:
        """Make a short call.

        Raises:
            Error: as `decide` says of a refusal; Unavailable, DeadlineExceeded.
        """
        return self.call_within(call, patience.short(self.base_timeout), decide)

    def call_within(self, call: Call, timeout: float | None, decide: Decide = plainly) -> Answer:
        """Make a call that has its own patience; None for no bound."""
        version = self.api_version()
        self._check_open(call)
        try:
            answer = ask(self._session, self.endpoint, call, version=version, timeout=timeout)
        except errors.Unavailable:
            self._version = ""  # Another Engine may come up in its place.
            raise
        if not succeeded(answer.status):
            raise decide(Refusal(call, self.endpoint, answer.status, answer.body))
        return answer

    def stream(
        self, call: Call, decide: Decide = plainly, *, wait: float | None = None
    ) -> Incoming:
        """Begin a call whose answer comes bit by bit, on a connection of its own.

        Raises:
            TimeoutError: nothing at all came for `wait` seconds.
        """
        return self._request(call, CLOSE, decide, wait)

    def hijack(self, call: Call, decide: Decide = plainly) -> Incoming:
        """Begin a call that turns the connection into a stream in both directions."""
        return self._request(call, UPGRADE, decide, None)

    def api_version(self) -> str:
        """The version that both sides know, found out once."""
        version = self._version
        if version:
            return version
        with deadline.holding(self._deciding, VERSION.what):
            if not self._version:
                with deadline.within(self.base_timeout):
                    self._version = self._negotiate()
            return self._version

    def close(self) -> None:
        """End all connections, and whatever waits on them. Idempotent."""
        with self._opening:
            self._closed = True
            waiting = list(self._open)
        for connection in waiting:
            connection.abort()
        self._session.close()

    def _negotiate(self) -> str:
        with self._exchange(VERSION, "", CLOSE) as incoming:
            answer = Answer(incoming.head.status, incoming.read_all())
        if not succeeded(answer.status):
            raise Refusal(VERSION, self.endpoint, answer.status, answer.body).error()
        said = answer.json(VERSION)
        if not isinstance(said, dict):
            raise errors.Internal(f"{VERSION.what}: {self.endpoint} answers {said!r}")
        return api_version.choose(str(said.get("ApiVersion")), str(said.get("MinAPIVersion") or ""))

    def _request(
        self, call: Call, headers: Mapping[str, str], decide: Decide, wait: float | None
    ) -> Incoming:
        prefix = f"/v{self.api_version()}"
        with ExitStack() as undo:
            incoming = undo.enter_context(self._exchange(call, prefix, headers, wait))
            status = incoming.head.status
            if not succeeded(status) and not incoming.head.switched:
                body = incoming.read_all()
                raise decide(Refusal(call, self.endpoint, status, body))
            undo.pop_all()
            return incoming

    def _exchange(
        self, call: Call, prefix: str, headers: Mapping[str, str], wait: float | None = None
    ) -> Incoming:
        """Send a request on a new connection, and read the head of its answer."""
        self._check_open(call)
        timeout = deadline.remaining(self.base_timeout)
        with ExitStack() as undo:
            connection = Connection(self.endpoint, timeout)
            undo.callback(self._forget, connection)
            undo.callback(connection.close)
            self._remember(connection, call)
            incoming = begin(
                connection,
                call,
                prefix=prefix,
                headers=headers,
                wait=wait,
                forget=lambda: self._forget(connection),
            )
            undo.pop_all()
            return incoming

    def _remember(self, connection: Connection, call: Call) -> None:
        with self._opening:
            self._open.add(connection)
        self._check_open(call)

    def _forget(self, connection: Connection) -> None:
        with self._opening:
            self._open.discard(connection)

    def _check_open(self, call: Call) -> None:
        if self._closed:
            raise errors.Unavailable(
                f"{call.what}: the connection to {self.endpoint} was closed; open it again"
            )
