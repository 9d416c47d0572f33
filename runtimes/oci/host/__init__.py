"""The host: what it is, what it grants, and how to start programs on it.

- `host_facts()` / `detect(root)` -> `HostFacts`
- `describe(path, cache_dir)` -> `Program` with version and features; `find(name)`
- `cgroup_view(layout, runtime)` -> `CgroupView`, in which crun can create containers
- `clamp_oom_score_adj`, `clamp_rlimit`, `clamp_capabilities`, `losses`
- `syscalls`: mount, umount, unshare, setns of the calling thread
"""

from runtimes.oci.host.clamp import (
    clamp_capabilities,
    clamp_oom_score_adj,
    clamp_rlimit,
    losses,
    warn_once,
)
from runtimes.oci.host.facts import HostFacts, detect, host_facts
from runtimes.oci.host.programs import Program, describe, find
from runtimes.oci.host.view import CgroupView, cgroup_view, is_troubled

__all__ = [
    "CgroupView",
    "HostFacts",
    "Program",
    "cgroup_view",
    "clamp_capabilities",
    "clamp_oom_score_adj",
    "clamp_rlimit",
    "describe",
    "detect",
    "find",
    "host_facts",
    "is_troubled",
    "losses",
    "warn_once",
]
