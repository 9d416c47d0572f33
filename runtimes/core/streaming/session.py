"""What a streaming call opens in process: descriptors, so that any event loop can move the bytes.

    backend.open_exec(request) -> StreamSession
        stdin    Inlet    fd, finish()
        outputs  Outlets  fd, decode(bytes) -> (channel, bytes)

A backend behind a socket gives URLs instead (CRI Exec, Attach, PortForward); a server turns the
sessions of a backend in process into URLs; a client turns URLs into sessions again. Callers
therefore see sessions wherever the container runs.

Source: kubelet pkg/kubelet/cri/streaming/server.go (streaming.Runtime).
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.v1 import api_pb2 as cri

PACKET_BYTES: Final = 16 * 1024 + 1
"""The longest packet of an `Outlet`: the byte that names its stream, and 16 KiB."""


class Channel(IntEnum):
    """Streams of a process, numbered as in Kubernetes' WebSocket protocols."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3
    RESIZE = 4


class Size(NamedTuple):
    """A terminal's, in characters."""

    width: int
    height: int


class Inlet(Protocol):
    """Where a process's input goes; the bytes are its own, without any frame."""

    @property
    def fd(self) -> int:
        """Writable: a pipe, a tty or a socket. Its holder chooses whether it blocks."""
        ...

    def finish(self) -> None:
        """End the input: the process reads what was written, then end of file. Idempotent.

        On a tty there is no end of its own: it takes the tty's end-of-file character.
        """
        ...


class Outlet(Protocol):
    """Where output comes from: of one stream, or of both in an engine's own frames."""

    @property
    def fd(self) -> int:
        """Readable; end of file (or, for a tty, EIO) once the output is over.

        Read at least `PACKET_BYTES` at a time: it may be a socket of packets, and what doesn't fit
        of one is lost.
        """
        ...

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        """Take apart what one read brought, in order; keeps an incomplete frame for the next call.

        Raises:
            DataLoss: it makes no sense.
        """
        ...


class StreamSession(Protocol):
    """One process, or an attachment to one, with its streams. Used by one holder at a time.

    The outputs end soon after the process has, even if something that it left behind keeps them.
    """

    @property
    def stdin(self) -> Inlet | None: ...

    @property
    def outputs(self) -> Sequence[Outlet]: ...

    def resize(self, width: int, height: int) -> None:
        """Set the tty's size in characters; without a tty, or after the end, nothing happens."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Exit code; for an attachment the container's. Blocks, at most `timeout` seconds.

        Call it after the outputs' end; before, the process may wait for them to be read.

        Raises:
            DeadlineExceeded: it hasn't ended.
        """
        ...

    def close(self) -> None:
        """Let go of the descriptors. Idempotent, and callable from any thread.

        A command of `open_exec` that still runs gets SIGHUP if it has a tty, else end of file;
        an attached container goes on.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class StreamingService(Protocol):
    """A CRI service that opens streams itself.

    One that lives in this process raises `Unimplemented` for the RPCs Exec, Attach and PortForward,
    which answer with URLs: `runtimes.server` gives it some.
    """

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        """Run a command in a running container.

        `size` is what its terminal has from the beginning, which `resize` would come too late for.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it isn't running.
            InvalidArgument: no command, no stream at all, a tty together with stderr, or a
                program that can't be executed.
        Source: CRI Exec.
        """
        ...

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        """Connect to a running container's main process; output from now on.

        Raises: as `open_exec`.
        Source: CRI Attach.
        """
        ...

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        """Connect to a port on the sandbox's loopback, IPv4 or IPv6.

        Returns a connected, blocking stream socket, which the caller closes.

        Raises:
            NotFound: no such sandbox.
            FailedPrecondition: it isn't READY.
            InvalidArgument: `port` isn't 1 to 65535.
            Unavailable: nothing listens there.
        Source: CRI PortForward.
        """
        ...
