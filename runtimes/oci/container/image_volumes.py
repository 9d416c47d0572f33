"""Images mounted into a container as volumes: read-only, one snapshot each.

    <container dir>/images/<number of the mount>/    a snapshot's folder

Source: CRI Mount (image, image_sub_path); Kubernetes KEP 4639 (read-only, folders alone).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.unpack.beneath import open_folder
from runtimes.oci.snapshot import rootfs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.oci.engine import Engine

_FOLDER = "images"


def resolve(engine: Engine, config: cri.ContainerConfig) -> cri.ContainerConfig:
    """The config with the id of each mounted image, as the container's status tells it.

    Raises:
        ImageNotFound: an image isn't here.
        InvalidArgument: such a mount isn't read-only, or names a host path, too.
    """
    found = cri.ContainerConfig()
    found.CopyFrom(config)
    for mount in found.mounts:
        if mount.HasField("image"):
            _check(mount)
            mount.image.image_ref = engine.images.resolve(mount.image.image).id
    return found


def _check(mount: cri.Mount) -> None:
    if not mount.readonly:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: an image can't be written; set readonly"
        )
    if mount.host_path:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: name an image or a host path, not both"
        )


def mount_all(engine: Engine, container_id: str, config: cri.ContainerConfig) -> dict[str, Path]:
    """Mount them; the source of each by its path in the container.

    Raises:
        InvalidArgument: a sub-path isn't a folder of the image.
        ImageNotFound, DataLoss, ResourceExhausted: as `snapshot.rootfs.prepare`.
    """
    sources = {}
    for number, mount in enumerate(config.mounts):
        if mount.HasField("image"):
            folder = engine.containers.folder(container_id) / _FOLDER / str(number)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            image = engine.images.resolve(mount.image.image_ref)
            mounted = rootfs.prepare(image.layers, folder, read_only=True)
            sources[mount.container_path] = _inside(mounted.rootfs, mount)
    return sources


def _inside(root: Path, mount: cri.Mount) -> Path:
    """Where the sub-path leads, links followed as if the image were the whole world."""
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = open_folder(descriptor, mount.image_sub_path.strip("/"))
    except OSError as error:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: image '{mount.image.image}' has no folder "
            f"'{mount.image_sub_path}': {error.strerror}"
        ) from error
    finally:
        os.close(descriptor)
    try:
        return Path(f"/proc/self/fd/{found}").readlink()
    finally:
        os.close(found)


def folders(container: Path) -> Iterator[Path]:
    """The snapshots in a container's folder."""
    yield from (container / _FOLDER).glob("*")


def remove(container: Path) -> None:
    """Unmount and remove them. Idempotent."""
    for folder in folders(container):
        rootfs.remove(folder)
