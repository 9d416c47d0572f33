"""Streams of containers and pods: what a CRI service is asked for.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (GetExec, GetAttach).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import StreamingService

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.services import CriService


def streaming(service: CriService, name: str) -> StreamingService:
    """Take the service for one that opens streams.

    Raises:
        Unimplemented: it doesn't.
    """
    if isinstance(service, StreamingService):
        return service
    raise errors.Unimplemented(
        f"open a stream: backend '{name}' has no exec with streams, attach or port-forward"
    )


def exec_request(
    container_id: str, cmd: Sequence[str], *, tty: bool, stdin: bool
) -> cri.ExecRequest:
    """A tty has no stderr of its own."""
    return cri.ExecRequest(
        container_id=container_id, cmd=cmd, tty=tty, stdin=stdin, stdout=True, stderr=not tty
    )


def attach_request(container_id: str, *, tty: bool, stdin: bool) -> cri.AttachRequest:
    return cri.AttachRequest(
        container_id=container_id, tty=tty, stdin=stdin, stdout=True, stderr=not tty
    )
