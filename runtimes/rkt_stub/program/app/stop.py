"""`rkt app stop`: SIGTERM to an app, and after 90 s SIGKILL; a stopped one is no error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def stop(rkt: Rkt, uuid: str, app: str) -> Answer:
    """Return once the process is gone, up to 0.5 s before its status is written."""
    return rkt.call("app", "stop", uuid, f"--app={app}")
