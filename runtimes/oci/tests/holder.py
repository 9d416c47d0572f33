"""A holder of stream sessions, for tests: what a server or a client does with one."""

from __future__ import annotations

import os
import select
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from runtimes.core.streaming.session import Outlet, StreamSession


@dataclass(slots=True)
class Held:
    """A session whose output is collected by a thread.

    Attributes:
        ended_at: monotonic time of the outputs' end.
    """

    session: StreamSession
    data: dict[Channel, bytes] = field(default_factory=dict)
    ended_at: float = 0.0
    _thread: threading.Thread | None = None

    def __post_init__(self) -> None:
        # Descriptors of its own, since the test may close the session's meanwhile.
        outlets = {os.dup(outlet.fd): outlet for outlet in self.session.outputs}
        self._thread = threading.Thread(target=self._collect, args=(outlets,), daemon=True)
        self._thread.start()

    @property
    def stdout(self) -> bytes:
        return self.data.get(Channel.STDOUT, b"")

    @property
    def stderr(self) -> bytes:
        return self.data.get(Channel.STDERR, b"")

    def _collect(self, outlets: dict[int, Outlet]) -> None:
        poll = select.poll()
        for descriptor in outlets:
            poll.register(descriptor, select.POLLIN)
        while outlets:
            for descriptor, _ in poll.poll():
                try:
                    data = os.read(descriptor, 65536)
                except OSError:  # a terminal was hung up
                    data = b""
                if not data:
                    poll.unregister(descriptor)
                    outlets.pop(descriptor)
                    os.close(descriptor)
                    continue
                for channel, piece in outlets[descriptor].decode(data):
                    self.data[channel] = self.data.get(channel, b"") + piece
        self.ended_at = time.monotonic()

    def write(self, data: bytes) -> None:
        assert self.session.stdin is not None
        while data:
            data = data[os.write(self.session.stdin.fd, data) :]

    def finish(self) -> None:
        assert self.session.stdin is not None
        self.session.stdin.finish()

    def end(self, timeout: float = 20.0) -> int:
        """The exit code, once all output is in."""
        assert self._thread is not None
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "the outputs don't end"
        return self.session.wait(timeout)
