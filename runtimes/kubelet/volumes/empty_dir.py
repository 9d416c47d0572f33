"""emptyDir: a folder, or memory, that lives as long as its pod.

Source: kubelet pkg/volume/emptydir/empty_dir.go.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.generate.amounts import units
from runtimes.kubelet.volumes.mount import MS_REMOUNT, is_mount_point, mount, unmount

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1

_MODE = 0o777
_MODE_IN_MEMORY = 0o1777
_SET_GROUP_ID = 0o2000


@dataclass(frozen=True, slots=True)
class EmptyDirLimits:
    """What bounds a volume in memory besides its own sizeLimit; bytes, 0 for nothing."""

    pod_memory_bytes: int
    node_memory_bytes: int


def set_up(
    folder: Path,
    source: v1.EmptyDirVolumeSource,
    limits: EmptyDirLimits,
    *,
    fs_group: int | None = None,
) -> None:
    """Make the volume at `folder`; what one that is there holds stays, but for its medium.

    A sizeLimit is enforced in memory only.

    Raises:
        PermissionDenied: medium Memory, and this process may not mount.
        Unimplemented: another medium.
    """
    if source.medium not in {"", "Memory"}:
        raise errors.Unimplemented(
            f"set up an emptyDir with medium {source.medium}: only the default and Memory are"
            " supported"
        )
    usual = _MODE_IN_MEMORY if source.medium == "Memory" else _MODE
    mode = usual if source.mode is None else source.mode
    if not folder.exists():
        _create(folder, mode, fs_group)
    in_memory = is_mount_point(folder)
    if source.medium == "Memory":
        _mount_memory(folder, tmpfs_bytes(source, limits), MS_REMOUNT if in_memory else 0)
    elif in_memory:  # as its definition was before
        unmount(folder)
    switched = in_memory != (source.medium == "Memory")
    if switched or (fs_group is not None and folder.stat().st_gid != fs_group):
        _own(folder, mode, fs_group)


def tmpfs_bytes(source: v1.EmptyDirVolumeSource, limits: EmptyDirLimits) -> int:
    """The smallest of its own limit, the pod's and the node's memory."""
    own = units(source.size_limit) if source.size_limit else 0
    bounds = (own, limits.pod_memory_bytes, limits.node_memory_bytes)
    return min((bound for bound in bounds if bound > 0), default=0)


def _create(folder: Path, mode: int, fs_group: int | None) -> None:
    """Show the folder only once it is ready: existing means done."""
    folder.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    unfinished = folder.with_name(f".{folder.name}.new")
    unfinished.mkdir(exist_ok=True)
    _own(unfinished, mode, fs_group)
    unfinished.rename(folder)


def _own(folder: Path, mode: int, fs_group: int | None) -> None:
    if fs_group is None:
        folder.chmod(mode)
        return
    os.chown(folder, -1, fs_group)
    folder.chmod(mode | _SET_GROUP_ID)


def _mount_memory(folder: Path, size_bytes: int, flags: int) -> None:
    default = "size=50%" if flags else ""
    size = f"size={size_bytes}" if size_bytes else default
    try:
        mount("tmpfs", folder, kind="tmpfs", flags=flags, data=size)
    except errors.PermissionDenied as error:
        raise errors.PermissionDenied(
            f"set up emptyDir {folder.name} in memory: mounting a tmpfs is not permitted; run as"
            " root, or leave out 'medium: Memory'"
        ) from error
