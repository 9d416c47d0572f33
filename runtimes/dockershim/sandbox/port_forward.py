"""PortForward, opened in process.

Source: kubelet 1.22 dockershim/docker_streaming.go, which needs nsenter, socat and IPv4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import loopback
from runtimes.dockershim.sandbox import find, ready

if TYPE_CHECKING:
    import socket

    from runtimes.dockershim.engine import Engine


def open_port_forward(engine: Engine, pod_sandbox_id: str, port: int) -> socket.socket:
    """Connect to a port on the sandbox's loopback; the caller closes the socket.

    Raises:
        NotFound: no such sandbox.
        FailedPrecondition: it isn't READY, or its processes can't be seen from here.
        InvalidArgument: `port` isn't 1 to 65535.
        Unavailable: nothing listens there.
    Source: CRI PortForward.
    """
    found = find.one(engine, pod_sandbox_id)
    if not ready.is_ready(engine, found.record, found.summary):
        raise errors.FailedPrecondition(
            f"forward port {port} of pod sandbox '{found.id}': it isn't ready; run a new one"
        )
    pause = found.record.pause if found.record is not None else None
    if pause is None:
        raise errors.FailedPrecondition(
            f"forward port {port} of pod sandbox '{found.id}': the Engine's processes can't be "
            "seen from here; run this beside it"
        )
    return loopback.connect(ready.netns_of(pause.pid), port)
