"""How far the init containers have come.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (findNextInitContainerToRun).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus

if TYPE_CHECKING:
    from runtimes.core.pod import v1


@dataclass(frozen=True, slots=True)
class InitProgress:
    """`next` is to be started now; `failed` is the attempt that makes it necessary again."""

    done: bool
    next: v1.Container | None = None
    failed: ContainerStatus | None = None


DONE = InitProgress(done=True)
WAIT = InitProgress(done=False)


def init_progress(pod: v1.Pod, status: PodStatus) -> InitProgress:
    """Find the init container to run next, looking from the last to the first."""
    containers = pod.spec.init_containers
    if not containers or _any_regular_runs(pod, status):
        return DONE
    backwards = [
        (index, container, status.latest(container.name))
        for index, container in reversed(list(enumerate(containers)))
    ]
    for _, container, latest in backwards:
        if latest is not None and _has_failed(latest):
            return InitProgress(done=False, next=container, failed=latest)
    for index, _, latest in backwards:
        if latest is not None and latest.state is ContainerState.RUNNING:
            return WAIT
        if latest is not None and latest.state is ContainerState.EXITED:
            last = index == len(containers) - 1
            return DONE if last else InitProgress(done=False, next=containers[index + 1])
    return InitProgress(done=False, next=containers[0])


def _any_regular_runs(pod: v1.Pod, status: PodStatus) -> bool:
    latest = (status.latest(container.name) for container in pod.spec.containers)
    return any(one is not None and one.state is ContainerState.RUNNING for one in latest)


def _has_failed(latest: ContainerStatus) -> bool:
    exited = latest.state is ContainerState.EXITED
    return latest.state is ContainerState.UNKNOWN or (exited and latest.exit_code != 0)
