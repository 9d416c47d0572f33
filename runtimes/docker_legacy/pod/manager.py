"""DockerManager: PodRuntime straight on DockerInterface; a table of contents.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from runtimes.core import errors, labels
from runtimes.core.docker.beyond import DockerEvents, Streams
from runtimes.core.docker.import_image import import_image
from runtimes.core.docker.session import open_attach
from runtimes.core.pod.probes import NO_PROBES
from runtimes.core.pod.status import RuntimeCondition, RuntimeVersion
from runtimes.core.pod.sync import PodSyncResult
from runtimes.core.streaming import loopback
from runtimes.docker_legacy.pod import images, remove, status, usage
from runtimes.docker_legacy.pod.steps import DockerSteps
from runtimes.kubelet.generic.kill import PodKill, kill_pod
from runtimes.kubelet.sync.pod import sync_pod

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import (
        ContainerUsage,
        ExecResult,
        Image,
        ImageStats,
        PodStatus,
        RegistryAuth,
        RunningPod,
    )
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.node import Surroundings


@dataclass(slots=True)
class DockerManager:
    """Owns the node's DockerInterface, which it closes."""

    node: DockerNode
    name: str = "docker"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.node.docker.close()

    def settle(self, config: KubeletConfig, around: Surroundings) -> None:
        """Take a node's settings and surroundings; before the first pod."""
        self.node = replace(self.node, config=config, around=around)

    def version(self) -> RuntimeVersion:
        found = self.node.docker.version()
        return RuntimeVersion("docker", found["Version"], found["ApiVersion"])

    def status(self) -> tuple[RuntimeCondition, ...]:
        """The Engine does the networking, so both conditions are one."""
        try:
            self.node.docker.version()
        except errors.Error as error:
            why = ("DockerDaemonNotReady", str(error))
            return tuple(RuntimeCondition(one, False, *why) for one in _CONDITIONS)  # noqa: FBT003 - a condition's state
        return tuple(RuntimeCondition(one, True) for one in _CONDITIONS)  # noqa: FBT003 - as above

    # -- pods

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        return status.get_pods(self.node.docker, include_exited=include_exited)

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        return status.pod_status(self.node.docker, uid, name, namespace)

    def sync_pod(
        self,
        pod: v1.Pod,
        status: PodStatus,
        pull_secrets: Sequence[RegistryAuth],
        backoff: Backoff,
        *,
        probes: ProbeResults = NO_PROBES,
    ) -> PodSyncResult:
        steps = DockerSteps(self.node, pull_secrets)
        decide = self.node.decide
        return sync_pod(pod, status, steps, backoff, probes=probes, decide=decide)

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        kill = PodKill(pod, running.uid, running.containers, running.sandboxes, grace_period)
        return PodSyncResult(tuple(kill_pod(self.node, kill)))

    def remove_pod(self, running: RunningPod) -> None:
        remove.remove_pod(self.node, running)

    def delete_container(self, container_id: str) -> None:
        remove.remove_container(self.node.docker, container_id)

    def garbage_collect(
        self, policy: GarbagePolicy, *, all_sources_ready: bool, evict_non_deleted: bool = False
    ) -> None:
        """`evict_non_deleted` makes no difference: there are no evicted pods here."""
        del evict_non_deleted
        now_ns = self.node.around.now_ns()
        remove.collect(self.node, policy, all_sources_ready=all_sources_ready, now_ns=now_ns)

    # -- commands and streams

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int = 0) -> ExecResult:
        return self.node.commands.exec(container_id, cmd, timeout)

    def open_exec(
        self,
        container_id: str,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        streams = Streams(tty=tty, stdin=stdin, stderr=not tty, size=size)
        return self.node.commands.open_exec(container_id, cmd, streams)

    def open_attach(
        self, container_id: str, *, tty: bool = False, stdin: bool = False
    ) -> StreamSession:
        streams = Streams(tty=tty, stdin=stdin, stderr=not tty)
        return open_attach(self.node.docker, container_id, streams)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        """Through the infra container's namespace, so the Engine must be this host's."""
        what = f"forward port {port} of infra container '{pod_sandbox_id}'"
        found = self.node.docker.inspect_container(pod_sandbox_id)
        if not found["State"]["Running"]:
            raise errors.FailedPrecondition(f"{what}: it doesn't run")
        if found["HostConfig"].get("NetworkMode") == "host":
            return loopback.connect(None, port)
        init = self.node.processes.find(found["Id"], found["State"]["Pid"])
        if init is None:
            raise errors.Unavailable(f"{what}: its processes can't be seen from here")
        return loopback.connect(Path(f"/proc/{init.pid}/ns/net"), port)

    def stats(self) -> list[ContainerUsage]:
        return usage.container_usage(self.node)

    # -- images

    def pull_image(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        return images.pull_image(self.node.docker, image, auths)

    def image_ref(self, image: str) -> str | None:
        found = images.image_facts(self.node.docker, image)
        return found.ref if found else None

    def list_images(self) -> list[Image]:
        return images.list_images(self.node.docker, self.node.infra_image)

    def remove_image(self, image: str) -> None:
        images.remove_image(self.node.docker, image)

    def import_image(self, source: Path, name: str = "") -> list[str]:
        return import_image(self.node.docker, source, name)

    def image_stats(self) -> list[ImageStats]:
        return usage.image_stats(self.node)

    def events(self) -> Iterator[str]:
        docker = self.node.docker
        if not isinstance(docker, DockerEvents):
            raise errors.Unimplemented("watch pods: this DockerInterface has no events; relist")
        with docker.events({"type": ["container"]}) as events:
            for event in events:
                uid = event["Actor"]["Attributes"].get(labels.POD_UID)
                if uid:
                    yield uid


_CONDITIONS = ("RuntimeReady", "NetworkReady")

if TYPE_CHECKING:

    def _is_runtime(manager: DockerManager) -> PodRuntime:
        return manager
