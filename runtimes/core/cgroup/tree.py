"""Make, list and remove cgroups in every hierarchy of a layout at once."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup.layout import offered
from runtimes.core.cgroup.wait import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.layout import Layout

WANTED = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def create(layout: Layout, path: str) -> bool:
    """Make the cgroup `path` with its ancestors; True if it wasn't there in full. Idempotent.

    On v2 the controllers that limits need are handed down to it. On failure what was made is gone.

    Raises:
        PermissionDenied: not root, or /sys/fs/cgroup is mounted read-only.
        FailedPrecondition: on v2 an ancestor holds processes, so it can't hand down controllers.
    """
    with ExitStack() as undo:
        made = [new for place in layout.directories(path) for new in _make(place, undo)]
        if layout.is_v2 and layout.unified is not None:
            _hand_down(layout.unified, path)
        undo.pop_all()
    return bool(made)


def _make(directory: Path, undo: ExitStack) -> Iterator[Path]:
    missing = []
    while not directory.exists():
        missing.append(directory)
        directory = directory.parent
    for place in reversed(missing):
        try:
            place.mkdir(exist_ok=True)
        except OSError as error:
            raise _refused(f"create the cgroup {place}", error) from error
        if _inherits_cpuset(place):
            _inherit_cpuset(place)
        undo.callback(_rmdir, place)
        yield place


def _inherits_cpuset(directory: Path) -> bool:
    """v1's cpuset starts empty, and an empty one takes no processes."""
    file = directory / "cpuset.cpus"
    return file.exists() and not (directory / "cgroup.type").exists()


def _inherit_cpuset(directory: Path) -> None:
    for name in ("cpuset.cpus", "cpuset.mems"):
        file = directory / name
        if not file.read_text().strip():
            file.write_text((directory.parent / name).read_text())


def _hand_down(mount: Path, path: str) -> None:
    """Enable controllers in every ancestor of `path`, so that it has their files."""
    for ancestor in reversed(PurePosixPath(path).parents):
        directory = mount / str(ancestor).strip("/")
        switch = directory / "cgroup.subtree_control"
        lacking = (offered(directory) & set(WANTED)) - set(switch.read_text().split())
        for controller in sorted(lacking):
            try:
                switch.write_text(f"+{controller}")
            except OSError as error:
                raise _refused(
                    f"hand the {controller} controller down in {directory}", error
                ) from error


def _refused(what: str, error: OSError) -> errors.Error:
    if error.errno == errno.EBUSY:
        return errors.FailedPrecondition(
            f"{what}: processes live in that cgroup; move them to a child cgroup first"
        )
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return errors.PermissionDenied(
            f"{what}: {error.strerror}; run as root with /sys/fs/cgroup mounted read-write"
        )
    return errors.Internal(f"{what}: {error.strerror}")


def exists(layout: Layout, path: str) -> bool:
    """Whether any hierarchy has it."""
    return any(place.is_dir() for place in layout.directories(path))


def remove(layout: Layout, path: str, timeout: float = 5.0) -> None:
    """Remove the cgroup and all below it, waiting for dying processes. Idempotent.

    It kills nothing: `kill_all` first.

    Raises:
        FailedPrecondition: processes still live in it after `timeout` seconds.
    """
    if not wait_until(lambda: _remove_now(layout, path), timeout):
        raise errors.FailedPrecondition(
            f"remove the cgroup {path}: processes {sorted(processes(layout, path))} are still in "
            "it; kill them first"
        )


def _remove_now(layout: Layout, path: str) -> bool:
    gone = [_remove_tree(place) for place in layout.directories(path)]
    return all(gone)


def _remove_tree(directory: Path) -> bool:
    if _rmdir(directory):
        return True
    return all(_rmdir(Path(below)) for below, _, _ in os.walk(directory, topdown=False))


def _rmdir(directory: Path) -> bool:
    try:
        directory.rmdir()
    except OSError as error:
        if error.errno in {errno.EBUSY, errno.ENOTEMPTY}:
            return False
        if error.errno not in {errno.ENOENT, errno.ENODEV}:
            raise _refused(f"remove the cgroup {directory}", error) from error
    return True


def processes(layout: Layout, path: str) -> frozenset[int]:
    """The pids in the cgroup and below it, as this process's pid namespace numbers them.

    Processes of other pid namespaces, which the kernel lists as 0, are left out. Each v1 hierarchy
    is asked, since a process may sit in the cgroup in only some of them.
    """
    return frozenset(pid for place in layout.directories(path) for pid in _pids_below(place))


def _pids_below(directory: Path) -> Iterator[int]:
    for below, _, _ in os.walk(directory):
        try:
            pids = map(int, (Path(below) / "cgroup.procs").read_text().split())
            yield from filter(None, pids)
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP}:
                raise
