"""What an Engine is told to create for a container of a pod.

Source: kubelet dockershim/docker_container.go (CreateContainer), helpers_linux.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec import devices, mounts, namespaces, resources, security, user

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.docker.facts import EngineHost
    from runtimes.core.docker.spec.image_volume import ImageVolume
    from runtimes.core.docker.types import ContainerConfig, HostConfig


def container_config(
    asked: cri.ContainerConfig, image: str, labels: dict[str, str]
) -> ContainerConfig:
    """What holds wherever it runs; what is left out stays the image's, but for its health check.

    Raises:
        InvalidArgument: what can't be had, see the parts.
    """
    config: ContainerConfig = {
        "Image": image,
        "User": user.user(asked.linux.security_context),
        "WorkingDir": asked.working_dir,
        "Env": environment(asked.envs),
        "Labels": labels,
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


def host_config(
    asked: cri.ContainerConfig,
    sandbox_id: str,
    host: EngineHost,
    image_volumes: Mapping[str, ImageVolume],
) -> HostConfig:
    """What holds on this host.

    Args:
        asked: by the CRI.
        sandbox_id: of the container whose namespaces it joins.
        host: what can be had.
        image_volumes: the mounted images, by the path that they are asked for at.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: what can't be had, see the parts.
    """
    found = mounts.plan(asked.mounts, host.api, image_volumes)
    limits = asked.linux.resources
    config: HostConfig = {
        "Binds": found.binds,
        "Mounts": found.mounts,
        "Devices": devices.asked_for(asked.devices),
        "RestartPolicy": {"Name": "no"},
        "OomScoreAdj": resources.oom_score_adj(limits, host.grants),
    }
    config.update(cast("HostConfig", resources.limits(limits)))
    modes = asked.linux.security_context.namespace_options
    namespaces.of_container(modes, sandbox_id).put(config)
    security.put(config, asked, host)
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
