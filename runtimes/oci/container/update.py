"""UpdateContainerResources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe, status
from runtimes.oci.state.derive import State

if TYPE_CHECKING:
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
        config = cri.ContainerConfig.FromString(record.config)
        merged = cri.LinuxContainerResources()
        merged.CopyFrom(status.resources(record, config))
        merged.MergeFrom(linux)
        _apply(engine, record, merged, running=state is State.RUNNING)
        engine.containers.save(replace(record, resources=merged.SerializeToString()))
