"""The files of volumes that are made of ConfigMaps, Secrets and the pod itself; pure.

    path in the volume -> bytes and mode

Source: kubelet pkg/volume/{configmap,secret,projected,downwardapi} (MakePayload, CollectData).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.generate import downward

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generate.objects import ObjectSource

FILE_MODE = 0o644
KINDS = ("configMap", "secret", "downwardAPI", "projected")
_REFUSED = ("service_account_token", "cluster_trust_bundle", "pod_certificate")


@dataclass(frozen=True, slots=True)
class File:
    data: bytes
    mode: int


Files = dict[str, File]


@dataclass(frozen=True, slots=True)
class ContentInputs:
    """What files may be made of."""

    pod: v1.Pod
    objects: ObjectSource
    config: KubeletConfig


def files_of(volume: v1.Volume, inputs: ContentInputs) -> Files:
    """Compute the files of a volume whose kind is one of `KINDS`.

    Raises:
        NotFound: an object or a key is missing, and not optional.
        Unimplemented: a projected source that only a cluster has.
        InvalidArgument: a field that pods don't have.
    """
    if volume.projected is not None:
        return _projected(volume.projected, inputs)
    if volume.config_map is not None:
        source = volume.config_map
        data = _config_map(source.name, inputs, optional=bool(source.optional))
        wanted = _Wanted("config", source.items, bool(source.optional))
        return wanted.of(data, _mode(source.default_mode))
    if volume.secret is not None:
        secret = volume.secret
        data = _secret(secret.secret_name, inputs, optional=bool(secret.optional))
        wanted = _Wanted("secret", secret.items, bool(secret.optional))
        return wanted.of(data, _mode(secret.default_mode))
    if volume.downward_api is not None:
        mode = _mode(volume.downward_api.default_mode)
        return _downward(volume.downward_api.items, inputs, mode)
    return {}


def _projected(source: v1.ProjectedVolumeSource, inputs: ContentInputs) -> Files:
    """A later source's file takes the place of an earlier one's of that path."""
    files: Files = {}
    for one in source.sources:
        files |= _projection(one, inputs, _mode(source.default_mode))
    return files


def _projection(source: v1.VolumeProjection, inputs: ContentInputs, mode: int) -> Files:
    for name in _REFUSED:
        if getattr(source, name) is not None:
            raise errors.Unimplemented(
                f"project a {name.replace('_', ' ')} into a volume: an API server makes those;"
                " put what you need into a Secret"
            )
    if source.config_map is not None:
        ref = source.config_map
        data = _config_map(ref.name, inputs, optional=bool(ref.optional))
        return _Wanted("config", ref.items, bool(ref.optional)).of(data, mode)
    if source.secret is not None:
        secret = source.secret
        data = _secret(secret.name, inputs, optional=bool(secret.optional))
        return _Wanted("secret", secret.items, bool(secret.optional)).of(data, mode)
    return {} if source.downward_api is None else _downward(source.downward_api.items, inputs, mode)


def _config_map(name: str, inputs: ContentInputs, *, optional: bool) -> dict[str, bytes]:
    namespace = inputs.pod.metadata.namespace
    found = inputs.objects.config_map(namespace, name)
    if found is None and not optional:
        raise errors.NotFound(f'configmap "{name}" not found')
    if found is None:
        return {}
    text = {key: value.encode() for key, value in found.data.items()}
    return {**text, **_decoded(found.binary_data)}


def _secret(name: str, inputs: ContentInputs, *, optional: bool) -> dict[str, bytes]:
    namespace = inputs.pod.metadata.namespace
    found = inputs.objects.secret(namespace, name)
    if found is None and not optional:
        raise errors.NotFound(f'secret "{name}" not found')
    if found is None:
        return {}
    text = {key: value.encode() for key, value in found.string_data.items()}
    return {**_decoded(found.data), **text}


def _decoded(data: Mapping[str, str]) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in data.items()}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which keys of an object become files; all of them when there are no items."""

    kind: str
    items: tuple[v1.KeyToPath, ...]
    optional: bool

    def of(self, data: Mapping[str, bytes], mode: int) -> Files:
        if not self.items:
            return {key: File(value, mode) for key, value in data.items()}
        files: Files = {}
        for item in self.items:
            if item.key in data:
                files[item.path] = File(data[item.key], mode if item.mode is None else item.mode)
            elif not self.optional:
                raise errors.NotFound(f"references non-existent {self.kind} key: {item.key}")
        return files


def _downward(
    items: Iterable[v1.DownwardAPIVolumeFile], inputs: ContentInputs, default: int
) -> Files:
    files: Files = {}
    for item in items:
        mode = default if item.mode is None else item.mode
        files[item.path] = File(_downward_text(item, inputs).encode(), mode)
    return files


def _downward_text(item: v1.DownwardAPIVolumeFile, inputs: ContentInputs) -> str:
    if item.field_ref is not None:
        return downward.file_text(inputs.pod, item.field_ref.field_path, inputs.config)
    if item.resource_field_ref is not None:
        return downward.resource_value(inputs.pod, "", item.resource_field_ref, inputs.config)
    return ""


def _mode(given: int | None) -> int:
    return FILE_MODE if given is None else given
