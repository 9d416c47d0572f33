"""What this host allows and offers, read once."""

from __future__ import annotations

import os
import platform
import re
import resource
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.cgroup import layout as layouts
from runtimes.core.host import capabilities
from runtimes.core.host.clamp import in_user_namespace, own_oom_score_adj
from runtimes.oci.host import programs

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class HostFacts:
    """What the spec builder, the clamps and `probe` need to know of a host.

    Attributes:
        kernel: e.g. ``(6, 18)``.
        machine: as uname(2) names it, e.g. ``x86_64``.
        in_user_namespace: ids are mapped, so capabilities don't reach the host's own objects.
        capabilities: this process's effective set.
        bounding: the most that a child process can have.
        oom_score_adj_floor: the lowest oom_score_adj that a child may get.
        rlimits: ``RLIMIT_NOFILE`` -> hard limit of this process; -1 is unlimited.
        can_raise_rlimits: beyond `rlimits`.
        apparmor, selinux: enabled in the running kernel.
        overlay: the kernel has overlayfs, or can load it.
        crun, runc, conmon: where they are installed, or None; `programs.describe` knows versions.
    """

    kernel: tuple[int, int]
    kernel_release: str
    machine: str
    uid: int
    in_user_namespace: bool
    capabilities: frozenset[str]
    bounding: frozenset[str]
    oom_score_adj_floor: int
    rlimits: Mapping[str, int]
    can_raise_rlimits: bool
    cgroup: layouts.Layout
    apparmor: bool = False
    selinux: bool = False
    seccomp: bool = True
    overlay: bool = True
    crun: Path | None = field(default=None)
    runc: Path | None = field(default=None)
    conmon: Path | None = field(default=None)

    @property
    def runtime(self) -> Path | None:
        """The one to create containers with: crun where it is installed, else runc."""
        return self.crun or self.runc

    def can(self, capability: str) -> bool:
        return capability in self.capabilities


def detect(root: Path = Path("/")) -> HostFacts:
    """Look at the host; `root` stands for / in /proc, /sys and /lib. Costs under a millisecond.

    Raises:
        FailedPrecondition: /proc or the cgroup mounts are missing.
    """
    layout = layouts.detect(root)
    status = (root / "proc/self/status").read_text()
    effective = capabilities.from_status(status, "CapEff")
    mapped = in_user_namespace(root)
    may_exceed = "CAP_SYS_RESOURCE" in effective and not mapped
    release = platform.release()
    return HostFacts(
        kernel=kernel_version(release),
        kernel_release=release,
        machine=platform.machine(),
        uid=os.geteuid(),
        in_user_namespace=mapped,
        capabilities=effective,
        bounding=capabilities.from_status(status, "CapBnd"),
        oom_score_adj_floor=-1000 if may_exceed else own_oom_score_adj(root),
        rlimits=_hard_rlimits(),
        can_raise_rlimits=may_exceed,
        cgroup=layout,
        apparmor=_is_yes(root / "sys/module/apparmor/parameters/enabled"),
        selinux=(root / "sys/fs/selinux/enforce").exists(),
        seccomp="\nSeccomp:" in status,
        overlay=_has_filesystem(root, "overlay", release),
        crun=programs.find("crun"),
        runc=programs.find("runc"),
        conmon=programs.find("conmon"),
    )


@cache
def host_facts() -> HostFacts:
    """The facts of the running host, detected once per process.

    Only `cgroup.unified_controllers` may become stale; `cgroup_view` looks anew.
    """
    return detect()


def kernel_version(release: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _hard_rlimits() -> dict[str, int]:
    names = (name for name in dir(resource) if re.match(r"RLIMIT_(?!OFILE)", name))
    return {name: resource.getrlimit(getattr(resource, name))[1] for name in names}


def _is_yes(path: Path) -> bool:
    try:
        return path.read_text().strip() in {"Y", "1"}
    except OSError:
        return False


def _has_filesystem(root: Path, name: str, release: str) -> bool:
    places = (root / "proc/filesystems", root / f"lib/modules/{release}/modules.dep")
    wanted = (rf"\b{name}$", rf"/{name}\.ko")
    return any(_contains(place, pattern) for place, pattern in zip(places, wanted, strict=True))


def _contains(path: Path, pattern: str) -> bool:
    try:
        return re.search(pattern, path.read_text(), re.MULTILINE) is not None
    except OSError:
        return False
