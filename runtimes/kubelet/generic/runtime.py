"""GenericRuntime: PodRuntime over any CRI service; a table of contents, one line per call.

What only some calls need is imported by them, so that listing pods loads no more than it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES
from runtimes.core.pod.status import ExecResult
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic import facts
from runtimes.kubelet.generic.changes import Changes
from runtimes.kubelet.generic.node import ALONE, CriNode, Surroundings
from runtimes.kubelet.generic.pods import get_pods
from runtimes.kubelet.generic.status import EndedContainers, pod_status

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.services import CriService
    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import (
        ContainerUsage,
        Image,
        ImageStats,
        NetworkUsage,
        PodStatus,
        RegistryAuth,
        RunningPod,
        RuntimeCondition,
        RuntimeVersion,
    )
    from runtimes.core.pod.sync import PodSyncResult
    from runtimes.core.streaming.session import Size, StreamSession


class GenericRuntime:
    """kubelet's generic runtime over one CRI service, which it closes.

    Args:
        service: any CRI service.
        name: the backend's name.
        config: settings of the node and folders.
        around: who takes events, has ConfigMaps and Secrets, and knows which pods are gone.
    """

    def __init__(
        self,
        service: CriService,
        *,
        name: str = "cri",
        config: KubeletConfig | None = None,
        around: Surroundings = ALONE,
    ) -> None:
        self._service = service
        self._name = name
        self._node = CriNode(service=service, config=config or KubeletConfig(), around=around)
        self._ended = EndedContainers()
        self._changes = Changes(service)

    @property
    def name(self) -> str:
        return self._name

    @property
    def config(self) -> KubeletConfig:
        return self._node.config

    @property
    def service(self) -> CriService:
        """The service underneath, for what PodRuntime doesn't have."""
        return self._service

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
        self._service.close()

    # -- the runtime

    def version(self) -> RuntimeVersion:
        return facts.version(self._service)

    def status(self) -> tuple[RuntimeCondition, ...]:
        return facts.conditions(self._service)

    def stats(self) -> list[ContainerUsage]:
        return facts.usage(self._service)

    def network_stats(self) -> list[NetworkUsage]:
        """What went over the pods' networks; as `runtimes.kubelet.api.usage.NetworkTeller`."""
        return facts.network_usage(self._service)

    def events(self) -> Iterator[str]:
        return facts.changed_pods(self._service)

    # -- pods

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        return get_pods(self._service, include_exited=include_exited)

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        status, look = pod_status(self._service, (uid, name, namespace), self._ended)
        self._changes.seen(uid, look)
        return status

    def sync_pod(
        self,
        pod: v1.Pod,
        status: PodStatus,
        pull_secrets: Sequence[RegistryAuth],
        backoff: Backoff,
        *,
        probes: ProbeResults = NO_PROBES,
    ) -> PodSyncResult:
        from runtimes.kubelet.generic.steps import CriSteps
        from runtimes.kubelet.sync.pod import sync_pod

        return sync_pod(pod, status, CriSteps(self._node, pull_secrets), backoff, probes=probes)

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        from runtimes.core.pod.sync import PodSyncResult
        from runtimes.kubelet.generic.kill import PodKill, kill_pod

        kill = PodKill(pod, running.uid, running.containers, running.sandboxes, grace_period)
        return PodSyncResult(tuple(kill_pod(self._node, kill)))

    def remove_pod(self, running: RunningPod) -> None:
        from runtimes.kubelet.generic import remove

        remove.remove_pod(self._node, running)
        self._ended.keep(running.uid, ())
        self._changes.forget(running.uid)

    def delete_container(self, container_id: str) -> None:
        from runtimes.kubelet.generic.delete import delete_container

        delete_container(self._service, container_id)

    def wait_for_change(self, pod_uid: str, timeout: float) -> bool:
        """Wait until a pod differs from its last `get_pod_status`, or `timeout` seconds."""
        return self._changes.wait(pod_uid, timeout)

    def garbage_collect(
        self, policy: GarbagePolicy, *, all_sources_ready: bool, evict_non_deleted: bool = False
    ) -> None:
        """`evict_non_deleted` makes no difference: there are no evicted pods here."""
        from runtimes.kubelet.generic import gc

        del evict_non_deleted
        run = gc.GarbageRun(
            policy=policy,
            is_removed=self._node.around.is_removed,
            all_sources_ready=all_sources_ready,
            now_ns=self._node.around.now_ns(),
        )
        gc.collect(self._node, run)

    # -- commands and streams

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int = 0) -> ExecResult:
        answer = self._service.exec_sync(container_id, cmd, timeout)
        return ExecResult(answer.exit_code, answer.stdout, answer.stderr)

    def open_exec(
        self,
        container_id: str,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        from runtimes.kubelet.generic import streams

        service = streams.streaming(self._service, self._name)
        request = streams.exec_request(container_id, cmd, tty=tty, stdin=stdin)
        return service.open_exec(request, size)

    def open_attach(
        self, container_id: str, *, tty: bool = False, stdin: bool = False
    ) -> StreamSession:
        from runtimes.kubelet.generic import streams

        service = streams.streaming(self._service, self._name)
        return service.open_attach(streams.attach_request(container_id, tty=tty, stdin=stdin))

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        from runtimes.kubelet.generic import streams

        service = streams.streaming(self._service, self._name)
        return service.open_port_forward(pod_sandbox_id, port)

    def reopen_log(self, container_id: str) -> None:
        """Go on in a new file at the log's path, after the old one was renamed."""
        self._service.reopen_container_log(container_id)

    # -- images

    def pull_image(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        from runtimes.kubelet.generic import images

        return images.pull_image(self._service, image, auths)

    def image_ref(self, image: str) -> str | None:
        from runtimes.kubelet.generic import images

        found = images.find_image(self._service, image)
        return None if found is None else found.ref

    def list_images(self) -> list[Image]:
        from runtimes.kubelet.generic import images

        return images.list_images(self._service)

    def remove_image(self, image: str) -> None:
        from runtimes.kubelet.generic import images

        images.remove_image(self._service, image)

    def import_image(self, source: Path, name: str = "") -> list[str]:
        from runtimes.kubelet.generic import images

        return images.import_image(self._service, self._name, source, name)

    def image_stats(self) -> list[ImageStats]:
        from runtimes.kubelet.generic import images

        return images.image_stats(self._service)


if TYPE_CHECKING:

    def _is_pod_runtime(runtime: GenericRuntime) -> PodRuntime:
        return runtime
