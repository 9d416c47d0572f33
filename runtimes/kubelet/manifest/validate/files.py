"""Files that volumes make of ConfigMaps, Secrets and the pod itself.

Source: kubernetes pkg/apis/core/validation/validation.go (validateKeyToPath,
validateDownwardAPIVolumeFile, validateProjectionSources).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode.words import quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.env import (
    VOLUME_FIELDS,
    check_field_ref,
    check_resource_ref,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

_MAX_MODE = 0o777
_LEAST_EXPIRATION = 600
_SOURCES = {
    "secret": "secret",
    "configMap": "config_map",
    "downwardAPI": "downward_api",
    "serviceAccountToken": "service_account_token",
    "clusterTrustBundle": "cluster_trust_bundle",
    "podCertificate": "pod_certificate",
}


def check_mode(mode: int | None, path: Path) -> Iterator[Problem]:
    if mode is not None and not 0 <= mode <= _MAX_MODE:
        octal = all(digit in "01234567" for digit in str(mode)) and mode <= 777
        hint = f"; did you mean 0{mode}?" if octal else ""
        yield Problem(path, f"{mode} is not between 0 and 511, which is 0777{hint}")


def check_items(items: tuple[v1.KeyToPath, ...], path: Path) -> Iterator[Problem]:
    for index, item in enumerate(items):
        problem = names.file_in_volume(item.path) if item.path else "must not be empty"
        if problem:
            yield Problem((*path, index, "path"), problem)
        if not item.key:
            yield Problem((*path, index, "key"), "must not be empty")
        yield from check_mode(item.mode, (*path, index, "mode"))


def check_downward_files(
    files: tuple[v1.DownwardAPIVolumeFile, ...], path: Path
) -> Iterator[Problem]:
    for index, file in enumerate(files):
        place = (*path, index)
        problem = names.file_in_volume(file.path) if file.path else "must not be empty"
        if problem:
            yield Problem((*place, "path"), problem)
        yield from check_mode(file.mode, (*place, "mode"))
        if (file.field_ref is None) == (file.resource_field_ref is None):
            yield Problem(place, "must have either fieldRef or resourceFieldRef")
        if file.field_ref:
            yield from check_field_ref(file.field_ref, VOLUME_FIELDS, (*place, "fieldRef"))
        if file.resource_field_ref:
            yield from _resource_file(file.resource_field_ref, (*place, "resourceFieldRef"))


def _resource_file(reference: v1.ResourceFieldSelector, path: Path) -> Iterator[Problem]:
    if not reference.container_name:
        yield Problem((*path, "containerName"), "required, but not given")
    yield from check_resource_ref(reference, path)


def check_projections(
    projections: tuple[v1.VolumeProjection, ...], path: Path
) -> Iterator[Problem]:
    taken: set[str] = set()
    for index, projection in enumerate(projections):
        place = (*path, index)
        given = [name for name, attribute in _SOURCES.items() if getattr(projection, attribute)]
        if len(given) > 1:
            message = f"a source can't be '{given[0]}' and '{given[1]}' at once"
            yield Problem((*place, given[1]), message)
        yield from _projection(projection, place)
        for file, where in _files(projection, place):
            if file in taken:
                yield Problem(where, f"{quote(file)} is the path of another file of this volume")
            taken.add(file)


def _projection(projection: v1.VolumeProjection, path: Path) -> Iterator[Problem]:
    for name in ("secret", "configMap"):
        source = getattr(projection, _SOURCES[name])
        if source is None:
            continue
        if not source.name:
            yield Problem((*path, name, "name"), "required, but not given")
        yield from check_items(source.items, (*path, name, "items"))
    if projection.downward_api:
        place = (*path, "downwardAPI", "items")
        yield from check_downward_files(projection.downward_api.items, place)
    if projection.service_account_token:
        yield from _token(projection.service_account_token, (*path, "serviceAccountToken"))


def _token(token: v1.ServiceAccountTokenProjection, path: Path) -> Iterator[Problem]:
    seconds = token.expiration_seconds
    if seconds is not None and not _LEAST_EXPIRATION <= seconds <= 2**32:
        yield Problem(
            (*path, "expirationSeconds"), f"{seconds} is not between {_LEAST_EXPIRATION} and 2**32"
        )
    problem = names.file_in_volume(token.path)
    if problem:
        yield Problem((*path, "path"), problem)


def _files(projection: v1.VolumeProjection, path: Path) -> Iterator[tuple[str, Path]]:
    for name in ("secret", "configMap", "downwardAPI"):
        source = getattr(projection, _SOURCES[name])
        for index, item in enumerate(source.items if source else ()):
            if item.path:
                yield item.path, (*path, name, "items", index, "path")
