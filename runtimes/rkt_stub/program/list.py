"""`rkt list`: all pods, with their apps as the immutable view has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import Pod

WORDS = ("list", "--full", "--format=json")


def list_pods(rkt: Rkt) -> list[Pod]:
    found: list[Pod] | None = rkt.ask_json("list rkt's pods", *WORDS)
    return found or []


def find_pod(rkt: Rkt, uuid: str) -> Pod | None:
    """One pod; None when rkt has no such one."""
    return next((pod for pod in list_pods(rkt) if pod["name"] == uuid), None)
