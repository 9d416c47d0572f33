"""The content of a pod's /etc/hosts.

Source: kubelet pkg/kubelet/kubelet_pods.go (managedHostsFileContent).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runtimes.core.pod import v1

_MANAGED = "# Kubernetes-managed hosts file.\n"
_MANAGED_HOST_NETWORK = "# Kubernetes-managed hosts file (host network).\n"
_LOOPBACK = (
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "fe00::0\tip6-mcastprefix\n"
    "fe00::1\tip6-allnodes\n"
    "fe00::2\tip6-allrouters\n"
)


def of_pod_network(
    ips: Sequence[str], name: str, domain: str, aliases: Iterable[v1.HostAlias]
) -> str:
    """For a pod with its own addresses."""
    names = f"{name}.{domain}\t{name}" if domain else name
    return _MANAGED + _LOOPBACK + "".join(f"{ip}\t{names}\n" for ip in ips) + _aliases(aliases)


def of_host_network(node_hosts: str, aliases: Iterable[v1.HostAlias]) -> str:
    """For a pod on the node's network: the node's own file."""
    return _MANAGED_HOST_NETWORK + node_hosts + _aliases(aliases)


def _aliases(aliases: Iterable[v1.HostAlias]) -> str:
    lines = [f"{alias.ip}\t" + "\t".join(alias.hostnames) + "\n" for alias in aliases]
    return "\n# Entries added by HostAliases.\n" + "".join(lines) if lines else ""
