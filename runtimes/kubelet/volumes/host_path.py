"""hostPath: a file or folder of the node, checked or made as its type says.

Source: kubelet pkg/volume/hostpath/host_path.go.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.pod import v1

_MUST_BE: dict[str, tuple[Callable[[int], bool], str]] = {
    "Directory": (stat.S_ISDIR, "a directory"),
    "DirectoryOrCreate": (stat.S_ISDIR, "a directory"),
    "File": (stat.S_ISREG, "a file"),
    "FileOrCreate": (stat.S_ISREG, "a file"),
    "Socket": (stat.S_ISSOCK, "a socket file"),
    "CharDevice": (stat.S_ISCHR, "a character device"),
    "BlockDevice": (stat.S_ISBLK, "a block device"),
}


def set_up(source: v1.HostPathVolumeSource) -> Path:
    """Check the path, create it where the type says so, and return it; type ``""`` checks nothing.

    Raises:
        FailedPrecondition: it is missing, or is something else.
        InvalidArgument: the path isn't absolute, or the type is unknown.
    """
    path = Path(source.path)
    if not path.is_absolute() or ".." in path.parts:
        raise errors.InvalidArgument(
            f"use hostPath {source.path!r}: it must be an absolute path without '..'"
        )
    if not source.type:
        return path
    if source.type not in _MUST_BE:
        known = ", ".join(_MUST_BE)
        raise errors.InvalidArgument(f"use hostPath {path}: type {source.type} is none of {known}")
    _create(path, source.type)
    _check(path, source.type)
    return path


def _create(path: Path, kind: str) -> None:
    if path.exists():
        return
    try:
        if kind == "DirectoryOrCreate":
            path.mkdir(mode=0o755, parents=True, exist_ok=True)
        elif kind == "FileOrCreate":
            path.touch(mode=0o644)
    except OSError as error:
        raise errors.FailedPrecondition(f"create hostPath {path}: {error.strerror}") from error


def _check(path: Path, kind: str) -> None:
    fits, name = _MUST_BE[kind]
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise errors.FailedPrecondition(
            f"hostPath type check failed: {path} is not {name}"
        ) from error
    if not fits(mode):
        raise errors.FailedPrecondition(f"hostPath type check failed: {path} is not {name}")
