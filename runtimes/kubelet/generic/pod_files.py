"""The files that a kubelet itself gives its containers: hosts and termination log.

Source: kubelet pkg/kubelet/kubelet_pods.go (ensureHostsFile), kuberuntime_container.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.kubelet.generate import hosts
from runtimes.kubelet.generate.hostname import hostname_and_domain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.layout import PodFolders

HOSTS = "/etc/hosts"
_LOG_NAME = re.compile(r"(\d+)\.log")


def wants_hosts_file(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, ips: Sequence[str]
) -> bool:
    """Not when the container mounts its own, nor before the pod has an address."""
    own = any(mount.mount_path.rstrip("/") == HOSTS for mount in container.volume_mounts)
    return not own and bool(pod.spec.host_network or ips)


def write_hosts_file(
    pod: v1.Pod, folders: PodFolders, ips: Sequence[str], config: KubeletConfig
) -> Path:
    """Write it in place, as running containers have it mounted; an equal one stays untouched."""
    if pod.spec.host_network:
        content = hosts.of_host_network(
            config.hosts_file.read_text(errors="replace"), pod.spec.host_aliases
        )
    else:
        name, domain = hostname_and_domain(pod, config.cluster_domain)
        content = hosts.of_pod_network(ips, name, domain, pod.spec.host_aliases)
    path = folders.etc_hosts
    if not path.exists() or path.read_text(errors="replace") != content:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o644)
    return path


def refresh_hosts_file(
    pod: v1.Pod, folders: PodFolders, ips: Sequence[str], config: KubeletConfig
) -> None:
    """Write it anew where running containers have it mounted."""
    if folders.etc_hosts.exists() and (ips or pod.spec.host_network):
        write_hosts_file(pod, folders, ips, config)


def make_termination_log(folders: PodFolders, container: str, attempt: int) -> Path:
    """Make an empty file that any user of the container may write."""
    folder = folders.container(container)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    path = folder / f"{attempt:08x}"
    path.write_bytes(b"")
    path.chmod(0o666)
    return path


def last_attempt_in_logs(folder: Path) -> int | None:
    """The highest attempt of which a log is left; None when there is none."""
    if not folder.is_dir():
        return None
    matches = (_LOG_NAME.fullmatch(path.name) for path in folder.iterdir())
    return max((int(match[1]) for match in matches if match), default=None)
