"""One thread that moves bytes between descriptors for every session of this process.

A command's output goes through it because a pipe, or a terminal, ends with its last writer, and
that may be a child which the command left behind. The pump ends a session's pipe when the command
has ended. Input for an attached container goes through it because monitors take packets of a
limited size, and input for a terminal so that no holder decides whether the terminal blocks.

    command --pipe or terminal--> pump --pipe--> the session's holder
    the session's holder --pipe--> pump --terminal or packets--> command or monitor

It never reads more than the other side takes: a slow reader makes the writer wait.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.oci.stream.targets import Full

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.oci.stream.targets import Target

_LEFT = 1 << 18
"""Bytes taken after a command's end: more than a pipe or a terminal holds."""


class Flow:
    """One way of bytes. Only the pump's thread touches it.

    Attributes:
        left: how much may still come, once the command has ended; None before.
        blocked: the target is full, so the source isn't watched.
    """

    def __init__(self, source: int, target: Target) -> None:
        os.set_blocking(source, False)
        self.source = source
        self.target = target
        self.left: int | None = None
        self.blocked = False
        self.closed = False


class Pump:
    """Owns the descriptors of its flows. Thread-safe; costs nothing before its first use."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._epoll: select.epoll | None = None
        self._handlers: dict[int, Callable[[], None]] = {}

    def add(self, source: int, target: Target) -> Flow:
        """Move everything from `source` to `target` until either ends; then close both."""
        flow = Flow(source, target)
        with self._guard:  # a target that is gone already must not close the source in between
            with suppress(PermissionError):  # /dev/null, which never goes away, can't be watched
                self._watch(target.fd, 0, lambda: self._target_says(flow))
            self._watch(source, select.EPOLLIN, lambda: self._move(flow))
        return flow

    def when_ended(self, pid: int, then: Callable[[], None], flows: Sequence[Flow] = ()) -> None:
        """Once the process `pid`, a child, has ended: `then()`, and end flows after what is there.

        `then` runs in the pump's thread and must not block.
        """
        descriptor = os.pidfd_open(pid)

        def ended() -> None:
            self._forget(descriptor)
            os.close(descriptor)
            then()
            for flow in flows:
                self._end(flow)

        self._watch(descriptor, select.EPOLLIN, ended)

    def _watch(self, descriptor: int, events: int, handler: Callable[[], None]) -> None:
        """Call `handler` on any of the events, and when the other side has gone away."""
        with self._guard:
            if self._epoll is None:
                self._epoll = select.epoll()
                threading.Thread(target=self._run, name="stream-pump", daemon=True).start()
            self._handlers[descriptor] = handler
            try:
                self._epoll.register(descriptor, events)
            except BaseException:
                del self._handlers[descriptor]
                raise

    def _forget(self, descriptor: int) -> None:
        with self._guard:
            if self._handlers.pop(descriptor, None) and self._epoll is not None:
                self._epoll.unregister(descriptor)

    def _run(self) -> None:
        assert self._epoll is not None  # noqa: S101 -- made before the thread
        while True:
            for descriptor, _ in self._epoll.poll():
                handler = self._handlers.get(descriptor)
                if handler is not None:  # an earlier one of this round may have ended it
                    handler()

    def _move(self, flow: Flow) -> None:
        """Move once; after the command's end, all that is there."""
        while not (flow.closed or flow.blocked):
            try:
                moved = flow.target.take(flow.source)
            except Full:
                self._block(flow)
                return
            except BlockingIOError:
                moved = -1  # nothing there
            except OSError:
                moved = 0  # nobody there
            if flow.left is None and moved != 0:
                return
            self._account(flow, moved)

    def _account(self, flow: Flow, moved: int) -> None:
        if flow.left is not None:
            flow.left -= max(moved, 0)
        if moved <= 0 or (flow.left is not None and flow.left <= 0):
            self._close(flow)

    def _block(self, flow: Flow) -> None:
        self._forget(flow.source)
        flow.blocked = True
        assert self._epoll is not None  # noqa: S101 -- the flow is in it
        self._epoll.modify(flow.target.fd, select.EPOLLOUT)

    def _target_says(self, flow: Flow) -> None:
        """It takes more; or, without being asked, its reader is gone."""
        if not flow.blocked:
            self._close(flow)
            return
        assert self._epoll is not None  # noqa: S101 -- the flow is in it
        self._epoll.modify(flow.target.fd, 0)
        flow.blocked = False
        self._watch(flow.source, select.EPOLLIN, lambda: self._move(flow))
        self._move(flow)

    def _end(self, flow: Flow) -> None:
        flow.left = _LEFT
        self._move(flow)

    def _close(self, flow: Flow) -> None:
        flow.closed = True
        self._forget(flow.target.fd)
        if not flow.blocked:
            self._forget(flow.source)
        os.close(flow.source)
        flow.target.finish()


PUMP = Pump()
