"""One look at a pod: what was asked, what is, and when to look again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.pod.sync import PodSyncResult
from runtimes.kubelet.status.exit_code import exit_code

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PodView:
    """What a sync of a pod left.

    Attributes:
        pod: as applied, with its uid.
        status: as `kubectl get pod -o yaml` shows it.
        observed: what the runtime told.
        result: what this sync did.
        next_sync: seconds until the pod needs a sync even if nothing changes, None for never.
    """

    pod: v1.Pod
    status: v1.PodStatus
    observed: PodStatus
    result: PodSyncResult = field(default_factory=PodSyncResult)
    next_sync: float | None = None

    @property
    def phase(self) -> str:
        return self.status.phase

    @property
    def finished(self) -> bool:
        """The pod has ended for good."""
        return self.status.phase in {"Succeeded", "Failed"}

    @property
    def running(self) -> bool:
        """Every regular container runs or has ended, and at least one runs."""
        states = [container.state for container in self.status.container_statuses]
        return any(state.running for state in states) and not any(state.waiting for state in states)

    @property
    def ready(self) -> bool:
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def exit_code(self) -> int | None:
        """The pod's own exit code once it is finished, else None."""
        return exit_code(self.pod, self.status) if self.finished else None
