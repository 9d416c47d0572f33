"""Which streams a caller may ask for.

Source: kubelet pkg/kubelet/cri/streaming/server.go (validateExecRequest, validateAttachRequest).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri


def check_exec(request: cri.ExecRequest) -> None:
    """Refuse an Exec that can't be. Pure.

    Raises:
        InvalidArgument: no command, no stream at all, or a tty together with stderr.
    """
    action = f"exec in container '{request.container_id}'"
    if not request.cmd:
        raise errors.InvalidArgument(f"{action}: the command is empty")
    _check(action, request)


def check_attach(request: cri.AttachRequest) -> None:
    """Refuse an Attach that can't be. Pure.

    Raises:
        InvalidArgument: no stream at all, or a tty together with stderr.
    """
    _check(f"attach to container '{request.container_id}'", request)


def _check(action: str, request: cri.ExecRequest | cri.AttachRequest) -> None:
    if not (request.stdin or request.stdout or request.stderr):
        raise errors.InvalidArgument(f"{action}: ask for stdin, stdout or stderr")
    if request.tty and request.stderr:
        raise errors.InvalidArgument(f"{action}: a tty has no stderr of its own; ask for stdout")
