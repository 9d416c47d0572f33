r"""Mount overlayfs: options of any length, names of any kind.

mount(2) takes one page of options, and ``:`` ``,`` ``\`` in paths mean something there. When that
gets in the way, a thread with a working directory of its own mounts by short relative names:
numbered links that are gone again afterwards.

Source: kernel Documentation/filesystems/overlayfs.rst; containerd mount_linux.go does the like.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.oci.host.syscalls import Clone, MountFlag, mount, unshare
from runtimes.oci.image.tree import remove_tree
from runtimes.oci.image.unpack.metadata import rights_of_process

if TYPE_CHECKING:
    from collections.abc import Sequence

_PAGE = 4096
_SPECIAL = frozenset(':,\\"')
_CLONE_FS = 0x200
LINKS = ".lower-"
_PARAMETERS = Path("/sys/module/overlay/parameters")


def options(lower: Sequence[str], upper: str = "", work: str = "") -> str:
    """Build the mount options; `lower` has the topmost layer first."""
    parts = [f"lowerdir={':'.join(lower)}"]
    if upper:
        parts += [f"upperdir={upper}", f"workdir={work}"]
    return ",".join((*parts, *_host_options()))


@cache
def _host_options() -> tuple[str, ...]:
    """Ask for what doesn't follow the host's defaults: one layer may serve many mounts."""
    wanted = ["index"] if (_PARAMETERS / "index").exists() else []
    flags = [f"{name}=off" for name in wanted]
    if rights_of_process().opaque.startswith("user."):
        flags.append("userxattr")
    return tuple(flags)


def mount_overlay(
    target: Path, lower: Sequence[Path], upper: Path | None = None, work: Path | None = None
) -> None:
    """Mount `lower` (topmost first) on `target`; read-only without `upper`.

    Raises:
        OSError: the kernel refused.
    """
    paths = [str(path) for path in lower]
    whole = options(paths, str(upper or ""), str(work or ""))
    extra = [str(path) for path in (upper, work) if path is not None]
    if len(os.fsencode(whole)) < _PAGE and not any(_SPECIAL & set(p) for p in (*paths, *extra)):
        mount("overlay", target, "overlay", data=whole, flags=_flags(upper))
        return
    links = target.parent / f"{LINKS}{os.urandom(4).hex()}"
    links.mkdir()
    try:
        below = [_link(links, f"{n:x}", path) for n, path in enumerate(lower)]
        own = [_link(links, name, path) for name, path in (("u", upper), ("w", work)) if path]
        _mount_from(links, target, options(below, *own), _flags(upper))
    finally:
        remove_tree(links)


def _flags(upper: Path | None) -> MountFlag:
    return MountFlag.RDONLY if upper is None else MountFlag(0)


def _link(folder: Path, name: str, path: Path) -> str:
    (folder / name).symlink_to(path)
    return name


def _mount_from(folder: Path, target: Path, data: str, flags: MountFlag) -> None:
    """Mount in a thread that alone is in `folder`."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            unshare(Clone(_CLONE_FS))
            os.chdir(folder)
            mount("overlay", target, "overlay", data=data, flags=flags)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    thread = threading.Thread(target=work, name="mount")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
