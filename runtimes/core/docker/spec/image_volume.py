"""An image as a folder in a container, read-only.

From API 1.48 (Docker 28) on the Engine does it. Before, an anonymous volume of its driver `local`
mounts the image's layers over each other: nothing takes writes then, so the kernel refuses them,
also after a remount. Such a volume goes with its container.

Source: CRI Mount (image, image_sub_path); KEP-4639; Docker Engine API, Mount; overlayfs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import MountRequest

NATIVE_SINCE = (1, 48)
_LONGEST = 4000
"""Bytes of a mount's options; the kernel takes a page, the Engine's own words included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageVolume:
    """One mount of an image.

    Attributes:
        image: as it was asked for.
        layers: folders that make it up, the topmost first; none where the Engine finds them itself.
    """

    path: str
    image: str
    image_id: str
    sub_path: str
    layers: tuple[Path, ...] = ()


def check(mount: cri.Mount) -> None:
    """Raises:
    InvalidArgument: it isn't read-only, or names a host path too.
    """
    if not mount.readonly:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: an image can't be written; set readonly"
        )
    if mount.host_path:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: name an image or a host path, not both"
        )


def spelt_out(volume: ImageVolume) -> MountRequest:
    """What the Engine is asked for. Pure.

    Raises:
        Unimplemented: more layers than one mount can name.
    """
    if not volume.layers:
        return {
            "Type": "image",
            "Source": volume.image_id,
            "Target": volume.path,
            "ReadOnly": True,
            "ImageOptions": {"Subpath": volume.sub_path},
        }
    options = f"lowerdir={':'.join(map(str, volume.layers))}"
    if len(options) > _LONGEST:
        raise errors.Unimplemented(
            f"mount {volume.path}: image '{volume.image}' has {len(volume.layers)} layers, more "
            "than an Engine before Docker 28 can mount as a volume"
        )
    local = {"type": "overlay", "o": options, "device": "overlay"}
    return {
        "Type": "volume",
        "Target": volume.path,
        "VolumeOptions": {"NoCopy": True, "DriverConfig": {"Name": "local", "Options": local}},
    }


def written(volume: ImageVolume) -> dict[str, str]:
    """For the container's label: what its status, and whoever removes images, must know. Pure."""
    return {
        "path": volume.path,
        "image": volume.image,
        "id": volume.image_id,
        "sub_path": volume.sub_path,
    }


def read(kept: Mapping[str, str]) -> ImageVolume:
    """The same read back, without layers. Pure."""
    return ImageVolume(
        path=kept["path"], image=kept["image"], image_id=kept["id"], sub_path=kept["sub_path"]
    )
