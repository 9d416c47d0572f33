"""A connection that has become a process's streams, handed out as its descriptor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.docker.beyond import HijackedStream
    from runtimes.docker_legacy.wire.incoming import Incoming


class Hijacked:
    """Nothing but the head of `incoming` may have been read."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self.fd = incoming.connection.hand_out()

    def finish_sending(self) -> None:
        self._incoming.connection.finish_sending()

    def close(self) -> None:
        self._incoming.close()


if TYPE_CHECKING:

    def _is_stream(stream: Hijacked) -> HijackedStream:
        return stream
