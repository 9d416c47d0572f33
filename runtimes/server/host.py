"""The CRI's methods as coroutines of gRPC, answered by a blocking service in bounded threads.

Requests are parsed and answers serialised in the threads too, so that the event loop only moves
bytes. What goes wrong becomes a code and a text in one place, `Host._edge`.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import grpc
from google.protobuf.message import DecodeError

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.server import failure
from runtimes.server.batches import Batches
from runtimes.server.service import FEEDS, LISTINGS, READS, UNARY, methods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any, Self, TypeAlias

    from google.protobuf.message import Message

    from runtimes.core.cri.services import CriService
    from runtimes.server.feed import Feeds
    from runtimes.server.lane import Lane
    from runtimes.server.metrics import Metrics
    from runtimes.server.service import Method
    from runtimes.server.streaming.urls import Urls

    Context: TypeAlias = grpc.aio.ServicerContext[bytes, bytes]

MESSAGE_LIMIT = 16 * 1024 * 1024
"""Bytes; kubelet takes no more.

Source: kubelet cri/remote/utils.go (maxMsgSize)."""
_WORTH_A_WARNING = frozenset({"INTERNAL", "DATA_LOSS", "RESOURCE_EXHAUSTED"})
logger = logging.getLogger(__name__)


class Host:
    """One service as gRPC handlers.

    Args:
        reads: threads for calls that only look, so that pods which take long to start or stop
            never keep kubelet from seeing the others.
        acts: threads for the other calls.
    """

    def __init__(
        self, service: CriService, *, reads: Lane, acts: Lane, feeds: Feeds, metrics: Metrics
    ) -> None:
        self._service = service
        self._reads = reads
        self._acts = acts
        self._feeds = feeds
        self._metrics = metrics
        self.urls: Urls | None = None

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Handlers of every RPC of both packages."""
        by_service: dict[str, dict[str, grpc.RpcMethodHandler[Any, Any]]] = {}
        for method in methods():
            of_service = by_service.setdefault(f"{method.package}.{method.service}", {})
            of_service[method.name] = self._handler(method)
        return [
            grpc.method_handlers_generic_handler(name, found) for name, found in by_service.items()
        ]

    async def healthy(self, patience: float) -> bool:
        """Whether the backend names itself within `patience` seconds, in a thread as any call."""
        with deadline.within(patience):
            context = contextvars.copy_context()
        try:
            async with asyncio.timeout(patience):
                await self._reads.run(lambda: context.run(self._service.version))
        except (errors.Error, TimeoutError):
            return False
        return True

    def _handler(self, method: Method) -> grpc.RpcMethodHandler[Any, Any]:
        if method.name in UNARY:

            async def unary(data: bytes, context: Context) -> bytes:
                return await self._unary(method, data, context)

            return grpc.unary_unary_rpc_method_handler(unary)
        answer = self._feed if method.name in FEEDS else self._listing

        async def stream(data: bytes, context: Context) -> None:
            await answer(method, data, context)

        return grpc.unary_stream_rpc_method_handler(stream)

    async def _unary(self, method: Method, data: bytes, context: Context) -> bytes:
        lane = self._reads if method.name in READS else self._acts
        async with self._edge(method, context):
            with _Caller(context) as caller:
                answer: bytes = await lane.run(lambda: caller.run(self._answer, method, data))
            if len(answer) > MESSAGE_LIMIT:
                raise errors.ResourceExhausted(
                    f"{method.name}: the answer has {len(answer)} bytes, a message takes "
                    f"{MESSAGE_LIMIT}; filter the list, or use the streaming call"
                )
            return answer
        raise AssertionError("aborting a call raises")

    async def _listing(self, method: Method, data: bytes, context: Context) -> None:
        listing = LISTINGS[method.name]
        async with self._edge(method, context):
            with _Caller(context) as caller:
                batches = Batches(
                    lambda: listing.begin(self._service, _parsed(method, data)), listing.wrap
                )
                pull = _guarded(method, batches.pull)
                try:
                    while (message := await self._reads.run(lambda: caller.run(pull))) is not None:
                        await context.write(message)
                finally:
                    self._reads.submit(batches.close)

    async def _feed(self, method: Method, data: bytes, context: Context) -> None:
        begin = FEEDS[method.name]
        async with self._edge(method, context):
            request = _parsed(method, data)
            with deadline.within(context.time_remaining()):
                feed = self._feeds.open(method.name, lambda: begin(self._service, request))
            try:
                await feed.begun()
                await context.send_initial_metadata(())
                while (message := await feed.next()) is not None:
                    await context.write(message)
            finally:
                self._feeds.close(feed)

    def _answer(self, method: Method, data: bytes) -> bytes:
        with failure.only_ours(method.name):
            deadline.check(method.name)  # it may have waited for its thread too long
            answer = self._own_or_url(method.name, _parsed(method, data))
            if isinstance(answer, cri.VersionResponse):
                answer = _named(answer, method.package)
            return answer.SerializeToString()

    def _own_or_url(self, name: str, request: Message) -> Message:
        """What the service answers; a URL of ours if it streams only in this process."""
        try:
            return UNARY[name](self._service, request)
        except errors.Unimplemented:
            url = self.urls.answer(request) if self.urls else None
            if url is None:
                raise
            return url

    @asynccontextmanager
    async def _edge(self, method: Method, context: Context) -> AsyncIterator[None]:
        """Tell the client what went wrong, count the call, and log it, once."""
        start = time.perf_counter()
        code = "OK"
        try:
            with failure.only_ours(method.name):
                yield
        except asyncio.CancelledError:
            late = context.time_remaining() == 0
            code = "DEADLINE_EXCEEDED" if late else "CANCELLED"
            raise
        except errors.Error as error:
            code, text = failure.code(error), failure.text(error)
            _log_failure(method, code, text)
            await context.abort(grpc.StatusCode[code], text)
        finally:
            seconds = time.perf_counter() - start
            self._metrics.answered(method.package, method.name, code, seconds)
            logger.debug("answered rpc=%s code=%s seconds=%.4f", method.path, code, seconds)


class _Caller:
    """A client's patience, in which threads work for it; leaving means that it waits no longer."""

    def __init__(self, context: Context) -> None:
        self._gone = threading.Event()
        with deadline.within(context.time_remaining()), deadline.unless(self._gone.is_set):
            self._context = contextvars.copy_context()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._gone.set()

    @property
    def run(self) -> Any:  # noqa: ANN401 - Context.run's own type is a ParamSpec's
        return self._context.run


def _guarded(method: Method, work: Any) -> Any:  # noqa: ANN401 - any work
    def guarded() -> object:
        with failure.only_ours(method.name):
            return work()

    return guarded


def _parsed(method: Method, data: bytes) -> Message:
    try:
        return method.request.FromString(data)
    except DecodeError as error:
        raise errors.InvalidArgument(
            f"{method.name}: what came isn't a {method.request.DESCRIPTOR.name}"
        ) from error


def _named(version: cri.VersionResponse, package: str) -> cri.VersionResponse:
    """The same version under the API's name that the client asked by."""
    answer = cri.VersionResponse()
    answer.CopyFrom(version)
    answer.runtime_api_version = package.rpartition(".")[2]
    return answer


def _log_failure(method: Method, code: str, text: str) -> None:
    level = logging.WARNING if code in _WORTH_A_WARNING else logging.INFO
    extra = {"rpc": method.path, "code": code}
    logger.log(level, "refused rpc=%s code=%s: %s", method.path, code, text, extra=extra)
