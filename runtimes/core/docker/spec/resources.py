"""A container's limits, as the Engine takes them; what it can't take is left for the cgroup.

Source: CRI LinuxContainerResources; Docker Engine API, Resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.host.clamp import clamp_oom_score_adj

if TYPE_CHECKING:
    from runtimes.core.cgroup.layout import Layout
    from runtimes.core.cgroup.resources import Resources
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import UpdateConfig
    from runtimes.core.host.clamp import Grants

LEAST_MEMORY = 6 << 20
"""Bytes; an Engine takes no lower limit."""


def limits(asked: cri.LinuxContainerResources) -> UpdateConfig:
    """Limits of CPU and memory for `create` and for `update`; zero and empty ones are left out.

    Raises:
        InvalidArgument: swap below memory, or less memory than an Engine takes.
    """
    found: UpdateConfig = {}
    if asked.cpu_shares:
        found["CpuShares"] = asked.cpu_shares
    if asked.cpu_quota:
        found["CpuQuota"] = asked.cpu_quota
    if asked.cpu_period:
        found["CpuPeriod"] = asked.cpu_period
    if asked.cpuset_cpus:
        found["CpusetCpus"] = asked.cpuset_cpus
    if asked.cpuset_mems:
        found["CpusetMems"] = asked.cpuset_mems
    _limit_memory(asked, found)
    return found


def _limit_memory(asked: cri.LinuxContainerResources, found: UpdateConfig) -> None:
    """Without a word on swap, the container gets none; both go together, or an update fails."""
    limit, swap = asked.memory_limit_in_bytes, asked.memory_swap_limit_in_bytes
    if 0 < limit < LEAST_MEMORY:
        raise errors.InvalidArgument(
            f"memory_limit_in_bytes {limit}: Docker takes no limit below {LEAST_MEMORY}"
        )
    if 0 < swap < limit:
        raise errors.InvalidArgument(
            f"memory_swap_limit_in_bytes {swap} counts memory and swap, so it can't be below "
            f"memory_limit_in_bytes {limit}"
        )
    if limit:
        found["Memory"] = limit
    if swap or limit:
        found["MemorySwap"] = swap or limit


def oom_score_adj(asked: cri.LinuxContainerResources, grants: Grants) -> int:
    """As asked, or the nearest value that this host grants."""
    return clamp_oom_score_adj(asked.oom_score_adj, grants)


def beyond_engine(asked: cri.LinuxContainerResources, layout: Layout) -> Resources:
    """What only the cgroup's own files can limit: huge pages, and `unified` settings.

    A zero limit of huge pages is left out where the kernel doesn't account them.

    Raises:
        InvalidArgument: `unified` settings on a host without cgroup v2.
        FailedPrecondition: a limit of huge pages on a host that has no such controller.
    """
    found: Resources = {}
    pages = [page for page in asked.hugepage_limits if page.limit or layout.has("hugetlb")]
    if pages and not layout.has("hugetlb"):
        raise errors.FailedPrecondition(
            f"hugepage_limits {[page.page_size for page in pages]}: the host's cgroups have no "
            "hugetlb controller"
        )
    if pages:
        found["hugepageLimits"] = [
            {"pageSize": page.page_size, "limit": page.limit} for page in pages
        ]
    if asked.unified:
        if not layout.is_v2:
            raise errors.InvalidArgument(
                f"unified cgroup settings {sorted(asked.unified)} need cgroup v2; this host has v1"
            )
        found["unified"] = dict(asked.unified)
    return found
