"""What is mounted in a container, in which order.

First the kernel's file systems, then everything else by depth, so that a mount inside another one
comes after it. A mount that the config asks for replaces a default one at or below its path.

Source: CRI Mount, MountPropagation; runtime-spec config.md (mounts); containerd's CRI for defaults.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.spec.bind import bind, propagation_of_rootfs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Mount

SHM_SIZE = "65536k"
SAFE = ["nosuid", "noexec", "nodev"]


@dataclass(frozen=True, slots=True)
class MountPlan:
    """Mounts in order, and the propagation that their sort needs of the root mount, or ""."""

    mounts: list[Mount]
    rootfs_propagation: str


def plan(request: SpecRequest) -> MountPlan:
    """All mounts of a container.

    Raises:
        InvalidArgument: a path that isn't absolute, a rule on read-only mounts broken, two mounts
            on one path.
        FailedPrecondition: propagation is asked of a host mount that doesn't propagate.
        Unimplemented: id-mapped mounts, or an image mount that nobody prepared.
    """
    asked = [bind(request, mount) for mount in request.config.mounts]
    taken = {mount["destination"] for mount in asked}
    _check_unique([mount["destination"] for mount in asked])
    extra = [
        *(mount for mount in _pod_files(request) if mount["destination"] not in taken),
        *(mount for mount in _volumes(request) if mount["destination"] not in taken),
        *asked,
    ]
    defaults = [mount for mount in _defaults(request) if not _replaced(mount, taken)]
    extra.sort(key=lambda mount: len(PurePosixPath(mount["destination"]).parts))
    return MountPlan([*defaults, *extra], propagation_of_rootfs(request.config.mounts))


def _check_unique(destinations: list[str]) -> None:
    twice = {path for path in destinations if destinations.count(path) > 1}
    if twice:
        raise errors.InvalidArgument(f"mounts: more than one on {', '.join(sorted(twice))}")


def _replaced(mount: Mount, taken: set[str]) -> bool:
    path = PurePosixPath(mount["destination"])
    return any(path.is_relative_to(other) for other in taken)


def _defaults(request: SpecRequest) -> Iterator[Mount]:
    access = "rw" if request.privileged else "ro"
    yield _mount("/proc", "proc", [*SAFE])
    yield _mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"])
    yield _mount(
        "/dev/pts",
        "devpts",
        ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    )
    yield _shm(request)
    yield _mount("/dev/mqueue", "mqueue", [*SAFE])
    yield _mount("/sys", "sysfs", [*SAFE, access])
    yield _mount("/sys/fs/cgroup", "cgroup", [*SAFE, "relatime", access])


def _mount(path: str, kind: str, options: list[str], source: str = "") -> Mount:
    return {"destination": path, "type": kind, "source": source or kind, "options": options}


def _shm(request: SpecRequest) -> Mount:
    shared = request.sandbox.shm
    if request.security.namespace_options.ipc == cri.NamespaceMode.NODE:
        return _mount("/dev/shm", "bind", ["rbind", "rprivate", "rw", *SAFE], "/dev/shm")  # noqa: S108 -- a mount point
    if shared is None:
        return _mount("/dev/shm", "tmpfs", [*SAFE, "mode=1777", f"size={SHM_SIZE}"], "shm")  # noqa: S108 -- a mount point
    return _mount("/dev/shm", "bind", ["rbind", "rprivate", "rw", *SAFE], str(shared))  # noqa: S108 -- a mount point


def _pod_files(request: SpecRequest) -> Iterator[Mount]:
    """The pod's own name resolution; read-only where the root is."""
    access = "ro" if request.security.readonly_rootfs else "rw"
    files: tuple[tuple[str, Path | None], ...] = (
        ("/etc/hostname", request.sandbox.hostname_file),
        ("/etc/hosts", request.sandbox.hosts),
        ("/etc/resolv.conf", request.sandbox.resolv_conf),
    )
    for path, source in files:
        if source is not None:
            yield _mount(path, "bind", ["rbind", "rprivate", access], str(source))


def _volumes(request: SpecRequest) -> Iterator[Mount]:
    for path, source in request.volumes.items():
        yield _mount(posixpath.normpath(path), "bind", ["rbind", "rprivate", "rw"], str(source))


def image_volumes(request: SpecRequest) -> tuple[str, ...]:
    """Paths that the image declares as volumes and no mount of the config covers exactly.

    Whoever gives them folders passes these as `SpecRequest.volumes`.
    """
    taken = {posixpath.normpath(mount.container_path) for mount in request.config.mounts}
    declared = map(posixpath.normpath, request.image.get("Volumes", {}))
    return tuple(path for path in declared if path not in taken)
