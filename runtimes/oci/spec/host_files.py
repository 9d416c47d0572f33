"""The host's files as the spec builder meets them."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.oci.spec.request import HostFiles
    from runtimes.oci.spec.schema import Device

NOT_DEVICES = frozenset({"pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"})
OWN_IN_EVERY_CONTAINER = frozenset({"console", "ptmx"})


class LiveHostFiles:
    """The running host's."""

    def mount_source(self, path: str) -> Path:
        """Resolve links; make a directory, 0755, where nothing is, as containerd does."""
        source = Path(path)
        if not source.is_absolute():
            raise errors.InvalidArgument(f"mounts: host_path {path!r} must be absolute")
        try:
            try:
                return source.resolve(strict=True)
            except FileNotFoundError:
                source.mkdir(mode=0o755, parents=True, exist_ok=True)
                return source.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "too many links"
            raise errors.InvalidArgument(
                f"mounts: host_path {path} can't be resolved or made: {reason}"
            ) from error

    def is_propagating(self, path: Path, *, both_ways: bool) -> bool:
        mountinfo = Path("/proc/self/mountinfo").read_text()
        tags = mount_tags(mountinfo, path)
        return "shared" in tags or (not both_ways and "master" in tags)

    def devices(self, path: str) -> Iterator[Device]:
        start = Path(path)
        try:
            mode = start.stat().st_mode
        except OSError as error:
            raise errors.InvalidArgument(f"devices: host_path {path}: {error.strerror}") from error
        if not stat.S_ISDIR(mode):
            device = _device(start, start.stat())
            if device is None:
                raise errors.InvalidArgument(
                    f"devices: host_path {path} is neither a device nor a directory of devices"
                )
            yield device
            return
        yield from _devices_below(start, frozenset())

    def all_devices(self) -> Iterator[Device]:
        return _devices_below(Path("/dev"), OWN_IN_EVERY_CONTAINER)


def mount_tags(mountinfo: str, path: Path) -> frozenset[str]:
    """``shared``, ``master`` and so on: the tags of the mount that `path` is on.

    Source: proc(5) mountinfo; of several mounts on one point, the last is on top.
    """
    best, tags = Path("/"), frozenset[str]()
    for line in mountinfo.splitlines():
        left = line.partition(" - ")[0].split()
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), left[4]))
        if path.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, tags = point, frozenset(tag.partition(":")[0] for tag in left[6:])
    return tags


def _devices_below(folder: Path, skipped: frozenset[str]) -> Iterator[Device]:
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_DEVICES]
        for name in names:
            if name in skipped:
                continue
            path = Path(here, name)
            try:
                device = _device(path, path.lstat())
            except OSError:
                continue
            if device is not None:
                yield device


def _device(path: Path, facts: os.stat_result) -> Device | None:
    kind = {stat.S_IFCHR: "c", stat.S_IFBLK: "b"}.get(stat.S_IFMT(facts.st_mode))
    if kind is None:
        return None
    return {
        "path": str(path),
        "type": kind,
        "major": os.major(facts.st_rdev),
        "minor": os.minor(facts.st_rdev),
        "fileMode": stat.S_IMODE(facts.st_mode),
        "uid": facts.st_uid,
        "gid": facts.st_gid,
    }


if TYPE_CHECKING:
    _: HostFiles = LiveHostFiles()
