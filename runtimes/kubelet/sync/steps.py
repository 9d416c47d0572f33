"""What `sync_pod` needs of a runtime: a small seam, so that every era can take part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus
    from runtimes.core.pod.sync import Reason, SyncResult
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.events import Event

SandboxT = TypeVar("SandboxT")


class StepFailed(errors.Error):
    """A step failed for a reason that users know.

    Attributes:
        retry_after: seconds until a back-off ends; None when it isn't one.
    """

    def __init__(self, reason: Reason, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


class PodSteps(Protocol[SandboxT]):
    """One pod's steps on one runtime; `SandboxT` is what it knows of a usable sandbox.

    Every method may raise any `Error`; a `StepFailed` says which reason it is.
    """

    def tell(self, event: Event) -> None:
        """Pass an event on to whoever listens."""
        ...

    def kill_pod(self, pod: v1.Pod, status: PodStatus) -> Sequence[SyncResult]:
        """Stop all containers at once, then all sandboxes; failures are results."""
        ...

    def kill_container(self, pod: v1.Pod, kill: ContainerKill) -> None: ...

    def remove_container(self, container_id: str) -> None:
        """Remove a container that doesn't run, and its log. Idempotent."""
        ...

    def create_sandbox(self, pod: v1.Pod, attempt: int) -> SandboxT: ...

    def use_sandbox(self, pod: v1.Pod, status: PodStatus, sandbox_id: str) -> SandboxT:
        """Describe the sandbox that is there."""
        ...

    def refresh(self, pod: v1.Pod, ips: tuple[str, ...]) -> None:
        """Bring files up to date that running containers have mounted; failures are told."""
        ...

    def prepare(self, pod: v1.Pod) -> None:
        """Make what containers need before the sandbox exists: folders, volumes. Idempotent."""
        ...

    def start_container(
        self,
        pod: v1.Pod,
        container: v1.Container | v1.EphemeralContainer,
        sandbox: SandboxT,
        status: PodStatus,
    ) -> None:
        """Pull, create and start."""
        ...
