"""PortForward, as a connected socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import loopback
from runtimes.oci.sandbox.ready import is_ready

if TYPE_CHECKING:
    import socket

    from runtimes.oci.engine import Engine


def open_port_forward(engine: Engine, pod_sandbox_id: str, port: int) -> socket.socket:
    """Connect to a port on the sandbox's loopback, IPv4 or IPv6; the caller closes the socket.

    Raises:
        NotFound: no such sandbox.
        FailedPrecondition: it isn't READY.
        InvalidArgument: `port` isn't 1 to 65535.
        Unavailable: nothing listens there.
    Source: CRI PortForward.
    """
    record = engine.sandboxes.load(engine.sandboxes.resolve(pod_sandbox_id))
    if not is_ready(engine, record):
        raise errors.FailedPrecondition(
            f"forward port {port} of sandbox '{record.id}': it isn't ready"
        )
    namespace = engine.paths.pin(record.id, "net") if record.netns_inode else None
    return loopback.connect(namespace, port)
