"""What a container sees of its pod's volumes.

Source: kubelet pkg/kubelet/kubelet_pods.go (makeMounts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.kubelet.generate.expansion import expand, missing
from runtimes.kubelet.volumes.subpath import pin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.layout import PodFolders

_PROPAGATION = {
    "": cri.PROPAGATION_PRIVATE,
    "None": cri.PROPAGATION_PRIVATE,
    "HostToContainer": cri.PROPAGATION_HOST_TO_CONTAINER,
    "Bidirectional": cri.PROPAGATION_BIDIRECTIONAL,
}


def volume_mounts(
    container: v1.Container | v1.EphemeralContainer,
    volumes: Mapping[str, Path | cri.ImageSpec],
    folders: PodFolders,
    variables: Mapping[str, str],
) -> list[cri.Mount]:
    """Compute the mounts, pinning sub-paths; volumes of images are the runtime's to mount.

    What is made of ConfigMaps, Secrets and the pod itself is the kubelet's alone to write.

    Raises:
        InvalidArgument: an unknown volume, or a sub-path that leads out of its volume.
        PermissionDenied: Bidirectional propagation in a container that isn't privileged.
    """
    return [
        _mount(container, index, (volumes, folders, variables))
        for index in range(len(container.volume_mounts))
    ]


def _mount(
    container: v1.Container | v1.EphemeralContainer,
    index: int,
    around: tuple[Mapping[str, Path | cri.ImageSpec], PodFolders, Mapping[str, str]],
) -> cri.Mount:
    volumes, folders, variables = around
    mount = container.volume_mounts[index]
    context = container.security_context
    if mount.mount_propagation == "Bidirectional" and not (context and context.privileged):
        raise errors.PermissionDenied(
            f"mount {mount.name} in container {container.name}: Bidirectional propagation is for"
            " privileged containers only"
        )
    if mount.name not in volumes:
        raise errors.InvalidArgument(
            f"mount {mount.name} in container {container.name}: the pod has no such volume; it"
            f" has {', '.join(sorted(volumes)) or 'none'}"
        )
    container_path = f"/{mount.mount_path.lstrip('/')}"
    sub_path = _sub_path(container, mount, variables)
    place = volumes[mount.name]
    if isinstance(place, cri.ImageSpec):
        return cri.Mount(
            container_path=container_path, image=place, image_sub_path=sub_path, readonly=True
        )
    if sub_path:
        where = folders.subpaths / mount.name / container.name / str(index)
        place = pin(place, sub_path, where)
    read_only = bool(mount.read_only) or volumes[mount.name] == folders.contents(mount.name)
    return cri.Mount(
        container_path=container_path,
        host_path=str(place),
        readonly=read_only,
        propagation=_PROPAGATION[mount.mount_propagation],
        recursive_read_only=read_only and mount.recursive_read_only == "Enabled",
    )


def _sub_path(
    container: v1.Container | v1.EphemeralContainer,
    mount: v1.VolumeMount,
    variables: Mapping[str, str],
) -> str:
    if not mount.sub_path_expr:
        return mount.sub_path
    unset = missing(mount.sub_path_expr, variables)
    if unset:
        raise errors.InvalidArgument(
            f"mount {mount.name} in container {container.name}: subPathExpr"
            f" {mount.sub_path_expr!r} needs {', '.join(unset)}, which isn't set"
        )
    return expand(mount.sub_path_expr, variables)


def file_mount(host_path: Path, container_path: str) -> cri.Mount:
    """Mount one of the kubelet's own files."""
    return cri.Mount(container_path=container_path, host_path=str(host_path))
