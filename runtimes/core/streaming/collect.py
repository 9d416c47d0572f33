"""Read a session's outputs to their end, for who wants them whole, or its command to its end."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ExecResult
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from runtimes.core.streaming.session import Outlet, StreamSession

LIMIT = 16 << 20
"""Bytes kept of each stream; what comes after is read and dropped, so that the writer goes on."""

_CHUNK = 65536
_GRACE = 1.0
"""Seconds that the exit code of a command may take to be told, once its outputs have ended."""


def finish(opened: StreamSession, until: float | None) -> ExecResult | None:
    """Wait for a command, which may close its outputs and go on; None when `until` was first."""
    collected = collect(opened, until)
    if collected is None:
        return None
    try:
        code = opened.wait(None if until is None else max(_GRACE, until - time.monotonic()))
    except errors.DeadlineExceeded:
        return None
    return ExecResult(code, *collected)


def collect(opened: StreamSession, until: float | None) -> tuple[bytes, bytes] | None:
    """Give what came of stdout and stderr; None when `until`, by the monotonic clock, was first."""
    collected = {Channel.STDOUT: bytearray(), Channel.STDERR: bytearray()}
    poll = select.poll()
    outlets = {outlet.fd: outlet for outlet in opened.outputs}
    for descriptor in outlets:
        poll.register(descriptor, select.POLLIN)
    while outlets:
        left = None if until is None else (until - time.monotonic()) * 1000
        ready = poll.poll(None if left is None else max(0.0, left))
        if not ready:
            return None
        for descriptor, _ in ready:
            if not _take(outlets[descriptor], collected):
                poll.unregister(descriptor)
                del outlets[descriptor]
    return bytes(collected[Channel.STDOUT]), bytes(collected[Channel.STDERR])


def _take(outlet: Outlet, collected: dict[Channel, bytearray]) -> bool:
    """Read once; False at the end."""
    data = os.read(outlet.fd, _CHUNK)
    for channel, piece in outlet.decode(data):
        kept = collected[channel]
        kept += piece[: LIMIT - len(kept)]
    return bool(data)
