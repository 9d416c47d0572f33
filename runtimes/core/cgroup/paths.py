"""Which cgroup a sandbox and its containers live in.

Source: kubelet's cm/cgroup_manager_linux.go (names), systemd.slice(5) (nesting by dashes).
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup.layout import UNIFIED

if TYPE_CHECKING:
    from runtimes.core.cgroup.layout import Layout

OURS = "runtimes"
"""Where pods go that name no cgroup_parent."""


def expand_slice(name: str) -> str:
    """The path of a systemd slice: ``a-b.slice`` -> ``/a.slice/a-b.slice``; ``-.slice`` -> ``/``.

    Raises:
        InvalidArgument: not the name of a slice.
    """
    stem = name.removesuffix(".slice")
    if stem == "-":
        return "/"
    words = stem.split("-")
    if stem == name or "/" in name or not all(words):
        raise errors.InvalidArgument(
            f"cgroup_parent {name!r} is not the name of a slice, e.g. kubepods-burstable.slice"
        )
    return "".join(f"/{'-'.join(words[:count])}.slice" for count in range(1, len(words) + 1))


def pod_path(cgroup_parent: str, sandbox_id: str, base: str = "/") -> str:
    """The cgroup of a pod: the one that kubelet named, or one of ours below `base`.

    Raises:
        InvalidArgument: a relative path, or one with ``..``.
    """
    if not cgroup_parent:
        return str(PurePosixPath(base, OURS, f"pod{sandbox_id}"))
    if cgroup_parent.endswith(".slice") and "/" not in cgroup_parent:
        return expand_slice(cgroup_parent)
    path = PurePosixPath(cgroup_parent)
    if not path.is_absolute() or ".." in path.parts:
        raise errors.InvalidArgument(
            f"cgroup_parent {cgroup_parent!r} must be an absolute path or the name of a slice"
        )
    return str(path)


def is_ours(path: str, base: str = "/") -> bool:
    """Whether this backend made the pod cgroup `path`, and so removes it."""
    return PurePosixPath(path).is_relative_to(PurePosixPath(base, OURS))


def container_path(pod: str, container_id: str) -> str:
    """The value of ``linux.cgroupsPath``."""
    return str(PurePosixPath(pod, container_id))


def base(layout: Layout, uid: int) -> str:
    """The cgroup below which this user may create others.

    Root: the top of what is mounted, whichever cgroup this process is in, as engines do. Others:
    their own cgroup on v2, which systemd may have delegated to them.
    """
    if uid == 0 or not layout.is_v2:
        return "/"
    return layout.own.get(UNIFIED, "/")
