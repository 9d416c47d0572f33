"""What is judged of each container, and of each kind of container.

Source: kubernetes pkg/apis/core/validation/validation.go (validateContainerCommon,
validateInitContainers, validateEphemeralContainers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import image_ref
from runtimes.core.errors import InvalidArgument
from runtimes.kubelet.manifest.decode.words import quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.env import check_env, check_env_from
from runtimes.kubelet.manifest.validate.handlers import check_handlers, given_handlers
from runtimes.kubelet.manifest.validate.mounts import check_devices, check_mounts
from runtimes.kubelet.manifest.validate.ports import check_host_ports, check_ports
from runtimes.kubelet.manifest.validate.resources import check_resources
from runtimes.kubelet.manifest.validate.security import check_container_security

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.pod import v1

    Container = v1.Container | v1.EphemeralContainer


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What containers of one pod refer to."""

    volumes: Mapping[str, v1.Volume]
    claims: frozenset[str]
    security_context: v1.PodSecurityContext | None
    grace_period: int


def surroundings(spec: v1.PodSpec) -> Surroundings:
    return Surroundings(
        volumes={volume.name: volume for volume in spec.volumes},
        claims=frozenset(claim.name for claim in spec.resource_claims),
        security_context=spec.security_context,
        grace_period=max(spec.termination_grace_period_seconds or 0, 0),
    )


def check_containers(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    around = surroundings(spec)
    if not spec.containers:
        yield Problem((*path, "containers"), "a pod needs at least one container")
    running = [(c, (*path, "containers", i)) for i, c in enumerate(spec.containers)]
    for container, place in running:
        yield from _check(container, around, place)
        yield from check_handlers(container, around.grace_period, place)
    yield from check_host_ports(running)
    for index, init in enumerate(spec.init_containers):
        place = (*path, "initContainers", index)
        yield from _check(init, around, place)
        yield from _init(init, around, place)
    for index, ephemeral in enumerate(spec.ephemeral_containers):
        place = (*path, "ephemeralContainers", index)
        yield from _check(ephemeral, around, place)
        yield from _ephemeral(ephemeral, spec, place)
    yield from _same_names(spec, path)


def _check(container: Container, around: Surroundings, path: Path) -> Iterator[Problem]:
    problem = names.dns_label(container.name)
    if problem:
        yield Problem((*path, "name"), problem)
    yield from _image(container.image, (*path, "image"))
    if container.working_dir:
        problem = names.absolute(container.working_dir)
        if problem:
            yield Problem((*path, "workingDir"), problem)
    yield from check_ports(container.ports, (*path, "ports"))
    yield from check_env(container.env, (*path, "env"))
    yield from check_env_from(container.env_from, (*path, "envFrom"))
    yield from check_mounts(container, around.volumes, (*path, "volumeMounts"))
    yield from check_devices(container, around.volumes, (*path, "volumeDevices"))
    yield from check_resources(container.resources, around.claims, (*path, "resources"))
    yield from check_container_security(container, around.security_context, path)


def _image(image: str, path: Path) -> Iterator[Problem]:
    if not image:
        yield Problem(path, "required, but not given")
        return
    if image != image.strip():
        yield Problem(path, f"{quote(image)} has white space around it")
        return
    try:
        image_ref.parse(image)
    except InvalidArgument as error:
        yield Problem(path, str(error).removeprefix("read image reference "))


def _init(container: v1.Container, around: Surroundings, path: Path) -> Iterator[Problem]:
    yield from check_host_ports([(container, path)])
    if container.restart_policy == "Always":
        yield from check_handlers(container, around.grace_period, path)
        return
    for name in given_handlers(container):
        message = "can't be given for an init container without restartPolicy 'Always'"
        yield Problem((*path, name), message)


def _ephemeral(container: v1.EphemeralContainer, spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    resources = container.resources
    forbidden = [
        *(["ports"] if container.ports else []),
        *(["resources"] if resources.limits or resources.requests or resources.claims else []),
        *given_handlers(container),
    ]
    for name in forbidden:
        yield Problem((*path, name), "can't be given for an ephemeral container")
    target = container.target_container_name
    others = {other.name for other in (*spec.containers, *spec.init_containers)}
    if target and target not in others:
        yield Problem((*path, "targetContainerName"), f"there is no container {quote(target)}")


def _same_names(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    groups: tuple[tuple[str, tuple[Container, ...]], ...] = (
        ("containers", spec.containers),
        ("initContainers", spec.init_containers),
        ("ephemeralContainers", spec.ephemeral_containers),
    )
    for group, containers in groups:
        for index, container in enumerate(containers):
            if container.name in seen:
                message = f"'{container.name}' is the name of {seen[container.name]} already"
                yield Problem((*path, group, index, "name"), message)
            elif container.name:
                seen[container.name] = f"{group}[{index}]"
