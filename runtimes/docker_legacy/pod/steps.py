"""The steps of a pod's sync straight on an Engine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.cgroup_parent import cgroup_parent
from runtimes.core.host.clamp import host_grants
from runtimes.docker_legacy.pod import spec
from runtimes.docker_legacy.pod.images import pull_image
from runtimes.docker_legacy.pod.remove import remove_container, remove_quietly
from runtimes.docker_legacy.pod.status import addresses
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generic.containers import Sandbox
from runtimes.kubelet.generic.node import OWNER
from runtimes.kubelet.generic.node_steps import NodeSteps

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.kubelet.sync.steps import PodSteps


@dataclass(slots=True)
class DockerSteps(NodeSteps):
    """For one sync of one pod."""

    node: DockerNode

    def remove_container(self, container_id: str) -> None:
        remove_container(self.node.docker, container_id)

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> Sandbox:
        docker = self.node.docker
        try:
            _refuse_runtime_class(pod)
            config = self.config(pod, attempt)
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
            self.node.warn(pod, EventReason.FAILED_CREATE_POD_SANDBOX, message)
            raise
        return Sandbox(infra_id, config, () if pod.spec.host_network else addresses(found))

    def _infra_image(self) -> str:
        """Have it here, pulled if need be."""
        image = self.node.infra_image
        try:
            return self.node.docker.inspect_image(image)["Id"]
        except errors.ImageNotFound:
            return pull_image(self.node.docker, image, self.auths)

    def config(self, pod: v1.Pod, attempt: int) -> cri.PodSandboxConfig:
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

    def _is_steps(steps: DockerSteps) -> PodSteps[Sandbox]:
        return steps
