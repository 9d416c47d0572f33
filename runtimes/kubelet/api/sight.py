"""What the API may look at. Nothing here changes anything; all of it blocks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.status.seen import status_from_outside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.store.pods import PodStore

_FRESH = 0.5


@dataclass(slots=True, kw_only=True)
class Sight:
    """Thread-safe.

    Attributes:
        kept: pods that the agent keeps, with their statuses as of their last syncs.
        stalled: why the agent doesn't move on; empty while it does.
    """

    runtime: PodRuntime
    store: PodStore
    config: KubeletConfig
    kept: Callable[[], Sequence[v1.Pod]]
    stalled: Callable[[], str]
    _lock: Lock = field(default_factory=Lock)
    _pods: list[v1.Pod] = field(default_factory=list)
    _looked: float = float("-inf")

    def pods(self) -> list[v1.Pod]:
        """All recorded pods with their statuses, by namespace and name; half a second old at most.

        One that the agent doesn't keep, say of `runtimes apply`, is looked at.
        """
        with self._lock:
            if time.monotonic() - self._looked > _FRESH:
                self._pods = self._look()
                self._looked = time.monotonic()
            return self._pods

    def pod(self, namespace: str, name: str) -> v1.Pod:
        """Find a pod by name.

        Raises:
            NotFound: there is none.
        """
        for pod in self.pods():
            if (pod.metadata.namespace, pod.metadata.name) == (namespace, name):
                return pod
        raise errors.NotFound(f"pod {namespace}/{name}: there is none")

    def _look(self) -> list[v1.Pod]:
        kept = {pod.metadata.uid: pod for pod in self.kept()}
        return [kept.get(pod.metadata.uid) or self._seen(pod) for pod in self.store.list()]

    def _seen(self, pod: v1.Pod) -> v1.Pod:
        try:
            status = status_from_outside(pod, self.runtime, self.store, self.config.host_ip)
        except (OSError, errors.Error) as error:
            status = v1.PodStatus(phase="Unknown", message=str(error))  # the others can be told
        return replace(pod, status=status)
