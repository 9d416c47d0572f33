"""The CRI as Python protocols: scalars and rich messages as arguments, no envelopes.

Every method blocks and may be called from any thread. Patience comes from
`runtimes.core.deadline`; without one, each call is bounded as kubelet bounds it (2 minutes; 4 for
RunPodSandbox; grace plus 2 minutes for StopContainer; unbounded for PullImage). Every method may
raise `Unavailable` (the engine can't be reached), `DeadlineExceeded` and `Internal`; only further
errors are listed. RPCs that a backend does not claim raise `Unimplemented`.

Source: CRI runtime.v1 RuntimeService and ImageService; kubelet's cri-api services.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runtimes.core.cri.images import ImageImporter, ImageService
from runtimes.core.cri.stats import StatsService

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.v1 import api_pb2 as cri

__all__ = [
    "ChangeWaiter",
    "ContainerService",
    "CriService",
    "ExecService",
    "ImageImporter",
    "ImageService",
    "RuntimeService",
    "SandboxService",
    "StatsService",
    "StatusService",
    "VersionService",
]


class VersionService(Protocol):
    def version(self, api_version: str = "") -> cri.VersionResponse:
        """Name the runtime. `api_version` is kubelet's own ("0.1.0") and may be ignored.

        Source: CRI Version.
        """
        ...


class SandboxService(Protocol):
    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        """Create and start a sandbox with its network; return its id once it is READY.

        On failure nothing is left running, and the network is released or recorded for release.

        Raises:
            InvalidArgument: the config misses metadata, or names an unknown runtime handler.
            AlreadyExists: a sandbox of that name, namespace, uid and attempt exists.
            ResourceExhausted: no free address or host port.
        Source: CRI RunPodSandbox.
        """
        ...

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        """Stop all its containers at once, then release its network. Idempotent; absent is fine.

        Source: CRI StopPodSandbox.
        """
        ...

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        """Remove it with its containers, stopping what runs. Idempotent; absent is fine.

        Source: CRI RemovePodSandbox.
        """
        ...

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        """Tell one sandbox's state; `info` is filled only when `verbose`.

        Raises:
            NotFound: no such sandbox.
        Source: CRI PodSandboxStatus.
        """
        ...

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        """List sandboxes that match every set field; an id may be a unique prefix.

        Source: CRI ListPodSandbox.
        """
        ...

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        """Yield what `list_pod_sandbox` lists, each exactly once, without a size limit.

        Source: CRI StreamPodSandboxes.
        """
        ...

    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        """Adjust the pod's own cgroup, best effort.

        Raises:
            NotFound: no such sandbox.
        Source: CRI UpdatePodSandboxResources.
        """
        ...

    def port_forward(self, request: cri.PortForwardRequest) -> str:
        """Return the URL at which a streaming server forwards to the sandbox's ports.

        Raises:
            NotFound: no such sandbox.
            FailedPrecondition: it isn't READY.
        Source: CRI PortForward.
        """
        ...


class ContainerService(Protocol):
    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        """Create a container in a READY sandbox and return its id; nothing runs yet.

        Raises:
            NotFound: no such sandbox.
            ImageNotFound: the image isn't here; pull it first.
            AlreadyExists: the sandbox has a container of that name and attempt.
            InvalidArgument: the config contradicts itself, or asks for what the host lacks.
            FailedPrecondition: the sandbox isn't READY.
        Source: CRI CreateContainer.
        """
        ...

    def start_container(self, container_id: str) -> None:
        """Start a created container; return once its process exists.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it isn't in state CREATED.
            InvalidArgument: its program can't be executed.
        Source: CRI StartContainer.
        """
        ...

    def stop_container(self, container_id: str, timeout: int) -> None:
        """Send the stop signal, wait `timeout` seconds, then kill. Idempotent; absent is fine.

        Returns once the process is gone. 0 kills at once.

        Source: CRI StopContainer.
        """
        ...

    def remove_container(self, container_id: str) -> None:
        """Remove it, killing it if it runs. Its log stays. Idempotent; absent is fine.

        Source: CRI RemoveContainer.
        """
        ...

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        """List containers that match every set field; ids may be unique prefixes.

        Source: CRI ListContainers.
        """
        ...

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        """Yield what `list_containers` lists, each exactly once.

        Source: CRI StreamContainers.
        """
        ...

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        """Tell one container's state. Times are ns since the epoch, 0 when not reached.

        Raises:
            NotFound: no such container.
        Source: CRI ContainerStatus.
        """
        ...

    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        """Change limits of a created or running container, all of them or none; zeros are left.

        Raises:
            NotFound: no such container.
            InvalidArgument: a value that the kernel refuses.
        Source: CRI UpdateContainerResources.
        """
        ...

    def reopen_container_log(self, container_id: str) -> None:
        """Continue the log in a new file at the same path, after the old one was renamed.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it isn't running.
        Source: CRI ReopenContainerLog.
        """
        ...

    def checkpoint_container(self, container_id: str, location: str, timeout: int) -> None:
        """Write a checkpoint of a running container to the file `location`.

        Source: CRI CheckpointContainer.
        """
        ...

    def checkpoint_pod(self, request: cri.CheckpointPodRequest) -> cri.CheckpointPodResponse:
        """Checkpoint a pod as one consistent whole; on error nothing is left behind.

        Source: CRI CheckpointPod.
        """
        ...

    def restore_pod(self, request: cri.RestorePodRequest) -> cri.RestorePodResponse:
        """Bring back a pod from `checkpoint_pod`; on error nothing is left behind.

        Source: CRI RestorePod.
        """
        ...


class ExecService(Protocol):
    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        """Run `cmd` in a running container and collect its output, at most 16 MiB per stream.

        A non-zero exit is an answer, not an error. `timeout` in seconds, 0 for none.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it isn't running.
            InvalidArgument: `cmd` is empty.
            DeadlineExceeded: `timeout` passed; the process and its children have been killed.
        Source: CRI ExecSync.
        """
        ...

    def exec(self, request: cri.ExecRequest) -> str:
        """Return the URL at which a streaming server runs a command in a container.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it isn't running.
            InvalidArgument: a tty together with stderr, or no stream at all.
        Source: CRI Exec.
        """
        ...

    def attach(self, request: cri.AttachRequest) -> str:
        """Return the URL at which a streaming server attaches to a container's main process.

        Raises: as `exec`.
        Source: CRI Attach.
        """
        ...


class StatusService(Protocol):
    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        """Tell the conditions RuntimeReady and NetworkReady, always both.

        Source: CRI Status.
        """
        ...

    def update_runtime_config(self, runtime_config: cri.RuntimeConfig) -> None:
        """Take the node's pod CIDR.

        Source: CRI UpdateRuntimeConfig.
        """
        ...

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        """Tell the cgroup driver; the same for the service's life.

        Source: CRI RuntimeConfig.
        """
        ...

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        """Yield created, started, stopped and deleted events from now on, until closed.

        Source: CRI GetContainerEvents.
        """
        ...


class RuntimeService(
    VersionService,
    SandboxService,
    ContainerService,
    ExecService,
    StatsService,
    StatusService,
    Protocol,
):
    """The 37 RPCs about pods and containers."""


class CriService(RuntimeService, ImageService, Protocol):
    """What a backend of group `runtimes.cri` opens: all 43 RPCs, closed by leaving it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Release connections and files; containers go on. Idempotent."""
        ...


@runtime_checkable
class ChangeWaiter(Protocol):
    """A CRI service that can wait for a pod to change at less cost than listing again and again."""

    def wait_for_change(self, pod_uid: str, timeout: float) -> bool:
        """Block until something of the pod may have changed, or `timeout` seconds; tell which.

        Answering True without a change is fine. A change just before the call may be missed:
        callers look again after each answer, and keep `timeout` short.
        """
        ...
