"""CreateContainer.

Source: Docker Engine API, ContainerCreate; kubelet 1.4 kube_docker_client.go (ShmSize).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, image_segment
from runtimes.docker_legacy.container.inspect import look

if TYPE_CHECKING:
    from runtimes.core.docker.interface import CreateOptions
    from runtimes.core.docker.types import ContainerInspect, CreateResponse, HostConfig
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine

SHM_SIZE = 64 * 1024 * 1024


def create(engine: Engine, options: CreateOptions) -> CreateResponse:
    call = Call(
        what=f"create container '{options.name}'",
        method="POST",
        path="/containers/create",
        params={"name": options.name} if options.name else {},
        body={**options.config, "HostConfig": with_shm_size(options.host_config)},
    )
    answer = engine.call(call, lambda refusal: _decide(engine, options, refusal))
    created: CreateResponse = complete.one(answer, call, complete.CREATED)
    return created


def with_shm_size(host_config: HostConfig) -> HostConfig:
    """A copy in which `ShmSize` is set."""
    size = host_config.get("ShmSize") or 0
    return {**host_config, "ShmSize": size if size > 0 else SHM_SIZE}


def _decide(engine: Engine, options: CreateOptions, refusal: Refusal) -> errors.Error:
    if refusal.status == 404:
        image = options.config.get("Image", "")
        if not _is_here(engine, image):
            return refusal.error(errors.ImageNotFound, f"pull image '{image}' first")
    elif refusal.status in (409, 500) and options.name:
        return _decide_conflict(refusal, look(engine, options.name))
    return refusal.error()


def _decide_conflict(refusal: Refusal, holder: ContainerInspect | None) -> errors.Error:
    """Whose the name is; one that is being created has it before it can be described."""
    if holder is not None:
        return refusal.error(
            errors.AlreadyExists,
            f"container '{holder['Id']}' has that name; remove it or take another name",
        )
    return refusal.error(errors.AlreadyExists if refusal.status == 409 else None)


def _is_here(engine: Engine, image: str) -> bool:
    what = f"inspect image '{image}'"
    try:
        engine.call(
            Call(what=what, method="GET", path=f"/images/{image_segment(image, what)}/json")
        )
    except errors.Error:
        return False
    return True
