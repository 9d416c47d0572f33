"""Where the host's cgroup controllers are mounted, and where this process lives in them.

Three layouts occur: `v1` (each controller a hierarchy of its own), `v2` (one unified hierarchy) and
`hybrid` (v1 hierarchies plus a cgroup2 mount, which may or may not hold controllers).

Every cgroup path of this package is absolute and *relative to the mount points*, as crun and runc
read `linux.cgroupsPath`.

Source: cgroups(7), proc(5) mountinfo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Version(StrEnum):
    V1 = "v1"
    HYBRID = "hybrid"
    V2 = "v2"


UNIFIED = ""
"""The name under which the cgroup2 hierarchy stands among the v1 controllers."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One host's cgroups.

    Attributes:
        hierarchies: v1 controller name (``memory``, ``name=systemd``) -> mount point; co-mounted
            controllers share one. Empty on v2.
        unified: mount point of cgroup2, None on pure v1.
        unified_controllers: what the cgroup2 root offers now; on hybrid often nothing.
        own: controller, or `UNIFIED`, -> this process's own cgroup, relative to the mount point.
    """

    version: Version
    hierarchies: Mapping[str, Path]
    unified: Path | None
    unified_controllers: frozenset[str]
    own: Mapping[str, str]

    @property
    def is_v2(self) -> bool:
        return self.version is Version.V2

    @property
    def mount_points(self) -> tuple[Path, ...]:
        """Where a cgroup's directories appear: every v1 hierarchy, and the unified one."""
        places = [*self.hierarchies.values(), *([self.unified] if self.unified else [])]
        return tuple(dict.fromkeys(places))

    def directory(self, controller: str, path: str) -> Path | None:
        """The directory that holds `controller`'s files of the cgroup `path`; None if unmounted."""
        mount = self.unified if self.is_v2 else self.hierarchies.get(controller)
        return None if mount is None else mount / path.strip("/")

    def directories(self, path: str) -> tuple[Path, ...]:
        """Every directory that makes up the cgroup `path`."""
        return tuple(mount / path.strip("/") for mount in self.mount_points)

    def has(self, controller: str) -> bool:
        """Whether limits of `controller` can be set."""
        if self.is_v2:
            return controller in self.unified_controllers
        return controller in self.hierarchies


@dataclass(frozen=True, slots=True)
class _Mount:
    root: str
    point: Path
    kind: str
    options: tuple[str, ...]


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _mounts(mountinfo: str, root: Path) -> Iterator[_Mount]:
    for line in mountinfo.splitlines():
        left, _, right = line.partition(" - ")
        fields, kind, options = left.split(), right.split(" ", 1)[0], right.rsplit(" ", 1)[-1]
        if kind in {"cgroup", "cgroup2"}:
            point = root / _unescape(fields[4]).lstrip("/")
            yield _Mount(_unescape(fields[3]), point, kind, tuple(options.split(",")))


def _memberships(text: str) -> dict[str, str]:
    found = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        found.update(dict.fromkeys(controllers.split(","), path))
    return found


def _below(path: str, mount_root: str) -> str:
    """`path` as seen from a mount that shows only `mount_root` and below."""
    if not PurePosixPath(path).is_relative_to(mount_root):
        return "/"
    return str("/" / PurePosixPath(path).relative_to(mount_root))


def parse(mountinfo: str, membership: str, root: Path = Path("/")) -> Layout:
    """Read a layout out of the texts of /proc/self/mountinfo and /proc/self/cgroup.

    A later mount on the same point hides an earlier one. `root` is put before each mount point.

    Raises:
        FailedPrecondition: no cgroup hierarchy is mounted.
    """
    visible = {mount.point: mount for mount in _mounts(mountinfo, root)}.values()
    member = _memberships(membership)
    v1 = dict(_v1_controllers(visible, member))
    v2 = next((mount for mount in visible if mount.kind == "cgroup2"), None)
    if not v1 and v2 is None:
        raise errors.FailedPrecondition(
            f"detect cgroups: no cgroup or cgroup2 mount below {root}; mount one on /sys/fs/cgroup"
        )
    own = {name: _below(member.get(name, "/"), mount.root) for name, mount in v1.items()}
    if v2 is not None:
        own[UNIFIED] = _below(member.get(UNIFIED, "/"), v2.root)
    return Layout(
        version=_version(has_v1=bool(v1), has_v2=v2 is not None),
        hierarchies={name: mount.point for name, mount in v1.items()},
        unified=None if v2 is None else v2.point,
        unified_controllers=frozenset() if v2 is None else offered(v2.point),
        own=own,
    )


def _v1_controllers(
    mounts: Iterable[_Mount], member: Mapping[str, str]
) -> Iterator[tuple[str, _Mount]]:
    for mount in mounts:
        if mount.kind == "cgroup":
            yield from ((name, mount) for name in mount.options if name in member)


def _version(*, has_v1: bool, has_v2: bool) -> Version:
    if has_v1:
        return Version.HYBRID if has_v2 else Version.V1
    return Version.V2


def offered(directory: Path) -> frozenset[str]:
    """The controllers that a cgroup2 directory offers now; none if it can't be read."""
    try:
        return frozenset((directory / "cgroup.controllers").read_text().split())
    except OSError:
        return frozenset()


def detect(root: Path = Path("/")) -> Layout:
    """Read the layout of the host, or of a tree that looks like one.

    Raises:
        FailedPrecondition: no cgroup hierarchy is mounted, or /proc can't be read.
    """
    here = root / "proc/self"
    try:
        texts = (here / "mountinfo").read_text(), (here / "cgroup").read_text()
    except OSError as error:
        raise errors.FailedPrecondition(
            f"detect cgroups: read {error.filename}: {error.strerror}; is /proc mounted?"
        ) from error
    return parse(*texts, root=root)
