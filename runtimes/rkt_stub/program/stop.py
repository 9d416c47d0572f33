"""`rkt stop`: SIGTERM to the pod, or with force SIGKILL. It doesn't wait for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def stop(rkt: Rkt, uuid: str, *, force: bool = False) -> Answer:
    """Refused for a pod that doesn't run or isn't there; the caller looks which."""
    return rkt.call("stop", f"--force={str(force).lower()}", uuid)
