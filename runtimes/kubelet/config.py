"""What the node is like and where things go; every field has a default that suits one machine."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

RESOLVED_STUB = "127.0.0.53"
RESOLVED_CONF = Path("/run/systemd/resolve/resolv.conf")


class CgroupDriver(StrEnum):
    AUTO = "auto"  # ask the runtime once; cgroupfs when it can't tell
    CGROUPFS = "cgroupfs"
    SYSTEMD = "systemd"


def default_root() -> Path:
    """Where pods' records and volumes go: ``/var/lib``, or the XDG data folder when not root."""
    if os.geteuid() == 0:
        return Path("/var/lib/runtimes/kubelet")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(data, "runtimes/kubelet")


def default_log_root() -> Path:
    """Where pods' logs go: ``/var/log``, or the XDG state folder when not root."""
    if os.geteuid() == 0:
        return Path("/var/log/runtimes/pods")
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
    return Path(state, "runtimes/pods")


def node_name() -> str:
    return os.uname().nodename.lower()


def default_resolv_conf() -> Path:
    """Pick the node's real resolv.conf, not a stub resolver that pods can't reach."""
    usual = Path("/etc/resolv.conf")
    try:
        stub = f"nameserver {RESOLVED_STUB}" in usual.read_text(errors="replace")
    except OSError:
        return usual
    return RESOLVED_CONF if stub and RESOLVED_CONF.exists() else usual


@cache
def memory_capacity() -> int:
    """Bytes of memory that this host has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def cpu_capacity_millicpu() -> int:
    return (os.cpu_count() or 1) * 1000


@cache
def storage_capacity(folder: Path) -> int:
    """Bytes of the file system that `folder` lies on, or will."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    found = os.statvfs(there)
    return found.f_frsize * found.f_blocks


@cache
def default_host_ip() -> str:
    """The address that reaches the outside, found without sending a packet."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeletConfig:
    """Settings of one kubelet.

    Attributes:
        root: pods' records, volumes, hosts files and termination logs.
        log_root: one folder per pod with its containers' logs.
        node_name: for ``spec.nodeName``.
        host_ip: for ``status.hostIP``.
        cluster_dns: name servers of ClusterFirst pods; none makes them use the node's.
        resolv_conf: the node's, for pods that use it.
        hosts_file: the node's, for pods on the host's network.
        cgroup_driver: how the runtime names cgroups.
        cgroup_root: the parent of all pods' cgroups; never ``kubepods``, which a kubelet owns.
        seccomp_root: where localhost profiles lie.
        seccomp_default: containers without a profile get the runtime's default one.
        cpu_cfs_quota: enforce CPU limits.
        cpu_cfs_period_us: of that quota.
        memory_capacity_bytes: of the node, for OOM scores and unset limits.
        cpu_capacity_millicpu: of the node, for unset limits.
        log_links: folder for ``<pod>_<namespace>_<container>-<id>.log`` links; None for none.
    """

    root: Path = field(default_factory=default_root)
    log_root: Path = field(default_factory=default_log_root)
    node_name: str = field(default_factory=node_name)
    host_ip: str = field(default_factory=default_host_ip)
    cluster_dns: tuple[str, ...] = ()
    cluster_domain: str = "cluster.local"
    resolv_conf: Path = field(default_factory=default_resolv_conf)
    hosts_file: Path = Path("/etc/hosts")
    cgroup_driver: CgroupDriver = CgroupDriver.AUTO
    cgroup_root: str = "runtimes.kube"
    seccomp_root: Path = Path("/var/lib/kubelet/seccomp")
    seccomp_default: bool = False
    cpu_cfs_quota: bool = True
    cpu_cfs_period_us: int = 100_000
    memory_capacity_bytes: int = field(default_factory=memory_capacity)
    cpu_capacity_millicpu: int = field(default_factory=cpu_capacity_millicpu)
    log_links: Path | None = None

    @property
    def storage_capacity_bytes(self) -> int:
        """Of the node, for unset limits of ephemeral storage."""
        return storage_capacity(self.root)
