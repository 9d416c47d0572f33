"""The steps of a pod's sync that are the same wherever there are sandboxes and containers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.kubelet.generic import pod_volumes
from runtimes.kubelet.generic.containers import Sandbox
from runtimes.kubelet.generic.kill import PodKill, kill_container, kill_pod
from runtimes.kubelet.generic.start import Start, start_container

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.core.pod.sync import SyncResult
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.events import Event
    from runtimes.kubelet.generic.node import Node


@dataclass(slots=True)
class NodeSteps(ABC):
    """For one sync of one pod."""

    node: Node
    auths: Sequence[RegistryAuth] = ()
    volumes: dict[str, Path] = field(default_factory=dict)

    @abstractmethod
    def config(self, pod: v1.Pod, attempt: int) -> cri.PodSandboxConfig:
        """What a sandbox of the pod is made from."""

    def tell(self, event: Event) -> None:
        self.node.around.record(event)

    def kill_pod(self, pod: v1.Pod, status: PodStatus) -> Sequence[SyncResult]:
        kill = PodKill(pod, pod.metadata.uid, status.containers, status.sandboxes)
        return kill_pod(self.node, kill)

    def kill_container(self, pod: v1.Pod, kill: ContainerKill) -> None:
        kill_container(self.node, pod, kill)

    def prepare(self, pod: v1.Pod) -> None:
        self.volumes = pod_volumes.prepare(pod, self.node.config, self.node.around)

    def refresh(self, pod: v1.Pod, ips: tuple[str, ...]) -> None:
        pod_volumes.refresh(pod, ips, self.node.config, self.node.around)

    def use_sandbox(self, pod: v1.Pod, status: PodStatus, sandbox_id: str) -> Sandbox:
        sandbox = next(one for one in status.sandboxes if one.id == sandbox_id)
        return Sandbox(sandbox_id, self.config(pod, sandbox.attempt), sandbox.ips)

    def start_container(
        self,
        pod: v1.Pod,
        container: v1.Container | v1.EphemeralContainer,
        sandbox: Sandbox,
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
