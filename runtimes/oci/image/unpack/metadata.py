"""Owners, modes, times and extended attributes of what comes out of a layer."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.tar import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.oci.image.unpack.tar import Entry

_LARGEST_ID = (1 << 32) - 2  # -1 means "leave it"
_ALLOWED = ("security.capability", "system.posix_acl_access", "system.posix_acl_default")
_UNSUPPORTED = (errno.ENOTSUP, errno.EPERM, errno.EACCES)
_SPECIAL = {Kind.CHARACTER: stat.S_IFCHR, Kind.BLOCK: stat.S_IFBLK, Kind.FIFO: stat.S_IFIFO}


@dataclass(frozen=True, slots=True)
class Rights:
    """What this process may do to files.

    Attributes:
        own: the (uid, gid) that new files get by themselves.
        chown: give files to their owners; else all stay ours.
        devices: make device nodes; else they are left out.
        opaque: the attribute by which overlayfs knows an opaque folder.
    """

    own: tuple[int, int]
    chown: bool
    devices: bool
    opaque: str


def rights_of_process() -> Rights:
    """Tell the rights of this process: full as root of the host, modest otherwise."""
    root = os.geteuid() == 0
    trusted = root and not in_user_namespace()
    return Rights(
        own=(os.geteuid(), os.getegid()),
        chown=root,
        devices=trusted,
        opaque="trusted.overlay.opaque" if trusted else "user.overlay.opaque",
    )


def in_user_namespace() -> bool:
    """Tell whether ids are mapped, so that root here isn't root of the host."""
    return Path("/proc/self/uid_map").read_text().split() != ["0", "0", "4294967295"]


def apply_to_file(fd: int, entry: Entry, rights: Rights) -> None:
    """Set all of an open, just written file; the owner goes first as it clears the rest."""
    _own(fd, entry, rights)
    os.fchmod(fd, entry.mode)
    if entry.xattrs:
        _set_xattrs(fd, entry.xattrs.items())
    os.utime(fd, ns=(entry.mtime_ns, entry.mtime_ns))


apply_to_folder = apply_to_file


def make_special(folder: int, name: str, entry: Entry, rights: Rights) -> None:
    """Make a symbolic link, a device or a FIFO.

    Raises:
        BadLayer: a link to nothing at all.
    """
    if entry.kind is Kind.SYMLINK:
        if not entry.link:
            raise BadLayer(f"'{entry.name}' is a symbolic link to nothing")
        os.symlink(entry.link, name, dir_fd=folder)
    elif entry.kind is Kind.FIFO or rights.devices:
        os.mknod(name, _SPECIAL[entry.kind] | 0o600, os.makedev(*entry.device), dir_fd=folder)
    else:
        return
    ids = _ids(entry)
    if rights.chown and ids != rights.own:
        with _mapped(entry):
            os.chown(name, *ids, dir_fd=folder, follow_symlinks=False)
    if entry.kind is not Kind.SYMLINK:
        os.chmod(name, entry.mode, dir_fd=folder)
    os.utime(name, ns=(entry.mtime_ns, entry.mtime_ns), dir_fd=folder, follow_symlinks=False)


def _own(fd: int, entry: Entry, rights: Rights) -> None:
    ids = _ids(entry)
    if rights.chown and ids != rights.own:
        with _mapped(entry):
            os.chown(fd, *ids)


@contextmanager
def _mapped(entry: Entry) -> Iterator[None]:
    """Explain what the kernel means by EINVAL."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise errors.PermissionDenied(
            f"unpack '{entry.name}': it belongs to {entry.uid}:{entry.gid}, whom this user "
            "namespace doesn't have; map more ids"
        ) from error


def _ids(entry: Entry) -> tuple[int, int]:
    if entry.uid > _LARGEST_ID or entry.gid > _LARGEST_ID:
        raise BadLayer(f"'{entry.name}' belongs to {entry.uid}:{entry.gid}, which can't exist")
    return entry.uid, entry.gid


def _set_xattrs(fd: int, xattrs: Iterable[tuple[str, bytes]]) -> None:
    for name, value in xattrs:
        if name in _ALLOWED or (name.startswith("user.") and not name.startswith("user.overlay.")):
            try:
                os.setxattr(fd, name, value)
            except OSError as error:
                if error.errno not in _UNSUPPORTED:
                    raise
