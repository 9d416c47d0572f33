"""Every program that is started on this host, told by the kernel's process events connector.

Source: linux/include/uapi/linux/cn_proc.h, connector.h.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from runtimes.history.recording import proc
from runtimes.history.story.caught import Ended, Event, Executed, Forked, Process

if TYPE_CHECKING:
    from types import TracebackType

_NETLINK_CONNECTOR = 11
_CN_IDX_PROC, _CN_VAL_PROC = 1, 1
_LISTEN, _IGNORE = 1, 2
_NLMSG_DONE = 3
_NLMSG = struct.Struct("=IHHII")
_CN_MSG = struct.Struct("=IIIIHH")
_HEADER = struct.Struct("=IIQ")
_FORK, _EXEC, _EXIT = 1, 2, 0x80000000
_BUFFER_BYTES = 8 << 20
_LOOK_SECONDS = 0.05
_LATE_NS = 50_000_000


@dataclass
class Kernel:
    """Listens while it is open as a context; then `events` has what was heard, in order of time.

    Attributes:
        deaf: why events are missing, or some of them; empty when all were heard.
    """

    events: list[Event] = field(default_factory=list)
    deaf: str = ""
    _thread: threading.Thread | None = None
    _until_ns: int | None = None

    def __enter__(self) -> Self:
        try:
            link = _listen()
        except OSError as error:
            self.deaf = (
                f"the kernel tells of programs only root outside of containers ({error.strerror})"
            )
            return self
        self._thread = threading.Thread(target=self._hear, args=(link,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._until_ns = time.monotonic_ns() + _LATE_NS  # an end is told after it can be waited for
        if self._thread is not None:
            self._thread.join()
        self.events.sort(key=lambda event: event.at_ns)

    def _hear(self, link: socket.socket) -> None:
        _hurry()
        with link:
            while True:
                try:
                    message = link.recv(4096)
                except TimeoutError:
                    if self._until_ns is not None:
                        return
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    self.deaf = "the kernel told more than could be read"
                else:
                    if self._until_ns is not None and moment(message) > self._until_ns:
                        return  # a busy host is never silent
                    self._note(understand(message))

    def _note(self, heard: Event | None) -> None:
        """Keep it; of a program, with what can be seen of it before it is gone."""
        if isinstance(heard, Executed):
            pid = heard.process.pid
            heard = Executed(heard.at_ns, proc.look(pid), proc.is_first(pid), proc.cgroups(pid))
        if heard is not None:
            self.events.append(heard)


def _listen() -> socket.socket:
    link = socket.socket(
        socket.AF_NETLINK, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, _NETLINK_CONNECTOR
    )
    try:
        link.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
        link.bind((0, _CN_IDX_PROC))
        link.send(request(_LISTEN))
        link.settimeout(_LOOK_SECONDS)
    except OSError:
        link.close()
        raise
    return link


_SO_RCVBUFFORCE = 33


def _hurry() -> None:
    """Come before others: a program that lives a millisecond has to be looked at within it."""
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def request(operation: int) -> bytes:
    """Ask to be told, or no longer."""
    body = struct.pack("=I", operation)
    message = _CN_MSG.pack(_CN_IDX_PROC, _CN_VAL_PROC, 0, 0, len(body), 0) + body
    return _NLMSG.pack(_NLMSG.size + len(message), _NLMSG_DONE, 0, 0, os.getpid()) + message


def moment(message: bytes) -> int:
    """When what a message tells has happened, in the clock's nanoseconds; 0 if it tells nothing."""
    body = _body(message)
    return 0 if len(body) < _HEADER.size else int(_HEADER.unpack_from(body)[2])


def understand(message: bytes) -> Event | None:
    """Read one message; None for what is told of threads, and for what isn't asked for."""
    body = _body(message)
    if len(body) < _HEADER.size:
        return None
    what, _, at_ns = _HEADER.unpack_from(body)
    rest = body[_HEADER.size :]
    if what == _FORK:
        _, parent, child, group = struct.unpack_from("=IIII", rest)
        return Forked(at_ns, parent, child) if child == group else None
    if what == _EXEC:
        _, pid = struct.unpack_from("=II", rest)
        return Executed(at_ns, Process(pid, ()))
    if what == _EXIT:
        task, pid, status = struct.unpack_from("=III", rest)
        return Ended(at_ns, pid, _code(status)) if task == pid else None
    return None


def _body(message: bytes) -> bytes:
    return message[_NLMSG.size + _CN_MSG.size :]


def _code(status: int) -> int:
    return os.waitstatus_to_exitcode(status & 0xFFFF)
