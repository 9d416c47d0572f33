"""The steps of a pod's sync on a CRI service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic import convert, pod_volumes
from runtimes.kubelet.generic.delete import delete_container
from runtimes.kubelet.generic.kill import PodKill, kill_container, kill_pod
from runtimes.kubelet.generic.node import OWNER, Node
from runtimes.kubelet.generic.start import CriSandbox, Start, start_container

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.core.pod.sync import SyncResult
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.events import Event
    from runtimes.kubelet.sync.steps import PodSteps


@dataclass(slots=True)
class CriSteps:
    """For one sync of one pod."""

    node: Node
    auths: Sequence[RegistryAuth] = ()
    volumes: dict[str, Path] = field(default_factory=dict)

    def tell(self, event: Event) -> None:
        self.node.around.record(event)

    def kill_pod(self, pod: v1.Pod, status: PodStatus) -> Sequence[SyncResult]:
        kill = PodKill(pod, pod.metadata.uid, status.containers, status.sandboxes)
        return kill_pod(self.node, kill)

    def kill_container(self, pod: v1.Pod, kill: ContainerKill) -> None:
        kill_container(self.node, pod, kill)

    def remove_container(self, container_id: str) -> None:
        delete_container(self.node.service, container_id)

    def prepare(self, pod: v1.Pod) -> None:
        node = self.node
        self.volumes = pod_volumes.prepare(pod, node.config, node.around)
        with pod_volumes.told("prepare", pod, node.around):
            logs = layout.pod_folders(node.config, pod).logs
            logs.mkdir(mode=0o755, parents=True, exist_ok=True)

    def refresh(self, pod: v1.Pod, ips: tuple[str, ...]) -> None:
        pod_volumes.refresh(pod, ips, self.node.config, self.node.around)

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> CriSandbox:
        try:
            config = self._config(pod, attempt)
            handler = pod.spec.runtime_class_name
            sandbox_id = self.node.service.run_pod_sandbox(config, handler)
        except errors.Error as error:
            message = f"Failed to create pod sandbox: {error}"
            self.node.warn(pod, EventReason.FAILED_CREATE_POD_SANDBOX, message)
            raise
        return CriSandbox(sandbox_id, config, self._addresses(pod, sandbox_id))

    def use_sandbox(self, pod: v1.Pod, status: PodStatus, sandbox_id: str) -> CriSandbox:
        sandbox = next(one for one in status.sandboxes if one.id == sandbox_id)
        return CriSandbox(sandbox_id, self._config(pod, sandbox.attempt), sandbox.ips)

    def start_container(
        self,
        pod: v1.Pod,
        container: v1.Container | v1.EphemeralContainer,
        sandbox: CriSandbox,
        status: PodStatus,
    ) -> None:
        start = Start(
            node=self.node,
            pod=pod,
            container=container,
            sandbox=sandbox,
            volumes=self.volumes,
            status=status,
            auths=self.auths,
        )
        start_container(start)

    def _config(self, pod: v1.Pod, attempt: int) -> cri.PodSandboxConfig:
        node = self.node
        config = sandbox_config(
            pod, attempt, node.config, node_resolver=node.resolver(), systemd=node.systemd
        )
        config.annotations[OWNER] = str(node.config.root)
        return config

    def _addresses(self, pod: v1.Pod, sandbox_id: str) -> tuple[str, ...]:
        if pod.spec.host_network:
            return ()
        try:
            return convert.addresses(self.node.service.pod_sandbox_status(sandbox_id).status)
        except errors.Error as error:
            message = f"Failed to read the status of the new sandbox: {error}"
            self.node.warn(pod, EventReason.FAILED_POD_SANDBOX_STATUS, message)
            raise


if TYPE_CHECKING:

    def _is_steps(steps: CriSteps) -> PodSteps[CriSandbox]:
        return steps
