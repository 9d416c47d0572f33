"""ConfigMaps and Secrets.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateConfigMap, ValidateSecret).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.problem import Key, Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.metadata import check_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.pod import v1

MAX_BYTES = 1024 * 1024
REQUIRED_KEYS = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def check_config_map(config_map: v1.ConfigMap) -> Iterator[Problem]:
    yield from check_metadata(config_map.metadata)
    yield from _keys(config_map.data, ("data",))
    yield from _keys(config_map.binary_data, ("binaryData",))
    for name in config_map.data.keys() & config_map.binary_data.keys():
        yield Problem(("binaryData", Key(name)), "is a key of 'data' too")
    size = sum(len(text.encode()) for text in config_map.data.values())
    yield from _size(size + _decoded(config_map.binary_data))


def check_secret(secret: v1.Secret) -> Iterator[Problem]:
    """Judge a defaulted Secret: `stringData` has become a part of `data`."""
    yield from check_metadata(secret.metadata)
    yield from _keys(secret.data, ("data",))
    yield from _size(_decoded(secret.data))
    for name in REQUIRED_KEYS.get(secret.type, ()):
        if name not in secret.data:
            yield Problem(("data", Key(name)), f"required with type '{secret.type}', but not given")


def _keys(data: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for name in data:
        problem = names.config_key(name)
        if problem:
            yield Problem((*path, Key(name)), problem)


def _decoded(data: Mapping[str, str]) -> int:
    return sum(len(base64.b64decode(text)) for text in data.values())


def _size(size: int) -> Iterator[Problem]:
    if size > MAX_BYTES:
        yield Problem(("data",), f"has {size} bytes, more than {MAX_BYTES}")
