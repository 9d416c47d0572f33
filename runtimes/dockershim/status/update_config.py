"""UpdateRuntimeConfig."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.dockershim.engine import Engine


def update_runtime_config(engine: Engine, runtime_config: cri.RuntimeConfig) -> None:
    """Take the node's pod CIDR; an empty one is no news, and Docker's own network has its own.

    Raises:
        InvalidArgument: it isn't one or two networks.
    Source: CRI UpdateRuntimeConfig.
    """
    cidr = runtime_config.network_config.pod_cidr
    if not cidr:
        return
    try:
        for one in cidr.split(","):
            ipaddress.ip_network(one)
    except ValueError as error:
        raise errors.InvalidArgument(f"update the pod CIDR to '{cidr}': {error}") from error
    engine.networks.set_pod_cidr(cidr)
