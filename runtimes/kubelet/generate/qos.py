"""A pod's quality of service, and who dies first when memory runs out.

Source: kubelet pkg/apis/core/v1/helper/qos, pkg/kubelet/qos/policy.go.
"""

from __future__ import annotations

from enum import StrEnum

from runtimes.core.pod import v1
from runtimes.kubelet.actions.restart import is_sidecar
from runtimes.kubelet.generate import amounts, totals

_GUARANTEED_SCORE = -997
_BEST_EFFORT_SCORE = 1000
_NODE_CRITICAL = "system-node-critical"


class Qos(StrEnum):
    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def pod_qos(pod: v1.Pod) -> Qos:
    """Guaranteed: limits everywhere, and requests equal to them; BestEffort: nothing anywhere.

    What a pod says as a whole counts instead of what its containers say.
    """
    said = totals.own(pod)
    every = (*pod.spec.containers, *pod.spec.init_containers)
    resources = [c.resources for c in every] if said is None else [said]
    if not any(_compute(r.requests) or _compute(r.limits) for r in resources):
        return Qos.BEST_EFFORT
    guaranteed = all(_is_guaranteed(requirements) for requirements in resources)
    return Qos.GUARANTEED if guaranteed else Qos.BURSTABLE


def _compute(given: dict[str, str]) -> dict[str, int]:
    """Keep CPU and memory that are asked for, in thousandths."""
    read = {name: amounts.milli(given[name]) for name in ("cpu", "memory") if name in given}
    return {name: amount for name, amount in read.items() if amount}


def _is_guaranteed(resources: v1.ResourceRequirements) -> bool:
    limits = _compute(resources.limits)
    requests = {**limits, **_compute(resources.requests)}
    return len(limits) == 2 and limits == requests


def oom_score_adj(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, memory_capacity_bytes: int
) -> int:
    """Between -997 for what must live and 1000 for what may die first."""
    qos = pod_qos(pod)
    if pod.spec.priority_class_name == _NODE_CRITICAL or qos is Qos.GUARANTEED:
        return _GUARANTEED_SCORE
    if qos is Qos.BEST_EFFORT:
        return _BEST_EFFORT_SCORE
    score = _score(_memory_of(container) + _share(pod), memory_capacity_bytes)
    if isinstance(container, v1.Container) and is_sidecar(container):
        least = min(map(_memory_of, pod.spec.containers), default=0)
        score = min(score, _score(least + _share(pod), memory_capacity_bytes))
    lowest = 1000 + _GUARANTEED_SCORE
    return min(max(score, lowest), _BEST_EFFORT_SCORE - 1)


def _score(requested_bytes: int, memory_capacity_bytes: int) -> int:
    return 1000 - 1000 * requested_bytes // memory_capacity_bytes


def _memory_of(container: v1.Container | v1.EphemeralContainer) -> int:
    resources = container.resources
    requested = resources.requests.get("memory") or resources.limits.get("memory")
    return amounts.units(requested) if requested else 0


def _share(pod: v1.Pod) -> int:
    """A container's part of the memory that the pod asks for beyond its containers."""
    said = totals.own(pod)
    if said is None or "memory" not in said.requests:
        return 0
    left = amounts.units(said.requests["memory"])
    left -= totals.of_containers(pod, "memory", "requests") // 1000
    return max(0, left) // (len(pod.spec.containers) + len(pod.spec.init_containers))
