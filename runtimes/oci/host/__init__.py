"""The host: what it is, what it grants, and how to start programs on it.

- `facts`: `host_facts()` / `detect(root)` -> `HostFacts`
- `programs`: `describe(path, cache_dir)` -> `Program` with version and features; `find(name)`
- `cgroup_view`: `cgroup_view(layout, runtime)` -> `CgroupView`, where crun can create containers
- `clamp`: `clamp_oom_score_adj`, `clamp_rlimit`, `clamp_capabilities`, `losses`
- `syscalls`: mount, umount, unshare, setns of the calling thread
"""
