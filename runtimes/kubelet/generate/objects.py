"""Where ConfigMaps and Secrets come from, as there is no API server to ask."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1


class ObjectSource(Protocol):
    """Thread-safe; None means that there is no such object."""

    def config_map(self, namespace: str, name: str) -> v1.ConfigMap | None: ...

    def secret(self, namespace: str, name: str) -> v1.Secret | None: ...


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects kept in memory, by (namespace, name)."""

    config_maps: Mapping[tuple[str, str], v1.ConfigMap] = field(default_factory=dict)
    secrets: Mapping[tuple[str, str], v1.Secret] = field(default_factory=dict)

    def config_map(self, namespace: str, name: str) -> v1.ConfigMap | None:
        return self.config_maps.get((namespace, name))

    def secret(self, namespace: str, name: str) -> v1.Secret | None:
        return self.secrets.get((namespace, name))


NO_OBJECTS = Objects()


def config_map_data(config_map: v1.ConfigMap) -> dict[str, str]:
    return dict(config_map.data)


def secret_data(secret: v1.Secret) -> dict[str, str]:
    """Decode what is base64; ``stringData`` wins, as when an API server takes it."""
    decoded = {
        key: base64.b64decode(value).decode("utf-8", "surrogateescape")
        for key, value in secret.data.items()
    }
    return {**decoded, **secret.string_data}
