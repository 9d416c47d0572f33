"""What a pod needs next: a pure function of what is wanted and what is.

    no usable sandbox  -> kill what is left, make one, start the first init container,
                          or all regular ones when there are no init containers
    usable sandbox     -> ephemeral containers; then the next init container;
                          then, all of them done, each regular container by itself;
                          meanwhile each sidecar whose turn has come
                          and what the pod no longer has is killed
    nothing to keep    -> kill the pod: that is how a finished one gives its sandbox back

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import NO_PROBES, ProbeResult, ProbeResults
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus
from runtimes.kubelet.actions.hash import definition_hash
from runtimes.kubelet.actions.init import InitProgress, init_progress, sidecars_begun
from runtimes.kubelet.actions.model import ContainerKill, KillReason, PodActions
from runtimes.kubelet.actions.restart import (
    NEVER,
    ON_FAILURE,
    is_sidecar,
    restart_policy,
    should_restart,
)
from runtimes.kubelet.actions.sandbox import SandboxCheck, check_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1


def compute_pod_actions(
    pod: v1.Pod, status: PodStatus, probes: ProbeResults = NO_PROBES
) -> PodActions:
    """Decide the next steps from `status` towards `pod`; a pod being deleted is killed."""
    check = check_sandbox(pod, status)
    if pod.metadata.deletion_timestamp:
        return PodActions(kill_pod=True, sandbox_id=check.id, attempt=check.attempt)
    if check.changed:
        return _with_new_sandbox(pod, status, check)
    return _with_sandbox(pod, status, check, probes)


def _with_new_sandbox(pod: v1.Pod, status: PodStatus, check: SandboxCheck) -> PodActions:
    only_kill = PodActions(kill_pod=True, sandbox_id=check.id, attempt=check.attempt)
    policy = restart_policy(pod)
    start = starting_over(pod, status, check)
    if not start:  # all have ended for good, so the init containers have, too
        return only_kill
    if policy == NEVER and not check.outdated and _init_has_failed(pod, status):
        return only_kill
    actions = replace(only_kill, create_sandbox=True)
    if policy == NEVER and check.outdated:  # their ends, which are our doing, would count
        forgotten = tuple(pod.spec.containers[index].name for index in start)
        actions = replace(actions, containers_to_forget=forgotten)
    if pod.spec.init_containers:
        return replace(actions, next_init_container=pod.spec.init_containers[0])
    return replace(actions, containers_to_start=start)


def starting_over(pod: v1.Pod, status: PodStatus, check: SandboxCheck) -> tuple[int, ...]:
    """Find the regular containers that run again in a new sandbox, after its init containers."""
    policy = restart_policy(pod)
    return tuple(
        index
        for index, container in enumerate(pod.spec.containers)
        if not _is_over(policy, status.latest(container.name), check)
    )


def _is_over(policy: str, latest: ContainerStatus | None, check: SandboxCheck) -> bool:
    if policy == NEVER and check.outdated:
        return latest is not None and latest.state is ContainerState.EXITED
    if policy == NEVER and check.attempt != 0:
        return _has_run(latest)
    return policy == ON_FAILURE and _succeeded(latest)


def _init_has_failed(pod: v1.Pod, status: PodStatus) -> bool:
    """One that ran hasn't succeeded, and won't: it dies with its sandbox."""
    attempts = [status.latest(one.name) for one in pod.spec.init_containers if not is_sidecar(one)]
    return any(_has_run(latest) and not _succeeded(latest) for latest in attempts)


def _with_sandbox(
    pod: v1.Pod, status: PodStatus, check: SandboxCheck, probes: ProbeResults
) -> PodActions:
    actions = PodActions(
        sandbox_id=check.id,
        attempt=check.attempt,
        ephemeral_containers_to_start=_new_ephemeral(pod, status),
    )
    init = init_progress(pod, status, probes)
    if init.done:
        actions = _with_regular(pod, status, actions, probes)
    else:
        actions = _with_init(pod, actions, init)
    if actions.kill_pod:
        return actions
    begun = [one for one in sidecars_begun(pod, status, init) if one is not init.next]
    actions = _with_sidecars(pod, status, actions, (begun, probes))
    kills = (*unwanted(pod, status), *actions.containers_to_kill)
    return replace(actions, containers_to_kill=kills)


def unwanted(pod: v1.Pod, status: PodStatus) -> Iterator[ContainerKill]:
    """Find the containers that run and that the pod no longer has."""
    spec = pod.spec
    wanted = {one.name for one in (*spec.init_containers, *spec.containers)}
    wanted |= {one.name for one in spec.ephemeral_containers}
    for one in status.containers:
        if one.state is ContainerState.RUNNING and one.name not in wanted:
            message = f"Container {one.name} is no longer in the pod's manifest"
            yield ContainerKill(one.id, one.name, None, message, KillReason.NOT_WANTED)


def _new_ephemeral(pod: v1.Pod, status: PodStatus) -> tuple[int, ...]:
    return tuple(
        index
        for index, container in enumerate(pod.spec.ephemeral_containers)
        if status.latest(container.name) is None
    )


def _with_init(pod: v1.Pod, actions: PodActions, init: InitProgress) -> PodActions:
    if init.next is None:
        return actions
    if init.failed is None:
        return replace(actions, next_init_container=init.next)
    if restart_policy(pod) == NEVER:
        return replace(actions, kill_pod=True)
    kills: tuple[ContainerKill, ...] = ()
    if init.failed.state is ContainerState.UNKNOWN:
        kills = (_kill_unknown(init.failed, init.next),)
    return replace(actions, next_init_container=init.next, containers_to_kill=kills)


def _with_regular(
    pod: v1.Pod, status: PodStatus, actions: PodActions, probes: ProbeResults
) -> PodActions:
    starts: list[int] = []
    kills: list[ContainerKill] = []
    keep = 0
    for index, container in enumerate(pod.spec.containers):
        latest = status.latest(container.name)
        if latest is None or latest.state is not ContainerState.RUNNING:
            if should_restart(pod, container.name, status):
                starts.append(index)
                if latest is not None and latest.state is ContainerState.UNKNOWN:
                    kills.append(_kill_unknown(latest, container))
            continue
        fault = fault_of(pod, container, latest, probes)
        if fault is None:
            keep += 1
            continue
        reason, message = fault
        if reason is KillReason.DEFINITION_CHANGED or restart_policy(pod) != NEVER:
            starts.append(index)
            message += ", will be restarted"
        kills.append(ContainerKill(latest.id, container.name, container, message, reason))
    return replace(
        actions,
        kill_pod=keep == 0 and not starts,
        containers_to_kill=() if keep == 0 and not starts else tuple(kills),
        containers_to_start=tuple(starts),
    )


def _with_sidecars(
    pod: v1.Pod,
    status: PodStatus,
    actions: PodActions,
    begun_and_probed: tuple[list[v1.Container], ProbeResults],
) -> PodActions:
    begun, probes = begun_and_probed
    starts: list[v1.Container] = []
    kills = list(actions.containers_to_kill)
    for container in begun:
        latest = status.latest(container.name)
        if latest is not None and latest.state is ContainerState.RUNNING:
            fault = fault_of(pod, container, latest, probes)
            if fault is None:
                continue
            reason, message = fault
            message = f"Init {message[0].lower()}{message[1:]}"
            kills.append(ContainerKill(latest.id, container.name, container, message, reason))
        elif latest is not None and latest.state is ContainerState.UNKNOWN:
            kills.append(_kill_unknown(latest, container))
        starts.append(container)
    return replace(actions, containers_to_kill=tuple(kills), sidecars_to_start=tuple(starts))


def fault_of(
    pod: v1.Pod, container: v1.Container, latest: ContainerStatus, probes: ProbeResults
) -> tuple[KillReason, str] | None:
    """Why a running container can't go on, None when it can."""
    if latest.hash not in {0, definition_hash(pod, container)}:
        return (
            KillReason.DEFINITION_CHANGED,
            f"Container {container.name} definition changed",
        )
    if probes.liveness.get(latest.id) is ProbeResult.FAILURE:
        return KillReason.LIVENESS_PROBE, f"Container {container.name} failed liveness probe"
    if probes.startup.get(latest.id) is ProbeResult.FAILURE:
        return KillReason.STARTUP_PROBE, f"Container {container.name} failed startup probe"
    return None


def _kill_unknown(latest: ContainerStatus, container: v1.Container) -> ContainerKill:
    message = f"Container {container.name} is in unknown state, try killing it before it is started"
    return ContainerKill(latest.id, container.name, container, message, KillReason.UNKNOWN)


def _has_run(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.state is not ContainerState.CREATED


def _succeeded(latest: ContainerStatus | None) -> bool:
    return latest is not None and latest.state is ContainerState.EXITED and latest.exit_code == 0
