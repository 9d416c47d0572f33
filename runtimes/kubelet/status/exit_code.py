"""One number for a whole pod, for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.actions.restart import is_sidecar

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def exit_code(pod: v1.Pod, status: v1.PodStatus) -> int:
    """The first failed container's exit code, init containers first; 0 when none failed.

    A pod that failed as a whole (a deadline, an eviction) without a failed container gives 1.
    Sidecars have no say: they end when they are told to.
    """
    sidecars = {one.name for one in pod.spec.init_containers if is_sidecar(one)}
    init = [one for one in status.init_container_statuses if one.name not in sidecars]
    statuses = (*init, *status.container_statuses)
    ended = (one.state.terminated for one in statuses)
    codes = (end.exit_code for end in ended if end is not None)
    first = next((code for code in codes if code), 0)
    return first or int(status.phase == "Failed")
