"""Make a pod's volumes before its containers start.

Source: kubelet pkg/kubelet/volumemanager.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import fields

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.volumes import atomic, contents, empty_dir, host_path

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generate.objects import ObjectSource
    from runtimes.kubelet.layout import PodFolders

_NO_SOURCE = v1.EmptyDirVolumeSource()


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeInputs:
    """What a pod's volumes depend on besides the pod."""

    folders: PodFolders
    limits: empty_dir.EmptyDirLimits
    objects: ObjectSource
    config: KubeletConfig


def prepare_volumes(pod: v1.Pod, inputs: VolumeInputs) -> dict[str, Path]:
    """Set up every volume and tell where each lies; those of images lie nowhere. Idempotent.

    Raises:
        Unimplemented: a volume of a kind that isn't supported.
        NotFound: a ConfigMap or Secret isn't there.
        FailedPrecondition, PermissionDenied, InvalidArgument: a volume can't be set up.
    """
    return {
        volume.name: _named(pod, volume, inputs)
        for volume in pod.spec.volumes
        if volume.image is None
    }


def refresh_volumes(pod: v1.Pod, inputs: VolumeInputs) -> None:
    """Write anew what has changed of ConfigMaps, Secrets and the pod in volumes that exist.

    Raises: as `prepare_volumes`.
    """
    for volume in pod.spec.volumes:
        if _has_contents(volume) and inputs.folders.contents(volume.name).exists():
            _named(pod, volume, inputs)


def _named(pod: v1.Pod, volume: v1.Volume, inputs: VolumeInputs) -> Path:
    """Set a volume up; an error says whose it is, as kubelet does."""
    try:
        return _set_up(pod, volume, inputs)
    except errors.Error as error:
        raise type(error)(
            f'MountVolume.SetUp failed for volume "{volume.name}" : {error}'
        ) from error


def _set_up(pod: v1.Pod, volume: v1.Volume, inputs: VolumeInputs) -> Path:
    if volume.host_path is not None:
        return host_path.set_up(volume.host_path)
    context = pod.spec.security_context
    fs_group = context.fs_group if context is not None else None
    if _has_contents(volume):
        files = contents.files_of(
            volume, contents.ContentInputs(pod, inputs.objects, inputs.config)
        )
        folder = inputs.folders.contents(volume.name)
        atomic.write(folder, files, fs_group=fs_group)
        return folder
    kinds = source_kinds(volume)
    if kinds - {"emptyDir"}:
        raise errors.Unimplemented(
            f"set up volume {volume.name}: {', '.join(sorted(kinds))} volumes are not supported"
            " yet; use an emptyDir or a hostPath"
        )
    folder = inputs.folders.empty_dir(volume.name)
    empty_dir.set_up(folder, volume.empty_dir or _NO_SOURCE, inputs.limits, fs_group=fs_group)
    return folder


def _has_contents(volume: v1.Volume) -> bool:
    return not source_kinds(volume).isdisjoint(contents.KINDS)


def source_kinds(volume: v1.Volume) -> set[str]:
    """Name the sources that a volume gives, as the manifest spells them."""
    return {
        field.encode_name
        for field in fields(volume)
        if field.name != "name" and getattr(volume, field.name) is not None
    }
