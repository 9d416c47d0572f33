"""The pause container, also when Docker says that its name is taken.

Source: kubernetes/kubernetes#94557, #97153; kubelet 1.22 dockershim/helpers.go
(recoverFromCreationConflictIfNeeded), which never removes a running container.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim import naming

if TYPE_CHECKING:
    from runtimes.core.docker.interface import CreateOptions
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine


def create(engine: Engine, options: CreateOptions) -> str:
    """Create it and return its id.

    The caller holds the record of that name: what has the name without one is a leftover that no
    caller was told of, and gives way.

    Raises:
        AlreadyExists: somebody else's container has the name.
        InvalidArgument: the Engine refuses the configuration.
    """
    try:
        return engine.docker.create_container(options)["Id"]
    except errors.AlreadyExists as taken:
        return engine.docker.create_container(_freed(engine, options, taken))["Id"]


def _freed(engine: Engine, options: CreateOptions, taken: errors.AlreadyExists) -> CreateOptions:
    """Remove a leftover; where Docker can't even describe it, take another name."""
    try:
        holder = engine.docker.inspect_container(options.name)
    except errors.NotFound:
        return replace(options, name=naming.with_suffix(options.name, secrets.randbits(32)))
    if not is_sandbox(holder):
        raise taken
    with suppress(errors.NotFound):
        engine.docker.remove_container(holder["Id"], force=True)
        engine.cache.changed(holder["Id"])
    return options


def is_sandbox(holder: ContainerInspect) -> bool:
    """Whether a container is a pod's sandbox; its name then says whose. Pure."""
    found = holder["Config"].get("Labels") or {}
    return naming.is_sandbox(found) and naming.parse([holder["Name"]]) is not None
