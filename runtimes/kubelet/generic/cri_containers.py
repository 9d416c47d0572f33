"""The containers of a CRI service, as starting and stopping them sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ExecResult
from runtimes.kubelet import layout
from runtimes.kubelet.generic.images import PodImages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import RegistryAuth
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.containers import Containers, Sandbox


@dataclass(frozen=True, slots=True)
class CriContainers:
    service: CriService
    config: KubeletConfig

    def images(self, auths: Sequence[RegistryAuth], sandbox: Sandbox) -> PodImages:
        return PodImages(self.service, auths, sandbox.config)

    def create(self, pod: v1.Pod, config: cri.ContainerConfig, sandbox: Sandbox) -> str:
        folder = self.log_file(pod, config, "").parent
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        return self.service.create_container(sandbox.id, config, sandbox.config)

    def start(self, container_id: str) -> None:
        self.service.start_container(container_id)

    def stop(self, container_id: str, timeout: int) -> None:
        self.service.stop_container(container_id, timeout)

    def remove(self, container_id: str) -> None:
        self.service.remove_container(container_id)

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
        answer = self.service.exec_sync(container_id, cmd, timeout)
        return ExecResult(answer.exit_code, answer.stdout, answer.stderr)

    def runs(self, container_id: str) -> bool:
        try:
            state = self.service.container_status(container_id).status.state
        except errors.NotFound:
            return False
        return state == cri.CONTAINER_RUNNING

    def annotations(self, container_id: str, name: str) -> Mapping[str, str]:
        del name
        return self.service.container_status(container_id).status.annotations

    def log_file(self, pod: v1.Pod, config: cri.ContainerConfig, container_id: str) -> Path:
        del container_id
        return layout.pod_folders(self.config, pod).logs / config.log_path

    def stop_sandbox(self, sandbox_id: str) -> None:
        self.service.stop_pod_sandbox(sandbox_id)


if TYPE_CHECKING:

    def _are_containers(containers: CriContainers) -> Containers:
        return containers
