"""A container's limits, from the CRI's numbers to OCI's, left to the runtime to write.

Source: CRI LinuxContainerResources; runtime-spec config-linux.md (resources).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup.limits import UNLIMITED, limits_swap
from runtimes.core.host.clamp import warn_once

if TYPE_CHECKING:
    from runtimes.core.cgroup.layout import Layout
    from runtimes.core.cgroup.resources import Cpu, Memory, Resources
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.spec.request import SpecRequest


def container(request: SpecRequest) -> Resources:
    """The limits of a new container."""
    return convert(request.config.linux.resources, request.host.cgroup)


def convert(asked: cri.LinuxContainerResources, layout: Layout) -> Resources:
    """The same limits as OCI writes them; zero and empty fields are left out.

    What the host's kernel can't limit is left out with one warning, as Docker does. Also for
    updates of living cgroups, with `cgroup.update`.

    Raises:
        InvalidArgument: `unified` settings on a host without cgroup v2; swap below memory.
    """
    found: Resources = {}
    cpu, memory = _cpu(asked), _memory(asked, layout)
    if cpu and _can(layout, "cpu"):
        found["cpu"] = cpu
    if memory and _can(layout, "memory"):
        found["memory"] = memory
    pages = [page for page in asked.hugepage_limits if page.limit or layout.has("hugetlb")]
    if pages and _can(layout, "hugetlb"):
        found["hugepageLimits"] = [
            {"pageSize": page.page_size, "limit": page.limit} for page in pages
        ]
    if asked.unified:
        found["unified"] = _unified(asked, layout)
    return found


def _can(layout: Layout, controller: str) -> bool:
    if layout.has(controller):
        return True
    warn_once(
        f"cgroup {controller}",
        "limits of %s are left out: the host's cgroups have no such controller",
        controller,
    )
    return False


def _cpu(asked: cri.LinuxContainerResources) -> Cpu:
    cpu: Cpu = {}
    if asked.cpu_shares:
        cpu["shares"] = asked.cpu_shares
    if asked.cpu_quota:
        cpu["quota"] = asked.cpu_quota
    if asked.cpu_period:
        cpu["period"] = asked.cpu_period
    if asked.cpuset_cpus:
        cpu["cpus"] = asked.cpuset_cpus
    if asked.cpuset_mems:
        cpu["mems"] = asked.cpuset_mems
    return cpu


def _memory(asked: cri.LinuxContainerResources, layout: Layout) -> Memory:
    """Memory, and memory with swap: without a word on swap, the container gets none."""
    memory: Memory = {}
    limit, swap = asked.memory_limit_in_bytes, asked.memory_swap_limit_in_bytes
    if limit:
        memory["limit"] = limit
    if swap > 0 and swap < limit:
        raise errors.InvalidArgument(
            f"memory_swap_limit_in_bytes {swap} counts memory and swap, so it can't be below "
            f"memory_limit_in_bytes {limit}"
        )
    wanted = swap or (limit if limit > 0 else UNLIMITED if limit else 0)
    if wanted and limits_swap(layout):
        memory["swap"] = wanted
    return memory


def _unified(asked: cri.LinuxContainerResources, layout: Layout) -> dict[str, str]:
    if not layout.is_v2:
        raise errors.InvalidArgument(
            f"unified cgroup settings {sorted(asked.unified)} need cgroup v2; this host has v1"
        )
    return dict(asked.unified)
