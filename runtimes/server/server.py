"""A CRI service on a unix socket, from start to a stop that leaves its containers running."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from runtimes.core import errors
from runtimes.core.streaming.session import StreamingService
from runtimes.server import web
from runtimes.server.feed import Feeds
from runtimes.server.host import MESSAGE_LIMIT, Host
from runtimes.server.lane import Lane
from runtimes.server.metrics import Metrics
from runtimes.server.streaming.front import THREADS, StreamingServer
from runtimes.server.streaming.listening import Listening

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Mapping

    from runtimes.core.cri.services import CriService
    from runtimes.server.claim import Claim

_OPTIONS = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.so_reuseport", 0),
)
_HEALTH_PATIENCE = 2.0
_MOST_CALLS = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Attributes:
    workers: threads for calls that change something; further ones wait.
    readers: threads for calls that only look.
    openers: threads that open and close streams; a stream that is open holds none.
    feeds: event streams that may be open at once, each with a thread of its own.
    """

    workers: int = 64
    readers: int = 16
    openers: int = THREADS
    feeds: int = 128


class CriServer:
    """Serves `service` as runtime.v1 and runtime.v1alpha2. Used on one event loop.

    It doesn't close the service: that is its owner's.
    """

    def __init__(self, service: CriService, limits: Limits | None = None) -> None:
        chosen = limits or Limits()
        self._reads = Lane("read", chosen.readers)
        self._acts = Lane("act", chosen.workers)
        self._feeds = Feeds(chosen.feeds)
        self._metrics = Metrics()
        self._host = Host(
            service, reads=self._reads, acts=self._acts, feeds=self._feeds, metrics=self._metrics
        )
        self._streaming = StreamingServer(service, chosen.openers)
        streaming = self._streaming
        self._lanes = (self._reads, self._acts, streaming.lane, streaming.connecting)
        self._streams = isinstance(service, StreamingService)
        self._grpc: grpc.aio.Server | None = None
        self._web: asyncio.Server | None = None
        self._stopping = False

    @property
    def busy(self) -> int:
        """Calls that the backend is at work on, also those whose callers have gone."""
        return sum(lane.busy for lane in self._lanes)

    async def start(self, claim: Claim) -> None:
        """Listen on the claimed path; it exists once calls are answered.

        Raises:
            Unavailable: the socket can't be bound.
        """
        server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_MOST_CALLS)
        server.add_generic_rpc_handlers(tuple(self._host.handlers()))
        before = os.umask(0o117)
        try:
            server.add_insecure_port(f"unix:{claim.temporary}")
        except RuntimeError as error:
            raise errors.Unavailable(f"listen on unix://{claim.path}: {error}") from error
        finally:
            os.umask(before)
        await server.start()
        self._grpc = server
        claim.publish()

    async def serve_streams(self, listening: Listening | None = None) -> str:
        """Stream what the backend opens in this process; return the URLs' base.

        Returns an empty text if it opens nothing in this process: then it gives URLs of its own.

        Raises:
            InvalidArgument, Unavailable: as `Listening` says, it can't be.
        """
        if not self._streams:
            return ""
        self._host.urls = await self._streaming.start(listening or Listening())
        return self._host.urls.base

    async def serve_metrics(self, address: str) -> str:
        """Serve ``/healthz`` and ``/metrics`` at ``host:port``; return where, port 0 resolved.

        Raises:
            InvalidArgument, Unavailable: the address can't be used.
        """
        pages = {"/healthz": self._healthz, "/metrics": self._prometheus}
        self._web = await web.listen(address, pages)
        host, port = self._web.sockets[0].getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def stop(self, grace: float) -> None:
        """Take no more calls, end the streams, and give calls `grace` seconds to finish."""
        self._stopping = True
        self._feeds.end_all(errors.Unavailable("the server stops; connect again"))
        if self._grpc is not None:
            await self._grpc.stop(grace)
        await self._streaming.stop()
        self._reads.close()
        self._acts.close()
        if self._web is not None:
            self._web.close()

    async def _healthz(self) -> web.Reply:
        if self._stopping:
            return web.Reply(503, "stopping\n")
        if not await self._host.healthy(_HEALTH_PATIENCE):
            return web.Reply(503, "the backend doesn't answer\n")
        return web.Reply(200, "ok\n")

    async def _prometheus(self) -> web.Reply:
        return web.Reply(200, self._metrics.text(self._gauges()), web.PROMETHEUS)

    def _gauges(self) -> Iterator[tuple[str, str, Mapping[str, str], float]]:
        for lane in self._lanes:
            about = "Calls that the backend is at work on."
            yield "runtimes_server_busy_threads", about, {"lane": lane.name}, lane.busy
        for lane in self._lanes:
            about = "The most calls that the backend may be at work on."
            yield "runtimes_server_threads", about, {"lane": lane.name}, lane.threads
        about = "Sessions of exec, attach and port-forward that are open here."
        yield "runtimes_server_streaming_sessions", about, {}, self._streaming.sessions
        yield "runtimes_server_event_streams", "Event streams that are open.", {}, self._feeds.count
