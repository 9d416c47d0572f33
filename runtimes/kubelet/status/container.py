"""One container's status for people, from the runtime's two newest attempts.

    running              -> running
    exited               -> terminated; waiting with the reason when a restart is held back
    created              -> waiting: it hasn't run yet
    unknown, or vanished -> terminated, 137, ContainerStatusUnknown, if it was seen running before
    nothing yet          -> waiting, ContainerCreating or PodInitializing

Source: kubelet pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus
from runtimes.kubelet.actions.restart import is_sidecar, should_restart
from runtimes.kubelet.status.times import format_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.kubelet.status.reasons import WaitReason

UNKNOWN_EXIT = 137
_LOST = "ContainerStatusUnknown"
_LOST_MESSAGE = "The container could not be located when the pod was terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInputs:
    """What a container's status depends on besides the pod.

    Attributes:
        scheme: of container ids, e.g. ``oci`` for ``oci://<id>``.
        reasons: of starts that failed, by container.
        previous: the statuses of the last look, by container.
        message_limit: bytes of a termination message that are kept.
        probes: what is known of those that run.
    """

    observed: PodStatus
    scheme: str = "cri"
    reasons: Mapping[str, WaitReason] = field(default_factory=dict)
    previous: Mapping[str, v1.ContainerStatus] = field(default_factory=dict)
    message_limit: int = 4096
    probes: ProbeResults = NO_PROBES


def container_status(
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    inputs: ContainerInputs,
    *,
    init: bool = False,
) -> v1.ContainerStatus:
    attempts = [one for one in inputs.observed.containers if one.name == container.name]
    previous = inputs.previous.get(container.name)
    if attempts:
        status = _from_attempts(container, attempts, inputs)
    else:
        status = _without_attempts(pod, container, previous)
    if attempts and attempts[0].state is ContainerState.UNKNOWN:
        status = _unknown(status, previous)
    status = _held_back(pod, status, inputs, init=init)
    plain_init = init and not (isinstance(container, v1.Container) and is_sidecar(container))
    newest = attempts[0].id if attempts else ""
    return _with_readiness(status, newest, inputs.probes, plain_init=plain_init)


def _from_attempts(
    container: v1.Container | v1.EphemeralContainer,
    attempts: list[ContainerStatus],
    inputs: ContainerInputs,
) -> v1.ContainerStatus:
    newest = attempts[0]
    last = _state(attempts[1], inputs) if len(attempts) > 1 else v1.ContainerState()
    return v1.ContainerStatus(
        name=container.name,
        image=newest.image or container.image,
        image_id=newest.image_ref,
        container_id=f"{inputs.scheme}://{newest.id}",
        restart_count=newest.restart_count,
        state=_state(newest, inputs),
        last_state=last if last.terminated is not None else v1.ContainerState(),
    )


def _state(attempt: ContainerStatus, inputs: ContainerInputs) -> v1.ContainerState:
    started = format_ns(attempt.started_at_ns)
    if attempt.state is ContainerState.RUNNING:
        return v1.ContainerState(running=v1.ContainerStateRunning(started_at=started))
    if attempt.state is not ContainerState.EXITED:
        return v1.ContainerState(waiting=v1.ContainerStateWaiting())
    default = "Error" if attempt.exit_code else "Completed"
    return v1.ContainerState(
        terminated=v1.ContainerStateTerminated(
            exit_code=attempt.exit_code,
            reason=attempt.reason or default,
            message=_cut(attempt.message, inputs.message_limit),
            started_at=started,
            finished_at=format_ns(attempt.finished_at_ns),
            container_id=f"{inputs.scheme}://{attempt.id}",
        )
    )


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore")


def _without_attempts(
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    previous: v1.ContainerStatus | None,
) -> v1.ContainerStatus:
    reason = "PodInitializing" if pod.spec.init_containers else "ContainerCreating"
    waiting = v1.ContainerState(waiting=v1.ContainerStateWaiting(reason=reason))
    fresh = v1.ContainerStatus(
        name=container.name, image=container.image, restart_count=0, state=waiting
    )
    if previous is None:
        return fresh
    if previous.state.terminated is not None:
        return previous
    if previous.state.running is None:
        return replace(fresh, last_state=previous.last_state, restart_count=previous.restart_count)
    deleting = bool(pod.metadata.deletion_timestamp)
    return replace(
        fresh,
        last_state=_lost(previous),
        restart_count=(previous.restart_count or 0) + int(not deleting),
    )


def _unknown(status: v1.ContainerStatus, previous: v1.ContainerStatus | None) -> v1.ContainerStatus:
    if previous is None or previous.state.running is None:
        return status
    count = max(status.restart_count or 0, (previous.restart_count or 0) + 1)
    return replace(status, state=_lost(previous), restart_count=count)


def _lost(previous: v1.ContainerStatus) -> v1.ContainerState:
    return v1.ContainerState(
        terminated=v1.ContainerStateTerminated(
            exit_code=UNKNOWN_EXIT,
            reason=_LOST,
            message=_LOST_MESSAGE,
            container_id=previous.container_id,
        )
    )


def _held_back(
    pod: v1.Pod, status: v1.ContainerStatus, inputs: ContainerInputs, *, init: bool
) -> v1.ContainerStatus:
    """Show why a container that should run again doesn't; what ended goes to ``lastState``."""
    reason = inputs.reasons.get(status.name)
    if reason is None or not should_restart(pod, status.name, inputs.observed):
        return status
    ended = status.state.terminated
    if init and ended is not None and ended.exit_code == 0:
        return status
    waiting = v1.ContainerStateWaiting(reason=reason.reason, message=reason.message)
    last = status.state if ended is not None else status.last_state
    return replace(status, state=v1.ContainerState(waiting=waiting), last_state=last)


def _with_readiness(
    status: v1.ContainerStatus, container_id: str, probes: ProbeResults, *, plain_init: bool
) -> v1.ContainerStatus:
    """Probes have their say while it runs; a plain init container is ready once it succeeded."""
    running = status.state.running is not None
    if plain_init:
        ended = status.state.terminated
        ready = ended is not None and ended.exit_code == 0
        return replace(status, ready=ready, started=running)
    return replace(
        status,
        ready=running and probes.ready(container_id),
        started=running and probes.started(container_id),
    )
