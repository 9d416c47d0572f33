"""One process's session on one wire: output and exit status to the client, input from it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import status
from runtimes.core.streaming.session import Channel
from runtimes.core.streaming.spdy import Opened, Received
from runtimes.server import failure
from runtimes.server.streaming import descriptors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.core.streaming.session import Outlet, StreamSession
    from runtimes.server.lane import Lane
    from runtimes.server.streaming.urls import Wanted
    from runtimes.server.streaming.wire import Wire

CREATION_SECONDS = 30.0
LINGER_SECONDS = 5.0
"""How long a client may take to read what it was sent, before the connection is cut."""
_LOOK_SECONDS = 1.0


def wanted_channels(request: Wanted) -> set[Channel]:
    """Those that a client opens for an ExecRequest or AttachRequest."""
    asked = {
        Channel.STDIN: getattr(request, "stdin", False),
        Channel.STDOUT: getattr(request, "stdout", False),
        Channel.STDERR: getattr(request, "stderr", False),
        Channel.RESIZE: getattr(request, "tty", False),
        Channel.ERROR: True,
    }
    return {channel for channel, wanted in asked.items() if wanted}


async def opened_channels(wire: Wire, wanted: set[Channel]) -> dict[Channel, int] | None:
    """Wait until the client has opened its streams; None if it doesn't."""
    found: dict[Channel, int] = {}
    try:
        async with asyncio.timeout(CREATION_SECONDS):
            while wanted - set(found):
                event = await wire.receive()
                if event is None:
                    return None
                if isinstance(event, Opened):
                    name = event.headers.get("streamtype", "").upper()
                    if name in Channel.__members__:
                        found[Channel[name]] = event.stream
    except TimeoutError:
        return None
    return found


async def serve(
    wire: Wire,
    numbers: Mapping[Channel, int],
    opened: Callable[[], StreamSession],
    lane: Lane,
) -> None:
    """Open the session, and carry it until the process has ended or the client has gone."""
    try:
        session = await lane.run(opened)
    except errors.Error as error:
        await wire.send(numbers[Channel.ERROR], status.of_failure(failure.text(error)), fin=True)
        await _leave(wire)
        return
    _unblock(session)
    going_in = asyncio.create_task(_input(wire, numbers, session))
    coming_out = asyncio.create_task(_output(wire, numbers, session, lane))
    try:
        await asyncio.wait({going_in, coming_out}, return_when=asyncio.FIRST_COMPLETED)
        if coming_out.done():
            await coming_out
            await wire.end()
            await asyncio.wait({going_in}, timeout=LINGER_SECONDS)
    finally:
        going_in.cancel()
        coming_out.cancel()
        await asyncio.gather(going_in, coming_out, return_exceptions=True)
        lane.submit(session.close)  # also when the server stops, and nobody waits


async def _leave(wire: Wire) -> None:
    """End, and give the client time to read why."""
    await wire.end()
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while await wire.receive() is not None:
                pass
    except TimeoutError:
        return


def _unblock(session: StreamSession) -> None:
    if session.stdin is not None:
        os.set_blocking(session.stdin.fd, False)
    for outlet in session.outputs:
        os.set_blocking(outlet.fd, False)


async def _input(wire: Wire, numbers: Mapping[Channel, int], session: StreamSession) -> None:
    channels = {number: channel for channel, number in numbers.items()}
    inlet = session.stdin
    while (event := await wire.receive()) is not None:
        if not isinstance(event, Received):
            continue
        match channels.get(event.stream):
            case Channel.STDIN if inlet is not None:
                if not await descriptors.write(inlet.fd, event.data):
                    inlet = None  # it reads no more; what comes is thrown away
                elif event.fin:
                    inlet.finish()
                    inlet = None
            case Channel.RESIZE if event.data:
                session.resize(*status.size(event.data))


async def _output(
    wire: Wire, numbers: Mapping[Channel, int], session: StreamSession, lane: Lane
) -> None:
    async with asyncio.TaskGroup() as group:
        for outlet in session.outputs:
            group.create_task(_pump(wire, numbers, outlet))
    code = await _ended(session, lane)
    for channel in (Channel.STDOUT, Channel.STDERR):
        if channel in numbers:
            await wire.send(numbers[channel], b"", fin=True)
    await wire.send(numbers[Channel.ERROR], status.of_exit(code), fin=True)


async def _pump(wire: Wire, numbers: Mapping[Channel, int], outlet: Outlet) -> None:
    while data := await descriptors.read(outlet.fd):
        for channel, content in outlet.decode(data):
            if channel in numbers:
                await wire.send(numbers[channel], content)
        await asyncio.sleep(0)  # others want their turn, however much there is to read


async def _ended(session: StreamSession, lane: Lane) -> int:
    """Wait for the exit code, in a thread for a moment only."""
    while True:
        try:
            return await lane.run(lambda: session.wait(_LOOK_SECONDS))
        except errors.DeadlineExceeded:
            await asyncio.sleep(_LOOK_SECONDS)
