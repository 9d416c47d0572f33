"""A pod's network and names in rkt's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.program.run_prepared import PodNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.rkt_stub.program.shapes import Network

PREFERRED = ("rkt.kubernetes.io", "default")


def on_host(config: cri.PodSandboxConfig) -> bool:
    return config.linux.security_context.namespace_options.network == cri.NODE


def pod_network(
    config: cri.PodSandboxConfig, net: str, hosts: Sequence[tuple[str, str]] = ()
) -> PodNetwork:
    """`net` is for pods with a network of their own."""
    return PodNetwork(
        net="host" if on_host(config) else net,
        hostname=config.hostname,
        servers=tuple(config.dns_config.servers),
        searches=tuple(config.dns_config.searches),
        options=tuple(config.dns_config.options),
        hosts=tuple(hosts),
    )


def addresses(networks: Sequence[Network]) -> tuple[str, ...]:
    """The pod's address first, as rktlet chose it: by the net's name, else the first one."""
    found = [(net["netName"], net["ip"]) for net in networks if net.get("ip")]
    ranked = sorted(found, key=lambda one: _rank(one[0]))
    return tuple(dict.fromkeys(ip for _, ip in ranked))


def _rank(name: str) -> int:
    return PREFERRED.index(name) if name in PREFERRED else len(PREFERRED)
