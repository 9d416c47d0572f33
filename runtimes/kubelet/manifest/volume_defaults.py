"""What the API server fills in for volumes.

Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from runtimes.core import image_ref
from runtimes.core.errors import InvalidArgument
from runtimes.core.pod import v1

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_MODE = 0o644
TOKEN_SECONDS = 3600

Files = TypeVar(
    "Files",
    v1.ConfigMapVolumeSource,
    v1.SecretVolumeSource,
    v1.DownwardAPIVolumeSource,
    v1.ProjectedVolumeSource,
)


def default_volume(volume: v1.Volume) -> v1.Volume:
    """Fill in a volume's source; one without any is an emptyDir."""
    for attribute, fill in _SOURCES.items():
        source = getattr(volume, attribute)
        if source is not None:
            return replace(volume, **{attribute: fill(source)})
    return replace(volume, empty_dir=v1.EmptyDirVolumeSource()) if _is_bare(volume) else volume


def _is_bare(volume: v1.Volume) -> bool:
    return volume == v1.Volume(name=volume.name)


def _mode(source: Files) -> Files:
    return source if source.default_mode is not None else replace(source, default_mode=FILE_MODE)


def _downward(source: v1.DownwardAPIVolumeSource) -> v1.DownwardAPIVolumeSource:
    return replace(_mode(source), items=tuple(map(_file, source.items)))


def _file(file: v1.DownwardAPIVolumeFile) -> v1.DownwardAPIVolumeFile:
    if file.field_ref is None or file.field_ref.api_version:
        return file
    return replace(file, field_ref=replace(file.field_ref, api_version="v1"))


def _projected(source: v1.ProjectedVolumeSource) -> v1.ProjectedVolumeSource:
    return replace(_mode(source), sources=tuple(map(_projection, source.sources)))


def _projection(projection: v1.VolumeProjection) -> v1.VolumeProjection:
    token, downward = projection.service_account_token, projection.downward_api
    if token and token.expiration_seconds is None:
        token = replace(token, expiration_seconds=TOKEN_SECONDS)
    if downward:
        downward = replace(downward, items=tuple(map(_file, downward.items)))
    return replace(projection, service_account_token=token, downward_api=downward)


def _image(source: v1.ImageVolumeSource) -> v1.ImageVolumeSource:
    if source.pull_policy:
        return source
    try:
        latest = image_ref.parse(source.reference).target == "latest"
    except InvalidArgument:
        latest = False
    return replace(source, pull_policy="Always" if latest else "IfNotPresent")


def _iscsi(source: v1.ISCSIVolumeSource) -> v1.ISCSIVolumeSource:
    return replace(source, iscsi_interface=source.iscsi_interface or "default")


def _rbd(source: v1.RBDVolumeSource) -> v1.RBDVolumeSource:
    return replace(
        source,
        pool=source.pool or "rbd",
        user=source.user or "admin",
        keyring=source.keyring or "/etc/ceph/keyring",
    )


def _azure(source: v1.AzureDiskVolumeSource) -> v1.AzureDiskVolumeSource:
    read_only = source.read_only
    return replace(
        source,
        caching_mode=source.caching_mode or "ReadWrite",
        kind=source.kind or "Shared",
        fs_type=source.fs_type or "ext4",
        read_only=False if read_only is None else read_only,
    )


def _scale_io(source: v1.ScaleIOVolumeSource) -> v1.ScaleIOVolumeSource:
    return replace(
        source,
        storage_mode=source.storage_mode or "ThinProvisioned",
        fs_type=source.fs_type or "xfs",
    )


def _ephemeral(source: v1.EphemeralVolumeSource) -> v1.EphemeralVolumeSource:
    template = source.volume_claim_template
    if template is None or template.spec is None or template.spec.volume_mode:
        return source
    spec = replace(template.spec, volume_mode="Filesystem")
    return replace(source, volume_claim_template=replace(template, spec=spec))


_SOURCES: dict[str, Callable[[Any], v1.Struct]] = {
    "config_map": _mode,
    "secret": _mode,
    "downward_api": _downward,
    "projected": _projected,
    "image": _image,
    "iscsi": _iscsi,
    "rbd": _rbd,
    "azure_disk": _azure,
    "scale_io": _scale_io,
    "ephemeral": _ephemeral,
}
