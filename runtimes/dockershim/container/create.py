"""CreateContainer: Docker's container, not started.

Source: CRI CreateContainer; kubelet dockershim/docker_container.go.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim import labels, naming
from runtimes.dockershim.cache.containers import resolve
from runtimes.dockershim.container import image_volumes, pod
from runtimes.dockershim.spec.build import build
from runtimes.dockershim.spec.request import CreateRequest

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.interface import CreateOptions
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine


def create_container(
    engine: Engine,
    pod_sandbox_id: str,
    config: cri.ContainerConfig,
    sandbox_config: cri.PodSandboxConfig,
) -> str:
    """Create a container in a READY sandbox and return Docker's id of it.

    Raises:
        NotFound, ImageNotFound, AlreadyExists, InvalidArgument, FailedPrecondition: as in the
            CRI's contract.
        Unimplemented: what Docker can't do, see `spec`.
    Source: CRI CreateContainer.
    """
    if not config.metadata.name:
        raise errors.InvalidArgument("create a container: its config misses metadata.name")
    sandbox = resolve(engine.cache.sandboxes(), pod_sandbox_id, "sandbox")
    what = f"create container '{config.metadata.name}'"
    with pod.ready(engine, sandbox["Id"], what) as found:
        image_id = engine.docker.inspect_image(config.image.image)["Id"]
        directory = sandbox_config.log_directory or found.config.log_directory
        request = replace(
            plan(engine, found, config, image_id), log_path=log_path(directory, config)
        )
        with ExitStack() as undo:
            container_id = _create(engine, build(request), sandbox["Id"])
            engine.cache.changed(container_id)
            undo.callback(engine.docker.remove_container, container_id, force=True)
            if request.log_path:
                Path(request.log_path).parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            undo.pop_all()
    return container_id


def plan(
    engine: Engine,
    sandbox: pod.Pod,
    config: cri.ContainerConfig,
    image_id: str,
) -> CreateRequest:
    """All that the container is made from, but for its log."""
    host = engine.facts.host()
    return CreateRequest(
        name=naming.of_container(config.metadata, sandbox.config.metadata),
        config=config,
        image_id=image_id,
        created_at_ns=engine.clock(),
        sandbox_id=sandbox.id,
        handler=sandbox.handler,
        cgroup_parent=sandbox.cgroup_parent,
        log_path="",
        host=host,
        image_volumes=image_volumes.resolve(engine, config.mounts, host.api),
        pod_files=sandbox.files,
    )


def log_path(directory: str, config: cri.ContainerConfig) -> str:
    """Where the log goes: below the pod's log directory, or nowhere if either is unset. Pure.

    Raises:
        InvalidArgument: it would leave that directory.
    """
    if not directory or not config.log_path:
        return ""
    path = Path(directory, config.log_path)
    if not path.is_absolute() or ".." in path.parts:
        raise errors.InvalidArgument(
            f"create container '{config.metadata.name}': log path '{path}' must be absolute and "
            "without '..'"
        )
    return str(path)


def _create(engine: Engine, options: CreateOptions, sandbox_id: str) -> str:
    """Create it; a name that another sandbox's container or a dying one holds gets a suffix.

    Nothing is removed: whoever holds the name may be in use.

    Raises:
        AlreadyExists: the sandbox has a container of that name and attempt.
    """
    try:
        return engine.docker.create_container(options)["Id"]
    except errors.AlreadyExists:
        holder = _holder(engine, options.name)
        if holder is not None and is_same(holder, sandbox_id):
            raise
        name = naming.with_suffix(options.name, secrets.randbits(32))
        return engine.docker.create_container(replace(options, name=name))["Id"]


def _holder(engine: Engine, name: str) -> ContainerInspect | None:
    try:
        return engine.docker.inspect_container(name)
    except errors.NotFound:
        return None  # On its way in or out: the name is taken, and nothing can be seen.


def is_same(holder: ContainerInspect, sandbox_id: str) -> bool:
    """Whether a living container of that sandbox has the name. Pure."""
    of_sandbox = labels.sandbox_of(holder["Config"].get("Labels") or {}) == sandbox_id
    return of_sandbox and not holder["State"]["Dead"]
