"""When a pod needs its next sync though nothing changes.

at once      what the last sync led to already asks for more: an init container has ended
a back-off   what is held back for a while
retry        something failed
deadline     activeDeadlineSeconds end
resync       otherwise
never        it has ended, and nothing of it is left running
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import ContainerState, PodStatus
from runtimes.core.pod.sync import Action, PodSyncResult
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.status.deadline import deadline_left

if TYPE_CHECKING:
    from runtimes.core.pod import v1

STILL_ALIVE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Attributes:
    retry: seconds after which a failed sync is tried again.
    resync: seconds after which a pod is synced though nothing changed.
    probes: what is known of the pod's containers.
    """

    retry: float
    resync: float
    probes: ProbeResults = NO_PROBES

    def after_sync(
        self, pod: v1.Pod, observed: PodStatus, result: PodSyncResult, now_ns: int
    ) -> float:
        """Seconds, for a pod that goes on."""
        if _asks_for_more(pod, observed, result, self.probes):
            return 0.0
        waits = [*self._after_failures(result), self.resync]
        left = deadline_left(pod, now_ns)
        return min([*waits, *([] if left is None else [max(0.0, left)])])

    def after_end(
        self, observed: PodStatus, result: PodSyncResult, *, killed: bool
    ) -> float | None:
        """Seconds, for a pod that has ended; `killed` tells that it was stopped already."""
        waits = self._after_failures(result)
        if not killed and observed.sandboxes:
            waits.append(0.0)
        elif alive(observed):
            waits.append(STILL_ALIVE)
        return min(waits, default=None)

    def _after_failures(self, result: PodSyncResult) -> list[float]:
        waits = [failure.retry_after for failure in result.failures]
        if result.error:
            waits.append(None)
        return [self.retry if wait is None else wait for wait in waits]


def alive(observed: PodStatus) -> bool:
    """Something of it runs or holds a network."""
    running = any(one.state is ContainerState.RUNNING for one in observed.containers)
    return running or any(sandbox.ready for sandbox in observed.sandboxes)


def _asks_for_more(
    pod: v1.Pod, observed: PodStatus, result: PodSyncResult, probes: ProbeResults
) -> bool:
    """There is something to do besides what has just failed."""
    failed_otherwise = any(one.action is not Action.START_CONTAINER for one in result.failures)
    if result.error or failed_otherwise:
        return False
    actions = compute_pod_actions(pod, observed, probes)
    if not result.failures:
        return not actions.nothing
    wanted = {pod.spec.containers[index].name for index in actions.containers_to_start}
    if actions.next_init_container is not None:
        wanted.add(actions.next_init_container.name)
    wanted.update(sidecar.name for sidecar in actions.sidecars_to_start)
    return bool(wanted - {failure.target for failure in result.failures})
