"""The images that a container mounts: found in the Engine, with the folders that make them up."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.spec.image_volume import NATIVE_SINCE, ImageVolume, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import ImageInspect
    from runtimes.dockershim.engine import Engine

_OVERLAY = "overlay2"
_OPAQUE = ("trusted.overlay.opaque", "user.overlay.opaque")


def resolve(
    engine: Engine, mounts: Iterable[cri.Mount], api: tuple[int, int]
) -> dict[str, ImageVolume]:
    """Every mounted image, by the mount's path.

    Raises:
        ImageNotFound: it isn't here.
        InvalidArgument: it isn't mounted read-only, or has no such folder.
        Unimplemented: an Engine before Docker 28 with another storage driver than overlay2.
    """
    found = {}
    for mount in mounts:
        if mount.HasField("image"):
            check(mount)
            image = engine.docker.inspect_image(mount.image.image)
            folders = () if api >= NATIVE_SINCE else _folders(engine, mount, image)
            found[mount.container_path] = ImageVolume(
                path=mount.container_path,
                image=mount.image.image,
                image_id=image["Id"],
                sub_path=mount.image_sub_path.strip("/"),
                layers=folders,
            )
    return found


def _folders(engine: Engine, mount: cri.Mount, image: ImageInspect) -> tuple[Path, ...]:
    """At least two, since fewer can't be mounted without one to write to."""
    what = f"mount {mount.container_path}: image '{mount.image.image}'"
    driver = image.get("GraphDriver")
    kept = (driver["Data"] if driver is not None and driver["Name"] == _OVERLAY else None) or {}
    if "UpperDir" not in kept:
        raise errors.Unimplemented(
            f"{what}: before Docker 28 this needs the storage driver {_OVERLAY}"
        )
    layers = [kept["UpperDir"], *filter(None, kept.get("LowerDir", "").split(":"))]
    found = [Path(layer) for layer in layers]
    if mount.image_sub_path.strip("/"):
        found = beneath(found, mount.image_sub_path, what)
    return (*found, engine.paths.empty)


def beneath(layers: Sequence[Path], sub_path: str, what: str) -> list[Path]:
    """The folders that make up a path of stacked layers, the topmost first.

    Links are refused: where they lead is for the container's eyes only.

    Raises:
        InvalidArgument: the path isn't a folder of the image.
        FailedPrecondition: the layers can't be seen from here.
    """
    parts = PurePosixPath(sub_path.strip("/")).parts
    found: list[Path] = []
    for layer in layers:
        if not layer.is_dir():
            raise errors.FailedPrecondition(
                f"{what}: the Engine's folder '{layer}' isn't here, so '{sub_path}' can't be found"
            )
        if not _collect(layer, parts, found):
            break
    if not found or ".." in parts:
        raise errors.InvalidArgument(f"{what}: '{sub_path}' isn't a folder of it")
    return found


def _collect(layer: Path, parts: Sequence[str], found: list[Path]) -> bool:
    """Add a layer's part of a folder; False when it hides those of the layers below."""
    folder, goes_on = layer, True
    for part in parts:
        folder /= part
        try:
            mode = folder.lstat().st_mode
        except FileNotFoundError:
            return goes_on
        if not stat.S_ISDIR(mode):  # A removal, which is a device 0:0, or a file or a link.
            return False
        goes_on = goes_on and not _is_opaque(folder)
    found.append(folder)
    return goes_on


def _is_opaque(folder: Path) -> bool:
    for name in _OPAQUE:
        try:
            if os.getxattr(folder, name, follow_symlinks=False) == b"y":
                return True
        except OSError:
            continue
    return False
