"""Which process listens at a socket that calls went to."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from runtimes.history.recording import proc

if TYPE_CHECKING:
    from runtimes.history.story.caught import Process

_CREDENTIALS = struct.Struct("3i")
_SECONDS = 1.0
_UNIX = "unix://"


def listener(endpoint: str) -> Process | None:
    """The process that began to listen; None when it can't be told, as over TCP."""
    if not endpoint.startswith(_UNIX):
        return None
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(_SECONDS)
        try:
            link.connect(endpoint.removeprefix(_UNIX))
        except OSError:
            return None
        told = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, _, _ = _CREDENTIALS.unpack(told)
    return proc.look(pid) if pid > 0 else None
