"""The files that a pod's containers find in /etc, and their /dev/shm; all ours, none edited."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.oci.host import syscalls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri

RESOLV_CONF, HOSTS, HOSTNAME = "resolv.conf", "hosts", "hostname"
_FLAGS = syscalls.MountFlag.NOSUID | syscalls.MountFlag.NODEV | syscalls.MountFlag.NOEXEC


def resolv_conf(dns: cri.DNSConfig, host: Path = Path("/etc/resolv.conf")) -> str:
    """The resolver's settings: as configured, or the host's where nothing is."""
    if not (dns.servers or dns.searches or dns.options):
        try:
            return host.read_text()
        except OSError:
            return ""
    lines = [f"nameserver {server}\n" for server in dns.servers]
    if dns.searches:
        lines.insert(0, f"search {' '.join(dns.searches)}\n")
    if dns.options:
        lines.append(f"options {' '.join(dns.options)}\n")
    return "".join(lines)


def hosts(name: str, ips: Sequence[str], host: Path = Path("/etc/hosts")) -> str:
    """Who localhost and the pod are; the host's own table where the pod has no address.

    It is mounted only where the caller brings no hosts file; kubelet does.
    """
    if not ips:
        try:
            return host.read_text()
        except OSError:
            return ""
    fixed = (
        "127.0.0.1\tlocalhost\n"
        "::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::0\tip6-localnet\n"
        "ff02::1\tip6-allnodes\n"
        "ff02::2\tip6-allrouters\n"
    )
    return fixed + "".join(f"{ip}\t{name}\n" for ip in ips)


def mount_shm(path: Path, size_bytes: int) -> None:
    """Give the pod a /dev/shm that its containers share."""
    path.mkdir(mode=0o1777)
    syscalls.mount("shm", path, "tmpfs", flags=_FLAGS, data=f"mode=1777,size={size_bytes}")
