"""Which attempts of init containers are in the way.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (pruneInitContainersBeforeStart,
purgeInitContainers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_ENDED = {ContainerState.EXITED, ContainerState.UNKNOWN}


def all_attempts(pod: v1.Pod, status: PodStatus) -> list[ContainerStatus]:
    """Every attempt of every init container: a new sandbox runs them all again."""
    names = {container.name for container in pod.spec.init_containers}
    return [attempt for attempt in status.containers if attempt.name in names]


def stale_attempts(pod: v1.Pod, status: PodStatus) -> list[ContainerStatus]:
    """All ended attempts of each init container but the newest."""
    stale: list[ContainerStatus] = []
    for container in pod.spec.init_containers:
        ended = [
            attempt
            for attempt in status.containers
            if attempt.name == container.name and attempt.state in _ENDED
        ]
        stale.extend(ended[1:])
    return stale
