"""What systemd wants to hear of a service, and what it may hand over.

Source: sd_notify(3), sd_listen_fds(3).
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTIFY = "NOTIFY_SOCKET"
logger = logging.getLogger(__name__)


def notify(state: str, environ: Mapping[str, str] | None = None) -> bool:
    """Tell systemd, e.g. ``READY=1``; False when nobody listens, which harms nothing."""
    address = (os.environ if environ is None else environ).get(NOTIFY, "")
    if not address.startswith(("/", "@")):
        return False
    name = f"\0{address[1:]}" if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.sendto(state.encode(), name)
    except OSError as error:
        logger.warning("tell systemd '%s': %s", state, error)
        return False
    return True


def refuse_activation(environ: Mapping[str, str], pid: int) -> None:
    """Refuse sockets that systemd has opened for us: clients would wait in them for ever.

    Raises:
        FailedPrecondition: there are some; gRPC for Python can't listen on an open socket.
    """
    count = environ.get("LISTEN_FDS", "0")
    if environ.get("LISTEN_PID") == str(pid) and count not in {"", "0"}:
        raise errors.FailedPrecondition(
            f"start by socket activation ({count} sockets): gRPC for Python can't listen on an "
            "open socket; remove the .socket unit and start the service itself (Type=notify)"
        )
