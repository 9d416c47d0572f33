"""Where a pod's own files lie below the kubelet's roots.

    <root>/pods/<uid>/pod.json                              the record
    <root>/pods/<uid>/etc-hosts
    <root>/pods/<uid>/containers/<name>/<8 hex>             termination logs
    <root>/pods/<uid>/volumes/kubernetes.io~empty-dir/<volume>
    <root>/pods/<uid>/volumes/runtimes.kubelet~contents/<volume>    configMap, secret, projected...
    <root>/pods/<uid>/volume-subpaths/<volume>/<container>/<index>
    <log root>/<namespace>_<name>_<uid>/<container>/<attempt>.log

Source: kubelet pkg/kubelet/kubelet_getters.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig


def checked(part: str, what: str) -> str:
    """Refuse a name that would leave its folder.

    Raises:
        InvalidArgument: it is empty, has a slash, or means a folder itself.
    """
    if part in {"", ".", ".."} or "/" in part or "\0" in part:
        raise errors.InvalidArgument(f"{what} {part!r} can't be a file name; give it another")
    return part


@dataclass(frozen=True, slots=True)
class PodFolders:
    """The folders of one pod; nothing is created by asking."""

    pod: Path
    logs: Path

    @property
    def etc_hosts(self) -> Path:
        return self.pod / "etc-hosts"

    @property
    def volumes(self) -> Path:
        return self.pod / "volumes"

    @property
    def subpaths(self) -> Path:
        return self.pod / "volume-subpaths"

    def container(self, name: str) -> Path:
        return self.pod / "containers" / checked(name, "container")

    def empty_dir(self, volume: str) -> Path:
        return self.volumes / "kubernetes.io~empty-dir" / checked(volume, "volume")

    def contents(self, volume: str) -> Path:
        return self.volumes / "runtimes.kubelet~contents" / checked(volume, "volume")

    def container_logs(self, name: str) -> Path:
        return self.logs / checked(name, "container")


def log_folder_name(namespace: str, name: str, uid: str) -> str:
    return "_".join(checked(part, "pod") for part in (namespace, name, uid))


def folders_of(config: KubeletConfig, namespace: str, name: str, uid: str) -> PodFolders:
    logs = config.log_root / log_folder_name(namespace, name, uid)
    return PodFolders(pod=config.root / "pods" / checked(uid, "uid"), logs=logs)


def pod_folders(config: KubeletConfig, pod: v1.Pod) -> PodFolders:
    meta = pod.metadata
    return folders_of(config, meta.namespace, meta.name, meta.uid)
