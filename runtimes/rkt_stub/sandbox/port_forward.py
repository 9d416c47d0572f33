"""PortForward, without socat: through the network namespace of the pod's first process.

Source: CRI PortForward; rktlet, which gave a URL and then an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import loopback
from runtimes.rkt_stub.program.status import pid_of

if TYPE_CHECKING:
    import socket

    from runtimes.rkt_stub.shim.engine import ShimEngine


def open_port_forward(engine: ShimEngine, sandbox_id: str, port: int) -> socket.socket:
    """Connect to a port on the sandbox's loopback.

    Raises:
        NotFound: no such sandbox.
        FailedPrecondition: it isn't READY.
        InvalidArgument: `port` isn't 1 to 65535.
        Unavailable: nothing listens there.
    Source: CRI PortForward.
    """
    record = engine.sandboxes.load(sandbox_id)
    uuid = engine.uuid(record.id)
    pid = pid_of(engine.rkt, uuid) if uuid and not record.stopped else None
    if pid is None:
        raise errors.FailedPrecondition(f"forward port {port}: sandbox '{sandbox_id}' isn't READY")
    return loopback.connect(Path(f"/proc/{pid}/ns/net"), port)
