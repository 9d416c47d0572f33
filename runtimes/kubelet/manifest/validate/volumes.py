"""Volumes of a pod; what is in those that only a cluster has is judged by its form alone.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateVolumes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import quantity
from runtimes.kubelet.manifest.decode.shapes import Field, Kind, fields_of
from runtimes.kubelet.manifest.decode.words import nearest, quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names
from runtimes.kubelet.manifest.validate.files import (
    check_downward_files,
    check_items,
    check_mode,
    check_projections,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

HUGE_PAGES = "HugePages"


def sources() -> dict[str, Field]:
    """The kinds of volumes, by JSON name."""
    from runtimes.core.pod import v1

    fields = fields_of(v1.Volume)
    return {name: field for name, field in fields.items() if field.shape.kind is Kind.STRUCT}


def check_volumes(volumes: tuple[v1.Volume, ...], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        place = (*path, index)
        problem = names.dns_label(volume.name)
        if volume.name in seen:
            problem = f"'{volume.name}' is the name of another volume"
        seen.add(volume.name)
        if problem:
            yield Problem((*place, "name"), problem)
        yield from _source(volume, place)


def _source(volume: v1.Volume, path: Path) -> Iterator[Problem]:
    given = [name for name, field in sources().items() if getattr(volume, field.attribute)]
    if len(given) > 1:
        yield Problem((*path, given[1]), f"a volume can't be '{given[0]}' and '{given[1]}' at once")
    if volume.empty_dir:
        yield from _empty_dir(volume.empty_dir, (*path, "emptyDir"))
    if volume.host_path:
        yield from _host_path(volume.host_path, (*path, "hostPath"))
    yield from _files(volume, path)


def _empty_dir(source: v1.EmptyDirVolumeSource, path: Path) -> Iterator[Problem]:
    if source.medium not in {"", "Memory"} and not source.medium.startswith(HUGE_PAGES):
        meant = nearest(source.medium, ("Memory", HUGE_PAGES))
        hint = f"; did you mean '{meant}'?" if meant else ""
        message = f"{quote(source.medium)} is not Memory, HugePages or HugePages-SIZE{hint}"
        yield Problem((*path, "medium"), message)
    if source.size_limit and quantity.parse(source.size_limit).nano < 0:
        yield Problem((*path, "sizeLimit"), f"{quote(source.size_limit)} must not be negative")


def _host_path(source: v1.HostPathVolumeSource, path: Path) -> Iterator[Problem]:
    problem = names.absolute(source.path) or names.no_backsteps(source.path)
    if problem:
        yield Problem((*path, "path"), problem)


def _files(volume: v1.Volume, path: Path) -> Iterator[Problem]:
    if volume.config_map:
        place = (*path, "configMap")
        if not volume.config_map.name:
            yield Problem((*place, "name"), "required, but not given")
        yield from check_mode(volume.config_map.default_mode, (*place, "defaultMode"))
        yield from check_items(volume.config_map.items, (*place, "items"))
    if volume.secret:
        place = (*path, "secret")
        if not volume.secret.secret_name:
            yield Problem((*place, "secretName"), "required, but not given")
        yield from check_mode(volume.secret.default_mode, (*place, "defaultMode"))
        yield from check_items(volume.secret.items, (*place, "items"))
    if volume.downward_api:
        place = (*path, "downwardAPI")
        yield from check_mode(volume.downward_api.default_mode, (*place, "defaultMode"))
        yield from check_downward_files(volume.downward_api.items, (*place, "items"))
    if volume.projected:
        place = (*path, "projected")
        yield from check_mode(volume.projected.default_mode, (*place, "defaultMode"))
        yield from check_projections(volume.projected.sources, (*place, "sources"))
