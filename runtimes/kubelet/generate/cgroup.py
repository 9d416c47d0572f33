"""Where a pod's cgroup lies.

    cgroupfs   /runtimes.kube/burstable/pod<uid>
    systemd    /runtimes.kube.slice/runtimes.kube-burstable.slice/...-burstable-pod<uid>.slice

The root's name is never ``kubepods``: a kubelet on this host removes what it doesn't know there.

Source: kubelet pkg/kubelet/cm/cgroup_manager_linux.go.
"""

from __future__ import annotations

from runtimes.kubelet.generate.qos import Qos

_LEVEL = {Qos.GUARANTEED: (), Qos.BURSTABLE: ("burstable",), Qos.BEST_EFFORT: ("besteffort",)}


def cgroup_parent(root: str, qos: Qos, uid: str, *, systemd: bool) -> str:
    """Name the pod's cgroup; Guaranteed pods lie directly below the root."""
    parts = (root, *_LEVEL[qos], f"pod{uid}")
    return _slice(parts) if systemd else "/" + "/".join(parts)


def _slice(parts: tuple[str, ...]) -> str:
    escaped = [part.replace("-", "_") for part in parts]
    names = ["-".join(escaped[: end + 1]) for end in range(len(escaped))]
    return "".join(f"/{name}.slice" for name in names)
