"""What the Engine is told to create, with what dockershim notes and owns.

Source: kubelet dockershim/docker_container.go (CreateContainer).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.docker.interface import CreateOptions
from runtimes.core.docker.spec import container, image_volume, resources
from runtimes.dockershim import labels
from runtimes.dockershim.spec import runtime

if TYPE_CHECKING:
    from runtimes.core.docker.types import HostConfig, LogConfig
    from runtimes.dockershim.spec.request import CreateRequest

_READ_ONLY = ":ro"

ENGINE_LOG: LogConfig = {"Type": "json-file", "Config": {"max-size": "32m", "max-file": "3"}}
"""The Engine's own copy of a log is a buffer for ours, of a bounded size."""


def build(request: CreateRequest) -> CreateOptions:
    """Turn a request into Docker's words.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: what can't be had, see the parts.
    """
    return CreateOptions(
        name=request.name,
        config=container.container_config(request.config, request.image_id, _labels(request)),
        host_config=_host_config(request),
    )


def _labels(request: CreateRequest) -> dict[str, str]:
    written = labels.of_container(request.config, request.sandbox_id, request.log_path)
    asked = request.config.image
    written[labels.IMAGE] = asked.user_specified_image or asked.image
    written[labels.CREATED_AT] = str(request.created_at_ns)
    if request.image_volumes:
        kept = [image_volume.written(one) for one in request.image_volumes.values()]
        written[labels.IMAGE_VOLUMES] = json.dumps(kept)
    beyond = resources.beyond_engine(request.config.linux.resources, request.host.cgroups)
    if beyond:
        written[labels.CGROUP_LIMITS] = json.dumps(beyond)
    return written


def _host_config(request: CreateRequest) -> HostConfig:
    config = container.host_config(
        request.config, request.sandbox_id, request.host, request.image_volumes
    )
    config["Binds"] += _pod_files(request)
    config["CgroupParent"] = request.cgroup_parent
    config["LogConfig"] = ENGINE_LOG
    runtime.put(config, request.handler)
    return config


def _pod_files(request: CreateRequest) -> list[str]:
    """The pod's own name resolution, unless mounts take its place; read-only where the root is."""
    asked = request.config
    taken = {mount.container_path for mount in asked.mounts}
    access = _READ_ONLY if asked.linux.security_context.readonly_rootfs else ""
    return [
        f"{source}:{path}{access}"
        for path, source in request.pod_files.items()
        if path not in taken
    ]
