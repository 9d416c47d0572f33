"""Attach: the URL, or the session behind it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.request import check_attach
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.core.streaming.session import StreamSession
    from runtimes.cri_remote.streaming_options import StreamingOptions
    from runtimes.cri_remote.transport import Transport

_PATIENCE = 10.0
_PERIOD = 0.05


def attach_url(runtime: Transport, request: cri.AttachRequest) -> str:
    """Ask for a URL.

    Source: CRI Attach.
    """
    answer = runtime.unary("Attach", request, cri.AttachResponse)
    validate.require("Attach", {"url": answer.url})
    return answer.url


def open_attach(
    runtime: Transport, request: cri.AttachRequest, options: StreamingOptions
) -> StreamSession:
    """Connect to a container's main process by way of the runtime's streaming server.

    Raises:
        Unavailable: the streaming server can't be reached.
    Source: CRI Attach.
    """
    from runtimes.cri_remote.streaming import opening, status

    def judge(words: bytes) -> int:
        status.exit_code(words, f"attach to container '{request.container_id}'")
        return _exit_code(runtime, request.container_id)

    check_attach(request)
    url = attach_url(runtime, request)
    return opening.open_session(url, opening.channels_of(request), judge, options)


def _exit_code(runtime: Transport, container_id: str) -> int:
    """How the container ended, which an attachment's streams don't tell."""
    end = time.monotonic() + _PATIENCE
    request = cri.ContainerStatusRequest(container_id=container_id)
    while time.monotonic() < end:
        deadline.check(f"wait for the end of container '{container_id}'")
        status = runtime.unary("ContainerStatus", request, cri.ContainerStatusResponse).status
        if status.state == cri.CONTAINER_EXITED:
            return status.exit_code
        time.sleep(_PERIOD)
    raise errors.Unavailable(
        f"attach to container '{container_id}': the streaming server ended it, but the container "
        "goes on; attach again"
    )
