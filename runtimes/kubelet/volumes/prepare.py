"""Make a pod's volumes before its containers start.

Source: kubelet pkg/kubelet/volumemanager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import fields

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.volumes import empty_dir, host_path

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.kubelet.layout import PodFolders

_NO_SOURCE = v1.EmptyDirVolumeSource()


def prepare_volumes(
    pod: v1.Pod, folders: PodFolders, limits: empty_dir.EmptyDirLimits
) -> dict[str, Path]:
    """Set up every volume and tell where each lies. Idempotent.

    Raises:
        Unimplemented: a volume of a kind that isn't supported.
        FailedPrecondition, PermissionDenied, InvalidArgument: a volume can't be set up.
    """
    return {volume.name: _set_up(pod, volume, folders, limits) for volume in pod.spec.volumes}


def _set_up(
    pod: v1.Pod, volume: v1.Volume, folders: PodFolders, limits: empty_dir.EmptyDirLimits
) -> Path:
    if volume.host_path is not None:
        return host_path.set_up(volume.host_path)
    kinds = source_kinds(volume)
    if kinds - {"emptyDir"}:
        raise errors.Unimplemented(
            f"set up volume {volume.name}: {', '.join(sorted(kinds))} volumes are not supported"
            " yet; use an emptyDir or a hostPath"
        )
    context = pod.spec.security_context
    folder = folders.empty_dir(volume.name)
    fs_group = context.fs_group if context is not None else None
    empty_dir.set_up(folder, volume.empty_dir or _NO_SOURCE, limits, fs_group=fs_group)
    return folder


def source_kinds(volume: v1.Volume) -> set[str]:
    """Name the sources that a volume gives, as the manifest spells them."""
    return {
        field.encode_name
        for field in fields(volume)
        if field.name != "name" and getattr(volume, field.name) is not None
    }
