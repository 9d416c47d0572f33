"""The writable layer, and the file system that it is on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.core.metrics.devices import name_of
from runtimes.core.metrics.family import Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.core.host.usage import UsageCache

_DEVICE = ("device",)
USAGE = Family("container_fs_usage_bytes", "Bytes that the writable layer takes.", more=_DEVICE)
LIMIT = Family("container_fs_limit_bytes", "Bytes that its file system has.", more=_DEVICE)
INODES = Family("container_fs_inodes_total", "Inodes that its file system has.", more=_DEVICE)
INODES_FREE = Family(
    "container_fs_inodes_free", "Inodes that its file system has left.", more=_DEVICE
)
FAMILIES = (USAGE, LIMIT, INODES, INODES_FREE)


def samples(layer: Path, usage: UsageCache) -> Iterator[Sample]:
    """`layer` is the folder of what was written; nothing if it is gone."""
    try:
        room, number = os.statvfs(layer), layer.stat().st_dev
    except OSError:
        return
    device = (name_of(f"{os.major(number)}:{os.minor(number)}"),)
    used = usage.glance(layer)
    if used is not None:
        yield Sample(USAGE, used.used_bytes, device)
    yield Sample(LIMIT, room.f_blocks * room.f_frsize, device)
    yield Sample(INODES, room.f_files, device)
    yield Sample(INODES_FREE, room.f_ffree, device)
