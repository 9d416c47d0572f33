"""Reads and writes of descriptors that wait on the event loop, without a thread."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING, Any

from runtimes.core.streaming.session import PACKET_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNK = max(64 * 1024, PACKET_BYTES)
_OVER = frozenset({errno.EIO, errno.ECONNRESET, errno.EPIPE})


async def read(fd: int) -> bytes:
    """Some bytes of a descriptor that doesn't block; empty at the end."""
    while True:
        try:
            return os.read(fd, CHUNK)
        except BlockingIOError:
            loop = asyncio.get_running_loop()
            await _ready(fd, loop.add_reader, loop.remove_reader)
        except OSError as error:
            if error.errno in _OVER:  # a tty's end is an error
                return b""
            raise


async def write(fd: int, data: bytes) -> bool:
    """Write all of it; False if nobody reads any more."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            loop = asyncio.get_running_loop()
            await _ready(fd, loop.add_writer, loop.remove_writer)
        except OSError as error:
            if error.errno in _OVER:
                return False
            raise
    return True


async def _ready(fd: int, watch: Callable[..., None], forget: Callable[[int], Any]) -> None:
    ready = asyncio.Event()
    watch(fd, ready.set)
    try:
        await ready.wait()
    finally:
        forget(fd)
