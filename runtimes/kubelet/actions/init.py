"""How far the init containers have come, sidecars among them.

They start in the manifest's order. A plain one is over when it has succeeded, a sidecar as soon as
it has started (its startup probe has succeeded); then comes the next. A sidecar that has ended
starts again, at any time; a plain one never, once regular containers run.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (findNextInitContainerToRun,
computeInitContainerActions).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus
from runtimes.kubelet.actions.restart import is_sidecar

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


def init_progress(pod: v1.Pod, status: PodStatus, probes: ProbeResults = NO_PROBES) -> InitProgress:
    """Find the init container to run next, looking from the last to the first."""
    containers = pod.spec.init_containers
    if not containers or any_regular_runs(pod, status):
        return DONE
    backwards = [
        (index, container, status.latest(container.name))
        for index, container in reversed(list(enumerate(containers)))
    ]
    for _, container, latest in backwards:
        if latest is not None and _has_failed(latest) and not is_sidecar(container):
            return InitProgress(done=False, next=container, failed=latest)
    for index, container, latest in backwards:
        if latest is None or latest.state is ContainerState.CREATED:
            continue
        if not _is_over(container, latest, probes):
            return WAIT
        last = index == len(containers) - 1
        return DONE if last else InitProgress(done=False, next=containers[index + 1])
    return InitProgress(done=False, next=containers[0])


def any_regular_runs(pod: v1.Pod, status: PodStatus) -> bool:
    latest = (status.latest(container.name) for container in pod.spec.containers)
    return any(one is not None and one.state is ContainerState.RUNNING for one in latest)


def sidecars_begun(pod: v1.Pod, status: PodStatus, progress: InitProgress) -> list[v1.Container]:
    """Sidecars whose turn has come: all once initialised, before that those before the frontier."""
    containers = pod.spec.init_containers
    if progress.done:
        return [one for one in containers if is_sidecar(one)]
    begun = [i for i, one in enumerate(containers) if status.latest(one.name) is not None]
    newest = max(begun, default=-1)
    return [one for one in containers[: newest + 1] if is_sidecar(one)]


def _is_over(container: v1.Container, latest: ContainerStatus, probes: ProbeResults) -> bool:
    if is_sidecar(container):
        return latest.state is ContainerState.RUNNING and probes.started(latest.id)
    return latest.state is ContainerState.EXITED


def _has_failed(latest: ContainerStatus) -> bool:
    exited = latest.state is ContainerState.EXITED
    return latest.state is ContainerState.UNKNOWN or (exited and latest.exit_code != 0)
