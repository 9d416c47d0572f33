"""What a pod needs next, where nothing of it can change but the whole. Pure.

    an init container is due        -> an rkt pod of it alone
    a container has to start or go  -> another rkt pod, in place of the one that runs
    the pod asks for other ports, names or a network -> the same
    nothing is left to do           -> end what still runs

Init containers were beyond kubelet's rkt; run by rkt pods of their own they keep their order and
their volumes, though not one address. Where a container fails rkt ends the whole pod; of a
sibling that it tells to have succeeded in that moment nobody knows the truth, so it runs again.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (SyncPod).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.actions.compute import fault_of
from runtimes.kubelet.actions.init import init_progress
from runtimes.kubelet.actions.model import KillReason
from runtimes.kubelet.actions.restart import NEVER, ON_FAILURE, restart_policy, should_restart
from runtimes.rkt_stub.pod.asked import is_outdated

if TYPE_CHECKING:
    from typing import TypeGuard

    from runtimes.core.pod import v1
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.status import ContainerStatus, PodStatus


@dataclass(frozen=True, slots=True)
class PodChange:
    """Attributes:
    kill: end what runs, because of `why`.
    run: containers of the next rkt pod.
    """

    kill: bool = False
    run: tuple[v1.Container, ...] = ()
    why: str = ""


NOTHING = PodChange()


def decide(pod: v1.Pod, status: PodStatus, probes: ProbeResults) -> PodChange:
    runs = any(sandbox.ready for sandbox in status.sandboxes)
    if pod.metadata.deletion_timestamp:
        return PodChange(kill=runs, why="it is being deleted")
    init = init_progress(pod, status, probes)
    if not init.done:
        if init.next is None:
            return NOTHING
        if init.failed is not None and restart_policy(pod) == NEVER:
            return PodChange(kill=runs, why="an init container failed")
        return PodChange(kill=runs, run=(init.next,), why="the next init container is due")
    return _with_regular(pod, status, probes, runs=runs)


def _with_regular(pod: v1.Pod, status: PodStatus, probes: ProbeResults, *, runs: bool) -> PodChange:
    due = [one for one in pod.spec.containers if _is_due(pod, one, status)]
    faults = {
        one.name: fault
        for one in pod.spec.containers
        if _runs(latest := status.latest(one.name))
        and (fault := fault_of(pod, one, latest, probes))
    }
    outdated = is_outdated(pod, status)
    if not due and not faults and not outdated:
        keep = any(_runs(status.latest(one.name)) for one in pod.spec.containers)
        return NOTHING if keep else PodChange(kill=runs, why="all its containers have ended")
    said = [message for _, message in faults.values()]
    said += ["it asks for another network, other ports or names"] * outdated
    why = ", ".join(said) if said else f"container {due[0].name} has to start"
    changed = outdated or any(
        reason is KillReason.DEFINITION_CHANGED for reason, _ in faults.values()
    )
    if restart_policy(pod) == NEVER and not due and not changed:
        return PodChange(kill=runs, why=why)
    again = {one.name for one in due} | faults.keys()
    run = [
        one for one in pod.spec.containers if one.name in again or _runs(status.latest(one.name))
    ]
    return PodChange(kill=runs, run=tuple(run), why=why)


def _runs(latest: ContainerStatus | None) -> TypeGuard[ContainerStatus]:
    return latest is not None and latest.state is ContainerState.RUNNING


def _is_due(pod: v1.Pod, container: v1.Container, status: PodStatus) -> bool:
    if should_restart(pod, container.name, status):
        return True
    latest = status.latest(container.name)
    on_failure = restart_policy(pod) == ON_FAILURE
    return on_failure and latest is not None and _in_doubt(latest, status)


def _in_doubt(latest: ContainerStatus, status: PodStatus) -> bool:
    """It ended in an rkt pod that a failure took down."""
    if latest.state is not ContainerState.EXITED:
        return False
    uuid = latest.id.partition(":")[0]
    return any(
        one.exit_code and one.id.partition(":")[0] == uuid and one.id != latest.id
        for one in status.containers
    )
