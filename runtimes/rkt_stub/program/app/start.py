"""`rkt app start`: run an app that was added, or again one that has exited."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def start(rkt: Rkt, uuid: str, app: str) -> Answer:
    """Refused for an app or a pod that isn't there or doesn't run; the caller looks which."""
    return rkt.call("app", "start", uuid, f"--app={app}")
