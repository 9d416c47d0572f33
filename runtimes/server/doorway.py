"""A socket that somebody else opened, passed on to the one that gRPC opened.

gRPC for Python binds its sockets itself, so a connection to systemd's is accepted here and joined
to gRPC's, byte for byte both ways. Half-closes are passed on, and a slow side holds up the other.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket
    from pathlib import Path

_CHUNK = 1 << 16
logger = logging.getLogger(__name__)


class Doorway:
    """Used on one event loop.

    Args:
        passed: listens already; the doorway closes it, which leaves its path to who made it.
        behind: where gRPC listens.
    """

    def __init__(self, passed: socket.socket, behind: Path) -> None:
        self._passed = passed
        self._behind = behind
        self._server: asyncio.Server | None = None
        self._joined: set[asyncio.Task[None]] = set()

    @property
    def path(self) -> str:
        """Where clients find it."""
        return str(self._passed.getsockname())

    async def open(self) -> None:
        """Let connections in, those that have waited in the socket first."""
        self._server = await asyncio.start_unix_server(self._enter, sock=self._passed)

    async def close(self) -> None:
        """Let nobody in any more, and end what is joined. Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in self._joined:
            task.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._join(reader, writer))
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(self._behind)
        except OSError as error:
            logger.warning("pass on a connection to unix://%s: %s", self._behind, error)
            writer.close()
            return
        try:
            await asyncio.gather(_carry(reader, inner_writer), _carry(inner_reader, writer))
        finally:
            writer.close()
            inner_writer.close()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
        target.write_eof()
