"""Prepare, mount, unmount and remove the root file systems of containers.

    prepare: record -> folders -> mounted          (crash: `mount` finishes, `remove` undoes)
    remove:  unmounted -> folders gone -> record gone

The record comes first and goes last, so the layers below count as in use all the time.
"""

from __future__ import annotations

import errno
import logging
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image.tree import remove_tree
from runtimes.oci.image.unpack.clone import clone_folder_attributes
from runtimes.oci.snapshot import overlay
from runtimes.oci.snapshot.merge import merge
from runtimes.oci.snapshot.record import RECORD, Driver, Snapshot, save
from runtimes.oci.snapshot.unmount import is_mounted, unmount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

logger = logging.getLogger(__name__)

_UNFINISHED = "rootfs.new"
_UNFINISHED_UPPER = "upper.new"
_EMPTY = "empty"
_PROBE = "probe"
_MISSING = (errno.ENOENT, errno.ENOTDIR)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


def prepare(layers: Sequence[Path], folder: Path, *, read_only: bool = False) -> Snapshot:
    """Mount a root file system at ``folder/rootfs``, on top of `layers` (bottom first).

    `folder` exists and is the container's own. `read_only` is for images mounted as volumes. Where
    overlayfs can't be mounted, all layers are copied instead, with a warning. Idempotent.

    Raises:
        DataLoss: a layer is gone.
        ResourceExhausted: no room.
        PermissionDenied: this user may not mount.
    """
    snapshot = Snapshot(folder, tuple(layers), Driver.OVERLAY, read_only=read_only)
    save(snapshot)
    try:
        mount(snapshot)
    except errors.Error:
        if overlay_works(folder):
            raise
        logger.warning("overlayfs can't be mounted, so layers are copied folder=%s", folder)
        remove(folder)
        snapshot = Snapshot(folder, tuple(layers), Driver.VFS, read_only=read_only)
        save(snapshot)
        mount(snapshot)
    return snapshot


def mount(snapshot: Snapshot) -> None:
    """Make ``rootfs`` usable, if it isn't: for the first time, or again after a reboot.

    Raises: as `prepare`.
    """
    try:
        if snapshot.driver is Driver.VFS:
            _copy(snapshot)
        elif not is_mounted(snapshot.rootfs):
            _mount_overlay(snapshot)
    except OSError as error:
        raise _explained(error, snapshot) from error


def remove(folder: Path) -> None:
    """Unmount and remove a container's root file system; absent is fine. `folder` itself stays.

    Raises:
        FailedPrecondition: something else is mounted inside.
    """
    unmount(folder / "rootfs")
    for name in ("rootfs", _UNFINISHED, "upper", _UNFINISHED_UPPER, "work", _EMPTY, _PROBE):
        remove_tree(folder / name)
    for links in folder.glob(f"{overlay.LINKS}*"):
        remove_tree(links)
    (folder / RECORD).unlink(missing_ok=True)


def overlay_works(folder: Path) -> bool:
    """Tell whether a small overlayfs can be mounted whose layers lie in `folder`."""
    probe = folder / _PROBE
    remove_tree(probe)
    target, lower, upper, work = (probe / name for name in ("rootfs", "lower", "upper", "work"))
    for path in (target, lower, upper, work):
        path.mkdir(parents=True)
    try:
        overlay.mount_overlay(target, [lower], upper, work)
    except OSError:
        return False
    else:
        return True
    finally:
        unmount(target)
        remove_tree(probe)


def _mount_overlay(snapshot: Snapshot) -> None:
    snapshot.rootfs.mkdir(exist_ok=True)
    lower = list(reversed(snapshot.layers))
    while len(lower) < (2 if snapshot.read_only else 1):
        empty = snapshot.folder / _EMPTY / str(len(lower))
        empty.mkdir(parents=True, exist_ok=True)
        lower.append(empty)
    if snapshot.read_only:
        overlay.mount_overlay(snapshot.rootfs, lower)
        return
    snapshot.work.mkdir(exist_ok=True)
    if not snapshot.upper.exists():
        _make_upper(snapshot, lower[0])
    overlay.mount_overlay(snapshot.rootfs, lower, snapshot.upper, snapshot.work)


def _make_upper(snapshot: Snapshot, top_layer: Path) -> None:
    """Make the writable layer; whose root folder it is decides the owner and mode of ``/``."""
    unfinished = snapshot.folder / _UNFINISHED_UPPER
    remove_tree(unfinished)
    unfinished.mkdir()
    clone_folder_attributes(top_layer, unfinished)
    unfinished.rename(snapshot.upper)


def _copy(snapshot: Snapshot) -> None:
    if snapshot.rootfs.exists():
        return
    unfinished = snapshot.folder / _UNFINISHED
    remove_tree(unfinished)
    unfinished.mkdir(0o755)
    merge(snapshot.layers, unfinished)
    unfinished.rename(snapshot.rootfs)


def _explained(error: OSError, snapshot: Snapshot) -> errors.Error:
    message = f"mount the root file system in '{snapshot.folder}': {error.strerror}"
    if error.errno in _MISSING:
        gone = [str(layer) for layer in snapshot.layers if not layer.is_dir()]
        return errors.DataLoss(f"{message}: {', '.join(gone)}; remove the image and pull it again")
    if error.errno in _FULL:
        return errors.ResourceExhausted(f"{message}; make room and try again")
    if error.errno == errno.EPERM:
        return errors.PermissionDenied(f"{message}; mounting takes root")
    return errors.Internal(message)
