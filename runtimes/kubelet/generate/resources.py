"""From requests and limits to what the kernel is told.

Source: kubelet pkg/kubelet/kuberuntime/helpers_linux.go, kuberuntime_container_linux.go and
pkg/kubelet/cm/helpers_linux.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.kubelet.generate import amounts, totals
from runtimes.kubelet.generate.qos import oom_score_adj

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

Amount = Callable[["v1.Pod", str, str], int]
"""Thousandths of a resource that a pod takes of its ``requests`` or ``limits``."""
MIN_SHARES = 2
MAX_SHARES = 262_144
MIN_QUOTA_US = 1000


def cpu_shares(millicpu: int) -> int:
    return max(MIN_SHARES, millicpu * 1024 // 1000)


def cpu_quota(millicpu: int, period_us: int) -> int:
    """Microseconds of CPU per period; 0 for no limit."""
    return max(MIN_QUOTA_US, millicpu * period_us // 1000) if millicpu else 0


def container_resources(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, config: KubeletConfig
) -> cri.LinuxContainerResources:
    limits, requests = container.resources.limits, container.resources.requests
    cpu_limit = totals.milli_of(limits, "cpu") or _of_pod(pod, "cpu")
    resources = cri.LinuxContainerResources(
        cpu_shares=cpu_shares(totals.milli_of(requests, "cpu") or cpu_limit),
        memory_limit_in_bytes=_units(limits, "memory") or _of_pod(pod, "memory") // 1000,
        oom_score_adj=oom_score_adj(pod, container, config.memory_capacity_bytes),
        hugepage_limits=_hugepage_limits(limits),
    )
    if config.cpu_cfs_quota:
        resources.cpu_period = config.cpu_cfs_period_us
        resources.cpu_quota = cpu_quota(cpu_limit, config.cpu_cfs_period_us)
    return resources


def pod_resources(
    pod: v1.Pod, config: KubeletConfig, amount: Amount = totals.total
) -> cri.LinuxContainerResources:
    """What the pod's containers may have together, by what `amount` counts."""
    resources = cri.LinuxContainerResources(
        cpu_shares=min(MAX_SHARES, cpu_shares(amount(pod, "cpu", "requests")))
    )
    if config.cpu_cfs_quota and totals.limits(pod, "cpu"):
        resources.cpu_period = config.cpu_cfs_period_us
        limit = amount(pod, "cpu", "limits")
        resources.cpu_quota = cpu_quota(limit, config.cpu_cfs_period_us)
    if totals.limits(pod, "memory"):
        resources.memory_limit_in_bytes = amount(pod, "memory", "limits") // 1000
    return resources


def overhead(pod: v1.Pod, config: KubeletConfig) -> cri.LinuxContainerResources | None:
    """What the sandbox itself takes, None when the pod doesn't say."""
    if not pod.spec.overhead:
        return None
    millicpu = totals.milli_of(pod.spec.overhead, "cpu")
    return cri.LinuxContainerResources(
        cpu_shares=cpu_shares(millicpu),
        cpu_period=config.cpu_cfs_period_us,
        cpu_quota=cpu_quota(millicpu, config.cpu_cfs_period_us),
        memory_limit_in_bytes=_units(pod.spec.overhead, "memory"),
    )


def _of_pod(pod: v1.Pod, resource: str) -> int:
    """The pod's own limit, which bounds each container that has none, in thousandths."""
    said = totals.own(pod)
    return totals.milli_of(said.limits, resource) if said is not None else 0


def _units(given: dict[str, str], resource: str) -> int:
    return amounts.units(given[resource]) if resource in given else 0


def _hugepage_limits(limits: dict[str, str]) -> list[cri.HugepageLimit]:
    return [
        cri.HugepageLimit(
            page_size=_page_size(name.removeprefix(totals.HUGE_PAGES)), limit=_units(limits, name)
        )
        for name in sorted(limits)
        if name.startswith(totals.HUGE_PAGES)
    ]


def _page_size(text: str) -> str:
    """Write ``2Mi`` as the cgroup file does: ``2MB``."""
    size = amounts.units(text)
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return f"{size}B"
