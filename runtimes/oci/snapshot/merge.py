"""Stack layers by copying them: what overlayfs does, for where overlayfs can't be.

Security: a folder of a layer is only entered at the target once a real folder stands there, so
links of lower layers are never followed.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from runtimes.oci.image.tree import remove_tree
from runtimes.oci.image.unpack.clone import clone_file, clone_folder_attributes
from runtimes.oci.image.unpack.metadata import rights_of_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def merge(layers: Sequence[Path], target: Path) -> None:
    """Copy layers, bottom first, into the existing folder `target`, minding whiteouts."""
    opaque = rights_of_process().opaque
    for layer in layers:
        _Merge(layer, target, opaque).run()


class _Merge:
    def __init__(self, layer: Path, target: Path, opaque: str) -> None:
        self._layer = layer
        self._target = target
        self._opaque = opaque
        self._linked: dict[int, Path] = {}

    def run(self) -> None:
        visited = [""]
        for path in visited:  # grows while it runs: parents come before children
            with os.scandir(self._layer / path) as entries:
                for entry in entries:
                    inner = f"{path}/{entry.name}" if path else entry.name
                    if self._take(inner):
                        visited.append(inner)
        for path in reversed(visited):
            clone_folder_attributes(self._layer / path, self._target / path)

    def _take(self, path: str) -> bool:
        """Copy one entry; tell whether it is a folder to go into."""
        source, target = self._layer / path, self._target / path
        status = source.lstat()
        if stat.S_ISDIR(status.st_mode):
            self._take_folder(source, target)
            return True
        remove_tree(target)
        if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
            return False
        known = self._linked.get(status.st_ino) if status.st_nlink > 1 else None
        if known is not None:
            os.link(known, target, follow_symlinks=False)
            return False
        _copy(source, target, status)
        if status.st_nlink > 1:
            self._linked[status.st_ino] = target
        return False

    def _take_folder(self, source: Path, target: Path) -> None:
        if target.is_symlink() or not target.is_dir() or self._is_opaque(source):
            remove_tree(target)
            target.mkdir(0o700)

    def _is_opaque(self, folder: Path) -> bool:
        try:
            return os.getxattr(folder, self._opaque, follow_symlinks=False) == b"y"
        except OSError:
            return False


def _copy(source: Path, target: Path, status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        _copy_file(source, target)
        return
    if stat.S_ISLNK(status.st_mode):
        target.symlink_to(source.readlink())
    else:
        os.mknod(target, status.st_mode, status.st_rdev)
        target.chmod(stat.S_IMODE(status.st_mode))
    if os.geteuid() == 0:
        os.chown(target, status.st_uid, status.st_gid, follow_symlinks=False)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)


def _copy_file(source: Path, target: Path) -> None:
    old = os.open(source.parent, _FOLDER)
    try:
        new = os.open(target.parent, _FOLDER)
        try:
            clone_file(source.name, old, target.name, new)
        finally:
            os.close(new)
    finally:
        os.close(old)
