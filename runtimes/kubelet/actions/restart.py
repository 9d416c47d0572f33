"""Whether a container that doesn't run shall run again.

Source: kubelet pkg/kubelet/container/helpers.go (ShouldContainerBeRestarted).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState, PodStatus

if TYPE_CHECKING:
    from runtimes.core.pod import v1

ALWAYS = "Always"
ON_FAILURE = "OnFailure"
NEVER = "Never"


def restart_policy(pod: v1.Pod) -> str:
    return pod.spec.restart_policy or ALWAYS


def is_sidecar(container: v1.Container) -> bool:
    """An init container that goes on beside the regular ones, and always starts again."""
    return container.restart_policy == ALWAYS


def should_restart(pod: v1.Pod, container: str, status: PodStatus) -> bool:
    """Ask it of the container's newest attempt; one that never ran shall run."""
    if pod.metadata.deletion_timestamp:
        return False
    latest = status.latest(container)
    if latest is None:
        return True
    if latest.state is ContainerState.RUNNING:
        return False
    if latest.state in {ContainerState.UNKNOWN, ContainerState.CREATED}:
        return True
    policy = restart_policy(pod)
    return policy == ALWAYS or (policy == ON_FAILURE and latest.exit_code != 0)
