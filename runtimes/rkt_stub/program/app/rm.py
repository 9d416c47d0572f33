"""`rkt app rm`: stop an app and remove it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def rm(rkt: Rkt, uuid: str, app: str) -> Answer:
    """Refused for an app that isn't there; the caller looks."""
    return rkt.call("app", "rm", uuid, f"--app={app}")
