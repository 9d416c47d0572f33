"""The steps of a pod's sync on a CRI service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.dns import ClusterDns, omissions
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic import convert, pod_volumes
from runtimes.kubelet.generic.containers import Sandbox
from runtimes.kubelet.generic.delete import delete_container
from runtimes.kubelet.generic.node import OWNER, CriNode
from runtimes.kubelet.generic.node_steps import NodeSteps

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.kubelet.sync.steps import PodSteps


@dataclass(slots=True)
class CriSteps(NodeSteps):
    """For one sync of one pod."""

    node: CriNode

    def remove_container(self, container_id: str) -> None:
        delete_container(self.node.service, container_id)

    def prepare(self, pod: v1.Pod) -> None:
        NodeSteps.prepare(self, pod)
        node = self.node
        with pod_volumes.told("prepare", pod, node.around):
            logs = layout.pod_folders(node.config, pod).logs
            logs.mkdir(mode=0o755, parents=True, exist_ok=True)

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> Sandbox:
        try:
            config = self.config(pod, attempt)
            self._tell_of_dns(pod)
            handler = pod.spec.runtime_class_name
            sandbox_id = self.node.service.run_pod_sandbox(config, handler)
        except errors.Error as error:
            message = f"Failed to create pod sandbox: {error}"
            self.node.warn(pod, EventReason.FAILED_CREATE_POD_SANDBOX, message)
            raise
        return Sandbox(sandbox_id, config, self._addresses(pod, sandbox_id))

    def config(self, pod: v1.Pod, attempt: int) -> cri.PodSandboxConfig:
        node = self.node
        config = sandbox_config(
            pod, attempt, node.config, node_resolver=node.resolver(), systemd=node.systemd
        )
        config.annotations[OWNER] = str(node.config.root)
        return config

    def _tell_of_dns(self, pod: v1.Pod) -> None:
        config = self.node.config
        cluster = ClusterDns(config.cluster_dns, config.cluster_domain)
        for omission in omissions(pod, cluster, self.node.resolver()):
            self.node.warn(pod, EventReason.DNS_CONFIG_FORMING, omission)

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

    def _is_steps(steps: CriSteps) -> PodSteps[Sandbox]:
        return steps
