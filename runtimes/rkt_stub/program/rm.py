"""`rkt rm`: what is left of a pod that doesn't run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def rm(rkt: Rkt, uuid: str) -> Answer:
    """Refused for a pod that runs or isn't there; the caller looks which."""
    return rkt.call("rm", uuid)
