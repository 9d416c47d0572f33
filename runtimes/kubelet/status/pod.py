"""A pod's status as `kubectl get pod -o yaml` shows it: a pure function of what is known.

Source: kubelet pkg/kubelet/kubelet_pods.go (generateAPIPodStatus), status/status_manager.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.core.pod.probes import NO_PROBES, ProbeResults
from runtimes.core.pod.status import ContainerState, PodStatus
from runtimes.kubelet.generate.qos import pod_qos
from runtimes.kubelet.status import deadline
from runtimes.kubelet.status.conditions import pod_conditions
from runtimes.kubelet.status.container import ContainerInputs, container_status
from runtimes.kubelet.status.phase import Phase, pod_phase
from runtimes.kubelet.status.times import format_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.kubelet.status.reasons import WaitReason

ALL_MESSAGES_BYTES = 12_288
TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusInputs:
    """What a status depends on besides the pod.

    Attributes:
        observed: what the runtime has.
        now_ns: the time.
        scheme: of container ids: the backend's name.
        host_ip: of the node, and of pods on its network.
        reasons: of starts that failed, by container.
        previous: the status of the last look: terminal phases and times stay.
        probes: what is known of containers that run.
    """

    observed: PodStatus
    now_ns: int
    scheme: str = "cri"
    host_ip: str = ""
    reasons: Mapping[str, WaitReason] = field(default_factory=dict)
    previous: v1.PodStatus | None = None
    probes: ProbeResults = NO_PROBES


def pod_status(pod: v1.Pod, inputs: StatusInputs) -> v1.PodStatus:
    """Compute it."""
    previous = inputs.previous or v1.PodStatus()
    status = _with_containers(pod, inputs, previous)
    ended = bool(pod.metadata.deletion_timestamp) and not _anything_runs(inputs.observed)
    phase = pod_phase(pod, status.init_container_statuses, status.container_statuses, ended=ended)
    late = deadline.is_over(pod, inputs.now_ns)
    if previous.phase in TERMINAL:
        status = replace(
            status, phase=previous.phase, reason=previous.reason, message=previous.message
        )
    elif late and phase not in TERMINAL:
        status = replace(
            status,
            phase=Phase.FAILED.value,
            reason=deadline.REASON,
            message=deadline.MESSAGE,
        )
    else:
        status = replace(status, phase=phase.value)
    since = format_ns(inputs.now_ns if previous.conditions else _last_change_ns(inputs))
    conditions = pod_conditions(
        pod, status, inputs.observed, previous=previous.conditions, now=since
    )
    return replace(status, conditions=conditions)


def _with_containers(pod: v1.Pod, inputs: StatusInputs, previous: v1.PodStatus) -> v1.PodStatus:
    spec = pod.spec
    count = max(1, len(spec.containers) + len(spec.init_containers))
    before = (
        *previous.init_container_statuses,
        *previous.container_statuses,
        *previous.ephemeral_container_statuses,
    )
    each = ContainerInputs(
        observed=inputs.observed,
        scheme=inputs.scheme,
        reasons=inputs.reasons,
        previous={one.name: one for one in before},
        message_limit=ALL_MESSAGES_BYTES // count,
        probes=inputs.probes,
    )
    regular = [container_status(pod, one, each) for one in spec.containers]
    ips = _addresses(pod, inputs, previous)
    return v1.PodStatus(
        init_container_statuses=tuple(
            container_status(pod, one, each, init=True) for one in spec.init_containers
        ),
        container_statuses=tuple(sorted(regular, key=lambda one: one.name)),
        ephemeral_container_statuses=tuple(
            container_status(pod, one, each) for one in spec.ephemeral_containers
        ),
        host_ip=inputs.host_ip,
        host_ips=(v1.HostIP(ip=inputs.host_ip),) if inputs.host_ip else (),
        pod_ip=ips[0] if ips else "",
        pod_ips=tuple(v1.PodIP(ip=ip) for ip in ips),
        qos_class=pod_qos(pod).value,
        start_time=previous.start_time or _start_time(pod, inputs),
    )


def _addresses(pod: v1.Pod, inputs: StatusInputs, previous: v1.PodStatus) -> tuple[str, ...]:
    """A stopped pod keeps the addresses that it had."""
    if pod.spec.host_network:
        return (inputs.host_ip,) if inputs.observed.sandboxes and inputs.host_ip else ()
    ready = any(sandbox.ready for sandbox in inputs.observed.sandboxes)
    if inputs.observed.ips or ready:
        return inputs.observed.ips
    return tuple(one.ip for one in previous.pod_ips)


def _start_time(pod: v1.Pod, inputs: StatusInputs) -> str:
    created = [sandbox.created_at_ns for sandbox in inputs.observed.sandboxes]
    return pod.metadata.creation_timestamp or format_ns(min(created, default=inputs.now_ns))


def _last_change_ns(inputs: StatusInputs) -> int:
    """When a pod that nobody has watched has become what it is, as far as the runtime knows."""
    containers, sandboxes = inputs.observed.containers, inputs.observed.sandboxes
    times = [
        time
        for one in containers
        for time in (one.created_at_ns, one.started_at_ns, one.finished_at_ns)
    ]
    return max([*times, *(one.created_at_ns for one in sandboxes)], default=0) or inputs.now_ns


def _anything_runs(observed: PodStatus) -> bool:
    return any(one.state is ContainerState.RUNNING for one in observed.containers)
