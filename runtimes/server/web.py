"""``/healthz`` and ``/metrics`` over HTTP/1.1: two pages, one request per connection."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import TypeAlias

_PATIENCE = 5.0
_LONGEST_HEAD_BYTES = 8192
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed"}
TEXT = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: str
    kind: str = TEXT


if TYPE_CHECKING:
    Page: TypeAlias = Callable[[], Awaitable[Reply]]


def parse(address: str) -> tuple[str, int]:
    """Read ``127.0.0.1:9100`` or ``[::1]:9100``.

    Raises:
        InvalidArgument: it is something else.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise errors.InvalidArgument(
            f"serve metrics at '{address}': expected an address and a port, as 127.0.0.1:9100"
        )
    return host.strip("[]"), int(port)


async def listen(address: str, pages: Mapping[str, Page]) -> asyncio.Server:
    """Serve `pages` by path.

    Raises:
        Unavailable: the address is taken, or isn't this host's.
    """
    host, port = parse(address)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await _serve(reader, writer, pages)

    try:
        return await asyncio.start_server(connected, host, port, limit=_LONGEST_HEAD_BYTES)
    except OSError as error:
        raise errors.Unavailable(
            f"serve metrics at '{address}': {(error.strerror or str(error)).lower()}; "
            "choose another address"
        ) from error


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pages: Mapping[str, Page]
) -> None:
    try:
        async with asyncio.timeout(_PATIENCE):
            reply = await _reply(await _head(reader), pages)
            body = reply.body.encode()
            head = (
                f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Unavailable')}\r\n"
                f"Content-Type: {reply.kind}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
    except TimeoutError:
        return
    finally:
        writer.close()


async def _head(reader: asyncio.StreamReader) -> str:
    """Read the request line and skip the headers; empty when it isn't HTTP."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return ""
    return head.partition(b"\r\n")[0].decode("latin-1")


async def _reply(request: str, pages: Mapping[str, Page]) -> Reply:
    words = request.split(" ")
    if len(words) != 3:
        return Reply(400, "bad request\n")
    if words[0] != "GET":
        return Reply(405, "only GET\n")
    page = pages.get(words[1].partition("?")[0])
    return Reply(404, f"pages: {', '.join(pages)}\n") if page is None else await page()
