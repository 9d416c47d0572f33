"""The ends of a process's streams at an Engine, as descriptors that any event loop can use.

Engine that hands out connections     one socket both ways, frames taken apart by `decode`
any other DockerInterface             pipes, and one thread that runs the call between them
"""

from __future__ import annotations

import contextvars
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors
from runtimes.core.docker.frames import Demultiplexer, Stream
from runtimes.core.docker.interface import StreamOptions
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import BinaryIO, Literal

    from runtimes.core.docker.beyond import HijackedStream, Streams
    from runtimes.core.streaming.session import Inlet, Outlet

END_OF_TRANSMISSION = b"\x04"
_CHANNELS = {Stream.STDIN: Channel.STDOUT, Stream.STDOUT: Channel.STDOUT}


class Ends(Protocol):
    @property
    def stdin(self) -> Inlet | None: ...

    @property
    def outputs(self) -> Sequence[Outlet]: ...

    @property
    def failure(self) -> errors.Error | None:
        """Why the call that carries them ended, if it failed."""
        ...

    @property
    def answered(self) -> bool:
        """The Engine has taken the call: what it says of the process is no longer of before."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


@dataclass(slots=True)
class RawOutlet:
    fd: int
    channel: Channel = Channel.STDOUT

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        return ((self.channel, data),)


@dataclass(slots=True)
class FramedOutlet:
    """The Engine's own errors come as stderr: a person is to see them."""

    fd: int
    _frames: Demultiplexer = field(default_factory=Demultiplexer)

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        try:
            pieces = self._frames.feed(data)
        except errors.Internal as error:
            raise errors.DataLoss(str(error)) from error
        return [(_CHANNELS.get(stream, Channel.STDERR), piece) for stream, piece in pieces]


@dataclass(slots=True)
class EngineInlet:
    """Attributes:
    shut: what ends the input; None where the Engine would end the output with it.
    """

    fd: int
    tty: bool
    shut: Callable[[], None] | None
    _finished: bool = False

    def finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        if self.tty:
            with suppress(OSError):
                os.write(self.fd, END_OF_TRANSMISSION)
        elif self.shut is not None:
            self.shut()


class HijackedEnds:
    """Over the connection itself.

    Args:
        keeps_input: the process's input outlives this connection, so it can't be ended.
    """

    failure = None
    answered = True

    def __init__(
        self, stream: HijackedStream, wanted: Streams, *, keeps_input: bool = False
    ) -> None:
        self._stream = stream
        self.outputs: Sequence[Outlet] = (
            RawOutlet(stream.fd) if wanted.tty else FramedOutlet(stream.fd),
        )
        shut = None if keeps_input else stream.finish_sending
        self.stdin: Inlet | None = (
            EngineInlet(stream.fd, wanted.tty, shut) if wanted.stdin else None
        )

    def close(self) -> None:
        self._stream.close()


class PumpedEnds:
    """Over pipes: `call` runs in a thread with the other ends, until the streams are over."""

    def __init__(
        self,
        call: Callable[[StreamOptions], None],
        wanted: Streams,
        *,
        keeps_input: bool = False,
    ) -> None:
        self.failure: errors.Error | None = None
        self.answered = False
        self._lock = threading.Lock()
        self._ours: set[int] = set()
        self._theirs: dict[Channel, int] = {}
        self._input = -1
        self.stdin = self._inlet(wanted, keeps_input=keeps_input) if wanted.stdin else None
        self.outputs: Sequence[Outlet] = tuple(self._outlets(wanted))
        thread = threading.Thread(
            target=contextvars.copy_context().run,
            args=(self._run, call, wanted.tty),
            name="docker-streams",
            daemon=True,
        )
        thread.start()

    def close(self) -> None:
        """What the Engine still sends goes nowhere."""
        with self._lock:
            for channel, descriptor in self._theirs.items():
                if channel is not Channel.STDIN:
                    _replace(descriptor)
            for descriptor in self._ours:
                os.close(descriptor)
            self._ours.clear()

    def _inlet(self, wanted: Streams, *, keeps_input: bool) -> Inlet:
        self._theirs[Channel.STDIN], self._input = os.pipe()
        self._ours.add(self._input)
        return EngineInlet(self._input, wanted.tty, None if keeps_input else self._end_input)

    def _outlets(self, wanted: Streams) -> Iterable[Outlet]:
        channels = {
            Channel.STDOUT: wanted.stdout or wanted.tty,
            Channel.STDERR: wanted.stderr and not wanted.tty,
        }
        for channel in (channel for channel, is_wanted in channels.items() if is_wanted):
            reading, self._theirs[channel] = os.pipe()
            self._ours.add(reading)
            yield RawOutlet(reading, channel)

    def _end_input(self) -> None:
        with self._lock:
            if self._input in self._ours:
                _replace(self._input)

    def _run(self, call: Callable[[StreamOptions], None], tty: bool) -> None:  # noqa: FBT001 - a thread's argument
        theirs = self._theirs
        options = StreamOptions(
            raw_terminal=tty,
            input=_file(theirs, Channel.STDIN, "rb"),
            output=_file(theirs, Channel.STDOUT, "wb"),
            error=_file(theirs, Channel.STDERR, "wb"),
        )
        try:
            call(options)
        except errors.Error as error:
            self.failure = error
        except OSError as error:
            self.failure = errors.Unavailable(f"carry streams: {error.strerror or error}")
        finally:
            self.answered = True
            with self._lock:
                theirs, self._theirs = self._theirs, {}
                for descriptor in theirs.values():
                    os.close(descriptor)


def _file(
    descriptors: Mapping[Channel, int], channel: Channel, mode: Literal["rb", "wb"]
) -> BinaryIO | None:
    if channel not in descriptors:
        return None
    return os.fdopen(descriptors[channel], mode, closefd=False)


def _replace(descriptor: int) -> None:
    """Close what it was, and keep the number: it leads nowhere from now on."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nowhere.fileno(), descriptor, inheritable=False)
