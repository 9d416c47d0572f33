"""PodRuntime: what a node agent needs of a container runtime, in every era.

Source: kubelet pkg/kubelet/container/runtime.go (Runtime, CommandRunner).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runtimes.core.pod.probes import NO_PROBES

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.probes import ProbeResults
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


class PodRuntime(Protocol):
    """Blocking and thread-safe; calls on one pod must not overlap, calls on several may."""

    @property
    def name(self) -> str:
        """The backend's name, e.g. ``oci``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Release connections; pods go on. Idempotent."""
        ...

    def version(self) -> RuntimeVersion: ...

    def status(self) -> tuple[RuntimeCondition, ...]:
        """At least RuntimeReady and NetworkReady."""
        ...

    def get_pods(self, *, include_exited: bool = False) -> list[RunningPod]:
        """List pods with something running, or all of which anything is left."""
        ...

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        """Collect what the runtime has of one pod; empty tuples when it has nothing."""
        ...

    def sync_pod(
        self,
        pod: v1.Pod,
        status: PodStatus,
        pull_secrets: Sequence[RegistryAuth],
        backoff: Backoff,
        *,
        probes: ProbeResults = NO_PROBES,
    ) -> PodSyncResult:
        """Take the next steps from `status` towards `pod`, without waiting for containers to end.

        `probes` tell which containers have to go though they run.

        Never raises for what a runtime refuses: failures are results. Call again after each change.
        """
        ...

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        """Stop all containers at once, then the sandboxes.

        `grace_period` in seconds overrides the pod's own.
        `pod` None means that its manifest is lost: what is needed was stored with the containers.
        """
        ...

    def remove_pod(self, running: RunningPod) -> None:
        """Remove a stopped pod's containers, logs and sandboxes. Idempotent."""
        ...

    def delete_container(self, container_id: str) -> None:
        """Remove one container. Idempotent."""
        ...

    def exec(self, container_id: str, cmd: Sequence[str], timeout: int = 0) -> ExecResult:
        """Run a command in a running container; `timeout` in seconds, 0 for none.

        Raises:
            NotFound, FailedPrecondition, DeadlineExceeded: as CRI ExecSync.
        """
        ...

    def open_exec(
        self,
        container_id: str,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        """Run a command with streams; with a `tty`, stderr comes with stdout.

        `size` is the tty's from the beginning.

        Raises:
            NotFound, FailedPrecondition, InvalidArgument: as `StreamingService.open_exec`.
            Unimplemented: the backend has no such streams.
        """
        ...

    def open_attach(
        self, container_id: str, *, tty: bool = False, stdin: bool = False
    ) -> StreamSession:
        """Connect to a container's main process; `tty` says whether it has one.

        Raises: as `open_exec`.
        """
        ...

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        """Connect to a port on the pod's loopback; the caller closes the blocking socket.

        Raises:
            NotFound, FailedPrecondition, InvalidArgument, Unavailable: as
                `StreamingService.open_port_forward`.
            Unimplemented: the backend forwards no ports.
        """
        ...

    def stats(self) -> list[ContainerUsage]:
        """What every running container uses now."""
        ...

    def pull_image(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        """Pull with each of `auths` in turn, or anonymously; return the image's reference."""
        ...

    def image_ref(self, image: str) -> str | None:
        """The reference of an image that is here, None for one that isn't."""
        ...

    def list_images(self) -> list[Image]: ...

    def remove_image(self, image: str) -> None:
        """Idempotent."""
        ...

    def import_image(self, source: Path, name: str = "") -> list[str]:
        """As `runtimes.core.cri.services.ImageImporter.import_image`."""
        ...

    def image_stats(self) -> list[ImageStats]: ...

    def garbage_collect(
        self, policy: GarbagePolicy, *, all_sources_ready: bool, evict_non_deleted: bool = False
    ) -> None:
        """Remove dead containers, sandboxes and logs by `policy`."""
        ...

    def events(self) -> Iterator[str]:
        """Yield the uid of each pod in which something changed, from now on.

        Raises:
            Unimplemented: the backend has no events; relist instead.
        """
        ...
