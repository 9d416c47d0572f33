"""Whether a pod needs another sandbox.

Source: kubelet pkg/kubelet/kuberuntime/util/util.go (PodSandboxChanged).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.actions.wishes import sandbox_hash

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus


@dataclass(frozen=True, slots=True)
class SandboxCheck:
    """Whether to make a new sandbox, as which attempt, and the one that there is.

    Attributes:
        outdated: the pod asks for another one than it has; there is nothing wrong with that one.
    """

    changed: bool
    attempt: int
    id: str
    outdated: bool = False


def check_sandbox(pod: v1.Pod, status: PodStatus) -> SandboxCheck:
    """Compare the newest sandbox with what the pod wants."""
    if not status.sandboxes:
        return SandboxCheck(changed=True, attempt=0, id="")
    newest = status.sandboxes[0]
    again = SandboxCheck(changed=True, attempt=newest.attempt + 1, id=newest.id)
    if sum(sandbox.ready for sandbox in status.sandboxes) > 1 or not newest.ready:
        return again
    host_network = bool(pod.spec.host_network)
    if newest.host_network != host_network:
        return SandboxCheck(changed=True, attempt=newest.attempt + 1, id="", outdated=True)
    if newest.hash not in {0, sandbox_hash(pod)}:
        return SandboxCheck(changed=True, attempt=newest.attempt + 1, id=newest.id, outdated=True)
    if not host_network and not newest.ips:
        return again
    return SandboxCheck(changed=False, attempt=newest.attempt, id=newest.id)
