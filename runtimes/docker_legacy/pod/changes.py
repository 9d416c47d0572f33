"""What a pod on an Engine needs next, as kubelet 1.4 decided it. Pure.

    infra container     missing, ended or another one wanted -> start it, all else ends with it
    init containers     running or ended -> keep, up to the first that failed
    a regular one
      that doesn't run  start, where the restart policy says so
      that runs         beside a new infra container or a failed init one -> start, unless Never
                        with another definition -> start, whatever the policy
                        and isn't alive -> start, unless Never; then it only ends
                        else -> keep
    nothing but the infra container to keep, and nothing to start -> keep nothing: the pod ends

SyncPod then kills the pod, or what isn't kept; starts the infra container; then the next init
container, and after the last one the regular ones. `to_actions` says it in the words of
`kubelet.sync.pod`, whose steps have that order.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (computePodContainerChanges, SyncPod).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.actions.compute import fault_of
from runtimes.kubelet.actions.init import init_progress
from runtimes.kubelet.actions.model import ContainerKill, KillReason, PodActions
from runtimes.kubelet.actions.restart import NEVER, restart_policy, should_restart
from runtimes.kubelet.actions.sandbox import check_sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, PodStatus

INFRA = -1
"""The infra container's index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PodContainerChanges:
    """Attributes:
    infra_changed: the one that runs isn't the one that is wanted.
    infra_id: the one that there is, or that goes.
    attempt: of the infra container that is wanted; the first kubelets counted none.
    init_containers_to_keep: indices by id.
    containers_to_start: why, by index.
    containers_to_keep: indices by id, `INFRA` among them.
    """

    start_infra: bool = False
    infra_changed: bool = False
    infra_id: str = ""
    attempt: int = 0
    init_failed: bool = False
    init_containers_to_keep: Mapping[str, int] = field(default_factory=dict)
    containers_to_start: Mapping[int, str] = field(default_factory=dict)
    containers_to_keep: Mapping[str, int] = field(default_factory=dict)


def compute_pod_container_changes(
    pod: v1.Pod, status: PodStatus, probes: ProbeResults = NO_PROBES
) -> PodContainerChanges:
    """Decide for a pod of that era; see `needs_later_rules` for others."""
    infra = check_sandbox(pod, status)
    changes = PodContainerChanges(
        start_infra=infra.changed,
        infra_changed=infra.changed and any(one.ready for one in status.sandboxes),
        infra_id=infra.id,
        attempt=infra.attempt,
    )
    if not infra.changed:
        changes = _with_init(pod, status, replace(changes, containers_to_keep={infra.id: INFRA}))
    changes = _with_regular(pod, status, changes, probes)
    only_infra = list(changes.containers_to_keep.values()) == [INFRA]
    if only_infra and not changes.containers_to_start:
        return replace(changes, containers_to_keep={}, init_containers_to_keep={})
    return changes


def needs_later_rules(pod: v1.Pod) -> bool:
    """The pod has what kubelet 1.4 knew nothing of: sidecars, startup probes, guests."""
    spec = pod.spec
    probed = any(one.startup_probe is not None for one in spec.containers)
    return (
        probed
        or bool(spec.ephemeral_containers)
        or any(one.restart_policy for one in spec.init_containers)
    )


def _with_init(pod: v1.Pod, status: PodStatus, changes: PodContainerChanges) -> PodContainerChanges:
    keep: dict[str, int] = {}
    for index, container in enumerate(pod.spec.init_containers):
        latest = status.latest(container.name)
        if latest is None or latest.state not in {ContainerState.RUNNING, ContainerState.EXITED}:
            continue
        keep[latest.id] = index
        if latest.state is ContainerState.EXITED and latest.exit_code != 0:
            return replace(changes, init_failed=True, init_containers_to_keep=keep)
    return replace(changes, init_containers_to_keep=keep)


def _with_regular(
    pod: v1.Pod, status: PodStatus, changes: PodContainerChanges, probes: ProbeResults
) -> PodContainerChanges:
    start: dict[int, str] = {}
    keep = dict(changes.containers_to_keep)
    for index, container in enumerate(pod.spec.containers):
        latest = status.latest(container.name)
        if latest is None or latest.state is not ContainerState.RUNNING:
            if should_restart(pod, container.name, status):
                start[index] = f"Container {container.name} doesn't run, and shall"
            continue
        why, always = _why_not_keep(pod, container, latest, (changes, probes))
        if not why:
            keep[latest.id] = index
        elif always or restart_policy(pod) != NEVER:
            start[index] = why
    return replace(changes, containers_to_start=start, containers_to_keep=keep)


def _why_not_keep(
    pod: v1.Pod,
    container: v1.Container,
    latest: ContainerStatus,
    found: tuple[PodContainerChanges, ProbeResults],
) -> tuple[str, bool]:
    """Say why a running one can't go on, empty if it can; and whether policy has no say in it."""
    changes, probes = found
    if changes.start_infra:
        return f"Container {container.name} ends with the pod's infra container", False
    if changes.init_failed:
        return f"Container {container.name} waits for an init container that failed", False
    fault = fault_of(pod, container, latest, probes)
    if fault is None:
        return "", False
    reason, message = fault
    return message, reason is KillReason.DEFINITION_CHANGED


def to_actions(
    pod: v1.Pod, status: PodStatus, changes: PodContainerChanges, probes: ProbeResults = NO_PROBES
) -> PodActions:
    """Say what SyncPod did with them, as steps.

    Better than kubelet 1.4: a pod whose init container failed for good gives its infra container
    back, and what shall start does so in the manifest's order.
    """
    kept = {**changes.containers_to_keep, **changes.init_containers_to_keep}
    over = changes.init_failed and restart_policy(pod) == NEVER
    create = changes.start_infra and bool(changes.containers_to_start)
    actions = PodActions(
        kill_pod=changes.start_infra or over or not (kept or changes.containers_to_start),
        create_sandbox=create,
        sandbox_id=changes.infra_id,
        attempt=changes.attempt,
    )
    if not actions.kill_pod:
        actions = replace(actions, containers_to_kill=_to_kill(pod, status, (kept, probes)))
    elif not create:
        return actions
    seen = replace(status, containers=()) if create else _seen(status, changes)
    init = init_progress(pod, seen)
    if not init.done:
        return replace(actions, next_init_container=init.next)
    return replace(actions, containers_to_start=tuple(sorted(changes.containers_to_start)))


def _seen(status: PodStatus, changes: PodContainerChanges) -> PodStatus:
    """Where an init container failed, regular ones that still run prove nothing."""
    if not changes.init_failed:
        return status
    init = changes.init_containers_to_keep
    return replace(status, containers=tuple(one for one in status.containers if one.id in init))


def _to_kill(
    pod: v1.Pod, status: PodStatus, found: tuple[Mapping[str, int], ProbeResults]
) -> tuple[ContainerKill, ...]:
    kept, probes = found
    named = {one.name: one for one in (*pod.spec.init_containers, *pod.spec.containers)}
    kills = []
    for one in status.containers:
        if one.state is not ContainerState.RUNNING or one.id in kept:
            continue
        container = named.get(one.name)
        fault = fault_of(pod, container, one, probes) if container else None
        reason, message = fault or (KillReason.NOT_WANTED, f"Container {one.name} isn't wanted now")
        kills.append(ContainerKill(one.id, one.name, container, message, reason))
    return tuple(kills)
