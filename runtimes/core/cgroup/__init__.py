"""Control groups of v1, hybrid and v2 hosts, behind one set of functions.

A cgroup is named by its path relative to the mount points, e.g. ``/runtimes/podX/Y``.

- `layout`: `detect(root)`, `parse(...)` -> `Layout`
- `paths`: `base`, `pod_path`, `container_path`, `expand_slice`, `is_ours`
- `tree`: `create`, `remove`, `exists`, `processes`
- `resources`: the OCI's limits; `limits`: `update(layout, path, resources)` sets them, all or none
- `stats`: `read(layout, path)` -> `CgroupStats`; `pressure`
- `oom`: `oom_kills`, `was_oom_killed`
- `kill`: `kill_all`; `freezer`: `freeze`, `thaw`, `is_frozen`
"""
