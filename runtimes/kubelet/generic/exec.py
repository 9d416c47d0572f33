"""Commands in containers, and the URLs at which streaming servers wait.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go, kuberuntime_sandbox.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ExecResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.services import CriService


def run(service: CriService, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
    answer = service.exec_sync(container_id, cmd, timeout)
    return ExecResult(answer.exit_code, answer.stdout, answer.stderr)


def exec_url(
    service: CriService, container_id: str, cmd: Sequence[str], *, tty: bool, stdin: bool
) -> str:
    """A tty has no stderr of its own."""
    return service.exec(
        cri.ExecRequest(
            container_id=container_id,
            cmd=cmd,
            tty=tty,
            stdin=stdin,
            stdout=True,
            stderr=not tty,
        )
    )


def attach_url(service: CriService, container_id: str, *, tty: bool, stdin: bool) -> str:
    return service.attach(
        cri.AttachRequest(
            container_id=container_id, tty=tty, stdin=stdin, stdout=True, stderr=not tty
        )
    )


def port_forward_url(service: CriService, pod_sandbox_id: str, ports: Sequence[int]) -> str:
    return service.port_forward(cri.PortForwardRequest(pod_sandbox_id=pod_sandbox_id, port=ports))
