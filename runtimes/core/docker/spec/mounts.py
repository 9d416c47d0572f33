"""Folders and files of the host in a container, as the Engine's `Binds` and `Mounts`.

``Binds`` make a missing folder, relabel, and are never recursively read-only before API 1.44; from
then on read-only ones are, where the kernel can, so those that mustn't be are spelt as ``Mounts``.

Source: CRI Mount; kubelet dockershim/helpers.go (generateMountBindings); KEP-3857 (recursive
read-only mounts); Docker Engine API 1.44, BindOptions.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.image_volume import spelt_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.docker.spec.image_volume import ImageVolume
    from runtimes.core.docker.types import BindOptions, MountRequest

PRIVATE = cri.MountPropagation.PROPAGATION_PRIVATE
FROM_HOST = cri.MountPropagation.PROPAGATION_HOST_TO_CONTAINER
BOTH_WAYS = cri.MountPropagation.PROPAGATION_BIDIRECTIONAL
_PROPAGATION = {PRIVATE: "", FROM_HOST: "rslave", BOTH_WAYS: "rshared"}
READ_ONLY_OPTIONS_SINCE = (1, 44)


@dataclass(slots=True)
class Mounts:
    """What goes into a host config."""

    binds: list[str] = field(default_factory=list)
    mounts: list[MountRequest] = field(default_factory=list)


def plan(
    asked: Iterable[cri.Mount], api: tuple[int, int], images: Mapping[str, ImageVolume]
) -> Mounts:
    """Spell every mount.

    Args:
        asked: by the CRI.
        api: the version of the Engine's API.
        images: the mounted images, by the path that they are asked for at.

    Raises:
        InvalidArgument: a path that isn't absolute or holds a colon, two mounts on one path, a
            rule on read-only mounts broken.
        Unimplemented: id-mapped mounts, options that an Engine can't set.
    """
    found = Mounts()
    taken: set[str] = set()
    for mount in asked:
        path = _destination(mount)
        if path in taken:
            raise errors.InvalidArgument(f"mounts: more than one on {path}")
        taken.add(path)
        _check(mount, path, api)
        if mount.HasField("image"):
            found.mounts.append(spelt_out(images[mount.container_path]))
        elif mount.readonly and api >= READ_ONLY_OPTIONS_SINCE and not mount.selinux_relabel:
            found.mounts.append(_read_only(mount, path))
        else:
            found.binds.append(_bind(mount, path))
    return found


def _destination(mount: cri.Mount) -> str:
    path = posixpath.normpath(mount.container_path)
    if not path.startswith("/") or path in {"/", "//"}:
        raise errors.InvalidArgument(
            f"mounts: container_path {mount.container_path!r} must be absolute, and not the root"
        )
    return path


def _check(mount: cri.Mount, path: str, api: tuple[int, int]) -> None:
    if mount.uidMappings or mount.gidMappings:
        raise errors.Unimplemented(f"mount {path}: Docker has no id-mapped mounts")
    if mount.mount_options:
        raise errors.Unimplemented(
            f"mount {path}: Docker can't set mount_options {list(mount.mount_options)}"
        )
    if mount.propagation not in _PROPAGATION:
        raise errors.InvalidArgument(f"mount {path}: unknown propagation {mount.propagation}")
    if ":" in path or ":" in mount.host_path:
        raise errors.InvalidArgument(f"mount {path}: Docker takes no colons in paths")
    if not mount.HasField("image") and not posixpath.isabs(mount.host_path):
        raise errors.InvalidArgument(
            f"mount {path}: host_path {mount.host_path!r} must be absolute"
        )
    if mount.recursive_read_only:
        _check_recursive(mount, path, api)


def _check_recursive(mount: cri.Mount, path: str, api: tuple[int, int]) -> None:
    if not mount.readonly or mount.propagation != PRIVATE:
        raise errors.InvalidArgument(
            f"mount {path}: recursive_read_only needs readonly and private propagation"
        )
    if mount.selinux_relabel:
        raise errors.InvalidArgument(
            f"mount {path}: Docker can't both relabel and mount recursively read-only"
        )
    if api < READ_ONLY_OPTIONS_SINCE:
        raise errors.InvalidArgument(
            f"mount {path}: recursive_read_only needs an Engine with API 1.44 (Docker 25) or "
            f"newer; this one has {'.'.join(map(str, api))}"
        )


def _bind(mount: cri.Mount, path: str) -> str:
    options = [
        *(["ro"] if mount.readonly else []),
        *(["Z"] if mount.selinux_relabel else []),
        *filter(None, [_PROPAGATION[mount.propagation]]),
    ]
    return ":".join([mount.host_path, path, *([",".join(options)] if options else [])])


def _read_only(mount: cri.Mount, path: str) -> MountRequest:
    options: BindOptions = {
        "Propagation": _PROPAGATION[mount.propagation] or "rprivate",
        "CreateMountpoint": True,
        "ReadOnlyNonRecursive": not mount.recursive_read_only,
        "ReadOnlyForceRecursive": mount.recursive_read_only,
    }
    return {
        "Type": "bind",
        "Source": mount.host_path,
        "Target": path,
        "ReadOnly": True,
        "BindOptions": options,
    }
