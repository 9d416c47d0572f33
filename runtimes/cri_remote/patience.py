"""How long each call may take when the caller sets no deadline of its own.

Source: kubelet cri/remote/remote_runtime.go and remote_image.go.
"""

from __future__ import annotations

from runtimes.core import deadline

KUBELET = 120.0
_UNBOUNDED = frozenset({"PullImage", "ImageFsInfo", "ListContainerStats"})
_ADDS_ITS_OWN = frozenset({"StopContainer", "ExecSync", "CheckpointContainer"})


def seconds(rpc: str, base: float, own: int = 0) -> float | None:
    """Bound a call; None for no bound.

    Args:
        rpc: the CRI's name of the call.
        base: what most calls get.
        own: the call's own time: a grace period, a command's timeout; 0 when it has none.
    """
    return deadline.remaining(_kubelet(rpc, base, own))


def _kubelet(rpc: str, base: float, own: int) -> float | None:
    if rpc == "RunPodSandbox":
        return 2 * base
    if rpc in _UNBOUNDED or (rpc == "ExecSync" and own <= 0):
        return None
    return base + max(own, 0) if rpc in _ADDS_ITS_OWN else base
