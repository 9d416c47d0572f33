"""Sandboxes that Docker has and no record tells of: lost, corrupt, or another program's.

Nothing is known of their network but what the checkpoint says, so it is detached whenever they are
stopped or removed, also for the second time: CNI's DEL does no harm where nothing is attached, and
what it can't undo keeps nobody from removing them.

Source: kubernetes/kubernetes#43021, #55620, #44307.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.cni.network import DetachRequest, PortMapping
from runtimes.core import errors, netns
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
    key = _key_of(engine, sandbox_id)
    pin = engine.paths.netns(key) if key else None
    _detach(engine, sandbox_id, pin if pin is not None and netns.is_pinned(pin) else None)


def remove(engine: Engine, sandbox_id: str) -> None:
    """Stop it, and remove it with its containers and what is left of its record."""
    stop(engine, sandbox_id)
    key = _key_of(engine, sandbox_id)
    teardown.remove_containers(engine, sandbox_id)
    if key:
        teardown.discard(engine, key)


def _key_of(engine: Engine, sandbox_id: str) -> str:
    """By the pod's files that its container mounts; empty where it has none of ours."""
    with suppress(errors.NotFound):
        for bind in engine.docker.inspect_container(sandbox_id)["HostConfig"]["Binds"] or ():
            folder = Path(bind.partition(":")[0]).parent
            if folder.parent == engine.paths.sandboxes:
                return folder.name
    return ""


def _detach(engine: Engine, sandbox_id: str, pin: Path | None) -> None:
    known = checkpoint.load(engine.paths.checkpoints, sandbox_id)
    name = engine.networks.chosen
    if name == networks.DOCKER or (known is not None and known.host_network):
        return
    try:
        engine.networks.of(name).detach(detach_request(sandbox_id, known, pin))
    except errors.Error as error:
        log.warning("detach of a sandbox without a record failed id=%s: %s", sandbox_id, error)


def detach_request(
    sandbox_id: str, known: checkpoint.Checkpoint | None, pin: Path | None
) -> DetachRequest:
    """All that is left to tell. Pure."""
    if known is None:
        return DetachRequest(sandbox_id, netns=pin, due=True)
    mappings = tuple(
        PortMapping(one.protocol, one.container_port, one.host_port, one.host_ip)
        for one in known.mappings
        if one.host_port
    )
    return DetachRequest(
        sandbox_id, known.name, known.namespace, netns=pin, port_mappings=mappings, due=True
    )
