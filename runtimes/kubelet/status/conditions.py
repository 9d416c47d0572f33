"""A pod's conditions.

Source: kubelet pkg/kubelet/status/generate.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.actions.restart import is_sidecar
from runtimes.kubelet.actions.sandbox import check_sandbox
from runtimes.kubelet.status.phase import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.pod.status import PodStatus

COMPLETED = "PodCompleted"


def pod_conditions(
    pod: v1.Pod,
    status: v1.PodStatus,
    observed: PodStatus,
    *,
    previous: Iterable[v1.PodCondition],
    now: str,
) -> tuple[v1.PodCondition, ...]:
    """Compute them all from a status and what the runtime has; keep unchanged ones' times."""
    initialized = _initialized(pod, status)
    containers = _containers_ready(pod, status)
    ready = _ready(pod, containers, status)
    fresh = (
        _ready_to_start(pod, observed),
        initialized,
        ready,
        containers,
        v1.PodCondition(type="PodScheduled", status="True"),
    )
    before = {one.type: one for one in previous}
    return tuple(_timed(one, before, now) for one in fresh)


def _timed(
    condition: v1.PodCondition, before: Mapping[str, v1.PodCondition], now: str
) -> v1.PodCondition:
    old = before.get(condition.type)
    kept = old is not None and old.status == condition.status
    return replace(
        condition, last_transition_time=old.last_transition_time if old and kept else now
    )


def _ready_to_start(pod: v1.Pod, observed: PodStatus) -> v1.PodCondition:
    """It has a sandbox, with a network."""
    changed = check_sandbox(pod, observed).changed
    return v1.PodCondition(type="PodReadyToStartContainers", status="False" if changed else "True")


def _initialized(pod: v1.Pod, status: v1.PodStatus) -> v1.PodCondition:
    if status.phase == Phase.SUCCEEDED:
        return v1.PodCondition(type="Initialized", status="True", reason=COMPLETED)
    if any(map(_has_begun, status.container_statuses)):
        return v1.PodCondition(type="Initialized", status="True")
    statuses = {one.name: one for one in status.init_container_statuses}
    names = [container.name for container in pod.spec.init_containers]
    unknown = [name for name in names if name not in statuses]
    incomplete = [
        one.name
        for one in pod.spec.init_containers
        if one.name in statuses and not _is_initialised(one, statuses[one.name])
    ]
    if not unknown and not incomplete:
        return v1.PodCondition(type="Initialized", status="True")
    return v1.PodCondition(
        type="Initialized",
        status="False",
        reason="ContainersNotInitialized",
        message=_told(unknown=unknown, incomplete=incomplete),
    )


def _has_begun(status: v1.ContainerStatus) -> bool:
    """It runs or has run: the pod was initialised, whatever its sidecars do now."""
    state = status.state
    return bool(state.running or state.terminated or status.last_state.terminated)


def _is_initialised(container: v1.Container, status: v1.ContainerStatus) -> bool:
    return bool(status.started if is_sidecar(container) else status.ready)


def _containers_ready(pod: v1.Pod, status: v1.PodStatus) -> v1.PodCondition:
    if status.phase == Phase.SUCCEEDED:
        return v1.PodCondition(type="ContainersReady", status="False", reason=COMPLETED)
    if status.phase == Phase.FAILED:
        return v1.PodCondition(type="ContainersReady", status="False", reason="PodFailed")
    every = (*status.init_container_statuses, *status.container_statuses)
    statuses = {one.name: one for one in every}
    sidecars = [one.name for one in pod.spec.init_containers if is_sidecar(one)]
    names = [*sidecars, *(container.name for container in pod.spec.containers)]
    unknown = [name for name in names if name not in statuses]
    unready = [name for name in names if name in statuses and not statuses[name].ready]
    if not unknown and not unready:
        return v1.PodCondition(type="ContainersReady", status="True")
    return v1.PodCondition(
        type="ContainersReady",
        status="False",
        reason="ContainersNotReady",
        message=_told(unknown=unknown, unready=unready),
    )


def _told(**groups: list[str]) -> str:
    return ", ".join(
        f"containers with {state} status: [{' '.join(names)}]"
        for state, names in groups.items()
        if names
    )


def _ready(pod: v1.Pod, containers: v1.PodCondition, status: v1.PodStatus) -> v1.PodCondition:
    if containers.status != "True":
        return replace(containers, type="Ready")
    given = {one.type: one.status for one in status.conditions}
    gates = [gate.condition_type for gate in pod.spec.readiness_gates]
    closed = [gate for gate in gates if given.get(gate) != "True"]
    if not closed:
        return v1.PodCondition(type="Ready", status="True")
    return v1.PodCondition(
        type="Ready",
        status="False",
        reason="ReadinessGatesNotReady",
        message="; ".join(
            f'the status of pod readiness gate "{gate}" is not "True"' for gate in closed
        ),
    )
