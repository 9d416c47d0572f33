"""The files that a pod's containers find in /etc; all ours, bind-mounted, none of Docker's edited.

Docker writes its own anew whenever a container starts, so that what is edited there is lost.

Source: kubernetes/kubernetes#52655, #64178.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.cri import pod_config

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.dockershim.state.paths import Paths

RESOLV_CONF, HOSTS, HOSTNAME = "resolv.conf", "hosts", "hostname"
_LOCAL = (
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n"
)


def resolv_conf(dns: cri.DNSConfig) -> str:
    """The resolver's settings as configured; empty where nothing is.

    Source: kubelet 1.22 dockershim/docker_sandbox.go (rewriteResolvFile).
    """
    lines = [f"nameserver {server}\n" for server in dns.servers]
    if dns.searches:
        lines.append(f"search {' '.join(dns.searches)}\n")
    if dns.options:
        lines.append(f"options {' '.join(dns.options)}\n")
    return "".join(lines)


def hosts(name: str, ips: Sequence[str], host: Path = Path("/etc/hosts")) -> str:
    """Who localhost and the pod are; the node's own table where the pod has no address."""
    if ips:
        return _LOCAL + "".join(f"{ip}\t{name}\n" for ip in ips)
    try:
        return host.read_text()
    except OSError:
        return _LOCAL


def write(folder: Path, config: cri.PodSandboxConfig, ips: Sequence[str] = ()) -> None:
    """Write them in place: whoever mounted them sees the change."""
    host_network = pod_config.uses_host_network(config)
    name = socket.gethostname() if host_network else pod_config.hostname(config)
    contents = {HOSTS: hosts(name, ips), HOSTNAME: f"{name}\n"}
    if settings := resolv_conf(config.dns_config):
        contents[RESOLV_CONF] = settings
    for file, text in contents.items():
        path = folder / file
        path.write_text(text)
        path.chmod(0o644)


def mounts(paths: Paths, key: str) -> dict[str, Path]:
    """From container path to ours, for each container of the sandbox.

    Without DNS settings there is no resolv.conf of ours: Docker's own, made for the node, holds.
    """
    folder = paths.sandbox(key)
    files = (RESOLV_CONF, HOSTS, HOSTNAME)
    return {f"/etc/{file}": folder / file for file in files if (folder / file).exists()}
