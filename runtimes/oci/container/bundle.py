"""A container's OCI spec: what the CRI asked, on top of its image, inside its sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import image_volumes, observe
from runtimes.oci.host import programs
from runtimes.oci.sandbox import files, options
from runtimes.oci.spec.build import build
from runtimes.oci.spec.host_files import LiveHostFiles
from runtimes.oci.spec.request import SandboxFacts, SpecRequest
from runtimes.oci.spec.rootfs import reader

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.engine import Engine
    from runtimes.oci.image.store import StoredImage
    from runtimes.oci.spec.schema import Spec
    from runtimes.oci.state.record import ContainerRecord, SandboxRecord

_OCI_TYPES = {"net": "network", "ipc": "ipc", "uts": "uts"}


def specification(
    engine: Engine,
    sandbox: SandboxRecord,
    record: ContainerRecord,
    image: StoredImage,
) -> Spec:
    """Build the config.json of a container whose root file system is mounted in its folder.

    Raises: as `runtimes.oci.spec.build.build`.
    """
    rootfs = engine.containers.folder(record.id) / "rootfs"
    sandbox_config = cri.PodSandboxConfig.FromString(sandbox.config)
    config = cri.ContainerConfig.FromString(record.config)
    if not config.linux.security_context.HasField("namespace_options"):
        config.linux.security_context.namespace_options.CopyFrom(
            pod_config.namespace_options(sandbox_config)
        )
    return build(
        SpecRequest(
            container_id=record.id,
            config=config,
            sandbox_config=sandbox_config,
            image=image.config["config"],
            rootfs=rootfs,
            read=reader(rootfs),
            files=LiveHostFiles(),
            sandbox=sandbox_facts(engine, sandbox),
            host=engine.facts,
            runtime=programs.describe(engine.runtime.path, engine.paths.run_root),
            cache=engine.paths.root / "seccomp",
            target_pid_namespace=_target(engine, sandbox, config),
            image_mounts=image_volumes.mount_all(engine, record.id, config),
        )
    )


def sandbox_facts(engine: Engine, sandbox: SandboxRecord) -> SandboxFacts:
    """What the sandbox gives its containers."""
    config = cri.PodSandboxConfig.FromString(sandbox.config)
    kinds = options.pinned_kinds(config)
    pins = engine.paths.pins(sandbox.id)
    namespaces = {_OCI_TYPES[kind]: pins / kind for kind in kinds}
    if sandbox.pause is not None:
        namespaces["pid"] = pins / "pid"
    folder = engine.paths.sandbox(sandbox.id)
    return SandboxFacts(
        id=sandbox.id,
        cgroup=sandbox.cgroup_parent,
        namespaces=namespaces,
        hostname=pod_config.hostname(config) if "uts" in kinds else "",
        resolv_conf=folder / files.RESOLV_CONF,
        hosts=folder / files.HOSTS,
        hostname_file=folder / files.HOSTNAME,
        shm=engine.paths.shm(sandbox.id) if "ipc" in kinds else None,
    )


def _target(engine: Engine, sandbox: SandboxRecord, config: cri.ContainerConfig) -> Path | None:
    """The pid namespace of the container that an ephemeral one wants to look into.

    Raises:
        InvalidArgument: that container isn't running in the same sandbox.
    """
    from pathlib import Path

    modes = config.linux.security_context.namespace_options
    if modes.pid != cri.TARGET:
        return None
    try:
        target = engine.containers.load(engine.containers.resolve(modes.target_id))
    except errors.NotFound as error:
        raise errors.InvalidArgument(
            f"create container '{config.metadata.name}': its target '{modes.target_id}' does not "
            "exist"
        ) from error
    if (
        target.sandbox_id != sandbox.id
        or target.process is None
        or not observe.is_running(engine, target)
    ):
        raise errors.InvalidArgument(
            f"create container '{config.metadata.name}': its target '{modes.target_id}' isn't "
            "running in the same sandbox"
        )
    return Path(f"/proc/{target.process.pid}/ns/pid")
