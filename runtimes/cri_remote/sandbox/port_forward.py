"""PortForward: the URL, or the connection behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    import socket

    from runtimes.cri_remote.streaming_options import StreamingOptions
    from runtimes.cri_remote.transport import Transport


def port_forward_url(runtime: Transport, request: cri.PortForwardRequest) -> str:
    """Ask for a URL.

    Source: CRI PortForward.
    """
    answer = runtime.unary("PortForward", request, cri.PortForwardResponse)
    validate.require("PortForward", {"url": answer.url})
    return answer.url


def open_port_forward(
    runtime: Transport, pod_sandbox_id: str, port: int, options: StreamingOptions
) -> socket.socket:
    """Connect to a port by way of the runtime's streaming server.

    Whether something listens there is known only afterwards: a refusal ends the socket and is
    logged.

    Raises:
        InvalidArgument: `port` isn't 1 to 65535.
        Unavailable: the streaming server can't be reached.
    Source: CRI PortForward; kubelet server/portforward.
    """
    from runtimes.cri_remote.streaming import opening

    if not 1 <= port <= 65535:
        raise errors.InvalidArgument(f"forward port {port}: ports are 1 to 65535")
    request = cri.PortForwardRequest(pod_sandbox_id=pod_sandbox_id, port=[port])
    return opening.open_port(port_forward_url(runtime, request), port, options)
