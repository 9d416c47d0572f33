"""RktPods: PodRuntime straight on the rkt program; a table of contents.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (Runtime).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.probes import NO_PROBES
from runtimes.core.pod.status import RuntimeCondition, RuntimeVersion
from runtimes.core.pod.sync import PodSyncResult
from runtimes.core.pod.unimplemented import UnimplementedPods
from runtimes.core.streaming import loopback
from runtimes.rkt_stub.pod import images, remove, status
from runtimes.rkt_stub.pod.exec import Streams, exec_in, open_exec
from runtimes.rkt_stub.pod.kill import PodKill, kill_pod
from runtimes.rkt_stub.pod.sync import PodSync
from runtimes.rkt_stub.program.list import find_pod, list_pods
from runtimes.rkt_stub.program.status import network_pid
from runtimes.rkt_stub.program.version import version

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import ExecResult, Image, PodStatus, RegistryAuth, RunningPod
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.node import Surroundings
    from runtimes.rkt_stub.pod.node import RktNode


class RktPods(UnimplementedPods):
    """What rkt has no way to do raises `Unimplemented`: attach, stats, events, imports."""

    name = "rkt"

    def __init__(self, node: RktNode) -> None:
        self.node = node

    def settle(self, config: KubeletConfig, around: Surroundings) -> None:
        """Take a node's settings and surroundings; before the first pod."""
        self.node = replace(self.node, config=config, around=around)

    def version(self) -> RuntimeVersion:
        return RuntimeVersion("rkt", version(self.node.rkt), "1.0.0-alpha")

    def status(self) -> tuple[RuntimeCondition, ...]:
        """There is no daemon: rkt is ready when it answers, and does the networking itself."""
        try:
            list_pods(self.node.rkt)
        except errors.Error as error:
            why = ("RktNotReady", str(error))
            return tuple(RuntimeCondition(one, False, *why) for one in _CONDITIONS)  # noqa: FBT003 - a condition's state
        return tuple(RuntimeCondition(one, True) for one in _CONDITIONS)  # noqa: FBT003 - as above

    # -- pods

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        return status.get_pods(self.node, include_exited=include_exited)

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        return status.pod_status(self.node, uid, name, namespace)

    def sync_pod(
        self,
        pod: v1.Pod,
        status: PodStatus,
        pull_secrets: Sequence[RegistryAuth],
        backoff: Backoff,
        *,
        probes: ProbeResults = NO_PROBES,
    ) -> PodSyncResult:
        return PodSync(self.node, pod, status, backoff, pull_secrets).run(probes)

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        return PodSyncResult(tuple(kill_pod(self.node, PodKill(pod, running.uid, grace_period))))

    def remove_pod(self, running: RunningPod) -> None:
        remove.remove_pod(self.node, running)

    def delete_container(self, container_id: str) -> None:
        """Only with its whole rkt pod, which must have ended and have no other container."""
        uuid, _, app = container_id.partition(":")
        found = find_pod(self.node.rkt, uuid)
        if found is None:
            return
        if found.get("app_names") != [app]:
            raise errors.Unimplemented(
                f"remove container '{container_id}': an rkt pod goes as a whole; remove the pod"
            )
        remove.remove_incarnation(self.node, uuid)

    def garbage_collect(
        self, policy: GarbagePolicy, *, all_sources_ready: bool, evict_non_deleted: bool = False
    ) -> None:
        """`evict_non_deleted` makes no difference: there are no evicted pods here."""
        del evict_non_deleted
        now_ns = self.node.around.now_ns()
        remove.collect(self.node, policy, all_sources_ready=all_sources_ready, now_ns=now_ns)

    # -- commands and streams

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int = 0) -> ExecResult:
        return exec_in(self.node, container_id, cmd, timeout)

    def open_exec(
        self,
        container_id: str,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        return open_exec(self.node, container_id, cmd, Streams(tty=tty, stdin=stdin, size=size))

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        """Through the network namespace of the pod's processes, without socat."""
        if find_pod(self.node.rkt, pod_sandbox_id) is None:
            raise errors.NotFound(f"forward port {port}: there is no rkt pod '{pod_sandbox_id}'")
        pid = network_pid(self.node.rkt, pod_sandbox_id)
        if pid is None:
            raise errors.FailedPrecondition(
                f"forward port {port}: rkt pod '{pod_sandbox_id}' doesn't run, or its network is"
                " in a virtual machine"
            )
        return loopback.connect(Path(f"/proc/{pid}/ns/net"), port)

    # -- images

    def pull_image(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        return images.pull_image(self.node.images, image, auths)

    def image_ref(self, image: str) -> str | None:
        found = self.node.images.find(image)
        return None if found is None else found.id

    def list_images(self) -> list[Image]:
        return images.list_images(self.node.images)

    def remove_image(self, image: str) -> None:
        images.remove_image(self.node.images, image)


_CONDITIONS = ("RuntimeReady", "NetworkReady")

if TYPE_CHECKING:

    def _is_runtime(pods: RktPods) -> PodRuntime:
        return pods
