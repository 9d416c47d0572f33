"""Devices of the host for a container.

Source: CRI Device; Docker Engine API, DeviceMapping; devices of a privileged container as Docker
has them.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import DeviceMapping

_NOT_A_DEVICE = frozenset({"pts", "shm", "fd", "mqueue", "console", ".udev", "lxd-fuse"})
"""Names in /dev that every container has its own of."""


def asked_for(devices: Iterable[cri.Device]) -> list[DeviceMapping]:
    """The devices, each under the path and with the rights that are asked for.

    Raises:
        InvalidArgument: rights other than r, w and m.
    """
    return [_mapping(device) for device in devices]


def _mapping(device: cri.Device) -> DeviceMapping:
    if set(device.permissions) - set("rwm"):
        raise errors.InvalidArgument(
            f"device '{device.host_path}': permissions {device.permissions!r} are not of r, w, m"
        )
    return {
        "PathOnHost": device.host_path,
        "PathInContainer": device.container_path or device.host_path,
        "CgroupPermissions": device.permissions or "rwm",
    }


def every(folder: Path) -> list[DeviceMapping]:
    """All devices below a folder such as /dev."""
    return [
        {"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rwm"}
        for path in sorted(_below(folder))
    ]


def _below(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _NOT_A_DEVICE or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(folder / entry.name)
            elif _is_device(entry):
                yield entry.path


def _is_device(entry: os.DirEntry[str]) -> bool:
    mode = entry.stat(follow_symlinks=False).st_mode
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
