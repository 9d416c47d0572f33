"""UpdateContainerResources."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runtimes.core import errors
from runtimes.core.cgroup import limits
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe, status
from runtimes.oci.spec import resources
from runtimes.oci.state.derive import State

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cgroup.resources import Resources
    from runtimes.oci.engine import Engine


def update_container_resources(
    engine: Engine, container_id: str, linux: cri.LinuxContainerResources
) -> None:
    """Change limits of a created or running container, all of them or none; zeros are left.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it has exited.
        InvalidArgument: a value that the kernel refuses.
    Source: CRI UpdateContainerResources.
    """
    container_id = engine.containers.resolve(container_id)
    with engine.containers.lock(container_id) as record:
        state = observe.observe(engine, record).state
        if state is State.EXITED:
            raise errors.FailedPrecondition(f"update container '{container_id}': it has exited")
        merged = merge(
            status.resources(record, cri.ContainerConfig.FromString(record.config)), linux
        )
        changes = resources.convert(linux, engine.cgroups)
        if state is State.RUNNING:
            limits.update(engine.cgroups, record.cgroup_path, changes)
        else:
            _rewrite(engine.containers.folder(record.id) / "config.json", changes)
        engine.containers.save(replace(record, resources=merged.SerializeToString()))


def merge(
    old: cri.LinuxContainerResources, new: cri.LinuxContainerResources
) -> cri.LinuxContainerResources:
    """The limits after an update: what `new` sets replaces what `old` had. Pure."""
    merged = cri.LinuxContainerResources()
    merged.CopyFrom(old)
    if new.hugepage_limits:
        del merged.hugepage_limits[:]
    merged.MergeFrom(new)
    return merged


def _rewrite(config: Path, changes: Resources) -> None:
    """Put new limits into the bundle of a container that hasn't started."""
    spec: dict[str, Any] = json.loads(config.read_bytes())
    old = spec["linux"]["resources"]
    for name, value in changes.items():
        if isinstance(value, dict):
            old.setdefault(name, {}).update(value)
        else:
            old[name] = value
    fresh = config.with_suffix(".new")
    fresh.write_text(json.dumps(spec))
    fresh.rename(config)
