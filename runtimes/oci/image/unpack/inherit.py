"""Complete a layer from the layers below it.

A layer's tar may put a file into a folder that it doesn't describe, or hard-link to a file that it
doesn't hold. Alone, the folder would hide the lower one's owner and mode; the link would dangle.

Source: containerd archive/tar.go does the first by its option WithParents; overlayfs the second by
copying up.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.oci.image.unpack.beneath import open_folder
from runtimes.oci.image.unpack.clone import clone_attributes, clone_file
from runtimes.oci.image.unpack.extract import Unpacked, explained
from runtimes.oci.image.unpack.limits import BadLayer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def inherit(unpacked: Unpacked, folder: Path, below: Sequence[Path]) -> None:
    """Give implied folders their lower twins' metadata, and borrowed links their files.

    Args:
        unpacked: what `extract` returned for `folder`.
        folder: the layer's tree.
        below: the trees under it, bottom first.

    Raises:
        BadLayer: a hard link leads nowhere.
    """
    top = os.open(folder, _FOLDER)
    lower = [os.open(path, _FOLDER) for path in reversed(below)]
    try:
        for link, target in unpacked.borrowed:
            _lend(top, lower, link, target)
        for path in sorted(unpacked.implied, reverse=True):
            _adopt(top, lower, path)
    except OSError as error:
        raise explained(error, "a link or folder completed by lower layers") from error
    finally:
        for fd in (top, *lower):
            os.close(fd)


def _split(path: str) -> tuple[str, str]:
    parent, _, name = path.rpartition("/")
    return parent, name


def _adopt(top: int, lower: Sequence[int], path: str) -> None:
    for root in lower:
        try:
            twin = open_folder(root, path, follow=False)
        except FileNotFoundError:
            continue
        except OSError:
            return  # hidden by a whiteout or a file: it starts anew
        try:
            mine = open_folder(top, path)
        except BaseException:
            os.close(twin)
            raise
        try:
            clone_attributes(twin, mine)
        finally:
            os.close(mine)
            os.close(twin)
        return


def _lend(top: int, lower: Sequence[int], link: str, target: str) -> None:
    parent, name = _split(link)
    folder = open_folder(top, parent)
    try:
        if _exists(folder, name):
            return  # a later entry took its place
        if not _link_inside(top, target, folder, name):
            _copy_up(lower, target, folder, name)
            _share(top, target, folder, name)
    finally:
        os.close(folder)


def _exists(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _link_inside(top: int, target: str, folder: int, name: str) -> bool:
    """Link to a target that has come into the layer meanwhile."""
    parent, base = _split(target)
    try:
        source = open_folder(top, parent)
    except OSError:
        return False
    try:
        status = os.stat(base, dir_fd=source, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) or (status.st_rdev == 0 and stat.S_ISCHR(status.st_mode)):
            return False
        os.link(base, name, src_dir_fd=source, dst_dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    finally:
        os.close(source)
    return True


def _share(top: int, target: str, folder: int, name: str) -> None:
    """Let both names mean one file, as they do in the image: the target's folder permitting."""
    parent, base = _split(target)
    with suppress(OSError):
        place = open_folder(top, parent)
        try:
            os.link(name, base, src_dir_fd=folder, dst_dir_fd=place, follow_symlinks=False)
        finally:
            os.close(place)


def _copy_up(lower: Sequence[int], target: str, folder: int, name: str) -> None:
    parent, base = _split(target)
    for root in lower:
        try:
            source = open_folder(root, parent, follow=False)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                raise
            break
        try:
            status = os.stat(base, dir_fd=source, follow_symlinks=False)
            if not stat.S_ISREG(status.st_mode):
                break
            clone_file(base, source, name, folder)
        except FileNotFoundError:
            continue
        finally:
            os.close(source)
        return
    raise BadLayer(f"'{target}', to which a hard link points, is in no layer")
