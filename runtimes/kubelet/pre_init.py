"""Kubelet's start-up, as it was while Docker was in it.

    docker   say that this is deprecated, and run a dockershim in this process
    remote   nothing: the CRI socket is somebody else's
    other    an error

Source: kubelet 1.22 pkg/kubelet/kubelet.go (PreInitRuntimeService).
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from runtimes.core import configure, discovery, errors
from runtimes.core.backend import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cri.services import CriService

_log = logging.getLogger(__name__)

DEPRECATED = (
    "Using dockershim is deprecated, please consider using a full-fledged CRI implementation"
)


def pre_init_runtime_service(
    container_runtime: str, settings: Mapping[str, object] | None = None
) -> CriService | None:
    """Do what kubelet did for ``--container-runtime`` before it connected to the CRI.

    Args:
        container_runtime: the flag's value.
        settings: options of the dockershim, as in the configuration file.

    Returns:
        The dockershim, which the caller closes; None where the CRI is remote.

    Raises:
        InvalidArgument: no such runtime; the message is kubelet's.
        BackendUnavailable: the dockershim isn't installed, or there is no Engine.
    """
    if container_runtime == "remote":
        return None
    if container_runtime != "docker":
        raise errors.InvalidArgument(f"unsupported CRI runtime: {json.dumps(container_runtime)}")
    _log.info(DEPRECATED)
    backend = discovery.load("dockershim", [Kind.CRI])
    options: object = configure.fill(backend.options, settings or {})
    service: CriService = backend.open(options)
    return service
