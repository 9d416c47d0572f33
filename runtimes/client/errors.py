"""What the client alone can say: a pod can't start."""

from __future__ import annotations

from runtimes.core.errors import FailedPrecondition


class StartFailed(FailedPrecondition):
    """A container of a pod doesn't start, and waiting won't help.

    Attributes:
        pod: namespace and name.
        container: empty when it is the pod as a whole.
        reason: a word of `runtimes.core.pod.sync.Reason`.
        detail: what the runtime said.
    """

    def __init__(self, pod: str, container: str, reason: str, detail: str) -> None:
        where = f"container '{container}' of pod '{pod}'" if container else f"pod '{pod}'"
        super().__init__(f"start {where}: {reason}: {detail}" if detail else f"{where}: {reason}")
        self.pod = pod
        self.container = container
        self.reason = reason
        self.detail = detail
