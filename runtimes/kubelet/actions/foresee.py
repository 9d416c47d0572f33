"""What applying a pod would do to each container: pure, over `compute_pod_actions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.actions.model import KillReason

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus
    from runtimes.kubelet.actions.model import PodActions

_BY_CONTAINER = {"containers", "init_containers", "ephemeral_containers"}
_AT_ONCE = {
    "active_deadline_seconds", "host_network", "image_pull_secrets", "restart_policy",
    "termination_grace_period_seconds",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen.

    Attributes:
        word: ``created``, ``configured`` or ``unchanged``, as `apply` would say.
        containers: each one's name and what becomes of it, init containers first.
        without_effect: changed fields that what runs would not follow.
    """

    word: str
    containers: tuple[tuple[str, str], ...]
    without_effect: tuple[str, ...] = ()


def foresee(wanted: v1.Pod, recorded: v1.Pod | None, status: PodStatus) -> Foreseen:
    """Compare a pod with the one of its name that was applied before, None for none."""
    names = [one.name for one in (*wanted.spec.init_containers, *wanted.spec.containers)]
    if recorded is None:
        return Foreseen("created", tuple((name, "starts") for name in names))
    pod = _as_applied(wanted, recorded)
    actions = compute_pod_actions(pod, status)
    return Foreseen(
        "unchanged" if pod.spec == recorded.spec else "configured",
        tuple((name, _fate(name, pod, status, actions)) for name in names),
        () if actions.create_sandbox else _without_effect(recorded.spec, pod.spec),
    )


def _as_applied(wanted: v1.Pod, recorded: v1.Pod) -> v1.Pod:
    spec = replace(wanted.spec, ephemeral_containers=recorded.spec.ephemeral_containers)
    meta = replace(wanted.metadata, uid=recorded.metadata.uid)
    return replace(wanted, metadata=meta, spec=spec)


def _fate(name: str, pod: v1.Pod, status: PodStatus, actions: PodActions) -> str:
    latest = status.latest(name)
    runs = latest is not None and latest.state is ContainerState.RUNNING
    if actions.create_sandbox:
        return "restarts: the pod gets a new sandbox" if runs else "starts"
    for kill in actions.containers_to_kill:
        if kill.name == name:
            changed = kill.reason is KillReason.DEFINITION_CHANGED
            return "restarts: its definition changed" if changed else f"restarts: {kill.message}"
    if runs:
        return "stops" if actions.kill_pod else "runs on"
    if latest is None:
        return "starts"
    return "starts again" if name in _started(pod, actions) else "has ended and stays so"


def _started(pod: v1.Pod, actions: PodActions) -> set[str]:
    init = {one.name for one in (actions.next_init_container, *actions.sidecars_to_start) if one}
    return init | {pod.spec.containers[index].name for index in actions.containers_to_start}


def _without_effect(before: v1.PodSpec, after: v1.PodSpec) -> tuple[str, ...]:
    fields = zip(after.__struct_fields__, after.__struct_encode_fields__, strict=True)
    return tuple(
        f"spec.{word}"
        for field, word in fields
        if field not in _BY_CONTAINER | _AT_ONCE and getattr(before, field) != getattr(after, field)
    )
