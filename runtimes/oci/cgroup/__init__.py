"""Control groups of v1, hybrid and v2 hosts, behind one set of functions.

A cgroup is named by its path relative to the mount points, e.g. ``/runtimes/podX/Y``.

- `detect(root)` / `parse(...)` -> `Layout`; `base(layout, uid)`
- `pod_path`, `container_path`, `expand_slice`, `is_ours`
- `create`, `remove`, `remove_if_empty`, `exists`, `processes`
- `update(layout, path, resources)` sets limits, all or none
- `read(layout, path)` -> `CgroupStats`; `pressure`; `oom_kills`, `was_oom_killed`
- `kill_all`, `freeze`, `thaw`, `is_frozen`
"""

from runtimes.oci.cgroup.freezer import freeze, is_frozen, thaw
from runtimes.oci.cgroup.kill import kill_all
from runtimes.oci.cgroup.layout import Layout, Version, detect, parse
from runtimes.oci.cgroup.limits import limits_swap, shares_to_weight, update
from runtimes.oci.cgroup.oom import oom_kills, was_oom_killed
from runtimes.oci.cgroup.paths import base, container_path, expand_slice, is_ours, pod_path
from runtimes.oci.cgroup.stats import CgroupStats, IoStats, MemoryStats, Pressure, pressure, read
from runtimes.oci.cgroup.tree import create, exists, processes, remove, remove_if_empty

__all__ = [
    "CgroupStats",
    "IoStats",
    "Layout",
    "MemoryStats",
    "Pressure",
    "Version",
    "base",
    "container_path",
    "create",
    "detect",
    "exists",
    "expand_slice",
    "freeze",
    "is_frozen",
    "is_ours",
    "kill_all",
    "limits_swap",
    "oom_kills",
    "parse",
    "pod_path",
    "pressure",
    "processes",
    "read",
    "remove",
    "remove_if_empty",
    "shares_to_weight",
    "thaw",
    "update",
    "was_oom_killed",
]
