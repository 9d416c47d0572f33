"""Attach, as a session in this process.

Source: CRI Attach; kubelet dockershim/docker_streaming.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker import session
from runtimes.dockershim.container import find
from runtimes.dockershim.container.exec import wanted

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import StreamSession
    from runtimes.dockershim.engine import Engine


def open_attach(engine: Engine, request: cri.AttachRequest) -> StreamSession:
    """Connect to a running container's main process; output from now on.

    Raises: as `open_exec`.
    Source: CRI Attach.
    """
    found = find.running(engine, request.container_id, "attach to")
    return session.open_attach(engine.docker, found["Id"], wanted(request))
