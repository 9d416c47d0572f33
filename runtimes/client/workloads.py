"""Objects of manifests on one backend: what is kept, which pods are wanted, which are left over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.kubelet.workloads.known import known_of
from runtimes.kubelet.workloads.model import Outcome, Plan
from runtimes.kubelet.workloads.plan import plan
from runtimes.kubelet.workloads.template import OWNER, owner

__all__ = ["Outcome", "Plan", "configuration", "plan_now", "pods_of", "wanted"]

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeAlias

    from runtimes.client.pod import Pod
    from runtimes.client.runtime import Runtime
    from runtimes.core.pod import v1
    from runtimes.core.pod.workloads import Deployment, Job

    Configuration: TypeAlias = "v1.ConfigMap | v1.Secret"
    Wanted: TypeAlias = "v1.Pod | Deployment | Job"
    Object: TypeAlias = "Configuration | Wanted"


def configuration(objects: Iterable[Object]) -> list[Configuration]:
    """Keep the ConfigMaps and Secrets, which come before the pods that name them."""
    from runtimes.core.pod import v1

    return [one for one in objects if isinstance(one, v1.ConfigMap | v1.Secret)]


def wanted(objects: Iterable[Object]) -> list[Wanted]:
    """Keep what has pods."""
    from runtimes.core.pod import v1

    return [one for one in objects if not isinstance(one, v1.ConfigMap | v1.Secret)]


def pods_of(runtime: Runtime, one: Wanted) -> dict[str, Pod]:
    """Find the pods of an object that were applied here, by name."""
    from runtimes.core.pod import v1

    meta = one.metadata
    pods = [pod for pod in runtime.pods(meta.namespace) if pod.managed]
    if isinstance(one, v1.Pod):
        return {pod.name: pod for pod in pods if pod.name == meta.name}
    return {
        pod.name: pod for pod in pods if pod.manifest.metadata.annotations.get(OWNER) == owner(one)
    }


def plan_now(runtime: Runtime, one: Wanted) -> Plan:
    """Compare an object with its pods as they are now."""
    pods = pods_of(runtime, one)
    known = {name: known_of(pod.manifest, pod.status()) for name, pod in pods.items()}
    return plan(one, known, time.time())
