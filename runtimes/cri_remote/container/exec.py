"""Exec: the URL, or the session behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.request import check_exec
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.cri_remote.streaming_options import StreamingOptions
    from runtimes.cri_remote.transport import Transport


def exec_url(runtime: Transport, request: cri.ExecRequest) -> str:
    """Ask for a URL.

    Source: CRI Exec.
    """
    answer = runtime.unary("Exec", request, cri.ExecResponse)
    validate.require("Exec", {"url": answer.url})
    return answer.url


def open_exec(
    runtime: Transport,
    request: cri.ExecRequest,
    options: StreamingOptions,
    size: Size | None = None,
) -> StreamSession:
    """Run a command by way of the runtime's streaming server, which is told `size` first.

    What it says of a program that can't be executed comes with the session's end.

    Raises:
        Unavailable: the streaming server can't be reached.
    Source: CRI Exec; kubelet server/remotecommand.
    """
    from runtimes.cri_remote.streaming import opening, status

    check_exec(request)
    what = f"exec in container '{request.container_id}'"
    channels = opening.channels_of(request)
    url = exec_url(runtime, request)
    session = opening.open_session(
        url, channels, lambda words: status.exit_code(words, what), options
    )
    if size is not None:
        session.resize(*size)
    return session
