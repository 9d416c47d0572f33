"""An Engine's containers, as starting and stopping those of pods sees them.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (runContainer, killContainer).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.pod import pod_data, spec
from runtimes.docker_legacy.pod.images import PodImages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ExecResult, RegistryAuth
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.kubelet.generic.containers import Containers, Sandbox

INFRA_GRACE = 2


@dataclass(frozen=True, slots=True)
class DockerContainers:
    node: DockerNode

    def images(self, auths: Sequence[RegistryAuth], sandbox: Sandbox) -> PodImages:
        del sandbox
        return PodImages(self.node.docker, auths)

    def create(self, pod: v1.Pod, config: cri.ContainerConfig, sandbox: Sandbox) -> str:
        noted = {spec.IMAGE: config.image.user_specified_image}
        noted |= pod_data.of_container(pod, config.metadata.name)
        joined = spec.Joined(sandbox.id, sandbox.config, self.node.facts.host())
        options = spec.container(config, joined, noted, self.node.random())
        return self.node.docker.create_container(options)["Id"]

    def start(self, container_id: str) -> None:
        self.node.docker.start_container(container_id)

    def stop(self, container_id: str, timeout: int) -> None:
        with suppress(errors.NotFound):
            self.node.docker.stop_container(container_id, timeout)

    def remove(self, container_id: str) -> None:
        self.node.docker.remove_container(container_id, force=True)

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int) -> ExecResult:
        return self.node.commands.exec(container_id, cmd, timeout)

    def runs(self, container_id: str) -> bool:
        try:
            return self.node.docker.inspect_container(container_id)["State"]["Running"]
        except errors.NotFound:
            return False

    def annotations(self, container_id: str, name: str) -> Mapping[str, str]:
        found = self.node.docker.inspect_container(container_id)
        return pod_data.supplied(found["Config"].get("Labels") or {}, name)

    def log_file(self, pod: v1.Pod, config: cri.ContainerConfig, container_id: str) -> Path:
        del pod, config
        return Path(self.node.docker.inspect_container(container_id)["LogPath"])

    def stop_sandbox(self, sandbox_id: str) -> None:
        self.stop(sandbox_id, INFRA_GRACE)


if TYPE_CHECKING:

    def _are_containers(containers: DockerContainers) -> Containers:
        return containers
