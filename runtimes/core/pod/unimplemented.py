"""A PodRuntime that refuses every call: what a new backend starts from, one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES
from runtimes.core.unimplemented import Unfinished

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from pathlib import Path

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
        RuntimeCondition,
        RuntimeVersion,
    )
    from runtimes.core.pod.sync import PodSyncResult
    from runtimes.core.streaming.session import Size, StreamSession


class UnimplementedPods(Unfinished):
    """Raises `Unimplemented` for every call; subclass it and override what works."""

    def version(self) -> RuntimeVersion:
        raise self._refuse("version")

    def status(self) -> tuple[RuntimeCondition, ...]:
        raise self._refuse("status")

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        raise self._refuse("get_pods")

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        raise self._refuse("get_pod_status")

    def sync_pod(
        self,
        pod: v1.Pod,
        status: PodStatus,
        pull_secrets: Sequence[RegistryAuth],
        backoff: Backoff,
        *,
        probes: ProbeResults = NO_PROBES,
    ) -> PodSyncResult:
        raise self._refuse("sync_pod")

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        raise self._refuse("kill_pod")

    def remove_pod(self, running: RunningPod) -> None:
        raise self._refuse("remove_pod")

    def delete_container(self, container_id: str) -> None:
        raise self._refuse("delete_container")

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int = 0) -> ExecResult:
        raise self._refuse("exec")

    def open_exec(
        self,
        container_id: str,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        raise self._refuse("open_exec")

    def open_attach(
        self, container_id: str, *, tty: bool = False, stdin: bool = False
    ) -> StreamSession:
        raise self._refuse("open_attach")

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        raise self._refuse("open_port_forward")

    def stats(self) -> list[ContainerUsage]:
        raise self._refuse("stats")

    def pull_image(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        raise self._refuse("pull_image")

    def image_ref(self, image: str) -> str | None:
        raise self._refuse("image_ref")

    def list_images(self) -> list[Image]:
        raise self._refuse("list_images")

    def remove_image(self, image: str) -> None:
        raise self._refuse("remove_image")

    def import_image(self, source: Path, name: str = "") -> list[str]:
        raise self._refuse("import_image")

    def image_stats(self) -> list[ImageStats]:
        raise self._refuse("image_stats")

    def garbage_collect(
        self, policy: GarbagePolicy, *, all_sources_ready: bool, evict_non_deleted: bool = False
    ) -> None:
        raise self._refuse("garbage_collect")

    def events(self) -> Iterator[str]:
        raise self._refuse("events")


if TYPE_CHECKING:
    _: PodRuntime = UnimplementedPods()
