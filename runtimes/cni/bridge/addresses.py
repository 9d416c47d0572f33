"""Which address comes next. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from itertools import chain, islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

    from runtimes.cni.netlink.route import Address, Network

_SEARCHED = 1 << 20


def pick(network: Network, taken: Container[str], last: str) -> Address | None:
    """Find the first free address after `last`, going round, so that none is reused at once.

    None when all are taken. The network's own, its broadcast and the gateway's are never given.
    """
    first, final = 2, network.num_addresses - (2 if network.version == 4 else 1)
    start = _offset(network, last) + 1
    candidates = chain(range(max(start, first), final + 1), range(first, min(start, final + 1)))
    for offset in islice(candidates, _SEARCHED):
        address = network.network_address + offset
        if str(address) not in taken:
            return address
    return None


def _offset(network: Network, last: str) -> int:
    try:
        address = ip_address(last)
    except ValueError:
        return 1
    if address.version != network.version or address not in network:
        return 1
    return int(address) - int(network.network_address)
