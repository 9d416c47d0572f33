"""The steps of a pod's sync straight on an Engine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.cgroup_parent import cgroup_parent
from runtimes.core.host.clamp import host_grants
from runtimes.docker_legacy.pod import spec
from runtimes.docker_legacy.pod.images import pull_image
from runtimes.docker_legacy.pod.kill import PodKill, Stop, kill_pod, stop_container
from runtimes.docker_legacy.pod.remove import remove_container, remove_quietly
from runtimes.docker_legacy.pod.start import Infra, Start, start_container
from runtimes.docker_legacy.pod.status import addresses
from runtimes.docker_legacy.pod.whose import OWNER
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic import pod_volumes
from runtimes.kubelet.sync.grace import plan_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus, RegistryAuth
    from runtimes.core.pod.sync import SyncResult
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.events import Event
    from runtimes.kubelet.sync.steps import PodSteps


@dataclass(slots=True)
class DockerSteps:
    """For one sync of one pod."""

    node: DockerNode
    auths: Sequence[RegistryAuth] = ()
    volumes: dict[str, Path] = field(default_factory=dict)

    def tell(self, event: Event) -> None:
        self.node.around.record(event)

    def kill_pod(self, pod: v1.Pod, status: PodStatus) -> Sequence[SyncResult]:
        kill = PodKill(pod, pod.metadata.uid, status.containers, status.sandboxes)
        return kill_pod(self.node, kill)

    def kill_container(self, pod: v1.Pod, kill: ContainerKill) -> None:
        self.node.tell(pod, EventReason.KILLING, kill.message, container=kill.name)
        plan = plan_of(pod, kill.container, kill.reason)
        uid = pod.metadata.uid
        stop = Stop(uid=uid, id=kill.id, container=kill.container, plan=plan, ips=kill.ips)
        stop_container(self.node, stop)

    def remove_container(self, container_id: str) -> None:
        remove_container(self.node.docker, container_id)

    def refresh(self, pod: v1.Pod, ips: tuple[str, ...]) -> None:
        pod_volumes.refresh(pod, ips, self.node.config, self.node.around)

    def prepare(self, pod: v1.Pod) -> None:
        self.volumes = pod_volumes.prepare(pod, self.node.config, self.node.around)

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> Infra:
        docker = self.node.docker
        try:
            _refuse_runtime_class(pod)
            config = self._config(pod, attempt)
            image = self._infra_image()
            options = spec.infra(config, image, self.node.random(), host_grants())
            with ExitStack() as undo:
                infra_id = docker.create_container(options)["Id"]
                undo.callback(remove_quietly, docker, infra_id)
                docker.start_container(infra_id)
                found = docker.inspect_container(infra_id)
                undo.pop_all()
        except errors.Error as error:
            message = f"Failed to create pod sandbox: {error}"
            reason = EventReason.FAILED_CREATE_POD_SANDBOX
            self.node.tell(pod, reason, message, warning=True)
            raise
        return Infra(infra_id, config, () if pod.spec.host_network else addresses(found))

    def use_sandbox(self, pod: v1.Pod, status: PodStatus, sandbox_id: str) -> Infra:
        sandbox = next(one for one in status.sandboxes if one.id == sandbox_id)
        return Infra(sandbox_id, self._config(pod, sandbox.attempt), sandbox.ips)

    def start_container(
        self,
        pod: v1.Pod,
        container: v1.Container | v1.EphemeralContainer,
        sandbox: Infra,
        status: PodStatus,
    ) -> None:
        start = Start(
            node=self.node,
            pod=pod,
            container=container,
            infra=sandbox,
            volumes=self.volumes,
            status=status,
            auths=self.auths,
        )
        start_container(start)

    def _infra_image(self) -> str:
        """Have it here, pulled if need be."""
        image = self.node.infra_image
        try:
            return self.node.docker.inspect_image(image)["Id"]
        except errors.ImageNotFound:
            return pull_image(self.node.docker, image, self.auths)

    def _config(self, pod: v1.Pod, attempt: int) -> cri.PodSandboxConfig:
        node, driver = self.node, self.node.facts.cgroup_driver()
        resolver = node.resolver()
        config = sandbox_config(
            pod, attempt, node.config, node_resolver=resolver, systemd=driver == cri.SYSTEMD
        )
        config.linux.cgroup_parent = cgroup_parent(config.linux.cgroup_parent, driver)
        config.annotations[OWNER] = str(node.config.root)
        return config


def _refuse_runtime_class(pod: v1.Pod) -> None:
    """In this era there were none."""
    wanted = pod.spec.runtime_class_name
    if wanted:
        raise errors.Unimplemented(
            f"run the pod by runtime class '{wanted}': backend 'docker' has the Engine's default "
            "only; backend 'dockershim' has them all"
        )


if TYPE_CHECKING:

    def _is_steps(steps: DockerSteps) -> PodSteps[Infra]:
        return steps
