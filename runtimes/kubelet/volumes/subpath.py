"""A part of a volume, pinned so that the container can't swap it for a link to the host.

The part is opened inside its volume (see `beneath`), and what was opened is bind-mounted to a
place that only the kubelet writes; the runtime mounts that place. Where mounting isn't permitted,
the runtime is given the resolved path, which a container could still swap later.

Source: kubelet pkg/volume/util/subpath/subpath_linux.go.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from runtimes.core import errors
from runtimes.kubelet.volumes.beneath import open_beneath
from runtimes.kubelet.volumes.mount import MS_BIND, mount, mounts_below, unmount

log = logging.getLogger(__name__)


def pin(volume: Path, sub_path: str, place: Path) -> Path:
    """Return the path to mount instead of ``volume/sub_path``; missing folders are created.

    Raises:
        InvalidArgument: it leads out of the volume.
    """
    descriptor = open_beneath(volume, sub_path)
    try:
        return _pinned(descriptor, place)
    finally:
        os.close(descriptor)


def _pinned(descriptor: int, place: Path) -> Path:
    opened = os.fstat(descriptor)
    if place.exists():
        if os.path.samestat(opened, place.stat()):
            return place
        for point in mounts_below(place):
            unmount(point)
        place.rmdir() if place.is_dir() else place.unlink()
    _make(place, folder=stat.S_ISDIR(opened.st_mode))
    try:
        mount(f"/proc/self/fd/{descriptor}", place, flags=MS_BIND)
    except errors.PermissionDenied:
        resolved = Path(f"/proc/self/fd/{descriptor}").readlink()
        log.warning("can't pin subPath %s without the right to mount: the path is used", resolved)
        return resolved
    return place


def _make(place: Path, *, folder: bool) -> None:
    place.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if folder:
        place.mkdir(mode=0o750)
    else:
        place.touch(mode=0o640)
