"""The stored ConfigMaps and Secrets, for a runtime that seldom asks: nothing is loaded before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.store.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class StoredObjects:
    """An `ObjectSource` over the objects of one root and backend."""

    root: Path
    backend: str

    def config_map(self, namespace: str, name: str) -> v1.ConfigMap | None:
        return self._store().config_map(namespace, name)

    def secret(self, namespace: str, name: str) -> v1.Secret | None:
        return self._store().secret(namespace, name)

    def _store(self) -> ObjectStore:
        from runtimes.kubelet.store.objects import ObjectStore

        return ObjectStore(self.root, self.backend)
