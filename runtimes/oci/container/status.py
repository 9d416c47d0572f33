"""ContainerStatus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe
from runtimes.oci.state.derive import State
from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

STATES = {
    State.CREATED: cri.CONTAINER_CREATED,
    State.RUNNING: cri.CONTAINER_RUNNING,
    State.EXITED: cri.CONTAINER_EXITED,
}


def container_status(
    engine: Engine, container_id: str, *, verbose: bool = False
) -> cri.ContainerStatusResponse:
    """Tell one container's state.

    Raises:
        NotFound: no such container.
    Source: CRI ContainerStatus.
    """
    record = engine.containers.load(engine.containers.resolve(container_id))
    return cri.ContainerStatusResponse(
        status=describe(engine, record), info=_info(engine, record) if verbose else None
    )


def is_visible(record: ContainerRecord) -> bool:
    """A container that is still being created has no owner yet who could ask for it."""
    return record.phase is not ContainerPhase.CREATING


def describe(engine: Engine, record: ContainerRecord) -> cri.ContainerStatus:
    """The status message."""
    config = cri.ContainerConfig.FromString(record.config)
    now = observe.observe(engine, record)
    return cri.ContainerStatus(
        id=record.id,
        metadata=config.metadata,
        state=STATES[now.state],
        created_at=record.created_at_ns,
        started_at=now.started_at_ns,
        finished_at=now.finished_at_ns,
        exit_code=now.exit_code,
        reason=now.reason,
        message=now.message,
        image=named_image(config),
        image_ref=record.image_ref,
        image_id=record.image_id,
        labels=config.labels,
        annotations=config.annotations,
        mounts=config.mounts,
        log_path=record.log_path,
        resources=cri.ContainerResources(linux=resources(record, config)),
        user=cri.ContainerUser(
            linux=cri.LinuxContainerUser(
                uid=record.uid, gid=record.gid, supplemental_groups=record.groups
            )
        ),
        stop_signal=config.stop_signal,
    )


def named_image(config: cri.ContainerConfig) -> cri.ImageSpec:
    """The image by its pod's words: kubelet creates by id, and shows what it is told. Pure."""
    named = cri.ImageSpec()
    named.CopyFrom(config.image)
    named.image = config.image.user_specified_image or config.image.image
    return named


def resources(record: ContainerRecord, config: cri.ContainerConfig) -> cri.LinuxContainerResources:
    """The limits in force: as created, or as last updated."""
    if record.resources:
        return cri.LinuxContainerResources.FromString(record.resources)
    return config.linux.resources


def _info(engine: Engine, record: ContainerRecord) -> dict[str, str]:
    facts = {
        "phase": record.phase,
        "sandbox": record.sandbox_id,
        "pid": record.process.pid if record.process else 0,
        "monitor_pid": record.monitor.pid if record.monitor else 0,
        "runtime": record.runtime,
        "cgroup": record.cgroup_path,
        "bundle": str(engine.containers.folder(record.id)),
    }
    return {"info": json.dumps(facts)}
