"""Keep a folder's files equal to a set of contents; whoever reads sees the old set or the new.

    <folder>/..<time>/...           the files
    <folder>/..data                 a link to that folder, replaced by a rename
    <folder>/<first part of path>   a link to ..data/<first part>

A kill at any point leaves the old set in place; what it left over goes with the next write.

Source: kubelet pkg/volume/util/atomic_writer.go.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.kubelet.volumes.contents import File, Files

_DATA = "..data"
_NEW_DATA = "..data_tmp"
_FOLDER_MODE = 0o755
_GROUP_READS = 0o440
_GROUP_ENTERS = 0o2550


def write(folder: Path, files: Files, *, fs_group: int | None = None) -> bool:
    """Make `folder` hold exactly `files`; tell whether that changed anything.

    With `fs_group` files and folders are that group's, who may read them.
    """
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    _own_folder(folder, fs_group)
    owned = {path: _Owned(file, fs_group) for path, file in files.items()}
    current = _current(folder)
    if current is not None and _holds(current, owned):
        return False
    fresh = _new_folder(folder, fs_group)
    for path, file in owned.items():
        file.write(fresh, Path(path))
    _swap(folder, fresh.name)
    _link(folder, {Path(path).parts[0] for path in files})
    _sweep(folder, fresh.name)
    return True


class _Owned:
    """A file as it shall lie on disk."""

    def __init__(self, file: File, fs_group: int | None) -> None:
        self.data = file.data
        self.mode = file.mode if fs_group is None else file.mode | _GROUP_READS
        self.group = fs_group

    def write(self, root: Path, path: Path) -> None:
        for parent in reversed(path.parents[:-1]):
            if not (root / parent).is_dir():
                (root / parent).mkdir()
                _own_folder(root / parent, self.group)
        target = root / path
        target.write_bytes(self.data)
        if self.group is not None:
            os.chown(target, -1, self.group)
        target.chmod(self.mode)

    def is_at(self, path: Path) -> bool:
        try:
            info = path.lstat()
            if stat.S_IMODE(info.st_mode) != self.mode or path.read_bytes() != self.data:
                return False
        except OSError:
            return False
        return self.group in {None, info.st_gid}


def _current(folder: Path) -> Path | None:
    try:
        return folder / (folder / _DATA).readlink()
    except FileNotFoundError:
        return None


def _holds(current: Path, files: dict[str, _Owned]) -> bool:
    found = {str(path.relative_to(current)) for path in current.rglob("*") if not path.is_dir()}
    return found == set(files) and all(file.is_at(current / path) for path, file in files.items())


def _new_folder(folder: Path, fs_group: int | None) -> Path:
    stamp = time.strftime("..%Y_%m_%d_%H_%M_%S", time.gmtime())
    fresh = folder / f"{stamp}.{os.urandom(4).hex()}"
    fresh.mkdir()
    _own_folder(fresh, fs_group)
    return fresh


def _own_folder(folder: Path, fs_group: int | None) -> None:
    if fs_group is None:
        folder.chmod(_FOLDER_MODE)
        return
    os.chown(folder, -1, fs_group)
    folder.chmod(_FOLDER_MODE | _GROUP_ENTERS)


def _swap(folder: Path, name: str) -> None:
    fresh = folder / _NEW_DATA
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name)
    fresh.rename(folder / _DATA)


def _link(folder: Path, names: set[str]) -> None:
    """Show new names, and take away those that the new set doesn't have."""
    for name in names:
        link = folder / name
        if not link.is_symlink() and not link.exists():
            link.symlink_to(Path(_DATA, name))
    for path in folder.iterdir():
        if path.is_symlink() and not path.name.startswith("..") and path.name not in names:
            path.unlink()


def _sweep(folder: Path, name: str) -> None:
    for path in folder.glob("..*"):
        if path.name not in {name, _DATA} and path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
