"""ContainerStatus.

Source: CRI ContainerStatus; kubernetes/kubernetes#99585 (no times in the year 1754).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec import image_volume
from runtimes.dockershim import labels, naming
from runtimes.dockershim.container import find
from runtimes.dockershim.container.state import condition, moment
from runtimes.dockershim.logs import containers as logs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.docker.types import ContainerInspect, HostConfig, MountPoint
    from runtimes.dockershim.engine import Engine

_PROPAGATION = {
    "rslave": cri.MountPropagation.PROPAGATION_HOST_TO_CONTAINER,
    "rshared": cri.MountPropagation.PROPAGATION_BIDIRECTIONAL,
}


def container_status(
    engine: Engine, container_id: str, *, verbose: bool = False
) -> cri.ContainerStatusResponse:
    """Tell one container's state. Once it is EXITED, its log is complete.

    Raises:
        NotFound: no such container.
    Source: CRI ContainerStatus.
    """
    found = find.inspect(engine, container_id)
    status = describe(found, engine.paths.root)
    if status.state == cri.CONTAINER_EXITED:
        logs.complete(engine, found["Id"])
    elif status.state == cri.CONTAINER_RUNNING and status.log_path:
        logs.ensure_followed(engine)  # Whoever followed it may have been killed.
    return cri.ContainerStatusResponse(status=status, info=_info(found) if verbose else None)


def describe(found: ContainerInspect, root: Path) -> cri.ContainerStatus:
    """The status message; mounts from below `root` are ours and nobody asked for them. Pure."""
    config = found["Config"]
    written = config.get("Labels") or {}
    own, annotations = labels.read(written)
    created = labels.created_at_of(written) or moment(found["Created"])
    now = condition(found["State"], created)
    name = naming.parse([found["Name"]])
    return cri.ContainerStatus(
        id=found["Id"],
        metadata=naming.container_metadata(name) if name else None,
        state=now.state,
        created_at=created,
        started_at=now.started_at_ns,
        finished_at=now.finished_at_ns,
        exit_code=found["State"]["ExitCode"],
        reason=now.reason,
        message=found["State"]["Error"],
        image=cri.ImageSpec(image=labels.image_of(written) or found["Image"]),
        image_ref=found["Image"],
        image_id=found["Image"],
        labels=own,
        annotations=annotations,
        mounts=_mounts(found, root),
        log_path=labels.log_path_of(written),
        resources=cri.ContainerResources(linux=resources(found["HostConfig"])),
        stop_signal=_signal(config.get("StopSignal", "")),
    )


def _mounts(found: ContainerInspect, root: Path) -> Iterator[cri.Mount]:
    for mount in found["Mounts"]:
        is_own = Path(mount["Source"]).is_relative_to(root)
        if mount.get("Type", "bind") == "bind" and not is_own:
            yield _mount(mount)
    for kept in labels.image_volumes_of(found["Config"].get("Labels") or {}):
        volume = image_volume.read(kept)
        yield cri.Mount(
            container_path=volume.path,
            readonly=True,
            image=cri.ImageSpec(image=volume.image, image_ref=volume.image_id),
            image_sub_path=volume.sub_path,
        )


def _mount(found: MountPoint) -> cri.Mount:
    return cri.Mount(
        container_path=found["Destination"],
        host_path=found["Source"],
        readonly=not found["RW"],
        selinux_relabel="Z" in found["Mode"].split(","),
        propagation=_PROPAGATION.get(
            found.get("Propagation", ""), cri.MountPropagation.PROPAGATION_PRIVATE
        ),
    )


def resources(config: HostConfig) -> cri.LinuxContainerResources:
    """The limits in force, as the Engine has them. Pure."""
    return cri.LinuxContainerResources(
        cpu_period=config.get("CpuPeriod", 0),
        cpu_quota=config.get("CpuQuota", 0),
        cpu_shares=config.get("CpuShares", 0),
        memory_limit_in_bytes=config.get("Memory", 0),
        memory_swap_limit_in_bytes=config.get("MemorySwap", 0),
        oom_score_adj=config.get("OomScoreAdj", 0),
        cpuset_cpus=config.get("CpusetCpus", ""),
        cpuset_mems=config.get("CpusetMems", ""),
    )


def _signal(name: str) -> cri.Signal.ValueType:
    word = name.upper().replace("+", "PLUS").replace("-", "MINUS").removeprefix("SIG")
    known = cri.Signal.DESCRIPTOR.values_by_name.get(f"SIGNAL_SIG{word}")
    return cri.SIGNAL_RUNTIME_DEFAULT if known is None else cri.Signal.Value(known.name)


def _info(found: ContainerInspect) -> dict[str, str]:
    written = found["Config"].get("Labels") or {}
    facts = {
        "sandboxID": labels.sandbox_of(written),
        "pid": found["State"]["Pid"],
        "dockerName": found["Name"].removeprefix("/"),
        "state": found["State"],
        "engineLogPath": found["LogPath"],
        "hostConfig": found["HostConfig"],
        "config": {**found["Config"], "Env": []},
    }
    return {"info": json.dumps(facts)}
