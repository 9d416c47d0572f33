"""Names and MAC addresses, derived so that a crash leaves nothing nameless. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.cni.netlink.route import Address

POD_INTERFACE = "eth0"
HOST_PREFIX = "rt"


def host_interface(sandbox_id: str) -> str:
    """Name the host's end of a sandbox's pair; 14 of the 15 characters that Linux allows."""
    return HOST_PREFIX + hashlib.sha256(sandbox_id.encode()).hexdigest()[:12]


def pod_mac(address: Address) -> str:
    """Derive the MAC from the address, so that no neighbour's cache goes stale by its reuse."""
    return b"\x0a\x58".hex(":") + ":" + address.packed[-4:].hex(":")


def bridge_mac(bridge: str) -> str:
    """Derive a locally administered MAC; without one a bridge takes the lowest of its ports."""
    digest = hashlib.sha256(bridge.encode()).digest()
    return b"\x02".hex() + ":" + digest[:5].hex(":")
