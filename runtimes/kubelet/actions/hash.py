"""A container's hash: another one means that its definition changed, and it has to be restarted.

FNV-1a, 32 bits, over ``([]uint8)[`` + the bytes of Go's JSON in decimal with spaces + ``]``. All
fields count, as in kubelet up to 1.30; since 1.31 kubelet hashes the image alone, because an API
server lets nothing else change. A manifest on disk has no such guard.

Source: kubelet pkg/kubelet/container/helpers.go (HashContainer), pkg/util/hash.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from runtimes.kubelet.actions.gojson import go_json

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_OFFSET = 0x811C9DC5
_PRIME = 0x01000193


def fnv1a(data: bytes) -> int:
    """FNV-1a of 32 bits."""
    value = _OFFSET
    for byte in data:
        value = ((value ^ byte) * _PRIME) & 0xFFFFFFFF
    return value


@lru_cache(maxsize=256)
def hash_json(text: bytes) -> int:
    """Hash JSON as kubelet does, which prints the bytes as a Go slice first."""
    return fnv1a(b"([]uint8)[" + " ".join(map(str, text)).encode() + b"]")


def container_hash(container: v1.Container | v1.EphemeralContainer) -> int:
    return hash_json(go_json(container))


def definition_hash(pod: v1.Pod, container: v1.Container | v1.EphemeralContainer) -> int:
    """`container_hash`, with the volumes that the container mounts, if there are any."""
    mounted = {mount.name for mount in container.volume_mounts}
    volumes = [go_json(volume) for volume in pod.spec.volumes if volume.name in mounted]
    if not volumes:
        return container_hash(container)
    return hash_json(b"\0".join((go_json(container), *volumes)))
