"""URLs for a service that opens streams itself: who asks is told at once what can't be.

Source: kubelet pkg/kubelet/cri/streaming/server.go (GetExec, GetAttach, GetPortForward).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.request import check_attach, check_exec

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from runtimes.core.cri.services import CriService
    from runtimes.server.streaming.tokens import Tokens

Wanted: TypeAlias = cri.ExecRequest | cri.AttachRequest | cri.PortForwardRequest


@dataclass(frozen=True, slots=True)
class Urls:
    """Attributes:
    base: scheme, host and port.
    """

    service: CriService
    tokens: Tokens[Wanted]
    base: str

    def answer(self, request: Message) -> Message | None:
        """The answer to Exec, Attach or PortForward; None if `request` is another RPC's.

        Raises:
            InvalidArgument: no id, no stream at all, a tty together with stderr.
            NotFound, FailedPrecondition: the container or sandbox doesn't run.
            ResourceExhausted: too many URLs wait to be used.
        """
        if isinstance(request, cri.ExecRequest):
            check_exec(request)
            self._check_container(request.container_id)
            return cri.ExecResponse(url=self._url("exec", request))
        if isinstance(request, cri.AttachRequest):
            check_attach(request)
            self._check_container(request.container_id)
            return cri.AttachResponse(url=self._url("attach", request))
        if isinstance(request, cri.PortForwardRequest):
            self._check_sandbox(request.pod_sandbox_id)
            return cri.PortForwardResponse(url=self._url("portforward", request))
        return None

    def _url(self, kind: str, request: Wanted) -> str:
        return f"{self.base}/{kind}/{self.tokens.issue(request)}"

    def _check_container(self, container_id: str) -> None:
        if not container_id:
            raise errors.InvalidArgument("stream: the container's id is missing")
        status = self.service.container_status(container_id).status
        if status.state != cri.CONTAINER_RUNNING:
            raise errors.FailedPrecondition(f"container '{container_id}' isn't running")

    def _check_sandbox(self, pod_sandbox_id: str) -> None:
        if not pod_sandbox_id:
            raise errors.InvalidArgument("port-forward: the sandbox's id is missing")
        status = self.service.pod_sandbox_status(pod_sandbox_id).status
        if status.state != cri.SANDBOX_READY:
            raise errors.FailedPrecondition(f"sandbox '{pod_sandbox_id}' isn't ready")
