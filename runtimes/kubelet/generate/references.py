"""Which ConfigMaps and Secrets a pod names, in its own namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1


class Reference(NamedTuple):
    """An object of the pod's namespace."""

    kind: str
    name: str


def references(pod: v1.Pod) -> frozenset[Reference]:
    """Name each once, optional ones too."""
    spec = pod.spec
    found = [Reference("Secret", one.name) for one in spec.image_pull_secrets]
    for container in (*spec.init_containers, *spec.containers):
        found += _of_environment(container)
    for ephemeral in spec.ephemeral_containers:
        found += _of_environment(ephemeral)
    for volume in spec.volumes:
        found += _of_volume(volume)
    return frozenset(found)


def _of_environment(container: v1.Container | v1.EphemeralContainer) -> Iterator[Reference]:
    for source in container.env_from:
        if source.config_map_ref:
            yield Reference("ConfigMap", source.config_map_ref.name)
        if source.secret_ref:
            yield Reference("Secret", source.secret_ref.name)
    for variable in container.env:
        value = variable.value_from
        if value and value.config_map_key_ref:
            yield Reference("ConfigMap", value.config_map_key_ref.name)
        if value and value.secret_key_ref:
            yield Reference("Secret", value.secret_key_ref.name)


def _of_volume(volume: v1.Volume) -> Iterator[Reference]:
    if volume.config_map:
        yield Reference("ConfigMap", volume.config_map.name)
    if volume.secret:
        yield Reference("Secret", volume.secret.secret_name)
    for source in volume.projected.sources if volume.projected else ():
        if source.config_map:
            yield Reference("ConfigMap", source.config_map.name)
        if source.secret:
            yield Reference("Secret", source.secret.name)
