"""The names of the pods that an agent keeps, held so that no `run` drives one of them as well."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.pod import v1
    from runtimes.kubelet.store.claim import Claim
    from runtimes.kubelet.store.pods import PodStore


class Claims:
    """Thread-safe; the kernel lets go of all with this process."""

    def __init__(self, store: PodStore) -> None:
        self._store = store
        self._held: dict[tuple[str, str], Claim] = {}
        self._closed = False
        self._lock = threading.Lock()

    def take(self, pod: v1.Pod) -> bool:
        """Hold a pod's name from now on; False while another process does. Idempotent."""
        name = _name(pod)
        with self._lock:
            if name in self._held:
                return True
            claim = None if self._closed else self._store.claim(*name)
            if claim is not None:
                self._held[name] = claim
        return claim is not None

    def release_others(self, pods: Iterable[v1.Pod]) -> None:
        """Let go of all names but those of `pods`."""
        kept = set(map(_name, pods))
        with self._lock:
            for name in self._held.keys() - kept:
                self._held.pop(name).release()

    def close(self) -> None:
        """Let go of all names, and take no more. Idempotent."""
        with self._lock:
            self._closed = True
        self.release_others(())


def _name(pod: v1.Pod) -> tuple[str, str]:
    return (pod.metadata.namespace, pod.metadata.name)
