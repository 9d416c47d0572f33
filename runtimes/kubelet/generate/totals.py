"""What a pod takes as a whole: what it says itself, else what its containers need together.

Containers need the most of: all that run for good, and each init container in its turn beside the
sidecars that have begun by then.

Source: kubernetes component-helpers resource/helpers.go (PodRequests, PodLimits,
AggregateContainerRequests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.actions.restart import is_sidecar
from runtimes.kubelet.generate import amounts

if TYPE_CHECKING:
    from runtimes.core.pod import v1

CPU, MEMORY = "cpu", "memory"
HUGE_PAGES = "hugepages-"


def is_of_pods(resource: str) -> bool:
    """A pod can have it as a whole."""
    return resource in {CPU, MEMORY} or resource.startswith(HUGE_PAGES)


def own(pod: v1.Pod) -> v1.ResourceRequirements | None:
    """What the pod says itself; None when it leaves that to its containers."""
    resources = pod.spec.resources
    return resources if resources is not None and (resources.requests or resources.limits) else None


def of_containers(pod: v1.Pod, resource: str, side: str) -> int:
    """What its containers need together of their ``requests`` or ``limits``, in thousandths."""
    lasting = most = 0
    for container in pod.spec.init_containers:
        amount = milli_of(getattr(container.resources, side), resource)
        most = max(most, lasting + amount)
        lasting += amount if is_sidecar(container) else 0
    regular = (milli_of(getattr(c.resources, side), resource) for c in pod.spec.containers)
    return max(most, lasting + sum(regular))


def total(pod: v1.Pod, resource: str, side: str) -> int:
    """What the pod takes, in thousandths, but for its overhead."""
    said = own(pod)
    given = getattr(said, side) if said is not None else {}
    return milli_of(given, resource) or of_containers(pod, resource, side)


def with_overhead(pod: v1.Pod, resource: str, side: str) -> int:
    """What the pod and its sandbox take, in thousandths; no limit stays none."""
    amount = total(pod, resource, side)
    extra = milli_of(pod.spec.overhead, resource)
    return amount + extra if amount or side == "requests" else 0


def limits(pod: v1.Pod, resource: str) -> bool:
    """The pod as a whole is limited: it says so itself, or each of its containers does."""
    said = own(pod)
    if said is not None and resource in said.limits:
        return True
    every = (*pod.spec.containers, *pod.spec.init_containers)
    return all(milli_of(one.resources.limits, resource) for one in every)


def milli_of(given: dict[str, str], resource: str) -> int:
    return amounts.milli(given[resource]) if resource in given else 0
