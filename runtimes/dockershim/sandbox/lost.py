"""Sandboxes that Docker has and no record tells of: lost, corrupt, or another program's.

Nothing is known of their network but what the checkpoint says; it is detached all the same, which
does no harm where it never was attached.

Source: kubernetes/kubernetes#43021, #55620, #44307.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from runtimes.cni.network import DetachRequest, PortMapping
from runtimes.core import errors
from runtimes.dockershim import networks
from runtimes.dockershim.sandbox import containers, teardown
from runtimes.dockershim.state import checkpoint

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

log = logging.getLogger(__name__)


def stop(engine: Engine, sandbox_id: str) -> None:
    """Kill its containers and itself, then release what network it may have."""
    containers.kill(engine, containers.of(engine, sandbox_id))
    containers.kill(engine, [sandbox_id])
    _detach(engine, sandbox_id)


def remove(engine: Engine, sandbox_id: str) -> None:
    """Stop it, and remove it with its containers."""
    stop(engine, sandbox_id)
    teardown.remove_containers(engine, sandbox_id)


def _detach(engine: Engine, sandbox_id: str) -> None:
    known = checkpoint.load(engine.paths.checkpoints, sandbox_id)
    name = engine.networks.chosen
    if name == networks.DOCKER or (known is not None and known.host_network):
        return
    try:
        engine.networks.of(name).detach(detach_request(sandbox_id, known))
    except errors.Error as error:
        log.warning("detach of a sandbox without a record failed id=%s: %s", sandbox_id, error)


def detach_request(sandbox_id: str, known: checkpoint.Checkpoint | None) -> DetachRequest:
    """All that is left to tell. Pure."""
    if known is None:
        return DetachRequest(sandbox_id)
    mappings = tuple(
        PortMapping(one.protocol, one.container_port, one.host_port, one.host_ip)
        for one in known.mappings
        if one.host_port
    )
    return DetachRequest(sandbox_id, known.name, known.namespace, port_mappings=mappings)
