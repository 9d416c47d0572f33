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
FIRST_PASSED = 3
"""Source: sd_listen_fds(3), SD_LISTEN_FDS_START."""
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


def passed_socket(environ: Mapping[str, str], pid: int) -> socket.socket | None:
    """The unix socket on which systemd already listens for us; None without socket activation.

    Raises:
        FailedPrecondition: there are several, or it isn't a listening unix socket with a path.
    """
    count = environ.get("LISTEN_FDS", "0")
    if environ.get("LISTEN_PID") != str(pid) or count in {"", "0"}:
        return None
    if count != "1":
        raise errors.FailedPrecondition(
            f"start by socket activation: {count} sockets were passed, one is served; "
            "leave one ListenStream= in the .socket unit"
        )
    try:
        passed = socket.socket(fileno=FIRST_PASSED)
    except OSError as error:
        raise _not_listening(error.strerror or str(error)) from error
    path = passed.getsockname() if passed.family == socket.AF_UNIX else ""
    if not isinstance(path, str) or not path.startswith("/"):
        raise _not_listening("it isn't a unix socket with a path")
    if not passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise _not_listening("nobody listens on it")
    passed.set_inheritable(False)
    return passed


def _not_listening(why: str) -> errors.FailedPrecondition:
    return errors.FailedPrecondition(
        f"start by socket activation: descriptor {FIRST_PASSED} can't be served: {why}; "
        "write ListenStream=/run/runtimes/x.sock in the .socket unit"
    )
