"""Remove trees of files that strangers made: any depth, any names, never across a mount."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Remove a folder and all in it; absent is fine. Starting over after a crash works.

    Folders are moved up to the top before they are emptied, so neither Python's recursion nor the
    length of paths nor the number of open files bounds the depth.

    Raises:
        FailedPrecondition: something is mounted inside; what is mounted stays untouched.
    """
    try:
        top = os.open(path, _FOLDER)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        path.unlink(missing_ok=True)
        return
    try:
        _empty(top, str(path))
    finally:
        os.close(top)
    path.rmdir()


def remove_at(parent: int, name: str) -> None:
    """Remove the folder `name` in an open folder, as `remove_tree` does."""
    top = os.open(name, _FOLDER, dir_fd=parent)
    try:
        _empty(top, name)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _empty(top: int, path: str) -> None:
    device = os.fstat(top).st_dev
    made = 0
    todo = _folders(top)
    while todo:
        name = todo.pop()
        folder = _open(name, top)
        try:
            if os.fstat(folder).st_dev != device:
                raise errors.FailedPrecondition(
                    f"remove '{path}': something is mounted on '{name}' in it; unmount that first"
                )
            for inner in _folders(folder):
                made, moved = _free_name(top, made)
                os.rename(inner, moved, src_dir_fd=folder, dst_dir_fd=top)
                todo.append(moved)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)


def _folders(folder: int) -> list[str]:
    """Unlink all but the folders, and name those."""
    names = os.listdir(folder)
    return [name for name in names if _unlink(name, folder)]


def _unlink(name: str, folder: int) -> bool:
    """Unlink it, or tell that it is a folder."""
    try:
        os.unlink(name, dir_fd=folder)
    except IsADirectoryError:
        return True
    except FileNotFoundError:
        pass
    return False


def _open(name: str, top: int) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=top)
    except PermissionError:
        os.chmod(name, stat.S_IRWXU, dir_fd=top)
        return os.open(name, _FOLDER, dir_fd=top)


def _free_name(top: int, made: int) -> tuple[int, str]:
    while True:
        made += 1
        name = f".removed-{made}"
        try:
            os.stat(name, dir_fd=top, follow_symlinks=False)
        except FileNotFoundError:
            return made, name
