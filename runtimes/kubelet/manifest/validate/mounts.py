"""Where containers have volumes.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateVolumeMounts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode.words import join, nearest, quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.pod import v1

    Container = v1.Container | v1.EphemeralContainer

_RECURSIVE = ("Enabled", "IfPossible")


def check_mounts(
    container: Container, volumes: Mapping[str, v1.Volume], path: Path
) -> Iterator[Problem]:
    """Judge the mounts at `path` of a container of a pod with those volumes."""
    seen: set[str] = set()
    for index, mount in enumerate(container.volume_mounts):
        place = (*path, index)
        if mount.name not in volumes:
            yield Problem((*place, "name"), _no_volume(mount.name, volumes))
        yield from _mount_path(mount, seen, place)
        yield from _sub_path(mount, volumes.get(mount.name), place)
        yield from _propagation(mount, container, place)


def _no_volume(name: str, volumes: Mapping[str, v1.Volume]) -> str:
    meant = nearest(name, volumes)
    hint = f"; did you mean '{meant}'?" if meant else ""
    known = f"the pod has {join(sorted(volumes))}" if volumes else "the pod has none"
    return f"there is no volume {quote(name)}: {known}{hint}"


def _mount_path(mount: v1.VolumeMount, seen: set[str], path: Path) -> Iterator[Problem]:
    problem = None
    if not mount.mount_path:
        problem = "must not be empty"
    elif ":" in mount.mount_path:
        problem = f"{quote(mount.mount_path)} must not hold ':'"
    elif mount.mount_path in seen:
        problem = f"{quote(mount.mount_path)} is the place of another mount of this container"
    seen.add(mount.mount_path)
    if problem:
        yield Problem((*path, "mountPath"), problem)


def _sub_path(mount: v1.VolumeMount, volume: v1.Volume | None, path: Path) -> Iterator[Problem]:
    of_image = volume is not None and volume.image is not None
    for name, text in (("subPath", mount.sub_path), ("subPathExpr", mount.sub_path_expr)):
        problem = names.relative(text)
        if text and of_image:
            problem = "can't be given for a volume of an image"
        if problem:
            yield Problem((*path, name), problem)
    if mount.sub_path and mount.sub_path_expr:
        yield Problem((*path, "subPathExpr"), "can't be given together with 'subPath'")


def _propagation(mount: v1.VolumeMount, container: Container, path: Path) -> Iterator[Problem]:
    context = container.security_context
    if mount.mount_propagation == "Bidirectional" and not (context and context.privileged):
        yield Problem((*path, "mountPropagation"), "'Bidirectional' needs a privileged container")
    if mount.recursive_read_only not in _RECURSIVE:
        return
    if not mount.read_only:
        yield Problem((*path, "recursiveReadOnly"), "needs 'readOnly: true'")
    if mount.mount_propagation not in {"", "None"}:
        yield Problem((*path, "recursiveReadOnly"), "needs mountPropagation 'None'")


def check_devices(
    container: Container, volumes: Mapping[str, v1.Volume], path: Path
) -> Iterator[Problem]:
    mounted = {mount.name for mount in container.volume_mounts}
    seen: set[str] = set()
    for index, device in enumerate(container.volume_devices):
        place = (*path, index)
        if device.name not in volumes:
            yield Problem((*place, "name"), _no_volume(device.name, volumes))
        elif device.name in mounted:
            yield Problem((*place, "name"), f"'{device.name}' is mounted by volumeMounts already")
        problem = names.no_backsteps(device.device_path)
        if device.device_path in seen:
            problem = f"{quote(device.device_path)} is the place of another device"
        seen.add(device.device_path)
        if problem:
            yield Problem((*place, "devicePath"), problem)
