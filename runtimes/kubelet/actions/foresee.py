"""What applying a pod would do to each container: pure, over `compute_pod_actions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import labels
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.actions.compute import compute_pod_actions, starting_over, unwanted
from runtimes.kubelet.actions.model import KillReason
from runtimes.kubelet.actions.restart import should_restart
from runtimes.kubelet.actions.sandbox import check_sandbox
from runtimes.kubelet.actions.wishes import changed_for_sandbox

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus
    from runtimes.kubelet.actions.model import PodActions


_OURS = "runtimes.kubelet/"
SETTLED = "has ended and stays so"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen.

    Attributes:
        word: ``created``, ``configured`` or ``unchanged``, as `apply` would say.
        containers: each one's name and what becomes of it, init containers first; then those that
            the pod no longer has.
        sandbox: why the pod gets a new sandbox: what is asked of it otherwise than before.
    """

    word: str
    containers: tuple[tuple[str, str], ...]
    sandbox: tuple[str, ...] = ()


def foresee(
    wanted: v1.Pod, recorded: v1.Pod | None, status: PodStatus, *, ended: bool = False
) -> Foreseen:
    """Compare a pod with the one of its name that was applied before, None for none.

    Args:
        wanted: judged and with defaults.
        recorded: with its uid.
        status: what there is of it.
        ended: it has ended for good, so applying it starts nothing.
    """
    names = [one.name for one in (*wanted.spec.init_containers, *wanted.spec.containers)]
    if recorded is None:
        return Foreseen("created", tuple((name, "starts") for name in names))
    pod = _as_applied(wanted, recorded)
    word = "unchanged" if _asked(pod) == _asked(recorded) else "configured"
    if ended:
        return Foreseen(word, tuple((name, SETTLED) for name in names))
    actions = compute_pod_actions(pod, status)
    removed = [kill.name for kill in unwanted(pod, status)]
    fates = [(name, _fate(name, pod, status, actions)) for name in names]
    return Foreseen(
        word,
        (*fates, *((name, "stops: the pod no longer has it") for name in removed)),
        changed_for_sandbox(recorded, pod) if actions.create_sandbox else (),
    )


def _asked(pod: v1.Pod) -> object:
    """What a record says of its manifest, without our own notes."""
    meta = pod.metadata
    annotations = {
        name: text
        for name, text in meta.annotations.items()
        if name != labels.CONFIG_SOURCE and not name.startswith(_OURS)
    }
    return pod.spec, meta.labels, annotations


def _as_applied(wanted: v1.Pod, recorded: v1.Pod) -> v1.Pod:
    spec = replace(wanted.spec, ephemeral_containers=recorded.spec.ephemeral_containers)
    meta = replace(wanted.metadata, uid=recorded.metadata.uid)
    return replace(wanted, metadata=meta, spec=spec)


def _fate(name: str, pod: v1.Pod, status: PodStatus, actions: PodActions) -> str:
    latest = status.latest(name)
    runs = latest is not None and latest.state is ContainerState.RUNNING
    if actions.create_sandbox:
        again = _starts_over(name, pod, status)
        if runs:
            return "restarts: the pod gets a new sandbox" if again else "stops"
        return "starts" if again else SETTLED
    for kill in actions.containers_to_kill:
        if kill.name == name:
            changed = kill.reason is KillReason.DEFINITION_CHANGED
            return "restarts: its definition changed" if changed else f"restarts: {kill.message}"
    if runs:
        return "stops" if actions.kill_pod else "runs on"
    if latest is None:
        return SETTLED if actions.kill_pod else "starts"
    waits = _is_regular(name, pod) and not actions.kill_pod and should_restart(pod, name, status)
    return "starts again" if waits or name in _started(actions) else SETTLED


def _is_regular(name: str, pod: v1.Pod) -> bool:
    return any(one.name == name for one in pod.spec.containers)


def _starts_over(name: str, pod: v1.Pod, status: PodStatus) -> bool:
    regular = starting_over(pod, status, check_sandbox(pod, status))
    names = {pod.spec.containers[index].name for index in regular}
    return name in names | {one.name for one in pod.spec.init_containers}


def _started(actions: PodActions) -> set[str]:
    return {one.name for one in (actions.next_init_container, *actions.sidecars_to_start) if one}
