"""Take away what a removed pod had on this node."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.volumes.mount import mounts_below, unmount

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.kubelet.layout import PodFolders


def clean_up(folders: PodFolders) -> None:
    """Unmount and remove volumes, sub-paths, hosts file and termination logs. Idempotent.

    The pod's record stays, and nothing is removed through a mount.

    Raises:
        FailedPrecondition: something is still mounted there.
        Internal: a file can't be removed.
    """
    if not folders.pod.is_dir():
        return
    parts = (folders.subpaths, folders.volumes, folders.pod / "containers")
    if any(part.exists() for part in parts[:2]):
        _unmount_all(folders.pod)
    for part in parts:
        remove_tree(part)
    folders.etc_hosts.unlink(missing_ok=True)
    with suppress(OSError):
        folders.pod.rmdir()


def _unmount_all(folder: Path) -> None:
    folder = folder.resolve()
    for point in mounts_below(folder):
        unmount(point)
    left = mounts_below(folder)
    if left:
        raise errors.FailedPrecondition(
            f"remove {folder}: {left[0]} is still mounted; unmount it and try again"
        )


def remove_tree(folder: Path) -> None:
    """Remove a folder with all that is in it. Idempotent.

    Raises:
        Internal: something of it can't be removed.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise errors.Internal(f"remove {folder}: {error}") from error
