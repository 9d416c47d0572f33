"""A pod's phase, from its containers.

Source: kubelet pkg/kubelet/kubelet_pods.go (getPhase).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.kubelet.actions.restart import ALWAYS, NEVER, is_sidecar, restart_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.pod import v1


class Phase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(slots=True)
class _Tally:
    running: int = 0
    waiting: int = 0
    stopped: int = 0
    succeeded: int = 0
    unknown: int = 0


def pod_phase(
    pod: v1.Pod,
    init: Iterable[v1.ContainerStatus],
    regular: Iterable[v1.ContainerStatus],
    *,
    ended: bool = False,
) -> Phase:
    """Compute it; `ended` says that the pod is stopped for good, whatever its restart policy."""
    policy = restart_policy(pod)
    by_name = {one.name: one for one in init}
    pending, failed = _count_init(pod, by_name)
    tally = _count_regular(pod, {one.name: one for one in regular})
    if ended and not tally.running:
        total = len(pod.spec.containers)
        return Phase.SUCCEEDED if tally.succeeded == total and not failed else Phase.FAILED
    if failed and policy == NEVER:
        return Phase.FAILED
    if not (tally.running or tally.stopped):
        pending += _count_late_sidecars(pod, by_name)
    if pending or tally.waiting:
        return Phase.PENDING
    if tally.running and not tally.unknown:
        return Phase.RUNNING
    if tally.stopped and not tally.unknown and not tally.running:
        return _stopped(policy, tally)
    return Phase.PENDING


def _stopped(policy: str, tally: _Tally) -> Phase:
    if policy == ALWAYS:
        return Phase.RUNNING
    if tally.stopped == tally.succeeded:
        return Phase.SUCCEEDED
    return Phase.FAILED if policy == NEVER else Phase.RUNNING


def _count_init(pod: v1.Pod, statuses: Mapping[str, v1.ContainerStatus]) -> tuple[int, int]:
    pending = failed = 0
    for container in pod.spec.init_containers:
        if is_sidecar(container):
            continue
        status = statuses.get(container.name)
        ended = status.state.terminated if status is not None else None
        if ended is None and status is not None and status.state.waiting is not None:
            ended = status.last_state.terminated
        if ended is None:
            pending += 1
        elif ended.exit_code:
            failed += 1
    return pending, failed


def _count_late_sidecars(pod: v1.Pod, statuses: Mapping[str, v1.ContainerStatus]) -> int:
    """How many have not started; once regular containers have run, nobody asks."""
    sidecars = [statuses.get(one.name) for one in pod.spec.init_containers if is_sidecar(one)]
    return sum(one is None or not one.started for one in sidecars)


def _count_regular(pod: v1.Pod, statuses: Mapping[str, v1.ContainerStatus]) -> _Tally:
    tally = _Tally()
    for container in pod.spec.containers:
        status = statuses.get(container.name)
        if status is None:
            tally.unknown += 1
        elif status.state.running is not None:
            tally.running += 1
        elif status.state.terminated is not None:
            tally.stopped += 1
            tally.succeeded += int(status.state.terminated.exit_code == 0)
        elif status.last_state.terminated is not None:
            tally.stopped += 1
        else:
            tally.waiting += 1
    return tally
