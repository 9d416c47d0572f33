"""One process's session on one wire: output and exit status to the client, input from it."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import status
from runtimes.core.streaming.session import Channel, Size
from runtimes.core.streaming.spdy import Opened, Received
from runtimes.server import failure
from runtimes.server.streaming import descriptors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.core.streaming.session import Outlet, StreamSession
    from runtimes.core.streaming.spdy import Event
    from runtimes.server.lane import Lane
    from runtimes.server.streaming.urls import Wanted
    from runtimes.server.streaming.wire import Wire

CREATION_SECONDS = 30.0
LINGER_SECONDS = 5.0
"""How long a client may take to read what it was sent, before the connection is cut."""
FAREWELL_SECONDS = 0.5
"""The same, where the client can't be told that no more comes while it may go on sending."""
_LOOK_SECONDS = 1.0
_FIRST_LOOK_SECONDS = 0.005
_MOST_EARLY_BYTES = 256 * 1024
_MOST_EARLY_EVENTS = 16
_SIZE_SECONDS = 0.5
_EVENT_BYTES = 100
"""What an event takes besides its bytes."""
logger = logging.getLogger(__name__)


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
    """Wait until the client has opened its streams; None if it goes.

    What it sends meanwhile is given back to `wire`.

    Raises:
        DeadlineExceeded: it doesn't open them.
        ResourceExhausted: it sends too much before it has.
    """
    found: dict[Channel, int] = {}
    early: list[Event] = []
    kept = 0
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
                    if event.fin:
                        early.append(Received(event.stream, b"", fin=True))
                elif isinstance(event, Received):
                    early.append(event)
                    kept += len(event.data) + _EVENT_BYTES
                if kept > _MOST_EARLY_BYTES:
                    raise errors.ResourceExhausted("stream: too much came before all streams were")
    except TimeoutError as error:
        missing = ", ".join(sorted(one.name.lower() for one in wanted - set(found)))
        raise errors.DeadlineExceeded(f"stream: the client opened no stream {missing}") from error
    wire.give_back(early)
    return found


async def first_size(wire: Wire, stream: int) -> Size | None:
    """Give the client a moment to say its terminal's size, which programs ask for as they begin.

    All else that comes meanwhile is given back to `wire`.

    Raises:
        DataLoss: what it says is no size.
    """
    early: list[Event] = []
    try:
        async with asyncio.timeout(_SIZE_SECONDS):
            while len(early) < _MOST_EARLY_EVENTS and (event := await wire.receive()) is not None:
                if isinstance(event, Received) and event.stream == stream and event.data:
                    return status.size(event.data)
                early.append(event)
    except TimeoutError:
        pass  # it has no terminal itself
    finally:
        wire.give_back(early)
    return None


async def serve(
    wire: Wire,
    numbers: Mapping[Channel, int],
    opened: Callable[[], StreamSession],
    lane: Lane,
) -> None:
    """Open the session, and carry it until the process has ended or the client has gone."""
    try:
        session = await lane.open(opened, lambda made: made.close())
    except errors.Error as error:
        await wire.send(numbers[Channel.ERROR], status.of_failure(failure.text(error)), fin=True)
        await _leave(wire)
        return
    try:
        _unblock(session)
        await _carry(wire, numbers, session, lane)
    finally:
        await lane.run(session.close)


async def _carry(
    wire: Wire, numbers: Mapping[Channel, int], session: StreamSession, lane: Lane
) -> None:
    going_in = asyncio.create_task(_input(wire, numbers, session, lane))
    coming_out = asyncio.create_task(_output(wire, numbers, session, lane))
    leaving = asyncio.create_task(_gone(wire, numbers[Channel.ERROR]))
    tasks = (going_in, coming_out, leaving)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if coming_out.done():
            await coming_out
            heard = await wire.end()
            await asyncio.wait({going_in}, timeout=LINGER_SECONDS if heard else FAREWELL_SECONDS)
        elif going_in.done():
            await going_in
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(wire: Wire, stream: int) -> None:
    """Wait until the client has gone, also while the process reads nothing of what it sent."""
    while True:
        if await wire.gone(stream):
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _leave(wire: Wire) -> None:
    """End, and give the client time to read why."""
    heard = await wire.end()
    try:
        async with asyncio.timeout(LINGER_SECONDS if heard else FAREWELL_SECONDS):
            while await wire.receive() is not None:
                pass
    except TimeoutError:
        return


def _unblock(session: StreamSession) -> None:
    if session.stdin is not None:
        os.set_blocking(session.stdin.fd, False)
    for outlet in session.outputs:
        os.set_blocking(outlet.fd, False)


async def _input(
    wire: Wire, numbers: Mapping[Channel, int], session: StreamSession, lane: Lane
) -> None:
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
                await _resize(session, status.size(event.data), lane)


async def _resize(session: StreamSession, size: Size, lane: Lane) -> None:
    """An engine may be asked for it, and may refuse; the process goes on as it was."""

    def resized() -> None:
        with failure.only_ours("resize"):
            session.resize(*size)

    try:
        await lane.run(resized)
    except errors.Error as error:
        logger.info("a terminal keeps its size: %s", error)


async def _output(
    wire: Wire, numbers: Mapping[Channel, int], session: StreamSession, lane: Lane
) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for outlet in session.outputs:
                group.create_task(_pump(wire, numbers, outlet))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
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
    """Look for the exit code, ever less often: no thread is held while the process lives."""
    pause = _FIRST_LOOK_SECONDS
    while True:
        try:
            return await lane.run(lambda: session.wait(0))
        except errors.DeadlineExceeded:
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LOOK_SECONDS)
