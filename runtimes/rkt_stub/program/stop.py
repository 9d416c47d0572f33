"""`rkt stop`: SIGTERM to the pod, or with force SIGKILL. It doesn't wait for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.rkt_stub.program.rkt import CALL_SECONDS

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def stop(rkt: Rkt, uuid: str, *, force: bool = False, timeout: float = CALL_SECONDS) -> Answer:
    """Refused for a pod that doesn't run or isn't there; the caller looks which.

    Raises:
        DeadlineExceeded: no answer in `timeout` seconds: a graceful stop may never give one.
    """
    return rkt.call("stop", f"--force={str(force).lower()}", uuid, timeout=timeout)
