"""ExecSync: bounded by the command's own timeout and kubelet's patience together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.cri_remote.transport import Transport


def exec_sync(
    runtime: Transport, container_id: str, cmd: Sequence[str], timeout: int
) -> cri.ExecSyncResponse:
    """Run a command.

    Raises:
        InvalidArgument: `cmd` is empty; the runtime isn't asked.
    Source: CRI ExecSync; kubelet remote_runtime.go (ExecSync).
    """
    if not cmd:
        raise errors.InvalidArgument(f"exec in container '{container_id}': the command is empty")
    request = cri.ExecSyncRequest(container_id=container_id, cmd=cmd, timeout=timeout)
    return runtime.unary("ExecSync", request, cri.ExecSyncResponse, own=timeout)
