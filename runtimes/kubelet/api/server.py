"""The server: one request per connection, bounded in number and time.

It shares the agent's event loop and never blocks it: all that looks at pods, files or the runtime
happens in a few threads of its own, and so does the writing of JSON.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import deadline, errors
from runtimes.kubelet.api import reply as replies
from runtimes.kubelet.api.request import Refused, Request, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.kubelet.api.reply import Reply

T = TypeVar("T")
log = logging.getLogger(__name__)
_HEAD_BYTES = 16 * 1024
_HEAD_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_CONNECTIONS = 64
_THREADS = 4
_QUIET_SECONDS = 0.2
_STATUS = {
    "NOT_FOUND": 404,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class Server:
    """For one event loop; close it there.

    Args:
        answer: blocks; called in the server's threads.
        at_once: doesn't, so that it is answered though all threads are busy; None leaves a request
            to `answer`.
    """

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        at_once: Callable[[Request], Reply | None] = lambda _: None,
    ) -> None:
        self._answer = answer
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(_THREADS, "api")
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> str:
        """Begin, and give the URL; port 0 is any.

        Raises:
            Unavailable: the address is taken, or isn't this host's.
        """
        try:
            self._server = await asyncio.start_server(
                self._connected, host, port, limit=_HEAD_BYTES
            )
        except OSError as error:
            raise errors.Unavailable(
                f"listen at {host}:{port}: {(error.strerror or str(error)).lower()};"
                " choose another address"
            ) from error
        chosen = self._server.sockets[0].getsockname()
        name = f"[{chosen[0]}]" if ":" in chosen[0] else chosen[0]
        return f"http://{name}:{chosen[1]}"

    async def close(self) -> None:
        """End it, and every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def work(self, call: Callable[[], None]) -> None:
        """Do blocking work of the API in its threads."""
        await self._bounded(call)

    def _bounded(self, call: Callable[[], T]) -> asyncio.Future[T]:
        def bounded() -> T:
            with deadline.within(_ANSWER_SECONDS):
                return call()

        return asyncio.get_running_loop().run_in_executor(self._pool, bounded)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= _CONNECTIONS:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
            writer.close()
            async with asyncio.timeout(_ANSWER_SECONDS):
                await writer.wait_closed()
        except (OSError, errors.Error, asyncio.CancelledError) as error:
            log.debug("answer a request: %s", error)  # gone or too slow, or a log that went
        finally:
            self._connections.discard(task)
            writer.transport.abort()  # close() would wait for a reader that never reads

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request: Request | None = None
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            request = read_request(head)
            reply = await self._answered(request)
        except Refused as error:
            reply = replies.text(str(error), error.status)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            reply = replies.text("not a request, or too long a head", 400)
        only_head = request is not None and request.method == "HEAD"
        async with asyncio.timeout(_ANSWER_SECONDS):
            writer.write(replies.head(reply) + (b"" if only_head else reply.body))
            await writer.drain()
        if reply.chunks is not None and not only_head:
            await self._stream(reply.chunks, reader, writer)

    async def _answered(self, request: Request) -> Reply:
        try:
            if (reply := self._at_once(request)) is not None:
                return reply
            return await self._bounded(lambda: self._answer(request))
        except errors.Error as error:
            return replies.text(str(error), _STATUS.get(error.code, 500))
        except Refused:
            raise
        except Exception:
            log.exception("answer /%s", "/".join(request.path))
            return replies.text("a bug; see the agent's log", 500)

    async def _stream(
        self,
        chunks: Iterator[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Send chunks until there are no more, or until the other side hangs up."""
        sending = asyncio.create_task(self._send(chunks, writer))
        hung_up = asyncio.create_task(_until_hung_up(reader))
        try:
            await asyncio.wait({sending, hung_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hung_up.cancel()
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _send(self, chunks: Iterator[bytes], writer: asyncio.StreamWriter) -> None:
        def take() -> bytes | None:
            return next(chunks, None)

        taking = self._bounded(take)
        try:
            while (chunk := await asyncio.shield(taking)) is not None:
                if chunk:
                    writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                    async with asyncio.timeout(_ANSWER_SECONDS):
                        await writer.drain()
                else:
                    await asyncio.sleep(_QUIET_SECONDS)
                taking = self._bounded(take)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            taking.add_done_callback(lambda _: _close(chunks))


def _close(chunks: Iterator[bytes]) -> None:
    """Let a generator close its files; it isn't at work when this is called."""
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


async def _until_hung_up(reader: asyncio.StreamReader) -> None:
    while await reader.read(1024):
        pass
