"""One `Mount` of the CRI as a bind mount of the spec.

Source: CRI Mount (readonly, recursive_read_only, propagation, image); mount_namespaces(7).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Mount

PRIVATE = cri.MountPropagation.PROPAGATION_PRIVATE
FROM_HOST = cri.MountPropagation.PROPAGATION_HOST_TO_CONTAINER
BOTH_WAYS = cri.MountPropagation.PROPAGATION_BIDIRECTIONAL
_OPTION = {PRIVATE: "rprivate", FROM_HOST: "rslave", BOTH_WAYS: "rshared"}

_SWITCHES = ("exec", "suid", "dev", "atime", "diratime", "relatime", "strictatime")
FREE_OPTIONS = frozenset(f"{no}{name}" for name in _SWITCHES for no in ("", "no"))
"""What `mount_options` may hold: what can be set per mount and doesn't concern writing."""

RECURSIVE_SINCE = {"crun": (1, 4), "runc": (1, 1)}
RECURSIVE_KERNEL = (5, 12)


def bind(request: SpecRequest, mount: cri.Mount) -> Mount:
    """Turn one mount into a bind mount.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: as `mounts.plan`.
    """
    path = _destination(mount)
    if mount.uidMappings or mount.gidMappings:
        raise errors.Unimplemented(f"mount {path}: id-mapped mounts aren't supported yet")
    if mount.HasField("image"):
        return _image(request, mount, path)
    source = request.files.mount_source(mount.host_path)
    _check_propagation(request, mount, source)
    return {
        "destination": path,
        "type": "bind",
        "source": str(source),
        "options": [
            "rbind",
            _propagation(mount),
            _access(request, mount),
            *_free_options(mount),
        ],
    }


def _destination(mount: cri.Mount) -> str:
    path = posixpath.normpath(mount.container_path)
    if not path.startswith("/") or path in {"/", "//"}:
        raise errors.InvalidArgument(
            f"mounts: container_path {mount.container_path!r} must be absolute, and not the root"
        )
    return path


def _image(request: SpecRequest, mount: cri.Mount, path: str) -> Mount:
    source = request.image_mounts.get(mount.container_path)
    if source is None:
        raise errors.Unimplemented(f"mount {path}: nobody has mounted its image")
    options = ["rbind", "rprivate", "ro", *_free_options(mount)]
    return {"destination": path, "type": "bind", "source": str(source), "options": options}


def _propagation(mount: cri.Mount) -> str:
    option = _OPTION.get(mount.propagation)
    if option is None:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: unknown propagation {mount.propagation}"
        )
    return option


def _check_propagation(request: SpecRequest, mount: cri.Mount, source: Path) -> None:
    if mount.propagation not in {FROM_HOST, BOTH_WAYS}:
        return
    both_ways = mount.propagation == BOTH_WAYS
    if not request.files.is_propagating(source, both_ways=both_ways):
        raise errors.FailedPrecondition(
            f"mount {mount.container_path}: {source} is on a host mount that is not shared"
            f"{'' if both_ways else ' nor a slave'}, so nothing can propagate; make it shared: "
            f"mount --bind {source} {source} && mount --make-rshared {source}"
        )


def _access(request: SpecRequest, mount: cri.Mount) -> str:
    if not mount.recursive_read_only:
        return "ro" if mount.readonly else "rw"
    if not mount.readonly or mount.propagation != PRIVATE:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: recursive_read_only needs readonly and private "
            "propagation"
        )
    if not can_recurse(request):
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: recursive_read_only needs Linux 5.12 with crun 1.4 or "
            "runc 1.1, or newer"
        )
    return "rro"


def can_recurse(request: SpecRequest) -> bool:
    """Whether mounts can be made read-only with all that is mounted below them."""
    if request.host.kernel < RECURSIVE_KERNEL:
        return False
    runtime = request.runtime
    return runtime is None or runtime.version >= RECURSIVE_SINCE.get(runtime.name, (99,))


def _free_options(mount: cri.Mount) -> list[str]:
    unknown = set(mount.mount_options) - FREE_OPTIONS
    if unknown:
        raise errors.InvalidArgument(
            f"mount {mount.container_path}: mount_options {sorted(unknown)} are not among "
            f"{', '.join(sorted(FREE_OPTIONS))}"
        )
    return list(mount.mount_options)


def propagation_of_rootfs(mounts: Iterable[cri.Mount]) -> str:
    """What the root mount must be, so that mounts below it can propagate as asked."""
    kinds = {mount.propagation for mount in mounts}
    if BOTH_WAYS in kinds:
        return "rshared"
    return "rslave" if FROM_HOST in kinds else ""
