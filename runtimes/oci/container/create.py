"""CreateContainer: a record, a root file system, an OCI bundle; no process yet.

Source: CRI CreateContainer.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import bundle, image_volumes, recover, signals, teardown
from runtimes.oci.container.warm import warm
from runtimes.oci.sandbox.ready import is_ready
from runtimes.oci.snapshot import rootfs
from runtimes.oci.state.record import ContainerPhase, ContainerRecord

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.image.store import StoredImage
    from runtimes.oci.state.record import SandboxRecord

log = logging.getLogger(__name__)


def create_container(
    engine: Engine,
    pod_sandbox_id: str,
    config: cri.ContainerConfig,
    sandbox_config: cri.PodSandboxConfig,
) -> str:
    """Create a container in a READY sandbox and return its id.

    Raises:
        NotFound, ImageNotFound, AlreadyExists, InvalidArgument, FailedPrecondition: as in the
            CRI's contract.
    Source: CRI CreateContainer.
    """
    if not config.metadata.name:
        raise errors.InvalidArgument("create a container: its config misses metadata.name")
    sandbox_id = engine.sandboxes.resolve(pod_sandbox_id)
    warm(engine.cgroups)
    with engine.sandboxes.lock(sandbox_id, shared=True) as sandbox, engine.images.hold():
        if not is_ready(engine, sandbox):
            raise errors.FailedPrecondition(
                f"create container '{config.metadata.name}': sandbox '{sandbox_id}' isn't ready"
            )
        image = engine.images.resolve(config.image.image)
        config = image_volumes.resolve(engine, config)
        record = plan(engine, sandbox, config, image)
        record = replace(record, log_path=log_path(sandbox, config, sandbox_config))
        recover.give_way(engine, record.unique_name)
        with engine.containers.create(record), ExitStack() as undo:
            undo.callback(_undo, engine, record)
            engine.containers.save(_build(engine, sandbox, record, image))
            undo.pop_all()
    return record.id


def plan(
    engine: Engine, sandbox: SandboxRecord, config: cri.ContainerConfig, image: StoredImage
) -> ContainerRecord:
    """The record that is written first; it presumes everything that may come to exist."""
    container_id = os.urandom(32).hex()
    return ContainerRecord(
        id=container_id,
        sandbox_id=sandbox.id,
        name=config.metadata.name,
        attempt=config.metadata.attempt,
        created_at_ns=time.time_ns(),
        boot_id=engine.boot_id,
        phase=ContainerPhase.CREATING,
        config=config.SerializeToString(),
        image_id=image.id,
        image_ref=image.digests[0] if image.digests else image.id,
        cgroup_path=cgroup_paths.container_path(sandbox.cgroup_parent, container_id),
        runtime=engine.runtime.name,
        stop_signal=signals.stop_signal(
            config.stop_signal, image.config["config"].get("StopSignal", "")
        ),
    )


def log_path(
    sandbox: SandboxRecord, config: cri.ContainerConfig, sandbox_config: cri.PodSandboxConfig
) -> str:
    """Where the log goes: below the pod's log directory, or nowhere if either is unset. Pure.

    Raises:
        InvalidArgument: it would leave that directory.
    """
    directory = sandbox_config.log_directory
    if not directory:
        directory = cri.PodSandboxConfig.FromString(sandbox.config).log_directory
    if not directory or not config.log_path:
        return ""
    path = Path(directory, config.log_path)
    if not path.is_absolute() or ".." in path.parts or ":" in str(path):
        raise errors.InvalidArgument(
            f"create container '{config.metadata.name}': log path '{path}' must be absolute, "
            "without '..' and without colons"
        )
    return str(path)


def _build(
    engine: Engine, sandbox: SandboxRecord, record: ContainerRecord, image: StoredImage
) -> ContainerRecord:
    folder = engine.containers.folder(record.id)
    rootfs.prepare(image.layers, folder)
    if record.log_path:
        Path(record.log_path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    spec = bundle.specification(engine, sandbox, record, image)
    (folder / "config.json").write_text(json.dumps(spec))
    user = spec["process"]["user"]
    kinds = {each["type"]: each.get("path") for each in spec["linux"]["namespaces"]}
    return replace(
        record,
        phase=ContainerPhase.CREATED,
        own_pid_namespace="pid" in kinds and kinds["pid"] is None,
        uid=user["uid"],
        gid=user["gid"],
        groups=tuple(user.get("additionalGids", ())),
    )


def _undo(engine: Engine, record: ContainerRecord) -> None:
    """Undo a creation that failed; what can't be undone now stays on record, to be undone later."""
    try:
        teardown.destroy(engine, record)
    except (errors.Error, OSError) as error:
        log.warning("undo of a failed container is put off container=%s: %s", record.id, error)
