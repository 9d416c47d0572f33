"""What the Engine is told to create.

Source: kubelet dockershim/docker_container.go (CreateContainer), helpers_linux.go.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import CreateOptions
from runtimes.dockershim import labels
from runtimes.dockershim.spec import (
    devices,
    image_volume,
    mounts,
    namespaces,
    resources,
    runtime,
    security,
    user,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.docker.types import ContainerConfig, HostConfig, LogConfig
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
        name=request.name, config=container_config(request), host_config=host_config(request)
    )


def container_config(request: CreateRequest) -> ContainerConfig:
    """What holds wherever it runs; what is left out stays the image's."""
    asked = request.config
    config: ContainerConfig = {
        "Image": request.image_id,
        "User": user.user(request.security),
        "WorkingDir": asked.working_dir,
        "Env": environment(asked.envs),
        "Labels": _labels(request),
        "OpenStdin": asked.stdin,
        "StdinOnce": asked.stdin_once,
        "Tty": asked.tty,
        "Healthcheck": {"Test": ["NONE"]},
    }
    if asked.command:
        config["Entrypoint"] = list(asked.command)
    if asked.args:
        config["Cmd"] = list(asked.args)
    if asked.stop_signal != cri.SIGNAL_RUNTIME_DEFAULT:
        config["StopSignal"] = signal_name(asked.stop_signal)
    return config


def environment(envs: Iterable[cri.KeyValue]) -> list[str]:
    """``NAME=value`` in the order given.

    Raises:
        InvalidArgument: a variable without a name, or one that isn't UTF-8.
    """
    return [_variable(env) for env in envs]


def _variable(env: cri.KeyValue) -> str:
    if not env.key or "=" in env.key or "\0" in env.key or b"\0" in env.value:
        raise errors.InvalidArgument(
            f"envs: {env.key!r} is no name of a variable, or its value has a NUL byte"
        )
    try:
        return f"{env.key}={env.value.decode()}"
    except UnicodeDecodeError as error:
        raise errors.InvalidArgument(
            f"envs: the value of {env.key!r} is not UTF-8, which JSON can't carry"
        ) from error


def signal_name(wanted: cri.Signal.ValueType) -> str:
    """``SIGNAL_SIGRTMINPLUS3`` -> ``SIGRTMIN+3``."""
    name = cri.Signal.Name(wanted).removeprefix("SIGNAL_")
    return name.replace("PLUS", "+").replace("MINUS", "-")


def _labels(request: CreateRequest) -> dict[str, str]:
    written = labels.of_container(request.config, request.sandbox_id, request.log_path)
    written[labels.IMAGE] = request.config.image.image
    written[labels.CREATED_AT] = str(request.created_at_ns)
    if request.image_volumes:
        kept = [image_volume.written(one) for one in request.image_volumes.values()]
        written[labels.IMAGE_VOLUMES] = json.dumps(kept)
    beyond = resources.beyond_engine(request.config.linux.resources, request.cgroups)
    if beyond:
        written[labels.CGROUP_LIMITS] = json.dumps(beyond)
    return written


def host_config(request: CreateRequest) -> HostConfig:
    """What holds on this host."""
    asked = request.config
    limits = asked.linux.resources
    found = mounts.plan(asked.mounts, request.api, request.image_volumes)
    config: HostConfig = {
        "Binds": [*found.binds, *_pod_files(request)],
        "Mounts": found.mounts,
        "Devices": devices.asked_for(asked.devices),
        "CgroupParent": request.cgroup_parent,
        "LogConfig": ENGINE_LOG,
        "RestartPolicy": {"Name": "no"},
        "OomScoreAdj": resources.oom_score_adj(limits, request.grants),
    }
    config.update(cast("HostConfig", resources.limits(limits)))
    namespaces.of_container(request.security.namespace_options, request.sandbox_id).put(config)
    security.put(config, request)
    runtime.put(config, request.handler)
    return config


def _pod_files(request: CreateRequest) -> list[str]:
    """The pod's own name resolution, unless mounts take its place; read-only where the root is."""
    taken = {mount.container_path for mount in request.config.mounts}
    access = _READ_ONLY if request.security.readonly_rootfs else ""
    return [
        f"{source}:{path}{access}"
        for path, source in request.pod_files.items()
        if path not in taken
    ]
